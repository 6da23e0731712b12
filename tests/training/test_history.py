"""The record of a run: exact while small, bounded for ever, and what plots and files read from it."""

from __future__ import annotations

import time
from dataclasses import replace as replaced

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.runs import reasons, small
from training.criteria import CriterionState
from training.engine import Engine
from training.history import (
    COARSE_BYTES,
    COARSE_SPANS,
    EVALUATION_BYTES,
    FINE_BYTES,
    MIN_SPANS,
    TAIL_STEPS,
    Curve,
    Evaluations,
    History,
    bytes_at_most,
    evaluations_kept,
)
from training.progress import LAYER_COLUMNS, EvaluationRecord, Progress, column, record_width

FloatArray = NDArray[np.float64]


def progress_of(records: FloatArray, first: int = 0, evaluations: tuple[EvaluationRecord, ...] = ()) -> Progress:
    step, replicas = first + len(records), records.shape[1]
    return Progress(first, records, evaluations, step, step / 10, (None,) * replicas, 0.5)


def evaluation_at(step: int, replicas: int = 1) -> EvaluationRecord:
    values = np.full(replicas, float(step)) + np.arange(replicas) / 10
    state = CriterionState("validation", float(step), 10.0, False, "tell")
    return EvaluationRecord(step, step / 4, *(values + shift for shift in range(9)), ((state,),) * replicas)


def values_of(steps: int, replicas: int, layers: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(steps, replicas, record_width(layers)))


def test_a_new_history_is_empty() -> None:
    history = History(2, 3)
    assert history.n_steps == 0
    assert history.exact
    assert np.isnan(history.last("batch_loss"))
    assert np.isnan(history.last_layers("signal_norm")).all()
    assert len(history.series("lr")) == 0
    assert history.layers("signal_norm").low.shape == (0, 3)
    assert len(history.evaluations) == 0
    assert history.evaluations.latest is None
    assert history.evaluations.criteria == ()
    assert history.outcomes == (None, None)


def test_every_column_is_read_back() -> None:
    history, values = History(2, 3), values_of(50, 2, 3)
    history.extend(progress_of(values[:20]))
    history.extend(progress_of(values[20:], 20))
    assert (history.n_steps, history.step, history.epoch, history.seconds) == (50, 50, 5.0, 1.0)
    for replica in range(2):
        for name in ("batch_loss", "lr", "grad_norm", "update_norm"):
            curve = history.series(name, replica=replica)
            np.testing.assert_array_equal(curve.steps, np.arange(1, 51))
            np.testing.assert_array_equal(curve.low, values[:, replica, column(name, 3)])
            np.testing.assert_array_equal(curve.high, curve.low)
            assert history.last(name, replica=replica) == curve.low[-1]
        for name in LAYER_COLUMNS:
            layers = history.layers(name, replica=replica)
            start = column(name, 3)
            np.testing.assert_array_equal(layers.low, values[:, replica, start : start + 3])
            np.testing.assert_array_equal(history.last_layers(name, replica=replica), layers.low[-1])
            for layer in range(3):
                curve = history.series(name, replica=replica, layer=layer)
                np.testing.assert_array_equal(curve.low, layers.low[:, layer])
    assert history.layer_names == ("layer 1", "layer 2", "output")


def test_the_history_of_a_run_says_what_the_engine_said() -> None:
    engine = Engine(small(replicas=2, network={"hidden": [4, 3]}))
    history = History(2, 3)
    parts = list(engine.train())
    for part in parts:
        history.extend(part)
    records = np.concatenate([part.records for part in parts])
    np.testing.assert_array_equal(history.layers("signal_norm", replica=1).low, records[:, 1, -6:-3])
    evaluations = [record for part in parts for record in part.evaluations]
    np.testing.assert_array_equal(history.evaluations.step, [record.step for record in evaluations])
    for name in ("train_loss", "val_loss", "train_score", "val_score"):
        expected = [getattr(record, name) for record in evaluations]
        np.testing.assert_array_equal(getattr(history.evaluations, name), expected)
        np.testing.assert_array_equal(history.evaluations.column(name), expected)
    assert history.evaluations.latest is evaluations[-1]
    assert history.evaluations.criteria == evaluations[-1].criteria
    assert reasons(history.outcomes) == ["completed", "completed"]
    assert history.seconds == pytest.approx(sum(part.seconds for part in parts))


def brute(values: FloatArray, curve: Curve) -> None:
    """Check every span of a curve against the values of its steps; the last one may have been cut off."""
    assert (np.diff(curve.steps) == curve.stride).all()
    if not len(curve):
        return
    starts = curve.steps - 1
    reached = values[: starts[-1] + curve.stride]
    low, high = np.fmin.reduceat(reached, starts), np.fmax.reduceat(reached, starts)
    np.testing.assert_array_equal(curve.low[:-1], low[:-1])
    np.testing.assert_array_equal(curve.high[:-1], high[:-1])
    assert not (curve.low[-1] < low[-1]).any()
    assert not (curve.high[-1] > high[-1]).any()


