"""Every schedule against `torch.optim.lr_scheduler`, closed forms and properties that hold for all."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from training.experiment import ReduceOnPlateau, Schedule
from training.schedules import SCHEDULES, PlateauReducer, schedule_factor

Make = TypeAdapter(Schedule).validate_python
TOTAL = 120


def torch_factors(make: Callable[[torch.optim.Optimizer], LRScheduler], steps: int) -> list[float]:
    """Return the rates PyTorch gives to the first updates, starting from a rate of 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    found = []
    with warnings.catch_warnings():
        # SequentialLR steps its schedulers with an argument that PyTorch itself has deprecated.
        warnings.filterwarnings("ignore", message="The epoch parameter", category=UserWarning)
        scheduler = make(optimizer)
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return found


def our_factors(steps: int, *, steps_per_epoch: int = 1, total_steps: int = TOTAL, **config: Any) -> list[float]:
    factor = schedule_factor(Make(config), steps_per_epoch=steps_per_epoch, total_steps=total_steps)
    return [factor(step) for step in range(steps)]


CASES: list[tuple[dict[str, Any], Callable[[Any], LRScheduler], int]] = [
    ({"kind": "constant"}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0), 200),
    ({"kind": "step", "every": 7.0, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 7, gamma=0.5), 200),
    (
        {"kind": "multistep", "milestones": (3.0, 10.0, 10.0, 50.0), "gamma": 0.3},
        lambda o: lr_scheduler.MultiStepLR(o, [3, 10, 10, 50], gamma=0.3),
        200,
    ),
    ({"kind": "exponential", "gamma": 0.97}, lambda o: lr_scheduler.ExponentialLR(o, 0.97), 200),
    (
        {"kind": "inverse_time", "tau": 12.5},
        lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t / 12.5)),
        200,
    ),
    (
        {"kind": "polynomial", "length": 50.0, "power": 2.5},
        lambda o: lr_scheduler.PolynomialLR(o, total_iters=50, power=2.5),
        200,
    ),
    ({"kind": "polynomial"}, lambda o: lr_scheduler.PolynomialLR(o, total_iters=TOTAL), 200),
    ({"kind": "cosine", "floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.1), TOTAL + 1),
    (
        {"kind": "cosine_restarts", "period": 9.0, "floor": 0.05},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 9, eta_min=0.05),
        200,
    ),
    (
        {"kind": "cosine_restarts", "period": 3.0, "multiplier": 2.0},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, T_mult=2),
        1000,
    ),
    (
        {"kind": "cosine_restarts", "period": 5.0, "multiplier": 3.0, "floor": 0.2},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5, T_mult=3, eta_min=0.2),
        1000,
    ),
    (
        {"kind": "cyclical", "half_period": 6.0, "low": 0.2},
        lambda o: lr_scheduler.CyclicLR(o, base_lr=0.2, max_lr=1.0, step_size_up=6, cycle_momentum=False),
        200,
    ),
    (
        {"kind": "one_cycle", "rise": 0.3, "start_divisor": 20.0, "final_divisor": 1e3},
        lambda o: lr_scheduler.OneCycleLR(
            o, max_lr=1.0, total_steps=TOTAL, pct_start=0.3, div_factor=20.0, final_div_factor=1e3,
            cycle_momentum=False,
        ),
        TOTAL - 1,
    ),
]


def _named(value: object) -> str:
    """Name a case the same in every process: a function would be named by its address."""
    return "torch" if callable(value) else str(value)[:60]


