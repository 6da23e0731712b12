"""Rates of convergence of sequences whose rate is known: closed forms, iterations, and the same with noise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.runs import data_of, small
from training.engine import Engine
from training.history import History
from training.instruments.rates import RateEstimate, estimate

FloatArray = NDArray[np.float64]

STEPS = np.arange(1.0, 401.0)
few = settings(max_examples=8)


def newton(start: float) -> tuple[FloatArray, FloatArray]:
    """Return steps and errors of Newton's iteration for the root of x² − 2, until rounding has the last word."""
    errors, x = [], start
    while abs(x - math.sqrt(2.0)) > 1e-14:
        errors.append(abs(x - math.sqrt(2.0)))
        x = x - (x * x - 2.0) / (2.0 * x)
    return np.arange(float(len(errors))), np.array(errors)


# ------------------------------------------------------------------------------------------- closed forms


@given(st.floats(0.2, 3.0), st.floats(1e-6, 1e6))
@few
def test_powers(power: float, scale: float) -> None:
    found = estimate(STEPS, scale * STEPS**-power)
    assert found.kind == "sublinear"
    assert found.order == pytest.approx(power, rel=0.01)
    assert found.interval[0] <= power <= found.interval[1]
    assert found.limit == 0.0


@given(st.floats(0.3, 0.999), st.floats(1e-6, 1e6))
@few
def test_exponentials(rate: float, scale: float) -> None:
    found = estimate(STEPS, scale * rate**STEPS)
    assert (found.kind, found.order) == ("linear", 1.0)
    assert found.rate == pytest.approx(rate, rel=1e-3)
    assert found.interval[0] <= rate <= found.interval[1]


@given(st.floats(0.7, 0.998), st.floats(0.01, 10.0))
@few
def test_exponentials_above_a_floor(rate: float, floor: float) -> None:
    found = estimate(STEPS, floor + rate**STEPS)
    assert found.kind == "linear"
    assert found.rate == pytest.approx(rate, rel=2e-3)
    assert found.limit == pytest.approx(floor, rel=0.02, abs=0.02)


def test_power_above_a_floor() -> None:
    found = estimate(STEPS, 0.3 + 1.0 / STEPS)
    assert found.kind == "sublinear"
    assert found.order == pytest.approx(1.0, abs=0.05)
    assert found.limit == pytest.approx(0.3, rel=0.01)


def test_power_with_another_origin() -> None:
    found = estimate(STEPS, 1.0 / np.sqrt(STEPS + 80.0))
    assert found.kind == "sublinear"
    assert found.order == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("eigenvalues", [[1.0, 0.5, 0.1, 0.02], list(np.linspace(0.02, 1.0, 40))])
def test_gradient_descent_on_a_quadratic(eigenvalues: list[float]) -> None:
    """The gradient shrinks by 1 − ηλ_min a step in the end, the objective by its square."""
    curvatures, x = np.array(eigenvalues), np.ones(len(eigenvalues))
    objective, norms = [], []
    for _ in range(400):
        objective.append(0.5 * float(curvatures @ x**2))
        norms.append(float(np.linalg.norm(curvatures * x)))
        x = x - curvatures * x
    assert estimate(STEPS, objective).rate == pytest.approx(0.98**2, rel=2e-3)
    assert estimate(STEPS, norms).rate == pytest.approx(0.98, rel=2e-3)


@given(st.floats(3.0, 100.0))
@few
def test_newton_is_quadratic(start: float) -> None:
    """From far away it halves the error; near the root, e(t + 1) = e(t)² / 2x(t)."""
    found = estimate(*newton(start))
    assert found.kind == "quadratic"
    assert found.order == pytest.approx(2.0, abs=0.15)


def test_the_objective_of_newton_is_quadratic() -> None:
    """f = (x² − 2)², without the error being known: its square root is the residual."""
    steps, errors = newton(20.0)
    residuals = np.abs((errors + math.sqrt(2.0)) ** 2 - 2.0)
    assert estimate(steps, residuals).kind == "quadratic"


def test_faster_than_quadratic() -> None:
    """As Halley's iteration near a root: e(t + 1) ∝ e(t)³."""
    steps = np.arange(6.0)
    found = estimate(steps, 5.0 * 0.8 ** (3.0**steps))
    assert found.kind == "superlinear"
    assert found.order == pytest.approx(3.0, abs=0.05)


def test_the_secant_method_is_superlinear() -> None:
    """Its order is the golden ratio."""
    errors, before, now = [], 30.0, 20.0
    while abs(now - math.sqrt(2.0)) > 1e-14:
        errors.append(abs(now - math.sqrt(2.0)))
        slope = now + before
        before, now = now, now - (now * now - 2.0) / slope
    found = estimate(np.arange(float(len(errors))), errors)
    assert found.kind == "superlinear"
    assert found.order == pytest.approx((1.0 + math.sqrt(5.0)) / 2.0, abs=0.15)
    assert found.interval[0] < found.order < found.interval[1]


