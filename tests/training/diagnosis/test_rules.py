"""Each rule names the fault that a run shows by construction, and keeps silent about runs that have none."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from tests.training.diagnosis.known_cases import FAULTY, HEALTHY, known
from training.diagnosis.case import Case
from training.diagnosis.doctor import findings
from training.diagnosis.rules import RULES
from training.diagnosis.rules.vanishing_gradients import signal_ratios
from training.instruments.instrument import Reading
from training.instruments.log import InstrumentLog
from training.validation import replace

WORSE = ("warning", "alarm")


def test_there_is_a_faulty_run_for_every_rule() -> None:
    assert {*FAULTY, "healthy"} == set(RULES)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_is_named_among_the_first_two(fault: str) -> None:
    case = known(fault).case
    found = findings(case)
    assert fault in [finding.name for finding in found[:2]], [finding.name for finding in found]


@pytest.mark.parametrize("fault", FAULTY)
def test_what_is_said_of_it_holds_figures_of_the_run(fault: str) -> None:
    case = known(fault).case
    finding = next(finding for finding in findings(case) if finding.name == fault)
    assert re.search(r"\d", finding.sentence)
    assert not re.search(r"\bnan\b|\binf\b|\s\s", finding.sentence)
    assert 0 < finding.confidence <= 1
    assert 0 <= finding.first_step <= finding.last_step <= case.step
    assert finding.evidence
    assert finding.fixes
    for evidence in finding.evidence:
        assert 0 <= evidence.first_step <= evidence.last_step <= case.step
        assert all(0 <= layer < case.recorded.layers for layer in evidence.layers)
    for fix in finding.fixes:
        assert replace(case.experiment, dict(fix.changes)) != case.experiment


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_wrong_with_a_healthy_run(name: str) -> None:
    found = findings(known(name).case)
    assert {finding.severity for finding in found} <= {"fine", "note"}, [finding.sentence for finding in found]


@pytest.mark.parametrize("name", ["moons", "gentle sgd", "real", "regression", "deep, normalized", "full batches"])
def test_it_is_said_to_be_healthy(name: str) -> None:
    assert findings(known(name).case)[0].name == "healthy"


@pytest.mark.parametrize("name", HEALTHY)
def test_nor_is_it_at_any_moment_on_the_way(name: str) -> None:
    case = known(name).case
    for step in np.unique(np.linspace(0, case.step, 25).astype(int)):
        found = findings(case.until(int(step)))
        assert not [finding.sentence for finding in found if finding.severity in ("warning", "alarm")], step


@pytest.mark.parametrize("fault", [fault for fault in FAULTY if fault != "badly_scaled_inputs"])
def test_before_the_first_steps_nothing_is_known(fault: str) -> None:
    found = [finding.name for finding in findings(known(fault).case.until(0))]
    assert found == []


def test_tiny_gradients_of_a_run_that_has_converged_are_not_vanishing() -> None:
    case = known("converged").case
    norms = case.recorded.middle("signal_norm")[-50:]
    assert np.median(norms) < 1e-3
    assert RULES["vanishing_gradients"].look(case) is None


def test_the_ratio_told_of_vanishing_gradients_is_the_one_recorded() -> None:
    case = known("vanishing_gradients").case
    finding = RULES["vanishing_gradients"].look(case)
    assert finding is not None
    assert finding.evidence[0].layers == (0, 7)
    ratios = signal_ratios(case)
    told = finding.evidence[0].value
    assert any(np.isclose(told, np.exp(np.log(part).mean())) for part in (ratios[: len(ratios) // 10],
                                                                          ratios[-(len(ratios) // 3) :]))  # fmt: skip
    assert "at most ¼, so 8 layers shrink it by up to 4⁸" in finding.sentence


def test_a_plateau_that_was_left_is_over() -> None:
    finding = RULES["plateau"].look(known("plateau").case)
    assert finding is not None
    assert finding.over
    assert finding.severity == "note"
    assert finding.first_step < finding.last_step < known("plateau").case.step


def test_a_run_that_diverged_tells_the_first_tensor_and_how_fast_it_grew() -> None:
    case = known("diverged").case
    finding = findings(case)[0]
    assert finding.name == "diverged"
    assert case.outcome is not None
    assert case.outcome.tensor in finding.sentence
    assert finding.first_step == case.recorded.tail_steps[0]


def test_divergence_is_seen_coming() -> None:
    case = known("diverging").case
    told = [step for step in range(8, case.step + 1, 4) if any(
        finding.name == "diverging" for finding in findings(case.until(step))
    )]  # fmt: skip
    assert told
    assert np.isfinite(case.until(told[0]).evaluated("train_loss")).all()


def test_a_diverged_run_with_a_wild_start_is_offered_a_sound_one_first() -> None:
    case = known("exploding_gradients").case
    finding = next(finding for finding in findings(case) if finding.name == "exploding_gradients")
    assert finding.fixes[0].changes["network.initialization.gain"] == 1.0


def test_what_explains_another_comes_before_it() -> None:
    for fault in FAULTY:
        found = [each for each in findings(known(fault).case) if not each.over and each.severity in WORSE]
        for index, finding in enumerate(found):
            for later in found[index + 1 :]:
                explains = finding.name in RULES[later.name].explains and later.name not in RULES[finding.name].explains
                assert not explains or later.confidence < finding.confidence, (fault, finding.name, later.name)


def test_overfitting_is_but_a_note_where_the_best_weights_are_kept() -> None:
    case = known("overfitting").case
    kept = replace(case.experiment, {"stopping.early.enabled": True, "stopping.early.patience": 1000})
    finding = RULES["overfitting"].look(dataclasses.replace(case, experiment=kept))
    assert finding is not None
    assert finding.severity == "note"
    assert "stop_early" not in [fix.name for fix in finding.fixes]


def _with_losses(name: str, training: list[float], held_out: list[float] | None = None, **changes: object) -> Case:
    """Return a known case with other curves, in units of the loss of chance."""
    case = known(name).case
    losses = case.chance_loss * np.array(training)
    evaluations = {
        **case.recorded.evaluations, "step": np.linspace(0, case.step, len(losses)).round(), "train_loss": losses,
        "val_loss": losses if held_out is None else case.chance_loss * np.array(held_out),
    }  # fmt: skip
    recorded = dataclasses.replace(case.recorded, evaluations=evaluations)
    experiment = replace(case.experiment, changes)
    return dataclasses.replace(case, experiment=experiment, recorded=recorded)


JUMPS = [1.0, 0.9, 0.7, 0.4, 0.8, 0.5, 0.7, 0.3, 0.5, 0.25, 0.4, 0.2, 0.35, 0.15, 0.3, 0.12]


def test_single_samples_may_jump_and_fall_at_once() -> None:
    finding = RULES["noisy_batches"].look(_with_losses("moons", JUMPS, batch_size=1))
    assert finding is not None
    assert "comes down by" in finding.sentence
    assert "no further" not in finding.sentence
    falls = [value * 0.9**index for index, value in enumerate(JUMPS)]
    assert RULES["noisy_batches"].look(_with_losses("moons", falls, batch_size=1)) is not None
    assert RULES["noisy_batches"].look(_with_losses("moons", falls, batch_size=8)) is None


@pytest.mark.parametrize(("parts", "said"), [
    ([(90.0, 1.0), (30.0, 3.0)], "noise scale 30 samples"), ([(90.0, -1.0), (30.0, 3.0)], "noise scale 60 samples"),
    ([(90.0, -1.0), (30.0, 0.5)], ""), ([(np.nan, np.nan)], ""), ([], ""),
])  # fmt: skip
def test_the_noise_scale_is_a_ratio_of_means(parts: list[tuple[float, float]], said: str) -> None:
    log = InstrumentLog()
    for step, (variance, square) in enumerate(parts):
        ratio = variance / square if square > 0 else np.nan
        log.take([Reading("noise_scale", step, 0.0, np.array([ratio, variance, square]), 0.0)])
    case = dataclasses.replace(_with_losses("moons", JUMPS, batch_size=1), instruments=log)
    finding = RULES["noisy_batches"].look(case)
    assert finding is not None
    texts = [evidence.sentence for evidence in finding.evidence if evidence.curve == "noise_scale"]
    assert ("".join(texts)).startswith(said)
    assert bool(texts) == bool(said)


def test_a_loss_that_was_thrown_up_is_the_rate_even_where_it_comes_down_again() -> None:
    thrown = [1.0, 80.0, 60.0, 40.0, 30.0, 20.0, 14.0, 10.0, 7.0, 5.0, 3.0, 2.0]
    finding = RULES["rate_too_high"].look(_with_losses("moons", thrown))
    assert finding is not None
    assert "threw" in finding.sentence
    assert not any(fix.live for fix in finding.fixes), "weights thrown far off do not come back"
    assert RULES["rate_too_high"].look(_with_losses("moons", [*thrown, 0.5, 0.1, 0.05, 0.05])) is None
    assert RULES["rate_too_high"].look(_with_losses("moons", [80.0, *thrown[2:]])) is None, "it began up there"


def test_a_curve_that_jumps_is_not_overfitting_for_standing_above_its_luckiest_moment() -> None:
    training = list(np.linspace(0.5, 0.1, 40))
    random = np.random.default_rng(0)
    jumping = list(0.5 + 0.25 * random.uniform(-1, 1, size=40))
    rising = list(np.linspace(0.4, 0.7, 40) + 0.02 * random.uniform(-1, 1, size=40))
    assert RULES["overfitting"].look(_with_losses("moons", training, rising)) is not None
    found = [RULES["overfitting"].look(_with_losses("moons", training, list(random.permutation(jumping))))
             for _ in range(40)]  # fmt: skip
    assert sum(finding is not None for finding in found) <= 4


def test_what_the_data_do_not_allow_is_no_plateau() -> None:
    case = _with_losses("plateau", [1.0, 0.8, 0.7, *[0.6] * 40])
    assert RULES["plateau"].look(case) is not None
    known_little = dataclasses.replace(case)
    known_little.__dict__["reachable"] = 0.5
    assert RULES["plateau"].look(known_little) is None
    assert known_little.learnable == pytest.approx(0.75), "half of the way from the neighbors to chance"


def test_no_sentence_ends_or_begins_with_a_blank() -> None:
    for name in (*FAULTY, *HEALTHY):
        for finding in findings(known(name).case):
            told = [finding.sentence, *(each.sentence for each in finding.evidence)]
            assert told == [sentence.strip() for sentence in told], finding.name
            assert not any("100.0 %" in sentence or " 0 % of its mean" in sentence for sentence in told)