@given(
    steps=st.integers(1, 6000), chunk=st.integers(1, 900), points=st.none() | st.integers(1, 3000),
    first=st.none() | st.integers(1, 6500), last=st.none() | st.integers(1, 6500), missing=st.booleans(),
)  # fmt: skip
@settings(max_examples=60)
def test_curves_are_exact_minima_and_maxima(
    steps: int, chunk: int, points: int | None, first: int | None, last: int | None, missing: bool
) -> None:
    values = values_of(steps, 1, 1, seed=steps)
    if missing:
        values[np.random.default_rng(steps).uniform(size=values.shape) < 0.3] = np.nan
    history = History(1, 1)
    for start in range(0, steps, chunk):
        history.extend(progress_of(values[start : start + chunk], start))
    loss = values[:, 0, 0]
    curve = history.series("batch_loss", points=points, first=first, last=last)
    brute(loss, curve)
    begin, end = first or 1, min(last or steps, steps)
    if begin <= end:
        assert curve.steps[0] <= begin < curve.steps[0] + curve.stride
        assert curve.steps[-1] <= end < curve.steps[-1] + curve.stride
    else:
        assert len(curve) <= 1
    if last is None or last >= steps:
        np.testing.assert_array_equal(curve.low[-1:], np.fmin.reduceat(loss, curve.steps[-1:] - 1))
    if points is not None:
        assert len(curve) <= points
    layers = history.layers("signal_norm", points=points, first=first, last=last)
    np.testing.assert_array_equal(layers.steps, curve.steps)
    brute(values[:, 0, column("signal_norm", 1), None], layers)


def test_reading_does_not_depend_on_the_chunks() -> None:
    values = values_of(100_000, 1, 2)
    one, many = History(1, 2), History(1, 2)
    one.extend(progress_of(values))
    start = 0
    for length in np.random.default_rng(1).integers(1, 3000, size=200):
        many.extend(progress_of(values[start : start + length], start))
        start += int(length)
    assert start >= 100_000
    assert not one.exact
    for points in (None, 500, 5000):
        a, b = (history.series("signal_norm", layer=1, points=points) for history in (one, many))
        assert a.stride == b.stride
        np.testing.assert_array_equal(a.low, b.low)
        np.testing.assert_array_equal(a.high, b.high)


def test_a_spike_is_never_lost() -> None:
    history = History(1, 1)
    values = np.zeros((300_000, 1, record_width(1)))
    values[123_456, 0, 0] = 1e30
    history.extend(progress_of(values))
    for points in (None, 1000, 50, 1):
        curve = history.series("batch_loss", points=points)
        index = int(np.argmax(curve.high))
        assert curve.high[index] == 1e30
        assert curve.low.max() == 0
        assert curve.steps[index] <= 123_457 < curve.steps[index] + curve.stride


def test_a_zoomed_view_is_finer_than_the_whole() -> None:
    history = History(1, 1)
    values = values_of(40_000, 1, 1)
    history.extend(progress_of(values))
    assert history.exact
    whole = history.series("batch_loss", points=800)
    assert whole.stride > 1
    near = history.series("batch_loss", points=800, first=20_001, last=20_500)
    assert near.stride == 1
    np.testing.assert_array_equal(near.low, values[20_000:20_500, 0, 0])
    assert len(whole) <= COARSE_SPANS


def test_a_million_steps_of_a_deep_network_stay_small() -> None:
    """20 hidden layers: 46 numbers a step, 368 MB if kept whole."""
    history = History(1, 21)
    block = values_of(50_000, 1, 21)
    evaluations = tuple(evaluation_at(step) for step in range(100))
    started = time.perf_counter()
    for index in range(20):
        history.extend(progress_of(block, index * len(block), evaluations))
        assert history.nbytes < 100e6
    assert history.n_steps == 1_000_000
    assert time.perf_counter() - started < 20
    curve = history.series("batch_loss")
    assert len(curve) > 30_000
    assert curve.high.max() == block[:, 0, 0].max()


def test_a_picture_of_a_million_steps_has_no_more_points_than_one_of_ten_thousand() -> None:
    for steps in (10_000, 1_000_000):
        history = History(1, 4)
        block = values_of(10_000, 1, 4)
        for start in range(0, steps, len(block)):
            history.extend(progress_of(block, start))
        assert 300 <= len(history.layers("signal_norm", points=600)) <= 600


