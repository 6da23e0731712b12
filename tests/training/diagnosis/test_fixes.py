"""Whatever is found in whatever run: it can be told, and every fix offered is one that the experiment takes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.diagnosis.known_cases import known
from tests.training.runs import data_of
from tests.training.strategies import experiments
from training.data.prepare import PreparedData
from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.doctor import findings
from training.diagnosis.finding import Finding, Fix
from training.diagnosis.recorded import Recorded
from training.engine import Engine, is_editable
from training.experiment import Experiment
from training.feasibility import architecture_of
from training.history import EVALUATION_COLUMNS
from training.instruments.instrument import Reading
from training.instruments.instruments import Instruments
from training.instruments.log import InstrumentLog
from training.progress import Outcome, column, record_width
from training.validation import replace


def _made_up_data(classes: int, seed: int) -> PreparedData:
    random = np.random.default_rng(seed)
    x, x_val = random.normal(size=(40, 2)) * 10.0 ** random.integers(-2, 3, 2), random.normal(size=(20, 2))
    if classes:
        return data_of(x, random.integers(0, classes, 40), x_val, random.integers(0, classes, 20), classes)
    return data_of(x, random.normal(size=(40, 1)), x_val, random.normal(size=(20, 1)))


def _curve(random: np.random.Generator, points: int) -> Any:
    """Return a curve of one of many shapes: it falls, grows, jumps, lies still, or breaks off."""
    along = np.linspace(0, 1, max(points, 1))[:points]
    slope = float(random.choice([0.0, -1.0, -8.0, 5.0, 60.0]))
    noise = float(random.choice([0.0, 0.01, 0.5, 2.0]))
    values = 10.0 ** random.integers(-8, 4) * np.exp(slope * along + noise * random.normal(size=points))
    if points and random.random() < 0.2:
        values[int(random.integers(points)) :] = random.choice([np.nan, np.inf, 0.0])
    return values


def _made_up_case(experiment: Experiment, seed: int, steps: int) -> Case:
    random = np.random.default_rng(seed)
    data = _made_up_data(3 if experiment.loss.kind == "cross_entropy" else 0, seed)
    architecture = architecture_of(experiment, data)
    layers = architecture.layers
    records = np.stack([_curve(random, steps) for _ in range(record_width(layers))], axis=1)
    if random.random() < 0.5:
        records[:, column("lr", layers)] = experiment.optimizer.lr
    rows = int(random.integers(0, 40))
    evaluated = {name: _curve(random, rows) for name in EVALUATION_COLUMNS}
    evaluated["step"] = np.linspace(0, steps, rows).round()
    outcome = random.choice([None, "diverged", "completed"])
    ended = None if outcome is None else Outcome(outcome, steps, 1.0, "It ended.", tensor="layer 1 weight")
    recorded = Recorded.of_steps(layers, records, evaluated)
    return Case(experiment, experiment, data, architecture, recorded, outcome=ended)


@given(experiment=experiments(), seed=st.integers(0, 10_000), steps=st.sampled_from([0, 1, 3, 25, 200]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_fix_of_every_finding_is_one_that_the_experiment_takes(
    experiment: Experiment, seed: int, steps: int
) -> None:
    case = _made_up_case(experiment, seed, steps)
    for finding in findings(case):
        _check_told(finding, case)
        for fix in finding.fixes:
            _check_fix(fix, case)
            if finding.name in ("diverged", "dead_units"):
                assert not fix.live, "neither comes back"
            elif finding.name != "rate_too_high":  # that may have thrown the weights too far off to go on
                assert fix.live == all(is_editable(key) for key in fix.changes)


def _check_told(finding: Finding, case: Case) -> None:
    assert 0 < finding.confidence < 1
    assert math.isfinite(finding.confidence)
    assert 0 <= finding.first_step <= finding.last_step <= case.step
    assert finding.sentence.endswith(".")


def _check_fix(fix: Fix, case: Case) -> None:
    changed = replace(case.experiment, dict(fix.changes))
    assert changed != case.experiment
    assert not fix.live or all(is_editable(key) for key in fix.changes)
    assert 0 < len(fix.title) <= 40
    assert fix.why.endswith(".")


ALL = (
    fixes.slower, fixes.faster, fixes.adam, fixes.clipped, fixes.constant_rate, fixes.warm_restarts, fixes.cosine,
    fixes.warm_up, fixes.larger_batches, fixes.gradient_noise, fixes.relu_and_he, fixes.relu_he_and_rate,
    fixes.leaky_relu_and_he, fixes.fitting_start, fixes.batch_norm, fixes.layer_norm, fixes.skip_connections,
    fixes.wider, fixes.deeper,
    fixes.stop_early, fixes.weight_penalty, fixes.dropout, fixes.less_held_back, fixes.label_smoothing,
    fixes.robust_loss, fixes.standardized, fixes.more_data, fixes.longer,
)  # fmt: skip


@given(experiment=experiments(), seed=st.integers(0, 99))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_fix_that_does_not_fit_is_not_offered(experiment: Experiment, seed: int) -> None:
    case = _made_up_case(experiment, seed, 25)
    offered = fixes.offered(case, *(make(case) for make in ALL), most=99)
    for fix in offered:
        _check_fix(fix, case)
    assert {"slower", "faster"} & {fix.name for fix in offered} or experiment.optimizer.lr == 0
    assert len({fix.name for fix in offered}) == len(offered)


def test_those_of_a_usual_run_can_be_trained_with() -> None:
    case = known("moons").case
    for make in ALL:
        for fix in fixes.offered(case, make(case)):
            engine = Engine(replace(case.experiment, dict(fix.changes)))
            engine.advance(2)
            assert engine.step == 2, fix.name


def test_a_live_fix_can_be_made_while_running() -> None:
    case = known("moons").case
    engine = Engine(case.experiment)
    engine.advance(5)
    for make in ALL:
        for fix in fixes.offered(case, make(case)):
            if fix.live:
                assert engine.edit(fix.changes)


def test_rates_are_divided_as_said() -> None:
    case = known("moons").case
    assert fixes.slower(case).changes == {"optimizer.lr": 0.001}
    assert fixes.faster(case, 100).changes == {"optimizer.lr": 1.0}
    assert fixes.faster(case, 100).title == "rate × 100"


@pytest.mark.parametrize(
    ("changes", "lr"),
    [
        ({"optimizer.method": "sgd", "optimizer.lr": 0.1}, 0.03),
        ({"optimizer.method": "sgd", "optimizer.lr": 0.001}, 0.01),
        ({"optimizer.method": "momentum", "optimizer.momentum": 0.9, "optimizer.lr": 0.1}, 0.003),
        ({"optimizer.method": "sgd", "optimizer.lr": 0.02}, None),
        ({"optimizer.method": "adam", "optimizer.lr": 0.1}, None),
    ],
)
def test_a_gradient_that_arrives_whole_gets_a_rate_of_its_own(changes: dict[str, Any], lr: float | None) -> None:
    case = known("vanishing_gradients").case
    fix = fixes.relu_he_and_rate(dataclasses.replace(case, experiment=replace(case.experiment, changes)))
    assert fix is not None
    assert fix.changes.get("optimizer.lr") == lr
    assert fix.title == ("ReLU + He" if lr is None else f"ReLU + He, rate {lr}")


def _with_curvature(case: Case, curvatures: list[float], limit: float) -> Case:
    log = InstrumentLog()
    for step, curvature in enumerate(curvatures):
        values = np.array([curvature, np.nan, limit, np.nan, np.nan, np.nan])
        log.take([Reading("stability", step, 0.0, values, 0.0)])
    return dataclasses.replace(case, instruments=log)


def test_a_rate_beyond_the_limit_is_set_to_half_of_it() -> None:
    case = _with_curvature(known("diverging").case, [0.0, 2.0, 4.0, np.nan], limit=2.0)
    last, first = fixes.below_the_limit(case), fixes.below_the_limit(case, at_first=True)
    assert last is not None
    assert first is not None
    assert last.changes == {"optimizer.lr": 0.25}, "1/λ"
    assert first.changes == {"optimizer.lr": 0.5}
    assert (last.title, last.live) == ("rate 0.25, half the limit", True)


def test_the_limit_of_a_rate_that_is_scaled_to_the_batch_is_told_of_the_rate_set() -> None:
    case = known("diverging").case
    size = case.batch_size
    scaled = replace(case.experiment, {"optimizer.reference_batch": 4 * size})  # a quarter of the rate is used
    case = _with_curvature(dataclasses.replace(case, experiment=scaled), [8.0], limit=2.0)
    fix = fixes.below_the_limit(case)
    assert fix is not None
    assert fix.changes == {"optimizer.lr": 0.5}, "4 × 1/λ"
    assert "rates above 1 = 8/λ" in fix.why


@pytest.mark.parametrize(
    ("changes", "curvatures"),
    [
        ({}, []),
        ({}, [np.nan]),
        ({}, [1.0]),
        ({"optimizer.method": "adam", "optimizer.lr": 5.0}, [2.0]),
    ],
    ids=["not read", "no number", "rate below the limit", "adaptive"],
)
def test_without_a_limit_that_is_passed_none_is_offered(changes: dict[str, Any], curvatures: list[float]) -> None:
    case = known("diverging").case
    case = dataclasses.replace(case, experiment=replace(case.experiment, changes))
    assert fixes.below_the_limit(_with_curvature(case, curvatures, limit=2.0)) is None


def test_half_of_the_limit_trains_what_diverged() -> None:
    case = known("diverging").case
    engine = Engine(case.experiment)
    log, instruments = InstrumentLog(), Instruments(engine, ("stability",), share=None)
    log.take(instruments.follow(engine.advance(0)))
    fix = fixes.below_the_limit(dataclasses.replace(case, instruments=log), at_first=True)
    assert fix is not None
    mended = Engine(replace(case.experiment, dict(fix.changes)))
    losses = [one.train_loss[0] for progress in mended.train() for one in progress.evaluations]
    assert losses[-1] < 0.1 * losses[0]