@pytest.mark.parametrize(("config", "reference", "steps"), CASES, ids=_named)
def test_as_torch(config: dict[str, Any], reference: Callable[[Any], LRScheduler], steps: int) -> None:
    assert our_factors(steps, **config) == pytest.approx(torch_factors(reference, steps), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(("config", "reference", "steps"), CASES[:10], ids=_named)
def test_warm_up_as_torch(config: dict[str, Any], reference: Callable[[Any], LRScheduler], steps: int) -> None:
    """Joined as by SequentialLR; the rest of the run is what remains after the warm-up."""

    def warmed_up(optimizer: Any) -> LRScheduler:
        rise = lr_scheduler.LinearLR(optimizer, start_factor=0.1, end_factor=1.0, total_iters=8)
        return lr_scheduler.SequentialLR(optimizer, [rise, reference(optimizer)], milestones=[8])

    ours = our_factors(steps, total_steps=TOTAL + 8, warmup=8.0, warmup_start=0.1, **config)
    assert ours == pytest.approx(torch_factors(warmed_up, steps), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("config", [case[0] for case in CASES], ids=str)
def test_lengths_in_epochs_are_lengths_in_steps(config: dict[str, Any]) -> None:
    """Stretched over 4 steps an epoch, except that the exponential falls by gamma an epoch."""
    lengths = {"every", "tau", "length", "period", "half_period"}
    stretched = {
        key: tuple(4 * time for time in value) if key == "milestones" else 4 * value if key in lengths
        else value**0.25 if key == "gamma" and config["kind"] == "exponential" else value
        for key, value in config.items()
    }
    in_epochs = our_factors(300, steps_per_epoch=4, total_steps=4 * TOTAL, **config)
    in_steps = our_factors(300, steps_per_epoch=4, total_steps=4 * TOTAL, unit="step", **stretched)
    assert in_epochs == pytest.approx(in_steps, rel=1e-10)


def test_fractions_of_an_epoch() -> None:
    assert our_factors(4, steps_per_epoch=10, kind="step", every=0.21, gamma=0.5) == [1.0, 1.0, 0.5, 0.5]
    assert our_factors(3, steps_per_epoch=1, kind="step", every=0.01, gamma=0.5) == [1.0, 0.5, 0.25]


def test_one_cycle_ends_where_it_should() -> None:
    assert our_factors(TOTAL + 5, kind="one_cycle")[TOTAL - 1 :] == pytest.approx([1 / 25 / 1e4] * 6)


def test_inverse_time_meets_robbins_and_monro() -> None:
    """Its sum grows like τ ln t, and that of its squares stays below τ + 1."""
    factors = our_factors(100_000, kind="inverse_time", tau=5.0)
    assert sum(factors) == pytest.approx(5 * math.log(100_005 / 5), rel=0.02)
    assert sum(factor**2 for factor in factors) < 6.0


# ------------------------------------------------------------------------------ for every schedule

LENGTH = st.floats(0.01, 1e4) | st.floats(1e20, 1e30)
REST = st.just(0.0) | LENGTH
SHARE = st.floats(0.0, 1.0)
GAMMA = st.floats(1e-6, 1.0)

SETTINGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "constant": {},
    "step": {"every": LENGTH, "gamma": GAMMA},
    "multistep": {"milestones": st.lists(REST, max_size=5).map(tuple), "gamma": GAMMA},
    "exponential": {"gamma": GAMMA},
    "inverse_time": {"tau": LENGTH},
    "polynomial": {"length": REST, "power": st.floats(0.01, 50.0)},
    "cosine": {"length": REST, "floor": SHARE},
    "cosine_restarts": {
        "period": LENGTH, "multiplier": st.just(1.0) | st.floats(1.0, 1.001) | st.floats(1.0, 100.0), "floor": SHARE,
    },
    "cyclical": {"half_period": LENGTH, "low": SHARE},
    "one_cycle": {
        "length": REST, "rise": st.floats(0.001, 0.999), "start_divisor": st.floats(1.0, 1e6),
        "final_divisor": st.floats(1.0, 1e9),
    },
    "plateau": {},
}

COMMON = {
    "unit": st.sampled_from(["epoch", "step"]),
    "warmup": st.just(0.0) | st.floats(0.01, 100.0),
    "warmup_start": st.floats(1e-6, 1.0),
}
RUN = {"steps_per_epoch": st.integers(1, 500), "total_steps": st.integers(1, 10**6)}


def a_schedule(kind: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"kind": st.just(kind)} | SETTINGS[kind] | COMMON).map(Make)


ANY = st.sampled_from(sorted(SETTINGS)).flatmap(a_schedule)


def test_every_schedule_is_covered() -> None:
    assert set(SETTINGS) == set(SCHEDULES)
    assert {name: info.name for name, info in SCHEDULES.items()} == {name: name for name in SCHEDULES}


