"""The bench of the diagnosis: its labels are what it says they are, and it counts right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.diagnosis import measures
from benchmarks.diagnosis.bench import Judged, judge, telling
from benchmarks.diagnosis.cases import SETS, Candidate
from benchmarks.diagnosis.counterfactuals import Counterfactuals
from benchmarks.diagnosis.families import FAMILIES, FAULTS, candidate
from benchmarks.diagnosis.figures import NOTHING, Share, confusion, figures
from benchmarks.diagnosis.judge import Look, mended
from benchmarks.diagnosis.oracle import CHECKS, Truth, longest_flat, restless, truth_of
from benchmarks.diagnosis.report import confusion_sheet, fault_sheet, figure_sheet, miss_sheet
from benchmarks.diagnosis.runs import Run, held_out_loss, loss_of, trained
from training.data.load import load_prepared
from training.diagnosis.finding import Finding, Fix
from training.diagnosis.rules import RULES
from training.engine import Engine
from training.experiment import Experiment
from training.validation import replace

TINY: dict[str, Any] = {
    "data.dataset": "circles", "data.samples": 120, "network.hidden": [8], "network.activation": "tanh",
    "optimizer.lr": 0.03, "batch_size": 28, "epochs": 40, "stopping.early.enabled": False, "device": "cpu",
}  # fmt: skip


def tiny(**changes: Any) -> Experiment:
    return replace(Experiment(), TINY | {key.replace("__", "."): value for key, value in changes.items()})


# ------------------------------------------------------------------------------------------- labels

LABELED = [
    ("underfitting", {"network__hidden": [1]}),
    ("rate_too_low", {"optimizer__lr": 0.002}),
    ("vanishing_gradients", {"network__hidden": [8] * 8, "network__activation": "sigmoid", "optimizer__lr": 0.005}),
    ("symmetric_start", {"network__initialization__scheme": "zeros"}),
    ("saturation", {"network__initialization__gain": 60.0, "optimizer__lr": 0.003}),
    ("premature_convergence", {"schedule__kind": "exponential", "schedule__gamma": 0.5}),
    ("diverged", {"loss__kind": "mse", "network__activation": "relu", "optimizer__method": "sgd", "optimizer__lr": 30.0,
                  "network__hidden": [8, 8]}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "changes"), LABELED, ids=[fault for fault, _ in LABELED])
def test_the_oracle_confirms_a_fault_made_on_purpose(fault: str, changes: dict[str, Any]) -> None:
    assert CHECKS[fault](Counterfactuals(tiny(**changes)))


def test_the_oracle_finds_none_of_them_where_nothing_was_done() -> None:
    cases = Counterfactuals(tiny(epochs=60))
    assert not [fault for fault, _ in LABELED if CHECKS[fault](cases)]


def test_a_run_that_does_as_well_as_its_alternatives_is_healthy() -> None:
    assert truth_of(tiny(epochs=90, data__samples=240, data__noise=0.4, stopping__early__enabled=True)).faults == {
        "healthy"
    }


def test_wrong_labels_that_are_learned_by_heart_are_label_noise_and_not_overfitting() -> None:
    experiment = tiny(
        data__label_noise=0.3, network__hidden=[48, 48], network__activation="relu", epochs=100, optimizer__lr=0.01
    )
    cases = Counterfactuals(experiment)
    assert CHECKS["label_noise"](cases)
    assert not CHECKS["overfitting"](cases)


def test_every_rule_but_healthy_has_a_family_and_a_check() -> None:
    assert set(FAULTS) == set(CHECKS) == RULES.keys() - {"healthy"}


@pytest.mark.parametrize("fault", FAMILIES)
def test_candidates_are_the_same_each_time_and_those_of_the_two_sets_are_not(fault: str, tmp_path: Path) -> None:
    for number in range(6):
        made = candidate("tuning", fault, number, tmp_path)
        assert made == candidate("tuning", fault, number, tmp_path)
        other = candidate("test", fault, number, tmp_path)
        assert made.experiment.seed < SETS["test"].first_seed <= other.experiment.seed
        assert made.experiment.data.split_seed != other.experiment.data.split_seed
        assert load_prepared(made.experiment.data).x_train.shape[0] > 10


# ----------------------------------------------------------------------------------------- measures


def test_signals_are_the_gradients_of_the_pre_activations_in_plain_pytorch() -> None:
    run = trained([tiny(network__hidden=[8, 8, 8], epochs=1, data__samples=60)])[0]
    engine = Engine(run.experiment)
    module = engine.network.to_torch(0).double()
    x = torch.from_numpy(run.data.x_train)
    signal, values = [], x
    for block in module.blocks:
        values = block.linear(values)
        values.retain_grad()
        signal.append(values)
        values = torch.tanh(values)
    nn.functional.cross_entropy(module.output(values), torch.from_numpy(run.data.y_train)).backward()
    assert np.allclose(measures.signals(run, run.initial), [float(z.grad.norm()) for z in signal], rtol=1e-9)


@pytest.mark.parametrize("name", measures.SLOPES)
def test_slopes_are_those_of_autograd_as_a_share_of_the_largest(name: str) -> None:
    functions = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "hardtanh": nn.functional.hardtanh,
                 "softsign": nn.functional.softsign, "relu": torch.relu}  # fmt: skip
    z = torch.linspace(-6, 6, 1_000, dtype=torch.float64, requires_grad=True)
    functions[name](z).sum().backward()
    steepest = 0.25 if name == "sigmoid" else 1.0
    assert np.allclose(measures.SLOPES[name](z.detach().numpy()), z.grad.numpy() / steepest, atol=1e-12)


def test_zero_weights_are_alike_and_random_ones_are_not() -> None:
    assert measures.alike(Engine(tiny(network__initialization__scheme="zeros")).initial_snapshot()) == 1.0
    assert measures.alike(Engine(tiny()).initial_snapshot()) == 0.0


@pytest.mark.parametrize(
    ("loss", "module"), [("mse", nn.MSELoss()), ("mae", nn.L1Loss()), ("huber", nn.HuberLoss(delta=1.0))]
)
def test_losses_of_values_are_those_of_pytorch(loss: str, module: nn.Module) -> None:
    random = np.random.default_rng(0)
    output, target = random.normal(size=(50, 1)) * 3, random.normal(size=(50, 1))
    experiment = tiny(data__dataset="plane", loss__kind=loss)
    assert np.isclose(loss_of(output, target, experiment), module(*map(torch.from_numpy, (output, target))).item())


def test_the_loss_of_the_kept_weights_is_that_of_the_last_evaluation() -> None:
    run = trained([tiny(epochs=5)])[0]
    assert np.isclose(run.kept, run.validation[-1], rtol=1e-5)


def test_runs_with_other_target_scaling_are_compared_in_the_same_units() -> None:
    plane = {"data__dataset": "plane", "loss__kind": "mse", "epochs": 5}
    run = trained([tiny(**plane)])[0]
    raw = trained([tiny(**plane, data__target_scaling="none")])[0]
    std = run.data.y_train.std() and run.data.target_scaling.undo(np.array([[1.0], [0.0]]))
    unit = float(std[0, 0] - std[1, 0])
    assert np.isclose(held_out_loss(raw.final, raw.data, run), raw.kept / unit**2, rtol=1e-6)


def _run_of(curve: np.ndarray) -> Run:
    run = trained([tiny(epochs=1)])[0]
    values = {name: getattr(run, name) for name in run.__dataclass_fields__}
    return Run(**values | {"train": curve, "steps": np.arange(len(curve), dtype=float)})


def test_a_curve_that_goes_up_and_down_is_restless_and_one_that_falls_is_not() -> None:
    noise = np.random.default_rng(1).normal(size=60)
    assert restless(_run_of(1 + 0.2 * noise))
    assert not restless(_run_of(np.exp(-np.arange(60) / 10)))
    assert not restless(_run_of(1 + 0.01 * noise))


def test_the_longest_flat_part_is_found_where_it_is() -> None:
    curve = np.concatenate([np.linspace(2, 1, 10), np.full(30, 1.0), np.linspace(0.9, 0.1, 20)])
    first, last = longest_flat(_run_of(curve))
    assert abs(first - 9) <= 2
    assert abs(last - 39) <= 2


# ------------------------------------------------------------------------------------------ figures


def _judged(label: str, *said: str, truths: tuple[str, ...] = (), alarms: tuple[str, ...] = (), **fix: float) -> Judged:
    came = {"fix": "f", "finding": "", **fix} if fix else {}
    return Judged("", label, truths or (label,), said, alarms, alarms[:1], came)


SET = [
    _judged("overfitting", "overfitting", before=1.0, after=0.5),
    _judged("overfitting", "label_noise", "overfitting", before=1.0, after=1.5),
    _judged("overfitting", "plateau", "healthy", "overfitting", truths=("overfitting", "plateau")),
    _judged("diverged", before=float("inf"), after=1.0),
    _judged("healthy", "healthy"),
    _judged("healthy", "healthy", alarms=("plateau",)),
]  # fmt: skip


def test_figures_count_what_was_named_alarmed_and_mended() -> None:
    counted = [(share.part, share.whole) for share in figures(SET)]
    assert counted == [(2, 4), (3, 4), (1, 4), (1, 2), (1, 2), (2, 4), (2, 4)]


def test_the_confusion_matrix_has_the_label_in_rows_and_what_came_first_in_columns() -> None:
    found = confusion(SET)
    assert found["overfitting"] == {"overfitting": 1, "label_noise": 1, "plateau": 1}
    assert found["diverged"] == {NOTHING: 1}
    assert found["healthy"] == {"healthy": 2}
    sheet = confusion_sheet(SET)
    row = dict(zip(sheet.columns, next(row for row in sheet.rows if row[0] == "overfitting"), strict=True))
    assert (row["overfitting"], row["label noise"], row["plateau"], row["healthy"]) == ("**1**", "1", "1", "·")


def test_tables_tell_every_miss() -> None:
    assert [row[1] for row in miss_sheet(SET).rows] == ["no help", "not named", "no help", "not named", "alarmed"]
    assert fault_sheet(SET).rows[0][:6] == ("overfitting", "3", "1", "2", "3", "1")
    assert figure_sheet(SET).rows[0][1] == "50.0 % (2 of 4)"


def test_the_interval_is_wilsons() -> None:
    from scipy.stats import binomtest

    expected = binomtest(155, 160).proportion_ci(0.95, method="wilson")
    assert Share("", 155, 160).interval == pytest.approx((expected.low, expected.high), abs=1e-4)


# ------------------------------------------------------------------------------------------- judging


def _look(step: int, *names: str) -> Look:
    return Look(step, tuple(Finding(name, name, "warning", 0.9, "", 0, step) for name in names))


def test_a_fault_that_passes_counts_at_the_last_look_while_it_was_there() -> None:
    looks = [_look(10, "plateau"), _look(20), _look(30, "plateau"), _look(40, "healthy")]
    assert telling(looks, "plateau", Truth(frozenset({"plateau"}), {"plateau": (5, 25)})).step == 20
    assert telling(looks, "plateau", Truth(frozenset({"plateau"}), {"plateau": (15, 25)})).step == 20
    assert telling(looks, "overfitting", Truth(frozenset({"overfitting"}), {})).step == 40


def test_a_run_is_judged_with_its_looks_and_its_first_fix() -> None:
    one = Candidate("one", "symmetric_start", tiny(network__initialization__scheme="zeros"))
    judged = judge(one, Truth(frozenset({"symmetric_start"}), {}))
    assert judged.first_two[0] == "symmetric_start"
    assert judged.fix["after"] < judged.fix["before"]


def test_a_fix_is_applied_from_the_start_or_where_the_finding_begins() -> None:
    finding = Finding("rate_too_low", "", "warning", 1.0, "", 5, 40)
    slow = tiny(optimizer__lr=1e-5, epochs=10)
    changes = {"optimizer.lr": 0.03}
    at_once = mended(slow, finding, Fix("faster", "", "", changes))
    on_the_way = mended(slow, finding, Fix("faster", "", "", changes, live=True))
    assert at_once.after == trained([replace(slow, changes)])[0].kept
    assert at_once.after < on_the_way.after < on_the_way.before
