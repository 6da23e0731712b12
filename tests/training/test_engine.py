"""The engine against a plain PyTorch loop, step by step, and how it evaluates and ends a run."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from tests.training import plain_loop
from tests.training.plain_loop import MakeScheduler
from tests.training.runs import REGRESSION, Run, assert_close, collected, reasons, small, trained, weights_of
from training.data.load import load_prepared
from training.engine import Engine, is_editable
from training.errors import InputError
from training.experiment import Experiment
from training.progress import column

STEPS = 30
EPOCH = 4  # steps of the small experiment


def compare(experiment: Experiment, scheduler: MakeScheduler | None = None, steps: int = STEPS) -> None:
    """Train both ways and compare all that is recorded, and the weights."""
    engine = Engine(experiment)
    module = engine.network.to_torch().train()
    log = plain_loop.train(module, engine.data, experiment, steps, scheduler)
    records = collected([engine.advance(7), engine.advance(steps - 7)]).records[:, 0]
    layers = engine.architecture.layers
    norms = column("weight_grad_norm", layers)
    assert_close(records[:, column("batch_loss", layers)], log.losses)
    assert_close(records[:, column("lr", layers)], log.rates, 1e-12)
    assert_close(records[:, column("grad_norm", layers)], log.gradient_norms)
    assert_close(records[:, column("update_norm", layers)], log.update_norms)
    assert_close(records[:, norms : norms + layers], log.weight_gradient_norms)
    assert_close(records[:, norms + layers : norms + 2 * layers], log.signal_norms)
    assert_close(records[:, norms + 2 * layers :], log.update_ratios)
    expected = module.state_dict()
    for name, value in engine.network.tensors().items():
        assert_close(value, expected[name])


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"method": "sgd", "lr": 0.3},
    "momentum": {"method": "momentum", "lr": 0.1, "momentum": 0.8, "dampening": 0.3},
    "nesterov": {"method": "nesterov", "lr": 0.1, "momentum": 0.9},
    "adagrad": {"method": "adagrad", "lr": 0.1, "lr_decay": 0.02, "initial_accumulator": 0.1},
    "rmsprop": {"method": "rmsprop", "lr": 0.01, "alpha": 0.9, "momentum": 0.5, "centered": True, "eps": 1e-5},
    "adam": {"method": "adam", "lr": 0.02, "beta1": 0.8, "beta2": 0.95},
    "amsgrad": {"method": "amsgrad", "lr": 0.02},
    "adamw": {"method": "adamw", "lr": 0.02, "weight_decay": 0.3},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer(optimizer: dict[str, Any]) -> None:
    compare(small(optimizer=optimizer))


# Lengths in epochs of 4 steps. The schedulers of PyTorch say the same in steps.
SCHEDULES: dict[str, tuple[dict[str, Any], MakeScheduler]] = {
    "step": (
        {"kind": "step", "every": 2.0, "gamma": 0.5},
        lambda optimizer: lr_scheduler.StepLR(optimizer, 2 * EPOCH, 0.5),
    ),
    "multistep": (
        {"kind": "multistep", "milestones": [1.0, 3.0], "gamma": 0.3},
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [EPOCH, 3 * EPOCH], 0.3),
    ),
    "exponential": (
        {"kind": "exponential", "gamma": 0.7},
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.7 ** (1 / EPOCH)),
    ),
    "cosine": (
        {"kind": "cosine"},
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 8 * EPOCH),
    ),
    "one cycle": (
        {"kind": "one_cycle", "rise": 0.4, "start_divisor": 10.0, "final_divisor": 100.0},
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, 0.02, total_steps=8 * EPOCH, pct_start=0.4, div_factor=10.0, final_div_factor=100.0,
            cycle_momentum=False,
        ),
    ),
    "warm-up, then polynomial": (
        {"kind": "polynomial", "warmup": 2.0, "warmup_start": 0.1},
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [
                lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 2 * EPOCH),
                lr_scheduler.PolynomialLR(optimizer, 6 * EPOCH, 1.0),
            ],
            [2 * EPOCH],
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schedule", "scheduler"), SCHEDULES.values(), ids=SCHEDULES)
def test_schedules(schedule: dict[str, Any], scheduler: MakeScheduler) -> None:
    compare(small(schedule=schedule, epochs=8), scheduler)


NETWORKS: dict[str, dict[str, Any]] = {
    "no hidden layer": {"hidden": []},
    "batch norm": {"hidden": [6, 5], "normalization": "batch", "activation": "relu"},
    "layer norm": {"hidden": [6, 5], "normalization": "layer", "activation": ["gelu", "softsign"]},
    "skips": {"hidden": [5, 5, 4, 4, 4], "skip_every": 2, "activation": "elu"},
    "deep": {"hidden": [6] * 6, "skip_every": 1, "normalization": "batch", "activation": "silu"},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("penalized", [False, True])
def test_networks(network: dict[str, Any], penalized: bool) -> None:
    regularization = {"l1": 0.01, "l2": 0.1} if penalized else {}
    # No optimizer that divides: the bias in front of a batch norm has no gradient but rounding.
    compare(small(network=network, regularization=regularization, optimizer=OPTIMIZERS["momentum"]))


PREPARED: dict[str, dict[str, Any]] = {
    "l1": {"regularization__l1": 0.05},
    "l2": {"regularization__l2": 0.2},
    "clip norm": {"optimizer__clip_norm": 0.05},
    "clip value": {"optimizer__clip_value": 0.01},
    "both clips": {"optimizer__clip_value": 0.02, "optimizer__clip_norm": 0.05},
    "linear scaling": {"optimizer__reference_batch": 2},
    "linear scaling of a full batch": {"optimizer__reference_batch": 10, "batch_size": "full", "epochs": 40},
    "batch larger than the data": {"batch_size": 500, "epochs": 40},
    "one sample a batch": {"batch_size": 1},
    "label smoothing": {"loss": {"kind": "cross_entropy", "label_smoothing": 0.2}},
}


@pytest.mark.parametrize("changes", PREPARED.values(), ids=PREPARED)
def test_what_is_done_to_gradient_rate_and_batch(changes: dict[str, Any]) -> None:
    compare(small(**{"optimizer": {"method": "sgd", "lr": 0.1}, **changes}))


@pytest.mark.parametrize("loss", [{"kind": "mse"}, {"kind": "mae"}, {"kind": "huber", "delta": 0.4}])
def test_regression(loss: dict[str, Any]) -> None:
    compare(small(**{**REGRESSION, "loss": loss}))


def test_classes_can_be_learned_by_squared_error() -> None:
    experiment = small(loss={"kind": "mse"})
    engine = Engine(experiment)
    x, target = torch.from_numpy(engine.data.x_train), nn.functional.one_hot(torch.from_numpy(engine.data.y_train), 2)
    expected = nn.MSELoss()(engine.network.to_torch()(x), target.double())
    assert_close(engine.advance(0).evaluations[0].train_loss[0], expected.item(), 1e-12)


def test_float32_agrees_roughly() -> None:
    single, double = (Engine(small(dtype=dtype)) for dtype in ("float32", "float64"))
    double.network.load_tensors(single.network.tensors())
    records, expected = trained(single).records, trained(double).records
    np.testing.assert_allclose(records, expected, rtol=2e-3, atol=1e-4)
    assert not np.array_equal(records, expected)


@pytest.mark.parametrize("decay", [0.0, 0.55])
def test_gradient_noise_has_the_spread_of_the_formula(decay: float) -> None:
    """With noise far larger than the gradient, the update of SGD is η times the noise: its norm tells σ_t."""
    optimizer = {"method": "sgd", "lr": 1e-9, "gradient_noise": 100.0, "noise_decay": decay}
    experiment = small(optimizer=optimizer, network={"hidden": [40, 40]}, epochs=50)
    engine = Engine(experiment)
    records = engine.advance(200).records[:, 0]
    count = engine.architecture.n_parameters
    updates = records[:, column("update_norm", 3)] / 1e-9
    expected = np.sqrt(100.0 / (1.0 + np.arange(200)) ** decay * count)
    # The norm of n standard normal numbers is √n ± 1/√2.
    np.testing.assert_allclose(updates, expected, rtol=5 * math.sqrt(0.5 / count))
    assert updates.mean() / expected.mean() == pytest.approx(1.0, abs=5 * math.sqrt(0.5 / count / 200))
    quiet = Engine(small(optimizer={"method": "sgd", "lr": 1e-9}, network={"hidden": [40, 40]}, epochs=50))
    clean = quiet.advance(200).records[:, 0]
    # What is recorded as the gradient is without the noise.
    assert_close(records[:, column("grad_norm", 3)], clean[:, column("grad_norm", 3)], 1e-5)


def test_norms_of_tiny_gradients_do_not_underflow() -> None:
    network = {"hidden": [4] * 12, "activation": "sigmoid", "initialization": {"scheme": "normal", "std": 0.01}}
    for replicas in (1, 2):
        engine = Engine(small(network=network, dtype="float32", replicas=replicas))
        record = engine.advance(1).records[0, 0]
        signals = record[column("signal_norm", 13) :][:13]
        assert (signals > 0).all()
        assert signals[0] < 1e-24  # its squares are below the smallest number of single precision


# -------------------------------------------------------------------------------------------- evaluation


def test_evaluations_are_those_of_the_module_in_evaluation_mode() -> None:
    experiment = small(network={"hidden": [6, 5], "normalization": "batch", "dropout": 0.3}, epochs=3)
    engine = Engine(experiment)
    parts = []
    for epoch in range(4):
        part = engine.advance(EPOCH if epoch else 0)
        parts.append(part)
        (record,) = part.evaluations
        assert (record.step, record.epoch) == (epoch * EPOCH, epoch)
        module = engine.network.to_torch().eval()
        for x, y, loss, score in (
            (engine.data.x_train, engine.data.y_train, record.train_loss, record.train_score),
            (engine.data.x_val, engine.data.y_val, record.val_loss, record.val_score),
        ):
            with torch.no_grad():
                output, labels = module(torch.from_numpy(x)), torch.from_numpy(y)
            assert_close(loss[0], nn.CrossEntropyLoss()(output, labels).item(), 1e-12)
            assert score[0] == pytest.approx((output.argmax(1) == labels).double().mean().item())
    run = collected(parts)
    assert reasons(run.outcomes) == ["completed"]
    last_norms = run.records[[3, 7, 11], 0, column("grad_norm", 3)]
    assert np.isnan(run.evaluations[0].grad_norm[0])
    assert [record.grad_norm[0] for record in run.evaluations[1:]] == list(last_norms)


def test_parameter_change_is_between_evaluations() -> None:
    engine = Engine(small(epochs=3))
    at, changes = [], []
    for epoch in range(4):
        (record,) = engine.advance(EPOCH if epoch else 0).evaluations
        at.append(weights_of(engine))
        changes.append(record.parameter_change[0])
    assert np.isnan(changes[0])
    assert_close(changes[1:], [np.linalg.norm(after - before) for before, after in pairwise(at)])


def test_r_squared_of_a_regression() -> None:
    engine = Engine(small(**REGRESSION))
    (record,) = engine.advance(0).evaluations
    predicted = engine.snapshot().predict(engine.data.x_val)
    y = engine.data.y_val
    expected = 1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert record.val_score[0] == pytest.approx(expected, rel=1e-9)


def test_without_held_out_samples_there_is_nothing_to_validate() -> None:
    run = trained(Engine(small(data={"dataset": "moons", "samples": 43, "held_out": 0.0}, epochs=2)))
    assert all(np.isnan(record.val_loss[0]) and np.isnan(record.val_score[0]) for record in run.evaluations)
    assert all(np.isfinite(record.train_loss[0]) for record in run.evaluations)


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        ({"every": 1}, [0, 4, 8, 12, 16, 20]),
        ({"every": 2}, [0, 8, 16, 20]),
        ({"every": 9}, [0, 20]),
        ({"every": 3, "unit": "step"}, [0, 3, 6, 9, 12, 15, 18, 20]),
        ({"every": 5, "unit": "step"}, [0, 5, 10, 15, 20]),
    ],
)
@pytest.mark.parametrize("watch", [True, False])
def test_when_it_evaluates(evaluation: dict[str, Any], expected: list[int], watch: bool) -> None:
    run = trained(Engine(small(epochs=5, evaluation=evaluation), watch_every_step=watch))
    assert [record.step for record in run.evaluations] == expected


def test_training_loss_of_large_data_is_taken_on_a_fixed_choice() -> None:
    engine = Engine(small(evaluation={"train_samples": 10}))
    first = engine.advance(0).evaluations[0].train_loss[0]
    again = Engine(small(evaluation={"train_samples": 10}, seed=0)).advance(0).evaluations[0].train_loss[0]
    whole = Engine(small()).advance(0).evaluations[0].train_loss[0]
    assert first == again
    assert first != whole


# -------------------------------------------------------------------------------------------------- ends


def test_a_completed_run() -> None:
    engine = Engine(small(epochs=3))
    run = trained(engine)
    (outcome,) = run.outcomes
    assert outcome is not None
    assert (outcome.reason, outcome.step, outcome.epoch) == ("completed", 12, 3)
    assert outcome.message.startswith("Completed all 3 epochs.")
    assert not outcome.restored
    assert len(run.records) == 12
    after = engine.advance(5)
    assert len(after.records) == 0
    assert after.finished
    assert (engine.step, engine.epoch) == (12, 3)


@pytest.mark.parametrize(("steps", "done", "text"), [(7, 7, "Completed 7 steps."), (99, 32, "Completed all 8 epochs.")])
def test_a_limit_of_steps(steps: int, done: int, text: str) -> None:
    run = trained(Engine(small(steps=steps)))
    assert len(run.records) == done
    assert run.outcomes[0] is not None
    assert run.outcomes[0].message.startswith(text)
    assert run.evaluations[-1].step == done


OVERFITTING = {
    "data": {"dataset": "moons", "samples": 43, "held_out": 0.3, "noise": 2.0}, "epochs": 300,
    "network": {"hidden": [16, 16], "activation": "tanh"}, "batch_size": "full",
}  # fmt: skip


@pytest.mark.parametrize("metric", ["val_loss", "val_score", "train_loss"])
def test_early_stopping_restores_the_best_weights(metric: str) -> None:
    early = {"enabled": True, "metric": metric, "patience": 6, "min_delta": 0.001}
    experiment = small(**OVERFITTING, stopping={"early": early})
    engine = Engine(experiment)
    run = trained(engine)
    (outcome,) = run.outcomes
    assert outcome is not None
    values = np.array([getattr(record, metric)[0] for record in run.evaluations]) * (-1 if metric == "val_score" else 1)
    best, waited, last = math.inf, 0, 0
    for index, value in enumerate(values):
        if value < best - 0.001:
            best, waited, last = value, 0, index
        else:
            waited += 1
        if waited == 6:
            break
    if waited < 6:
        assert outcome.reason == "completed"
        return
    assert outcome.reason == "early_stopped"
    assert index == len(values) - 1, "stopped too late"
    assert (outcome.best_step, outcome.best_epoch, outcome.step) == (last, last, index)
    assert abs(outcome.best_metric) == pytest.approx(abs(best))
    assert outcome.restored
    assert "has not improved for 6 evaluations" in outcome.message
    assert f"at epoch {last}; its weights are restored." in outcome.message
    assert [record.waited[0] for record in run.evaluations[-7:]] == list(range(7))
    assert run.evaluations[-1].best_step[0] == last
    again = Engine(experiment)
    again.advance(last)
    assert np.array_equal(engine.snapshot().params, weights_of(again))
    assert not np.array_equal(engine.snapshot().params, weights_of(engine))


def test_early_stopping_is_met_in_the_examples_above() -> None:
    early = {"enabled": True, "patience": 6, "min_delta": 0.001}
    assert reasons(trained(Engine(small(**OVERFITTING, stopping={"early": early}))).outcomes) == ["early_stopped"]


def test_batch_norm_statistics_are_restored_too() -> None:
    early = {"enabled": True, "patience": 5}
    changes = {**OVERFITTING, "network": {"hidden": [16, 16], "normalization": "batch"}}
    engine = Engine(small(**changes, stopping={"early": early}))
    (outcome,) = trained(engine).outcomes
    assert outcome is not None
    assert outcome.restored
    again = Engine(small(**changes, stopping={"early": early}))
    again.advance(outcome.best_step)
    kept, expected = engine.snapshot(), again.snapshot()
    assert np.array_equal(kept.params, expected.params)
    assert np.array_equal(kept.statistics, expected.statistics)
    for name, value in again.network.tensors().items():
        assert np.array_equal(kept.tensors()[name], value.numpy()), name


@pytest.mark.parametrize(
    ("early", "restored", "text"),
    [
        ({"enabled": True, "patience": 1000}, True, "its weights are restored."),
        ({"enabled": True, "patience": 1000, "restore_best": False}, False, "the last weights are kept."),
        ({"enabled": False}, False, "the last weights are kept."),
    ],
)
def test_which_weights_a_completed_run_keeps(early: dict[str, Any], restored: bool, text: str) -> None:
    engine = Engine(small(**OVERFITTING, stopping={"early": early}))
    (outcome,) = trained(engine).outcomes
    assert outcome is not None
    assert outcome.reason == "completed"
    assert outcome.restored == restored
    assert outcome.message.endswith(text)
    assert np.array_equal(engine.snapshot().params, weights_of(engine)) != restored


def converging(combine: str = "any", k: int = 2, **actions: str) -> Run:
    """Run a problem that flattens out, with easy thresholds, and criteria set to stop."""
    thresholds = {
        "loss_plateau": 1e-3, "gradient_norm": 1e-2, "parameter_change": 1e-3, "validation": 3,
        "relative_improvement": 1e-2,
    }  # fmt: skip
    criteria: dict[str, Any] = {
        name: {"threshold": threshold, "action": actions.get(name, "tell")} for name, threshold in thresholds.items()
    }
    stopping = {"early": {"enabled": False}, "criteria": {**criteria, "combine": combine, "k": k}}
    optimizer = {"method": "sgd", "lr": 0.1}
    changes = {**REGRESSION, "network": {"hidden": []}, "batch_size": "full", "epochs": 400, "optimizer": optimizer}
    return trained(Engine(small(**changes, stopping=stopping)))


FIVE = ("loss_plateau", "gradient_norm", "parameter_change", "validation", "relative_improvement")


@pytest.mark.parametrize("name", FIVE)
def test_each_criterion_can_end_a_run(name: str) -> None:
    run = converging(**{name: "stop"})
    (outcome,) = run.outcomes
    assert outcome is not None
    assert outcome.reason == "converged"
    assert outcome.criteria == (name,)
    met = [state.met for record in run.evaluations[1:] for state in record.criteria[0] if state.name == name]
    assert met == [False] * (len(met) - 1) + [True], "it ends at the first evaluation that meets it"
    assert outcome.message.startswith(f"Converged at epoch {outcome.epoch:g}: {name.replace('_', ' ')}.")


def first_met(run: Run, name: str) -> int:
    return next(
        index for index, record in enumerate(run.evaluations)
        if index and any(state.name == name and state.met for state in record.criteria[0])
    )  # fmt: skip


def test_criteria_combined() -> None:
    free = converging()
    assert reasons(free.outcomes) == ["completed"]
    chosen = ("loss_plateau", "gradient_norm", "parameter_change")
    moments = sorted(first_met(free, name) for name in chosen)
    stop = dict.fromkeys(chosen, "stop")
    met_at = [
        [state.met for state in record.criteria[0] if state.name in chosen].count(True) for record in free.evaluations
    ]
    for combine, k, needed in (("any", 2, 1), ("k", 2, 2), ("all", 2, 3)):
        (outcome,) = converging(combine, k, **stop).outcomes
        assert outcome is not None
        assert outcome.reason == "converged"
        assert outcome.step == next(index for index, count in enumerate(met_at) if index and count >= needed)
        assert len(outcome.criteria) >= needed
    assert moments[0] < moments[-1], "the combinations would not differ"


def test_stopped_by_the_user() -> None:
    engine = Engine(small())
    engine.advance(6)
    engine.stop()
    assert engine.finished
    (outcome,) = engine.outcomes
    assert outcome is not None
    assert (outcome.reason, outcome.step, outcome.epoch) == ("stopped", 6, 1.5333333333333332)
    assert outcome.message.startswith("Stopped by you at epoch 1.533.")
    assert np.array_equal(engine.snapshot().params, weights_of(engine))
    assert len(engine.advance(3).records) == 0


def test_stopped_before_the_first_step() -> None:
    engine = Engine(small())
    engine.stop()
    progress = engine.advance(10)
    assert progress.finished
    assert len(progress.records) == 0
    assert not progress.evaluations
    assert np.array_equal(engine.snapshot().params, engine.initial_snapshot().params)


def test_failed() -> None:
    engine = Engine(small())
    engine.advance(2)
    engine.fail("ValueError: something")
    assert reasons(engine.outcomes) == ["failed"]
    assert engine.outcomes[0] is not None
    assert engine.outcomes[0].message.startswith("Failed: ValueError: something.")


# ------------------------------------------------------------------------------------------------- edits


@pytest.mark.parametrize(
    ("key", "editable"),
    [
        ("optimizer.lr", True), ("optimizer.clip_norm", True), ("optimizer.method", False), ("batch_size", True),
        ("regularization.l2", True), ("stopping.early.patience", True), ("epochs", True), ("steps", True),
        ("stopping.criteria.loss_plateau.action", True), ("network.hidden", False), ("seed", False), ("data", False),
        ("optimizer", False), ("replicas", False), ("epochs.x", False), ("", False),
    ],
)  # fmt: skip
def test_what_can_be_edited(key: str, editable: bool) -> None:
    assert is_editable(key) == editable
    if not editable:
        with pytest.raises(InputError, match="cannot be changed while a run is under way"):
            Engine(small()).edit({key: 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer.lr", -1.0), ("optimizer.lr", "fast"), ("optimizer.nonsense", 1.0), ("optimizer.lr.deeper", 1.0),
        ("batch_size", 0), ("epochs", None), ("optimizer.momentum", 0.5), ("optimizer.lr", math.nan),
        ("stopping.early.metric", "nothing"), ("optimizer.", 3), ("stopping.early", 3), ("optimizer.lr", object()),
    ],
)  # fmt: skip
def test_an_edit_that_is_not_allowed_changes_nothing(key: str, value: Any) -> None:
    engine, untouched = Engine(small()), Engine(small())
    engine.advance(3)
    with pytest.raises(InputError):
        engine.edit({key: value})
    assert not engine.edits
    assert engine.experiment == small()
    assert np.array_equal(engine.advance(9).records, untouched.advance(12).records[3:])


def test_edits_act_from_the_next_step_on() -> None:
    engine = Engine(small())
    engine.advance(5)
    (edit,) = engine.edit({"optimizer.lr": 0.3})
    assert (edit.step, edit.key, edit.value) == (5, "optimizer.lr", 0.3)
    assert engine.edits == [edit]
    assert engine.experiment.optimizer.lr == 0.3
    assert engine.original[0].optimizer.lr == 0.02
    assert (engine.advance(2).records[:, 0, 1] == 0.3).all()


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer.beta1": 0.5}, {"optimizer.clip_norm": 0.05}, {"optimizer.clip_value": 0.01},
        {"regularization.l1": 0.1}, {"regularization.l2": 0.1}, {"optimizer.gradient_noise": 0.5},
        {"optimizer.reference_batch": 4},
    ],
    ids=str,
)  # fmt: skip
def test_an_edit_at_the_start_is_as_good_as_the_setting(change: dict[str, Any]) -> None:
    engine = Engine(small())
    for key, value in change.items():
        engine.edit({key: value})
    with_setting = Engine(small(**{key.replace(".", "__"): value for key, value in change.items()}))
    mine, other = trained(engine), trained(with_setting)
    assert np.array_equal(mine.records, other.records)
    assert not np.array_equal(mine.records, trained(Engine(small())).records)


def test_an_edit_of_the_batch_size_within_an_epoch() -> None:
    engine = Engine(small())
    engine.advance(2)  # 16 of 30 samples seen
    engine.edit({"batch_size": 5})
    assert engine.batch_size == 5
    assert engine.steps_left_in_epoch == 3
    assert engine.steps_per_epoch == 6
    progress = engine.advance(3)
    assert progress.epoch == 1.0
    assert [record.step for record in progress.evaluations] == [5]


def test_small_memory_does_not_forbid_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run holds already is no longer available, but it is not needed a second time either."""
    engine = Engine(small())
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 1000}))
    engine.edit({"optimizer.lr": 0.5})
    assert engine.experiment.optimizer.lr == 0.5


def test_an_edit_of_a_completed_run_that_adds_no_epochs_trains_no_further() -> None:
    engine = Engine(small())
    run = trained(engine)
    engine.edit({"optimizer.lr": 0.5})
    progress = engine.advance(3)
    assert len(progress.records) == 0
    assert progress.finished
    assert reasons(progress.outcomes) == ["completed"]
    assert engine.step == len(run.records)


@pytest.mark.parametrize("watch", [True, False])
def test_fewer_epochs_than_are_done_end_the_run_at_once(watch: bool) -> None:
    engine = Engine(small(), watch_every_step=watch)
    while engine.step < 9:
        engine.advance(9 - engine.step)
    engine.edit({"epochs": 1})
    progress = engine.advance(5)
    assert len(progress.records) == 0
    assert progress.finished
    assert [record.step for record in progress.evaluations] == [9]
    assert reasons(progress.outcomes) == ["completed"]


def test_data_are_loaded_where_they_are_not_given() -> None:
    experiment = small()
    given = Engine(experiment, load_prepared(experiment.data))
    assert np.array_equal(given.advance(5).records, Engine(experiment).advance(5).records)