@settings(max_examples=500, deadline=None)
@given(schedule=ANY, run=st.fixed_dictionaries(RUN), steps=st.lists(st.integers(0, 10**10), min_size=1, max_size=20))
def test_factor_is_finite_and_between_0_and_1(schedule: Any, run: dict[str, int], steps: list[int]) -> None:
    factor = schedule_factor(schedule, **run)
    for step in [*range(5), run["total_steps"] - 1, run["total_steps"], *steps]:
        assert 0.0 <= factor(step) <= 1.0
        assert isinstance(factor(step), float)


@settings(max_examples=300, deadline=None)
@given(schedule=ANY, run=st.fixed_dictionaries(RUN))
def test_warm_up_is_linear_and_joins_without_a_jump(schedule: Any, run: dict[str, int]) -> None:
    factor = schedule_factor(schedule, **run)
    if schedule.warmup == 0.0:
        return
    unit = run["steps_per_epoch"] if schedule.unit == "epoch" else 1
    end = max(1, round(schedule.warmup * unit))
    top = factor(end)
    assert factor(0) == pytest.approx(schedule.warmup_start * top)
    for step in (end // 3, end // 2, end - 1):
        share = schedule.warmup_start + (1.0 - schedule.warmup_start) * step / end
        assert factor(step) == pytest.approx(share * top)


@settings(max_examples=100, deadline=None)
@given(schedule=st.sampled_from(["polynomial", "cosine", "one_cycle"]).flatmap(a_schedule))
def test_a_finite_schedule_stays_at_its_last_value(schedule: Any) -> None:
    factor = schedule_factor(schedule.model_copy(update={"length": 20.0}), steps_per_epoch=3, total_steps=500)
    end = factor(10**6)
    assert [factor(step) for step in (10**4, 10**5)] == [end, end]


@pytest.mark.parametrize("period", [1, 3, 10])
@pytest.mark.parametrize("multiplier", [1.0, 1.5, 2.0, 3.0, 10.0])
def test_every_restart_begins_at_the_full_rate(period: int, multiplier: float) -> None:
    factor = schedule_factor(
        Make({"kind": "cosine_restarts", "period": float(period), "multiplier": multiplier}),
        steps_per_epoch=1, total_steps=1,
    )
    start, length = 0.0, float(period)
    while start < 1e6:
        if start == int(start):
            assert factor(int(start)) == pytest.approx(1.0)
        start, length = start + length, length * multiplier
        if length == period:
            break


# --------------------------------------------------------------------------------------- plateau

LOSSES = st.lists(st.floats(-10.0, 10.0) | st.just(math.nan) | st.just(math.inf), max_size=80)
PLATEAU = st.fixed_dictionaries({
    "kind": st.just("plateau"), "factor": st.floats(0.05, 0.9), "patience": st.integers(0, 5),
    "threshold": st.floats(0.0, 0.2), "cooldown": st.integers(0, 5), "floor": SHARE,
}).map(Make)


@settings(max_examples=200, deadline=None)
@given(config=PLATEAU, losses=LOSSES, saved_at=st.integers(0, 80))
def test_plateau_as_torch(config: ReduceOnPlateau, losses: list[float], saved_at: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=config.factor, patience=config.patience, threshold=config.threshold,
        cooldown=config.cooldown, min_lr=config.floor, eps=0.0,
    )
    reducer = PlateauReducer(config)
    for index, loss in enumerate(losses):
        if index == saved_at:
            state, reducer = reducer.state(), PlateauReducer(config)
            reducer.load(state)
        reference.step(loss)
        assert reducer.update(loss) == reducer.factor == optimizer.param_groups[0]["lr"]


def test_plateau_alone_leaves_the_rate_to_the_reducer() -> None:
    assert our_factors(3, kind="plateau") == [1.0, 1.0, 1.0]
    assert our_factors(3, kind="plateau", warmup=2.0, warmup_start=0.5) == [0.5, 0.75, 1.0]


def test_floor_above_one_never_raises_the_rate() -> None:
    reducer = PlateauReducer(Make({"kind": "plateau", "patience": 0, "floor": 2.0}))
    assert [reducer.update(1.0) for _ in range(4)] == [1.0] * 4
