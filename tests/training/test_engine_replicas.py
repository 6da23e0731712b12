"""Replica k of a population against the same run alone.

The two do the same arithmetic, in another order where sums are concerned (matrix products in batches, one fused
kernel or several operations), so they agree to rounding: 1e-9 in float64 over the runs below.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.architecture import Architecture
from tests.models.populations import architectures
from tests.training.runs import REGRESSION, Run, assert_close, data_of, evaluation_values, reasons, small, trained
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.progress import column
from training.validation import replace

TOLERANCE = 1e-9


def alone(experiment: Experiment, replica: int) -> Experiment:
    return experiment.model_copy(update={"replicas": 1, "seed": experiment.seed + replica})


def assert_replica_is(population: Run, replica: int, single: Run, tolerance: float = TOLERANCE) -> None:
    count = len(single.records)
    assert_close(population.records[:count, replica], single.records[:, 0], tolerance)
    assert np.isnan(population.records[count:, replica]).all(), "recorded after its end"
    for together, apart in zip(population.evaluations, single.evaluations, strict=False):
        for name in ("train_loss", "val_loss", "train_score", "val_score", "parameter_change", "grad_norm", "lr"):
            assert_close(getattr(together, name)[replica], getattr(apart, name)[0], tolerance)
        assert together.waited[replica] == apart.waited[0]
        assert together.best_step[replica] == apart.best_step[0]
        assert [state.met for state in together.criteria[replica]] == [state.met for state in apart.criteria[0]]
    for record in population.evaluations[len(single.evaluations) :]:
        assert np.isnan([record.train_loss[replica], record.val_score[replica], record.lr[replica]]).all()
    mine, other = population.outcomes[replica], single.outcomes[0]
    assert mine is not None
    assert other is not None
    assert (mine.reason, mine.step, mine.best_step, mine.criteria) == (
        other.reason, other.step, other.best_step, other.criteria
    )  # fmt: skip


POPULATIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"network": {"hidden": [7, 5], "dropout": 0.4}},
    "batch norm, skips": {"network": {"hidden": [6, 6, 4], "normalization": "batch", "skip_every": 2}},
    "layer norm": {"network": {"hidden": [6, 6], "normalization": "layer"}},
    "noise, clips, penalties": {
        "optimizer": {"method": "nesterov", "lr": 0.05, "gradient_noise": 0.1, "clip_norm": 0.5, "clip_value": 0.1},
        "regularization": {"l1": 0.01, "l2": 0.01},
    },
    "plateau": {"schedule": {"kind": "plateau", "patience": 0, "factor": 0.5}},
    "regression": REGRESSION,
    "full batch": {"batch_size": "full", "epochs": 40},
}  # fmt: skip


@pytest.mark.parametrize("changes", POPULATIONS.values(), ids=POPULATIONS)
def test_a_replica_is_the_run_alone(changes: dict[str, Any]) -> None:
    experiment = small(**{"optimizer": {"method": "sgd", "lr": 0.1}, **changes}, replicas=3)
    together = trained(Engine(experiment))
    singles = [trained(Engine(alone(experiment, replica))) for replica in range(3)]
    for replica, single in enumerate(singles):
        assert_replica_is(together, replica, single)
    assert not np.allclose(together.records[:, 0], together.records[:, 1])


@pytest.mark.parametrize("method", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "amsgrad", "adamw"])
def test_with_any_optimizer(method: str) -> None:
    experiment = small(optimizer={"method": method, "lr": 0.02}, replicas=2)
    together = trained(Engine(experiment))
    for replica in range(2):
        assert_replica_is(together, replica, trained(Engine(alone(experiment, replica))))


@given(architecture=architectures(max_depth=3), seed=st.integers(0, 1000), dropout=st.sampled_from([0.0, 0.5]))
@settings(max_examples=15)
def test_with_any_structure(architecture: Architecture, seed: int, dropout: float) -> None:
    network = {
        "hidden": list(architecture.hidden), "activation": list(architecture.activations) or "relu",
        "normalization": architecture.normalization, "skip_every": architecture.skip_every, "dropout": dropout,
    }  # fmt: skip
    experiment = small(network=network, optimizer={"method": "sgd", "lr": 0.01}, epochs=2, seed=seed, replicas=2)
    together = trained(Engine(experiment))
    for replica in range(2):
        assert_replica_is(together, replica, trained(Engine(alone(experiment, replica))))


def test_in_single_precision() -> None:
    experiment = small(optimizer={"method": "sgd", "lr": 0.1}, dtype="float32", replicas=2)
    together = trained(Engine(experiment))
    for replica in range(2):
        assert_replica_is(together, replica, trained(Engine(alone(experiment, replica))), 1e-4)


def test_replicas_may_differ_in_numbers() -> None:
    base = small(
        optimizer={"method": "momentum", "lr": 0.1}, network={"hidden": [6, 5], "dropout": 0.2},
        schedule={"kind": "cosine"},
    )  # fmt: skip
    experiments = [
        base,
        replace(base, {"optimizer.lr": 0.01, "optimizer.momentum": 0.5}),
        replace(base, {"seed": 9, "regularization.l2": 0.1, "network.initialization.gain": 0.5}),
        replace(base, {"optimizer.clip_norm": 0.1, "optimizer.gradient_noise": 0.2, "optimizer.noise_decay": 0.1}),
        replace(base, {"optimizer.clip_value": 0.01, "regularization.l1": 0.1, "optimizer.reference_batch": 4}),
        replace(base, {"optimizer.lr": 0.0, "optimizer.dampening": 0.5, "name": "still", "notes": "no rate"}),
    ]
    together = trained(Engine(experiments))
    for replica, experiment in enumerate(experiments):
        assert_replica_is(together, replica, trained(Engine(experiment)))
    assert (together.records[:, 5, 3] == 0).all()


@pytest.mark.parametrize("method", ["adam", "amsgrad", "adamw", "rmsprop", "adagrad"])
def test_rates_may_differ_with_any_optimizer(method: str) -> None:
    base = small(optimizer={"method": method, "lr": 0.02})
    experiments = [base, replace(base, {"optimizer.lr": 0.002}), replace(base, {"optimizer.eps": 1e-3})]
    together = trained(Engine(experiments))
    for replica, experiment in enumerate(experiments):
        assert_replica_is(together, replica, trained(Engine(experiment)))


@pytest.mark.parametrize(
    "changes",
    [
        {"network.hidden": (3,)}, {"batch_size": 4}, {"optimizer.method": "sgd"}, {"epochs": 9}, {"dtype": "float32"},
        {"data.noise": 0.1}, {"schedule.kind": "cosine"}, {"stopping.early.patience": 3},
        {"network.initialization.scheme": "zeros"},
    ],
)  # fmt: skip
def test_replicas_may_not_differ_in_structure(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"replica 2 differs .* {next(iter(changes)).partition('.')[0]}"):
        Engine([small(), replace(small(), changes)])


def test_each_replica_ends_for_its_own_reason() -> None:
    """One diverges, one stops early, one has all criteria met, one goes on to the end: none disturbs the others."""
    data = {"dataset": "plane", "samples": 43, "held_out": 0.3, "noise": 0.2}
    stopping = {
        "early": {"enabled": True, "patience": 30, "metric": "train_loss"},
        "criteria": {"parameter_change": {"threshold": 1e-6, "action": "stop"}},
    }
    base = small(
        data=data, loss={"kind": "mse"}, network={"hidden": []}, batch_size="full", epochs=300, stopping=stopping,
        optimizer={"method": "sgd", "lr": 0.1},
    )  # fmt: skip
    experiments = [
        replace(base, {"optimizer.lr": 0.001}),
        replace(base, {"optimizer.lr": 1e20}),
        replace(base, {"optimizer.lr": 0.3}),
        replace(base, {"optimizer.lr": 0.01, "optimizer.gradient_noise": 5.0, "optimizer.noise_decay": 0.0}),
    ]
    for watch in (True, False):
        together = trained(Engine(experiments, watch_every_step=watch))
        assert reasons(together.outcomes) == ["completed", "diverged", "converged", "early_stopped"]
        for replica, experiment in enumerate(experiments):
            assert_replica_is(together, replica, trained(Engine(experiment)))


@pytest.mark.parametrize("size", [1e-170, 1.0, 1e160])
def test_both_meters_measure_huge_and_tiny_gradients(size: float) -> None:
    """Squares of these overflow or underflow even in float64."""
    network = {"hidden": [], "initialization": {"scheme": "zeros"}}
    experiment = small(loss={"kind": "mae"}, network=network, data={"dataset": "plane"}, batch_size="full")
    x = np.random.default_rng(0).normal(size=(20, 3))
    data = data_of(x * size, x.sum(axis=1, keepdims=True))
    expected = np.linalg.norm((np.sign(-data.y_train) * x).mean(axis=0)) * size
    for replicas in (1, 2):
        record = Engine(experiment.model_copy(update={"replicas": replicas}), data).advance(1).records[0]
        for replica in range(replicas):
            assert record[replica, column("weight_grad_norm", 1)] == pytest.approx(expected, rel=1e-12)
            assert np.isfinite(record[replica, : column("update_ratio", 1)]).all()


def test_replicas_keep_their_own_best_weights() -> None:
    data = {"dataset": "moons", "samples": 43, "held_out": 0.3, "noise": 2.0}
    stopping = {"early": {"enabled": True, "patience": 8}}
    network = {"hidden": [16], "normalization": "batch"}
    experiment = small(data=data, network=network, batch_size="full", epochs=300, stopping=stopping, replicas=3)
    engine = Engine(experiment)
    trained(engine)
    steps = set()
    for replica in range(3):
        single = Engine(alone(experiment, replica))
        trained(single)
        assert_close(engine.snapshot(replica).params, single.snapshot().params, 1e-7)
        assert_close(engine.snapshot(replica).statistics, single.snapshot().statistics, 1e-7)
        outcome = engine.outcomes[replica]
        assert outcome is not None
        assert outcome.reason == "early_stopped"
        steps.add(outcome.best_step)
    assert len(steps) > 1


def test_seeds_count_up() -> None:
    engine = Engine(small(seed=7, replicas=3))
    assert [experiment.seed for experiment in engine.experiments] == [7, 8, 9]
    assert all(experiment.replicas == 1 for experiment in engine.experiments)


def test_an_edit_reaches_every_replica() -> None:
    base = small()
    engine = Engine([base, replace(base, {"optimizer.lr": 0.5})])
    assert list(engine.advance(1).records[0, :, 1]) == [0.02, 0.5]
    engine.edit({"optimizer.lr": 0.1})
    progress = engine.advance(1)
    assert list(progress.records[0, :, 1]) == [0.1, 0.1]
    assert [experiment.optimizer.lr for experiment in engine.experiments] == [0.1, 0.1]
    assert len(evaluation_values(engine.advance(2).evaluations[0])) > 10
