"""Runs that blow up: T16, and the first step and tensor with a value that is not finite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.training.runs import assert_same_run, collected, data_of, reasons, small, trained, weights_of
from training.data.prepare import PreparedData
from training.engine import Engine
from training.experiment import Experiment
from training.history import History
from training.validation import replace

# Linear regression without offset in the data: the loss is mean (x w + b − y)², whose Hessian is 2/n XᵀX.
RNG = np.random.default_rng(3)
X = RNG.normal(size=(40, 2)) * [1.0, 3.0]
Y = X @ np.array([[0.5], [-1.0]]) + 0.3
WITH_ONE = np.hstack([X, np.ones((40, 1))])
CURVATURES, DIRECTIONS = np.linalg.eigh(2 / 40 * WITH_ONE.T @ WITH_ONE)
LARGEST = float(CURVATURES[-1])
BEST = np.linalg.lstsq(WITH_ONE, Y, rcond=None)[0]


def linear(lr: float, epochs: int = 3000, **optimizer: Any) -> Experiment:
    return small(
        data={"dataset": "plane"}, loss={"kind": "mse"}, network={"hidden": []}, batch_size="full", epochs=epochs,
        optimizer={"method": "sgd", "lr": lr, **optimizer}, evaluation={"every": 100},
    )  # fmt: skip


def linear_data() -> PreparedData:
    return data_of(X, Y, X[:4], Y[:4])


def along_steepest(engine: Engine) -> float:
    """Return how far the parameters are from the minimum along the direction of largest curvature."""
    offset: Any = (weights_of(engine)[:, None] - BEST).T @ DIRECTIONS[:, -1]
    return float(abs(offset[0]))


@pytest.mark.parametrize("product", [0.5, 1.5, 1.98, 2.02, 2.5, 4.0])
def test_t16_steps_shrink_or_grow_by_one_minus_rate_times_curvature(product: float) -> None:
    engine = Engine(linear(product / LARGEST), linear_data())
    before = along_steepest(engine)
    for _ in range(25):
        engine.advance(1)
        after = along_steepest(engine)
        assert after == pytest.approx(abs(1 - product) * before, rel=1e-6, abs=1e-13)
        before = after


def test_t16_just_below_the_limit_converges_and_just_above_diverges() -> None:
    below = trained(Engine(linear(1.99 / LARGEST, 3000), linear_data()))
    assert reasons(below.outcomes) == ["completed"]
    assert below.evaluations[-1].train_loss[0] < 1e-15
    above = trained(Engine(linear(2.01 / LARGEST, 200_000), linear_data()))
    assert reasons(above.outcomes) == ["diverged"]
    losses = above.records[:, 0, 0]
    late = losses[-2000:-1]
    np.testing.assert_allclose(late[1:] / late[:-1], 1.01**2, rtol=1e-6)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_t16_with_momentum_the_limit_is_two_times_one_plus_momentum(momentum: float) -> None:
    limit = 2 * (1 + momentum) / LARGEST
    below = Engine(linear(0.99 * limit, 2000, method="momentum", momentum=momentum), linear_data())
    assert reasons(trained(below).outcomes) == ["completed"]
    assert along_steepest(below) < 1e-5
    above = Engine(linear(1.01 * limit, 100_000, method="momentum", momentum=momentum), linear_data())
    assert reasons(trained(above).outcomes) == ["diverged"]


@pytest.mark.parametrize("watch", [True, False])
def test_t16_the_step_and_tensor_at_fault_are_named(watch: bool) -> None:
    rate = 3.0 / LARGEST  # |1 − ηλ| = 2
    parameters = weights_of(Engine(linear(rate), linear_data()))[:, None]
    step, loss = 0, 0.0
    with np.errstate(over="ignore"):
        while np.isfinite(loss):
            residual = WITH_ONE @ parameters - Y
            loss = float((residual**2).mean())
            parameters = parameters - rate * 2 / 40 * WITH_ONE.T @ residual
            step += 1
    assert 500 < step < 515, "the squares of 2^512 overflow"
    engine = Engine(linear(rate), linear_data(), watch_every_step=watch)
    run = trained(engine, chunk=64)
    (outcome,) = run.outcomes
    assert outcome is not None
    assert (outcome.reason, outcome.step, outcome.tensor) == ("diverged", step, "loss")
    assert outcome.message.startswith(
        f"Diverged at step {step} (epoch {step}): the first value that is not finite is in the loss."
    )
    assert len(run.records) == step
    assert np.isfinite(run.records[:-1]).all()
    assert np.isinf(run.records[-1, 0, 0])


def test_the_history_up_to_the_end_is_kept() -> None:
    engine = Engine(linear(3.0 / LARGEST), linear_data())
    history = History(1, 1)
    for progress in engine.train():
        history.extend(progress)
    assert reasons(history.outcomes) == ["diverged"]
    curve = history.series("batch_loss")
    assert len(curve) == engine.step
    assert np.isfinite(curve.high[:-1]).all()


def exploding(**changes: Any) -> Experiment:
    optimizer = {"method": "sgd", "lr": 1e6}
    network = {"hidden": [6, 5], "activation": "relu"}
    settings = {"network": network, "optimizer": optimizer, "loss": {"kind": "mse"}, "dtype": "float32", "epochs": 50}
    return small(**{**settings, **changes})


FAULTS: dict[str, dict[str, Any]] = {
    "relu": {},
    "linear": {"network": {"hidden": [6, 5], "activation": "identity"}},
    "float64": {"dtype": "float64"},
    "population": {"replicas": 3},
    "dropout": {"network": {"hidden": [6, 5], "dropout": 0.3}},
    "adam": {"optimizer": {"method": "adam", "lr": 1e20}},
    "batch norm": {"network": {"hidden": [6, 5], "normalization": "batch"}, "optimizer": {"method": "sgd", "lr": 1e25}},
}  # fmt: skip


@pytest.mark.parametrize("changes", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_looking_back_finds_the_same_step_and_tensor(changes: dict[str, Any], chunk: int) -> None:
    expected = trained(Engine(exploding(**changes)))
    assert "diverged" in reasons(expected.outcomes)
    for outcome in expected.outcomes:
        assert outcome is not None
        assert outcome.tensor
        assert outcome.tensor in outcome.message
    engine = Engine(exploding(**changes), watch_every_step=False)
    assert_same_run(trained(engine, chunk=chunk), expected)


def test_a_diverged_run_may_keep_its_best_weights() -> None:
    stopping = {"early": {"enabled": True, "patience": 1000}}
    engine = Engine(exploding(stopping=stopping))
    (outcome,) = trained(engine).outcomes
    assert outcome is not None
    assert outcome.reason == "diverged"
    assert outcome.restored
    assert np.isfinite(engine.snapshot().params).all()


def test_a_diverged_run_is_not_reopened() -> None:
    engine = Engine(exploding())
    run = trained(engine)
    engine.edit({"optimizer.lr": 0.001})
    assert engine.finished
    assert len(engine.advance(5).records) == 0
    assert engine.outcomes == list(run.outcomes)


def with_bad_inputs(value: float) -> PreparedData:
    x = X.copy()
    x[0, 0] = value
    return data_of(x, Y, X[:4], Y[:4])


@pytest.mark.parametrize(
    ("hidden", "value", "tensor"),
    [([4, 4], np.inf, "layer 1 pre-activation"), ([4, 4], 1e200, "loss"), ([], np.nan, "loss")],
)
def test_faults_of_the_first_step(hidden: list[int], value: float, tensor: str) -> None:
    experiment = linear(0.1).model_copy(
        update={"network": small(network={"hidden": hidden, "activation": "identity"}).network}
    )
    for watch in (True, False):
        run = trained(Engine(experiment, with_bad_inputs(value), watch_every_step=watch))
        (outcome,) = run.outcomes
        assert outcome is not None
        assert (outcome.reason, outcome.step, outcome.tensor) == ("diverged", 1, tensor)


def test_a_fault_in_the_update_alone() -> None:
    """A finite gradient and an infinite step: the parameters are what is not finite."""
    single = replace(linear(1e30), {"dtype": "float32"})
    engine = Engine(single, data_of(X, 1e12 * Y, X[:4], Y[:4]))
    (outcome,) = trained(engine).outcomes
    assert outcome is not None
    assert (outcome.step, outcome.tensor) == (1, "output parameters after the update")


def test_sums_that_overflow_are_no_divergence() -> None:
    """Loss and norms near the largest number are finite each, though their sum is not."""
    rate = 3.0 / LARGEST
    engine = Engine([linear(rate), linear(rate)], linear_data())
    run = collected(engine.train())
    losses = run.records[:-1, :, 0]
    assert losses.max() > 1e300
    assert reasons(run.outcomes) == ["diverged", "diverged"]
