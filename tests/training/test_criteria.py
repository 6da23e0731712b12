"""Early stopping and the five convergence criteria, case by case."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.criteria import CRITERIA, CriteriaMonitor, CriterionState, EarlyStopper, relative_improvement
from training.experiment import Criteria, EarlyStopping

NAN = math.nan


def stopper(**config: Any) -> EarlyStopper:
    return EarlyStopper(EarlyStopping(**config))


def feed(watched: EarlyStopper, metrics: list[float], first: int = 0) -> list[bool]:
    return [watched.update(metric, index) for index, metric in enumerate(metrics, first)]


# -------------------------------------------------------------------------------- early stopping


@pytest.mark.parametrize(
    ("config", "metrics", "improved", "best", "best_index", "waited"),
    [
        ({}, [3.0, 2.0, 2.5, 2.0], [1, 1, 0, 0], 2.0, 1, 2),
        ({"metric": "train_loss"}, [3.0, 2.0, 2.5, 1.0], [1, 1, 0, 1], 1.0, 3, 0),
        ({"metric": "val_score"}, [0.5, 0.4, 0.7, 0.7], [1, 0, 1, 0], 0.7, 2, 1),
        ({"metric": "val_score"}, [-2.0, -1.0], [1, 1], -1.0, 1, 0),
        ({"min_delta": 0.5}, [3.0, 2.5, 2.4, 2.0], [1, 0, 1, 0], 2.4, 2, 1),
        ({"min_delta": 0.25, "metric": "val_score"}, [0.0, 0.25, 0.5], [1, 0, 1], 0.5, 2, 0),
        ({"burn_in": 2}, [1.0, 0.5, 3.0, 2.0], [0, 0, 1, 1], 2.0, 3, 0),
        ({}, [NAN, NAN, 5.0, NAN], [0, 0, 1, 0], 5.0, 2, 1),
        ({}, [math.inf, -math.inf, 5.0], [0, 0, 1], 5.0, 2, 0),
        ({}, [NAN, NAN], [0, 0], NAN, -1, 2),
        ({"burn_in": 9}, [1.0, 2.0], [0, 0], NAN, -1, 0),
        ({}, [], [], NAN, -1, 0),
    ],
)
def test_improvements(
    config: dict[str, Any], metrics: list[float], improved: list[int], best: float, best_index: int, waited: int
) -> None:
    watched = stopper(**config)
    assert feed(watched, metrics) == [bool(flag) for flag in improved]
    assert (watched.best, watched.best_index, watched.waited) == (pytest.approx(best, nan_ok=True), best_index, waited)


def test_stops_after_patience_evaluations_without_improvement() -> None:
    watched = stopper(patience=3)
    stops = []
    for index, metric in enumerate([2.0, 1.0, 1.5, 1.5, 1.5]):
        watched.update(metric, index)
        stops.append(watched.should_stop)
    assert stops == [False, False, False, False, True]


def test_arming_disarming_and_patience_while_running() -> None:
    watched = stopper(patience=2, enabled=False)
    feed(watched, [1.0, 2.0, 2.0])
    assert (watched.waited, watched.should_stop) == (2, False)
    watched.configure(EarlyStopping(patience=2))
    assert watched.should_stop
    watched.configure(EarlyStopping(patience=3))
    assert not watched.should_stop
    feed(watched, [2.0], first=3)
    assert watched.should_stop
    assert watched.best == 1.0


def test_another_metric_starts_afresh() -> None:
    watched = stopper(patience=2)
    feed(watched, [1.0, 2.0, 2.0])
    watched.configure(EarlyStopping(patience=2, metric="val_score"))
    assert (watched.waited, watched.best_index, watched.should_stop) == (0, -1, False)
    assert watched.update(0.1, 3)


@given(
    metrics=st.lists(st.floats(-5, 5) | st.just(NAN), max_size=30),
    cut=st.integers(0, 30),
    metric=st.sampled_from(["val_loss", "val_score"]),
    min_delta=st.sampled_from([0.0, 0.5]),
    burn_in=st.integers(0, 5),
)
def test_early_stopping_goes_on_exactly(
    metrics: list[float], cut: int, metric: str, min_delta: float, burn_in: int
) -> None:
    config = EarlyStopping(metric=metric, min_delta=min_delta, burn_in=burn_in, patience=4)
    whole, first, second = EarlyStopper(config), EarlyStopper(config), EarlyStopper(config)
    expected = feed(whole, metrics)
    start = feed(first, metrics[:cut])
    second.load(first.state())
    assert start + feed(second, metrics[cut:], first=len(start)) == expected
    assert str(second.state()) == str(whole.state())  # as text: NaN is not equal to itself
    assert second.should_stop == whole.should_stop


@given(metrics=st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_best_is_the_first_of_the_lowest(metrics: list[float]) -> None:
    watched = stopper()
    feed(watched, metrics)
    assert watched.best == min(metrics)
    assert watched.best_index == metrics.index(min(metrics))
    assert watched.waited == len(metrics) - 1 - watched.best_index


# -------------------------------------------------------------------------------------- criteria


def criteria(combine: str = "any", k: int = 2, **actions: str) -> Criteria:
    """Return the default thresholds with these actions."""
    values = {name: {"action": action} for name, action in actions.items()}
    return Criteria.model_validate({"combine": combine, "k": k, **values})


def after(*losses: float, gradient: float = 1.0, change: float = 1.0, waited: int = 0) -> dict[str, CriterionState]:
    monitor = CriteriaMonitor(Criteria())
    states: tuple[CriterionState, ...] = ()
    for loss in losses:
        states = monitor.update(loss, gradient, change, waited)
    return {state.name: state for state in states}


def test_the_five_with_the_thresholds_of_the_reference() -> None:
    states = after(1.0)
    assert list(states) == list(CRITERIA)
    assert {name: state.threshold for name, state in states.items()} == {
        "loss_plateau": 1e-6, "gradient_norm": 1e-5, "parameter_change": 1e-7, "validation": 10,
        "relative_improvement": 1e-4,
    }


@pytest.mark.parametrize(
    ("name", "arguments", "value", "met"),
    [
        ("loss_plateau", ((1.0,), {}), NAN, False),  # nothing to compare with yet
        ("loss_plateau", ((1.0, 1.0 - 5e-7), {}), 5e-7, True),
        ("loss_plateau", ((1.0, 1.0 + 5e-7), {}), 5e-7, True),
        ("loss_plateau", ((1.0, 1.0 - 2e-6), {}), 2e-6, False),
        ("loss_plateau", ((1.0, NAN), {}), NAN, False),
        ("loss_plateau", ((math.inf, math.inf), {}), NAN, False),
        ("gradient_norm", ((1.0,), {"gradient": 9e-6}), 9e-6, True),
        ("gradient_norm", ((1.0,), {"gradient": 1e-5}), 1e-5, False),
        ("gradient_norm", ((1.0,), {"gradient": NAN}), NAN, False),
        ("parameter_change", ((1.0,), {"change": 0.0}), 0.0, True),
        ("parameter_change", ((1.0,), {"change": 1e-7}), 1e-7, False),
        ("parameter_change", ((1.0,), {"change": NAN}), NAN, False),
        ("validation", ((1.0,), {"waited": 9}), 9.0, False),
        ("validation", ((1.0,), {"waited": 10}), 10.0, True),
        ("relative_improvement", ((1.0,), {}), NAN, False),
        ("relative_improvement", ((2.0, 1.0), {}), 0.5, False),
        ("relative_improvement", ((2.0, 2.0 - 1e-4), {}), 5e-5, True),
        ("relative_improvement", ((2.0, 2.0), {}), 0.0, True),
        ("relative_improvement", ((2.0, 2.0 + 1e-5), {}), -5e-6, False),  # a rise is no convergence
        ("relative_improvement", ((0.0, 0.0), {}), 0.0, True),
        ("relative_improvement", ((0.0, 1.0), {}), -math.inf, False),
        ("relative_improvement", ((0.0, NAN), {}), NAN, False),
        ("relative_improvement", ((1.0, NAN), {}), NAN, False),
        ("relative_improvement", ((1.0, math.inf), {}), -math.inf, False),
    ],
)
def test_each_criterion(name: str, arguments: tuple[Any, dict[str, Any]], value: float, met: bool) -> None:
    losses, others = arguments
    state = after(*losses, **others)[name]
    assert state.value == pytest.approx(value, rel=1e-6, nan_ok=True)
    assert state.met is met


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        # At the evaluation below gradient_norm and validation hold, the others do not.
        (criteria(gradient_norm="stop"), ("gradient_norm",)),
        (criteria(gradient_norm="tell"), ()),
        (criteria(loss_plateau="stop"), ()),
        (criteria(loss_plateau="stop", gradient_norm="stop"), ("gradient_norm",)),
        (criteria(gradient_norm="stop", validation="stop"), ("gradient_norm", "validation")),
        (criteria("all", gradient_norm="stop", validation="stop"), ("gradient_norm", "validation")),
        (criteria("all", gradient_norm="stop", loss_plateau="stop"), ()),
        (criteria("all", gradient_norm="stop", loss_plateau="tell"), ("gradient_norm",)),
        (criteria("all"), ()),
        (criteria("k", 1), ()),
        (criteria("k", 2, gradient_norm="stop", validation="stop", loss_plateau="stop"),
         ("gradient_norm", "validation")),
        (criteria("k", 3, gradient_norm="stop", validation="stop", loss_plateau="stop"), ()),
        (criteria("k", 1, gradient_norm="stop", validation="off", loss_plateau="stop"), ("gradient_norm",)),
    ],
)
def test_combinations(config: Criteria, expected: tuple[str, ...]) -> None:
    monitor = CriteriaMonitor(config)
    assert monitor.verdict() == ()
    monitor.update(2.0, 1e-6, 1.0, 10)
    monitor.update(1.0, 1e-6, 1.0, 11)
    assert monitor.verdict() == expected


def test_off_is_measured_but_never_met() -> None:
    monitor = CriteriaMonitor(criteria(gradient_norm="off"))
    state = monitor.update(1.0, 1e-9, 1.0, 0)[1]
    assert state == CriterionState("gradient_norm", 1e-9, 1e-5, False, "off")


def test_settings_changed_while_running_judge_what_was_measured() -> None:
    monitor = CriteriaMonitor(criteria())
    monitor.update(1.0, 1e-6, 1.0, 0)
    assert monitor.verdict() == ()
    monitor.configure(criteria(gradient_norm="stop"))
    assert monitor.verdict() == ("gradient_norm",)
    assert monitor.update(0.5, 1.0, 1.0, 0)[0].value == 0.5  # the previous loss is kept


@given(losses=st.lists(st.floats(0, 5) | st.just(NAN), min_size=1, max_size=10), cut=st.integers(0, 10))
def test_criteria_go_on_exactly(losses: list[float], cut: int) -> None:
    config = criteria(loss_plateau="stop", relative_improvement="stop")
    whole, first, second = CriteriaMonitor(config), CriteriaMonitor(config), CriteriaMonitor(config)
    for loss in losses:
        whole.update(loss, 1.0, 1.0, 0)
    for loss in losses[:cut]:
        first.update(loss, 1.0, 1.0, 0)
    second.load(first.state())
    assert repr(second.states) == repr(first.states)
    for loss in losses[cut:]:
        second.update(loss, 1.0, 1.0, 0)
    assert repr(second.states) == repr(whole.states)
    assert second.verdict() == whole.verdict()


@given(previous=st.floats(1e-6, 1e6), current=st.floats(0, 1e6))
def test_relative_improvement_is_positive_where_the_loss_falls(previous: float, current: float) -> None:
    assert math.copysign(1, relative_improvement(previous, current)) == (1 if current <= previous else -1)
