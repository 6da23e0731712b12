"""The stopping rules, against the formulas of Prechelt 1998 written out with loops, and early stopping itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.runs import small
from training.criteria import EarlyStopper
from training.engine import Engine
from training.experiment import EarlyStopping
from training.history import History
from training.instruments.stopping_bench import (
    STOP_RULES,
    generalization_loss,
    judge,
    judge_losses,
    training_progress,
)

FloatArray = NDArray[np.float64]

losses = st.lists(st.floats(0.01, 10.0), min_size=1, max_size=60)
K = 5


def stop(name: str, train: list[float], val: list[float], parameter: float) -> int | None:
    return STOP_RULES[name].stops_at(np.array(train), np.array(val), parameter)


def gl(val: list[float], t: int) -> float:
    return 100.0 * (val[t] / min(val[: t + 1]) - 1.0)


def p(train: list[float], t: int) -> float:
    strip = train[t - K + 1 : t + 1]
    return 1000.0 * (sum(strip) / (K * min(strip)) - 1.0)


def up(val: list[float], s: int, t: int) -> bool:
    """UP_s stops after epoch t iff UP_(s−1) stops after t − k and E(t) > E(t − k); UP_0 always does."""
    return s == 0 or (t >= 2 * K and up(val, s - 1, t - K) and val[t] > val[t - K])


@given(losses, st.sampled_from([1, 2, 5]))
def test_gl(val: list[float], alpha: float) -> None:
    wanted = next((t for t in range(len(val)) if gl(val, t) > alpha), None)
    assert stop("gl", val, val, alpha) == wanted
    np.testing.assert_allclose(generalization_loss(np.array(val)), [gl(val, t) for t in range(len(val))], atol=1e-9)


@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)), min_size=1, max_size=60))
def test_pq(both: list[tuple[float, float]]) -> None:
    train, val = ([pair[index] for pair in both] for index in (0, 1))
    ends = range(K, len(val), K)
    for alpha in STOP_RULES["pq"].parameters:
        def quotient(t: int) -> float:
            return 0.0 if gl(val, t) == 0.0 else gl(val, t) / p(train, t) if p(train, t) > 1e-9 else math.inf

        wanted = next((t for t in ends if quotient(t) > alpha), None)
        got = stop("pq", train, val, alpha)
        assert got == wanted or any(math.isclose(quotient(t), alpha, rel_tol=1e-9) for t in ends)
    got = training_progress(np.array(train))
    np.testing.assert_allclose(got[K - 1 :], [p(train, t) for t in range(K - 1, len(train))], atol=1e-9)


@given(losses, st.integers(1, 4))
def test_up(val: list[float], s: int) -> None:
    ends = range(K, len(val), K)
    assert stop("up", val, val, s) == next((t for t in ends if up(val, s, t)), None)


@given(losses, st.integers(1, 8))
def test_patience_is_that_of_early_stopping(val: list[float], patience: int) -> None:
    stopper = EarlyStopper(EarlyStopping(patience=patience))
    wanted = None
    for index, value in enumerate(val):
        stopper.update(value, index)
        if stopper.should_stop:
            wanted = index
            break
    assert stop("patience", val, val, patience) == wanted


def test_by_hand() -> None:
    """Falls to 1 at epoch 10, then rises by 0.1 an epoch."""
    epochs = np.arange(31.0)
    val = np.abs(epochs - 10.0) * 0.1 + 1.0
    train = np.linspace(2.0, 0.5, 31)
    results = {(result.name, result.parameter): result for result in judge_losses(epochs, train, val)}
    patience = results["patience", 5]
    assert (patience.epoch, patience.stopped, patience.best_epoch) == (15.0, True, 10.0)
    assert (patience.val_loss, patience.regret, patience.cost) == (pytest.approx(1.5), 0.0, 1.5)
    assert results["gl", 5].epoch == 11.0
    assert results["up", 2].epoch == 20.0  # 15 above 10, 20 above 15
    never = results["patience", 50]
    assert (never.epoch, never.stopped, never.cost) == (30.0, False, 3.0)


def test_a_rule_fooled_by_a_bump_has_regret() -> None:
    val = np.array([1.0, 0.8, 0.9, 0.7, 0.5, 0.4, 0.6])
    result = next(result for result in judge_losses(np.arange(7.0), val, val) if result.name == "gl")
    assert (result.epoch, result.best_epoch, result.best_val_loss) == (2.0, 1.0, 0.8)
    assert result.regret == pytest.approx(1.0)
    assert result.cost == pytest.approx(0.4)


@given(st.lists(st.floats(0.0, 1.0) | st.just(math.nan) | st.just(math.inf), min_size=1, max_size=40))
def test_never_fails_and_never_beats_the_whole_run(val: list[float]) -> None:
    curve = np.array(val)
    for result in judge_losses(np.arange(float(len(val))), curve, curve):
        assert result.regret >= 0.0
        assert result.best_epoch <= result.epoch


def test_a_finished_run() -> None:
    engine = Engine(small(epochs=40, replicas=2, optimizer={"method": "adam", "lr": 0.1}))
    history = History(2, engine.architecture.layers)
    for progress in engine.train():
        history.extend(progress)
    evaluations = history.evaluations
    results = judge(evaluations, replica=1)
    assert len(results) == sum(len(rule.parameters) for rule in STOP_RULES.values())
    assert results == judge_losses(evaluations.epoch, evaluations.train_loss[:, 1], evaluations.val_loss[:, 1])
    best = evaluations.best_val_loss[1]
    for result in results:
        assert result.best_val_loss >= best
        assert result.regret == pytest.approx(result.best_val_loss / best - 1.0, abs=1e-12)


def test_nothing_to_judge_without_validation() -> None:
    assert judge_losses(np.arange(5.0), np.ones(5), np.full(5, np.nan)) == []