def test_full_batch_training_of_a_linear_model() -> None:
    """The lab's own run: the training loss approaches that of least squares by (1 − ηλ_min)² a step."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 2)) * [1.0, 0.4]
    y = x @ [[1.0], [-2.0]] + 0.5 * rng.standard_normal((60, 1))
    design = np.column_stack([x, np.ones(60)])
    lowest = float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).mean())
    slowest = 1.0 - 0.05 * float(np.linalg.eigvalsh(2.0 / 60 * design.T @ design)[0])
    experiment = small(
        network={"hidden": []}, loss={"kind": "mse"}, data={"dataset": "plane"}, batch_size="full", epochs=400,
        optimizer={"method": "sgd", "lr": 0.05},
    )  # fmt: skip
    engine = Engine(experiment, data_of(x, y))
    history = History(1, engine.architecture.layers)
    for progress in engine.train():
        history.extend(progress)
    evaluations = history.evaluations
    losses = estimate(evaluations.step, evaluations.train_loss[:, 0])
    assert losses.kind == "linear"
    assert losses.rate == pytest.approx(slowest**2, rel=2e-3)
    assert losses.limit == pytest.approx(lowest, rel=1e-3)
    norms = history.series("grad_norm")
    assert estimate(norms.steps, norms.low).rate == pytest.approx(slowest, rel=2e-3)


# ------------------------------------------------------------------------------------------------- noise


@pytest.mark.parametrize(
    ("curve", "kind", "truth"),
    [
        (lambda t: 1.0 / t, "sublinear", 1.0),
        (lambda t: t**-0.5, "sublinear", 0.5),
        (lambda t: 0.97**t, "linear", 0.97),
        (lambda t: 0.99**t, "linear", 0.99),
    ],
)
def test_noise_in_proportion(curve: Callable[[FloatArray], FloatArray], kind: str, truth: float) -> None:
    found = [estimate(STEPS, curve(STEPS) * np.exp(0.2 * _normal(seed))) for seed in range(7)]
    _mostly_right(found, kind, truth, tolerance=0.08 if kind == "sublinear" else 0.002)


@pytest.mark.parametrize(
    ("curve", "kind", "truth", "noise"),
    [
        (lambda t: 0.3 + 0.97**t, "linear", 0.97, 0.01),
        (lambda t: 0.3 + 0.97**t, "linear", 0.97, 0.0001),
        (lambda t: 0.3 + 0.95**t, "linear", 0.95, 0.03),
        (lambda t: 0.3 + 1.0 / t, "sublinear", 1.0, 0.002),
    ],
)
def test_noise_above_a_floor(
    curve: Callable[[FloatArray], FloatArray], kind: str, truth: float, noise: float
) -> None:
    found = [estimate(STEPS, curve(STEPS) + noise * _normal(seed)) for seed in range(7)]
    _mostly_right(found, kind, truth, tolerance=0.1 if kind == "sublinear" else 0.01)
    assert np.median([each.limit for each in found]) == pytest.approx(0.3, rel=0.02)


def _normal(seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal(len(STEPS))


def _mostly_right(found: list[RateEstimate], kind: str, truth: float, tolerance: float) -> None:
    right = [each for each in found if each.kind == kind]
    assert len(right) >= 6
    values = [each.rate if kind == "linear" else each.order for each in right]
    assert np.median(values) == pytest.approx(truth, abs=tolerance)
    assert sum(each.interval[0] <= truth <= each.interval[1] for each in right) >= 5


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_has_no_rate(seed: int) -> None:
    found = estimate(STEPS, 0.5 + 0.05 * _normal(seed))
    assert found.kind == "none"
    assert math.isnan(found.order)
    assert math.isnan(found.steps_to(0.1))


# ------------------------------------------------------------------------------------- what cannot be told


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [1.0, 0.5, 0.2],
        np.ones(50),
        np.linspace(1.0, 2.0, 50),
        np.full(50, np.nan),
        np.zeros(50),
        [1.0, *np.full(50, 0.1)],
        [*np.linspace(1.0, 2.0, 50), np.inf],
        1.0 + 1e-13 * np.exp(-0.1 * np.arange(1.0, 60.0)),
        1.0 + 5e-15 * np.arange(60.0, 1.0, -1.0),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_rate(values: FloatArray) -> None:
    found = estimate(np.arange(len(values)), values)
    assert found.kind == "none"
    assert found.sentence.endswith(".")


@given(st.lists(st.floats(allow_nan=True), max_size=80))
@settings(max_examples=30)
def test_never_fails(values: list[float]) -> None:
    found = estimate(np.arange(len(values)), np.array(values))
    if found.kind != "none":
        assert math.isfinite(found.order)
        assert found.interval[0] <= found.interval[1]
        assert found.steps_to(found.limit) == math.inf


# ---------------------------------------------------------------------------------------- steps to a target


@given(st.floats(0.9, 0.99), st.floats(1e-9, 1e-3))
@few
def test_steps_of_an_exponential(rate: float, target: float) -> None:
    found = estimate(STEPS[:60], rate ** STEPS[:60])
    wanted = math.log(target) / math.log(rate) - 60.0
    assume(wanted > 0.0)
    assert found.steps_to(target) == pytest.approx(wanted, rel=0.01)


def test_steps_of_other_curves() -> None:
    assert estimate(STEPS, 1.0 / STEPS).steps_to(1e-3) == pytest.approx(600.0, rel=0.03)
    assert estimate(STEPS, 1.0 / np.sqrt(STEPS + 80.0)).steps_to(1.0 / 40.0) == pytest.approx(1120.0, rel=0.05)
    floored = estimate(STEPS, 0.3 + 0.99**STEPS)
    assert floored.steps_to(0.301) == pytest.approx(math.log(1e-3) / math.log(0.99) - 400.0, rel=0.02)
    assert floored.steps_to(0.29) == math.inf
    assert floored.steps_to(5.0) == 0.0
    steps = np.arange(7.0)
    assert estimate(steps[:-1], 0.8 ** (2.0 ** steps[:-1])).steps_to(0.8**64) == pytest.approx(1.0, abs=0.02)


def test_told_in_words() -> None:
    assert "Linear convergence" in (sentence := estimate(STEPS, 0.3 + 0.99**STEPS).sentence)
    assert "1 % a step" in sentence
    assert "1/t^0.5" in estimate(STEPS, STEPS**-0.5).sentence
