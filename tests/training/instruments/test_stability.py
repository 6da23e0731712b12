"""The limits of stability, against simulated steps of `torch.optim`, and the way left to an overflow, against runs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.instruments.hessians import hessian_at
from tests.training.instruments.probes import probe_at, probe_of
from tests.training.runs import REGRESSION, data_of, small
from training.engine import Engine
from training.experiment_file import PRESETS
from training.instruments.preconditioner import scale_of
from training.instruments.stability import LARGEST, Law, Stability, law_of, limit_formula, notes_on, steps_to_overflow
from training.scenarios.scenario_file import load
from training.validation import replace as changed

FloatArray = NDArray[np.float64]

betas = st.floats(0.0, 0.99)

OPTIMIZERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sgd": ({"method": "sgd"}, {}),
    "momentum": ({"method": "momentum", "momentum": 0.8}, {"momentum": 0.8}),
    "dampened": ({"method": "momentum", "momentum": 0.8, "dampening": 0.5}, {"momentum": 0.8, "dampening": 0.5}),
    "nesterov": ({"method": "nesterov", "momentum": 0.8}, {"momentum": 0.8, "nesterov": True}),
    "no momentum": ({"method": "momentum", "momentum": 0.0, "dampening": 0.5}, {"dampening": 0.5}),
}


@pytest.mark.parametrize("h", [0.3, 1.9, 2.1, 3.5, 3.7, 5.0, -0.2])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_growth_is_that_of_torch_optim(name: str, h: float) -> None:
    ours, theirs = OPTIMIZERS[name]
    law = law_of(small(optimizer=ours), 0.1)
    place = torch.nn.Parameter(torch.full((), 1e-100, dtype=torch.float64))
    optimizer = torch.optim.SGD([place], lr=abs(h), **theirs)
    sizes = []
    for _ in range(400):
        optimizer.zero_grad()
        (math.copysign(0.5, h) * place.square()).backward()
        optimizer.step()
        sizes.append(abs(place.item()))
    wanted = math.exp((math.log(max(sizes[-40:])) - math.log(max(sizes[160:200]))) / 200.0)
    assert law.growth(h) == pytest.approx(wanted, rel=0.01)
    if h > 0.0:
        assert (law.growth(h) > 1.0) == (h > law.limit)


@given(betas, st.floats(0.05, 1.0), st.booleans(), st.floats(0.5, 1.0), st.floats(0.01, 2.0))
def test_beyond_the_limit_it_grows(beta: float, gain: float, ahead: bool, kept: float, share: float) -> None:
    law = Law(beta, 1.0, True) if ahead else Law(beta, gain, kept=kept)
    assume(abs(share - 1.0) > 1e-6)
    assert (law.growth(share * law.limit) > 1.0) == (share > 1.0)


@pytest.mark.parametrize(
    ("optimizer", "formula", "limit"),
    [
        ({"method": "sgd"}, "2", 2.0),
        ({"method": "momentum", "momentum": 0.9}, "2(1+β)", 3.8),
        ({"method": "momentum", "momentum": 0.9, "dampening": 0.5}, "2(1+β)/(1−d)", 7.6),
        ({"method": "momentum", "momentum": 0.9, "dampening": 1.0}, "2(1+β)/(1−d)", math.inf),
        ({"method": "nesterov", "momentum": 0.9}, "2(1+β)/(1+2β)", 3.8 / 2.8),
        ({"method": "adam", "beta1": 0.9}, "2(1+β₁)/(1−β₁)", 38.0),  # Cohen et al. 2022
        ({"method": "amsgrad", "beta1": 0.0}, "2(1+β₁)/(1−β₁)", 2.0),
        ({"method": "adamw", "beta1": 0.9, "weight_decay": 0.1}, "(2−ηw)(1+β₁)/(1−β₁)", 1.995 * 19.0),
        ({"method": "adamw", "beta1": 0.9, "weight_decay": 0.0}, "2(1+β₁)/(1−β₁)", 38.0),
        ({"method": "rmsprop"}, "2", 2.0),
        ({"method": "rmsprop", "momentum": 0.5}, "2(1+β)", 3.0),
        ({"method": "adagrad"}, "2", 2.0),
    ],
)
def test_limits_and_how_they_are_computed(optimizer: dict[str, Any], formula: str, limit: float) -> None:
    experiment = small(optimizer=optimizer)
    assert law_of(experiment, 0.05).limit == pytest.approx(limit)
    assert limit_formula(experiment) == formula


ADAPTIVE: dict[str, tuple[dict[str, Any], str | None]] = {
    "adam": ({"method": "adam", "beta1": 0.9}, "first_moment"),
    "amsgrad": ({"method": "amsgrad", "beta1": 0.5, "eps": 1e-3}, "first_moment"),
    "adamw": ({"method": "adamw", "weight_decay": 0.0}, "first_moment"),
    "rmsprop": ({"method": "rmsprop", "alpha": 0.9}, None),
    "centered": ({"method": "rmsprop", "centered": True, "eps": 1e-4}, None),
    "adagrad": ({"method": "adagrad", "initial_accumulator": 0.1}, None),
}


@pytest.mark.parametrize("name", ADAPTIVE)
def test_units_are_those_of_the_step(name: str) -> None:
    """The last step was −η s² times what the optimizer averages."""
    optimizer, averaged = ADAPTIVE[name]
    probe = probe_at(7, optimizer={**optimizer, "lr": 0.02})
    scale = scale_of(probe)
    assert scale is not None
    assert probe.before is not None
    assert probe.gradient is not None
    direction = probe.optimizer[averaged] if averaged else probe.gradient
    torch.testing.assert_close(probe.params - probe.before, -probe.lr * scale.square() * direction)


def test_decay_of_adagrad_counts() -> None:
    slow = probe_at(7, optimizer={"method": "adagrad", "lr_decay": 0.5})
    fast = replace(slow, experiment=small(optimizer={"method": "adagrad"}))
    ours, theirs = scale_of(slow), scale_of(fast)
    assert ours is not None
    assert theirs is not None
    torch.testing.assert_close(ours.square() * (1.0 + 7 * 0.5), theirs.square())


@pytest.mark.parametrize("name", ["adam", "rmsprop", "adagrad"])
def test_curvature_in_the_units_of_an_adaptive_method(name: str) -> None:
    """The largest eigenvalue of P⁻¹H, which is not symmetric."""
    probe = probe_at(20, optimizer={**ADAPTIVE[name][0], "lr": 0.01}, network__hidden=(5,))
    scale = scale_of(probe)
    assert scale is not None
    whole = scale.square().numpy()[:, None] * hessian_at(probe.bench, probe.params)
    wanted = np.linalg.eigvals(whole).real.max()
    found, h, limit, share, _, left = Stability().measure(probe)
    assert found == pytest.approx(wanted, rel=1e-3)
    assert (h, share) == pytest.approx((probe.lr * wanted, probe.lr * wanted / limit), rel=1e-3)
    assert left == math.inf if share < 1.0 else left > 0.0


def test_unknown_before_the_first_step_of_an_adaptive_method() -> None:
    found = Stability().measure(probe_at(0, optimizer={"method": "adam", "beta1": 0.9}))
    assert found[2] == pytest.approx(38.0)
    assert np.isnan(found[[0, 1, 3, 4, 5]]).all()


# -------------------------------------------------------------------------------------------------- overflow


def test_doubling_overflows_when_it_must() -> None:
    """T16: from 1, update 1023 (the first is 0) leaves float64; float32 it leaves at update 127."""
    assert steps_to_overflow(2.0, 1.0) == 1023
    assert steps_to_overflow(2.0, 1.0, LARGEST["float32"]) == 127


@given(st.floats(1.01, 10.0), st.floats(1e-10, 1e10))
def test_steps_to_an_overflow(growth: float, size: float) -> None:
    left, value = steps_to_overflow(growth, size, LARGEST["float32"]), size
    for _ in range(int(left)):
        value *= growth
    assert value <= LARGEST["float32"] * (1.0 + 1e-6)
    assert value * growth >= LARGEST["float32"] * (1.0 - 1e-6)


@pytest.mark.parametrize(("growth", "size", "left"), [(1.0, 1.0, math.inf), (0.3, 5.0, math.inf), (2.0, 0.0, math.inf)])
def test_what_does_not_grow_never_overflows(growth: float, size: float, left: float) -> None:
    assert steps_to_overflow(growth, size) == left


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("optimizer", "h"),
    [({"method": "sgd"}, 3.0), ({"method": "momentum", "momentum": 0.5}, 3.6), ({"method": "nesterov"}, 2.5)],
)
def test_overflow_is_predicted(dtype: str, optimizer: dict[str, Any], h: float) -> None:
    """A linear model on full batches is the parabola itself: it diverges within two steps of what was predicted."""
    x = np.random.default_rng(0).standard_normal((20, 1)) * 1.5
    data = data_of(x, 2.0 * x + 1.0)
    curvature = float(np.linalg.eigvalsh(2.0 / 20 * (design := np.column_stack([x, np.ones(20)])).T @ design)[-1])
    experiment = small(
        optimizer={**optimizer, "lr": h / curvature}, loss={"kind": "mse"}, network={"hidden": []}, dtype=dtype,
        batch_size="full", epochs=10_000, data={"dataset": "plane"},
    )  # fmt: skip
    engine = Engine(experiment, data)
    engine.advance(20)
    found, measured, limit, share, growth, left = Stability().measure(probe_of(engine))
    assert (found, measured) == pytest.approx((curvature, h), rel=1e-4)
    assert share == pytest.approx(h / limit, rel=1e-4)
    assert growth > 1.0
    engine.advance(100_000)
    while not engine.finished:
        engine.advance(100_000)
    outcome = engine.outcomes[0]
    assert outcome is not None
    assert outcome.reason == "diverged"
    assert outcome.step - 20 == pytest.approx(left, abs=3)


@pytest.mark.parametrize("at", range(0, 120, 10))
def test_overflow_is_predicted_where_the_curvature_is_two(at: int) -> None:
    """Inputs of one standard deviation and a bias have λ = 2 or, rounded, just less: 2 · largest / λ is no number."""
    engine, ended = diverging()
    if at:
        engine.advance(at)
    curvature, *_, left = Stability().measure(probe_of(engine))
    assert curvature == pytest.approx(2.0, rel=1e-6)
    assert ended - at == pytest.approx(left, rel=0.05)


def diverging() -> tuple[Engine, int]:
    """Return the scenario just above the threshold, somewhat further above it, and the step at which it diverges."""
    scenario = load(PRESETS / "divergence_threshold.toml")
    experiment = changed(scenario.run("above"), {"optimizer.lr": 1.5, "epochs": 2_000})
    engine = Engine(experiment)
    while not engine.finished:
        engine.advance(2_000)
    outcome = engine.outcomes[0]
    assert outcome is not None
    return Engine(experiment), outcome.step


def test_below_the_limit_it_never_overflows() -> None:
    probe = probe_at(20, optimizer={"method": "sgd", "lr": 0.01})
    assert Stability().measure(probe)[5] == math.inf


def test_weight_decay_in_the_objective_counts() -> None:
    """L2 is part of the objective, and adds to every curvature of the weights."""
    changes = {"optimizer": {"method": "sgd"}, "network": {"hidden": []}, **REGRESSION}
    with_it = probe_at(20, regularization={"l2": 5.0}, **changes)
    without = replace(probe_at(20, **changes), params=with_it.params)
    whole = hessian_at(without.bench, without.params)
    of_weights = np.append(np.ones(len(whole) - 1), 0.0)
    wanted = np.linalg.eigvalsh(whole + 5.0 * np.diag(of_weights))[-1]
    assert Stability().measure(with_it)[0] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizer": {"method": "sgd"}, "batch_size": "full"}, []),
        ({"optimizer": {"method": "adam"}, "batch_size": "full"}, ["Cohen"]),
        ({"optimizer": {"method": "sgd", "clip_norm": 1.0}}, ["Clipping", "mini-batches"]),
    ],
)
def test_notes(changes: dict[str, Any], words: list[str]) -> None:
    notes = notes_on(small(**changes))
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))