@pytest.mark.parametrize(("replicas", "layers"), [(1, 1), (32, 4), (256, 21), (4096, 5), (4096, 65)])
def test_many_replicas_stay_bounded(replicas: int, layers: int) -> None:
    history = History(replicas, layers)
    rows = 200 if replicas > 1 else 70_000
    block = values_of(10, replicas, layers)
    for index in range(rows // 10):
        history.extend(progress_of(block, index * 10))
    least = 2 * 8 * MIN_SPANS * replicas * record_width(layers)
    assert least < 418e6
    tail = 8 * TAIL_STEPS * record_width(layers)
    assert history.nbytes - history.evaluations.nbytes <= max(FINE_BYTES + COARSE_BYTES, least) + tail
    assert history.nbytes <= bytes_at_most(replicas, layers, steps=rows, evaluations=64)
    curve = history.series("batch_loss", replica=replicas - 1)
    brute(np.tile(block[:, replicas - 1, 0], rows // 10), curve)
    assert len(history.series("batch_loss", points=10)) <= 10


@pytest.mark.parametrize("replicas", [1, 300, 4096])
def test_evaluations_of_many_replicas_stay_bounded(replicas: int) -> None:
    table = Evaluations(replicas)
    record = evaluation_at(1, replicas)
    for _ in range(2_000):
        table.append(record)
    assert table.nbytes <= 1.02 * EVALUATION_BYTES
    assert len(table) <= evaluations_kept(replicas, 2_000)
    assert table.nbytes <= bytes_at_most(replicas, 1, steps=0, evaluations=4_000)


# --------------------------------------------------------------------------------------------- evaluations


@pytest.mark.parametrize("replicas", [1, 3])
def test_evaluations_are_columns(replicas: int) -> None:
    table = Evaluations(replicas)
    records = [evaluation_at(step, replicas) for step in range(0, 1000, 5)]
    for record in records:
        table.append(record)
    assert len(table) == table.seen == 200
    np.testing.assert_array_equal(table.step, np.arange(0, 1000, 5))
    np.testing.assert_array_equal(table.epoch, np.arange(0, 1000, 5) / 4)
    for name in ("train_loss", "val_loss", "train_score", "val_score", "parameter_change", "lr", "waited"):
        np.testing.assert_array_equal(table.column(name), [getattr(record, name) for record in records])
        assert table.column(name).shape == (200, replicas)


def test_very_many_evaluations_are_thinned_evenly() -> None:
    table = Evaluations(1)
    table.capacity = 100
    for step in range(1, 5001):
        table.append(evaluation_at(step))
        kept = table.step[: table.kept]
        assert len(table) <= 101
        assert kept[0] == 1
        assert (np.diff(kept) == table.stride).all()
        assert step - kept[-1] < table.stride
    assert len(kept) > 50
    assert table.latest is not None
    assert table.latest.step == 5000
    assert table.seen == 5000


def test_the_last_row_is_the_newest_evaluation() -> None:
    table = Evaluations(2)
    table.capacity = 10
    for step in range(1, 200):
        table.append(evaluation_at(step, 2))
        assert table.step[-1] == step
        np.testing.assert_array_equal(table.column("val_loss")[-1], evaluation_at(step, 2).val_loss)
        assert (np.diff(table.step) > 0).all()


def test_rows_that_are_kept_stay_until_the_stride_changes() -> None:
    table = Evaluations(1)
    table.capacity = 10
    seen: FloatArray = np.empty(0)
    stride = table.stride
    for step in range(1, 500):
        table.append(evaluation_at(step))
        if table.stride == stride:
            np.testing.assert_array_equal(table.step[: len(seen)], seen)
        seen, stride = table.step[: table.kept].copy(), table.stride
    assert stride == 64


def test_the_best_value_is_exact_whatever_is_dropped() -> None:
    table = Evaluations(2)
    table.capacity = 10
    losses = np.random.default_rng(3).uniform(1, 2, size=(500, 2))
    losses[:3] = np.nan
    losses[7, 0] = np.inf
    losses[[300, 400], 0] = 0.5  # reached twice: the first counts
    losses[401, 1] = 0.25
    for step, values in enumerate(losses):
        table.append(replaced(evaluation_at(step, 2), val_loss=values))
        if step < 3:
            assert np.isnan(table.best_val_loss).all()
    assert table.best_val_loss.tolist() == [0.5, 0.25]
    assert table.best_val_epoch.tolist() == [75.0, 401 / 4]
    assert not np.isin([0.5, 0.25], table.val_loss).any()


def test_the_last_evaluation_of_a_replica_that_ended_early_is_kept() -> None:
    table = Evaluations(2)
    table.capacity = 10
    assert np.isnan(table.final("val_loss")).all()
    for step in range(500):
        record = evaluation_at(step, 2)
        if step > 123:
            ended = np.array([0.0, np.nan])
            record = replaced(record, lr=record.lr + ended, val_loss=record.val_loss + ended)
        table.append(record)
    assert table.final("step").tolist() == [499, 123]
    assert table.final("epoch").tolist() == [499 / 4, 123 / 4]
    np.testing.assert_allclose(table.final("val_loss"), [500, 124.1])
    assert 123 not in table.step
