"""Every failure of the references is shown by a shipped scenario, recognized there, and mended by the first fix.

The tables are those of the references (`learning-curve patterns`, `failure modes and remedies`); below them stands
what else the lab has a name for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from training.diagnosis.case import Case
from training.diagnosis.finding import Finding
from training.diagnosis.rules import RULES
from training.diagnosis.shown_by import SHOWN_BY, ShownBy
from training.diagnosis.verdict import compare_losses, compare_scores, kept
from training.diagnosis.whole_run import found_in
from training.engine import Engine
from training.experiment import Experiment
from training.history import History
from training.scenarios.scenario import BASE
from training.scenarios.scenario_file import load, shipped_scenarios
from training.scenarios.script import Script, follow
from training.validation import replace


@dataclass(frozen=True)
class Failure:
    """One row: what is seen, in which run, and what it is called."""

    sign: str
    finding: str
    shown_by: ShownBy

    def __str__(self) -> str:
        return f"{self.sign}: {self.shown_by.scenario}, {self.shown_by.variant}"


def failure(sign: str, finding: str, scenario: str = "", variant: str = BASE) -> Failure:
    return Failure(sign, finding, ShownBy(scenario, variant) if scenario else SHOWN_BY[finding])


HEALTHY = failure("both fall and level off together", "healthy")
PATTERNS = (
    failure("training falls, validation rises", "overfitting"),
    failure("both level off high", "underfitting"),
    failure("loss swings wildly", "rate_too_high"),
    failure("loss falls very slowly", "rate_too_low"),
)
MODES = (
    failure("vanishing gradients", "vanishing_gradients"),
    failure("vanishing gradients, seen in the signal only", "vanishing_gradients", "hidden_vanishing", "sigmoid"),
    failure("exploding gradients", "exploding_gradients"),
    failure("oscillation", "rate_too_high", "ball_of_noise", "beyond"),
    failure("divergence, coming", "diverging"),
    failure("divergence", "diverged"),
    failure("plateau", "plateau"),
    failure("saddle point", "plateau", "gradient_norm_fooled"),
    failure("premature convergence", "premature_convergence"),
    failure("dead units", "dead_units"),
    failure("saturation", "saturation"),
    failure("badly scaled inputs", "badly_scaled_inputs"),
)
OTHERS = (
    failure("symmetric start", "symmetric_start"),
    failure("noisy batches", "noisy_batches"),
    failure("label noise", "label_noise"),
)
FAILURES = (*PATTERNS, *MODES, *OTHERS)


def trained(experiment: Experiment, script: Script | None = None) -> tuple[Engine, History]:
    engine = Engine(experiment)
    history = History(1, len(engine.layer_names))
    for progress in follow(engine, script or Script()):
        history.extend(progress)
    return engine, history


@cache
def run_of(shown_by: ShownBy) -> tuple[Engine, History, Case, tuple[Finding, ...]]:
    """Return a run of a scenario, and what is found in it."""
    scenario = load(shipped_scenarios()[shown_by.scenario])
    engine, history = trained(
        scenario.run(shown_by.variant), Script.of_scenario(scenario.edits_of(shown_by.variant))
    )
    case = Case.of_engine(engine, history)
    return engine, history, case, found_in(case)


def kept_of(engine: Engine, history: History, figure: str) -> float:
    """Return a figure on the held-out part of the weights the run keeps; where nothing is held out, on the training."""
    part = "val" if len(engine.data.x_val) else "train"
    return kept(history.evaluations, engine.outcomes[0], f"{part}_{figure}")


def recognized(row: Failure) -> Finding:
    """Return the finding, which is among the two that matter most at the end; or was so on the way, and is over."""
    found = run_of(row.shown_by)[3]
    now = [finding for finding in found if not finding.over][:2]
    before = [finding for finding in found if finding.over]
    return next(finding for finding in (*now, *before) if finding.name == row.finding)


@pytest.mark.parametrize("row", FAILURES, ids=str)
def test_the_failure_is_recognized_where_a_scenario_shows_it(row: Failure) -> None:
    finding = recognized(row)
    assert finding.over or finding.severity in ("warning", "alarm")
    assert finding.confidence >= 0.5
    assert finding.evidence
    assert finding.fixes


@pytest.mark.parametrize("row", FAILURES, ids=str)
def test_the_first_fix_offered_mends_it(row: Failure) -> None:
    engine, history, case, _ = run_of(row.shown_by)
    fix = recognized(row).fixes[0]
    mended = trained(replace(case.experiment, dict(fix.changes)))
    verdict = compare_losses(kept_of(engine, history, "loss"), kept_of(*mended, "loss"))
    assert verdict.kind == "better", f"{fix.title}: {verdict.sentence}"
    assert verdict.after < case.chance_loss, "it is better than a guess"
    assert compare_scores(kept_of(engine, history, "score"), kept_of(*mended, "score"), "score").kind != "worse"
    still = [finding.name for finding in found_in(Case.of_engine(*mended)) if finding.severity in ("warning", "alarm")]
    gone = row.finding not in still
    assert gone or row.finding == "label_noise", "the labels stay as they are, whatever is learned of them"


def test_a_healthy_run_is_called_so() -> None:
    found = run_of(HEALTHY.shown_by)[3]
    assert [finding.name for finding in found if not finding.over] == ["healthy"]


def test_everything_that_has_a_name_can_be_seen() -> None:
    assert set(SHOWN_BY) == set(RULES)
    assert {row.finding for row in (HEALTHY, *FAILURES)} == set(RULES)
