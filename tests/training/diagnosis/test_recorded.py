"""The curves of a case are those recorded, wherever they come from; units are as instruments see them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.diagnosis.known_cases import known
from training.diagnosis.reading import first_at, longest_flat, shape_of, since, smoothed
from training.diagnosis.recorded import Recorded
from training.diagnosis.units import measured
from training.history import EVALUATION_COLUMNS, TAIL_STEPS
from training.instruments.instrument import Reading
from training.instruments.log import InstrumentLog
from training.layer_statistics import layer_statistics
from training.progress import LAYER_COLUMNS, STEP_COLUMNS, column


def test_a_history_gives_every_curve() -> None:
    run = known("moons")
    recorded = run.case.recorded
    for name in STEP_COLUMNS:
        np.testing.assert_array_equal(recorded.middle(name), run.history.series(name).low)
    for name in LAYER_COLUMNS:
        np.testing.assert_array_equal(recorded.middle(name), run.history.layers(name).low)
    for name in EVALUATION_COLUMNS:
        np.testing.assert_array_equal(recorded.evaluations[name], run.history.evaluations.column(name)[:, 0])
    np.testing.assert_array_equal(recorded.last_steps("batch_loss"), recorded.middle("batch_loss")[-TAIL_STEPS:])
    with pytest.raises(KeyError):
        recorded.middle("loss of hope")


def test_spans_are_read_by_their_geometric_mean() -> None:
    recorded = known("plateau").case.recorded
    assert recorded.stride > 1
    low, high = recorded.lowest("grad_norm"), recorded.highest("grad_norm")
    np.testing.assert_allclose(recorded.middle("grad_norm"), np.sqrt(low * high))


def test_arrays_do_as_well_as_a_history() -> None:
    of_history = known("moons").case.recorded
    evaluations = {name: of_history.evaluations[name] for name in ("step", "epoch", "train_loss")}
    of_arrays = Recorded.of_steps(of_history.layers, of_history.low, evaluations)
    assert (of_arrays.step, of_arrays.epoch) == (of_history.step, of_history.epoch)
    np.testing.assert_array_equal(of_arrays.last_steps("grad_norm"), of_history.last_steps("grad_norm"))
    assert np.isnan(of_arrays.evaluations["val_loss"]).all()


@pytest.mark.parametrize("step", [0, 1, 14, 100, 10_000])
def test_until_a_step_there_is_nothing_of_what_follows(step: int) -> None:
    recorded = known("moons").case.recorded
    before = recorded.until(step)
    assert before.step == min(step, recorded.step)
    assert len(before.steps) == min(step, recorded.step)
    assert (before.evaluations["step"] <= step).all()
    assert (before.tail_steps <= step).all()
    assert before.low.shape[1] == column("update_ratio", recorded.layers) + recorded.layers


def test_units_are_as_the_layers_statistics_have_them() -> None:
    case = known("dead_units").case
    assert case.snapshot is not None
    expected = [layer.dead for layer in layer_statistics(case.snapshot, case.data.x_train[:256])[:-1]]
    np.testing.assert_array_equal(case.dead.now, expected)
    case = known("saturation").case
    assert case.snapshot is not None
    expected = [layer.saturated for layer in layer_statistics(case.snapshot, case.data.x_train[:256])[:-1]]
    np.testing.assert_array_equal(case.saturated.now, expected)


def test_copies_are_found_in_the_weights() -> None:
    np.testing.assert_array_equal(known("symmetric_start").case.alike.now, [1.0, 1.0, 1.0])
    assert known("moons").case.alike.now.max() == 0


def test_instruments_come_before_the_weights() -> None:
    case = known("moons").case
    log = InstrumentLog()
    for step, share in ((10, 0.2), (20, 0.6), (30, 0.7)):
        log.take([Reading("dead_units", step, step / 10, np.array([share, np.nan]), 0.0)])
    shares = measured("dead_units", log, case.snapshot, case.data.x_train)
    assert shares.now.tolist() == [0.7, 0.0]
    assert (shares.worst, shares.since(0.5)) == (0, 20)


def test_without_weights_or_instruments_nothing_is_known_of_units() -> None:
    case = known("moons").case
    assert not measured("dead_units", InstrumentLog(), None, case.data.x_train).known


# ------------------------------------------------------------------------------------------ reading


def test_shapes_of_curves() -> None:
    along = np.arange(40.0)
    falls, level = shape_of(np.exp(-along / 10)), shape_of(1 + np.exp(-along))
    swings = shape_of(1 + 0.3 * (-1) ** along)
    assert falls is not None and level is not None and swings is not None  # noqa: PT018
    assert (falls.bounces, falls.flat, falls.rises) == (False, False, 0.0)
    assert (level.bounces, level.flat) == (False, True)
    assert swings.bounces
    assert shape_of(along[:5]) is None
    assert shape_of(np.full(20, np.nan)) is None


def test_the_longest_flat_stretch() -> None:
    curve = np.concatenate([np.linspace(2, 1, 10), np.full(20, 1.0), np.linspace(0.9, 0.1, 10)])
    first, last = longest_flat(curve, 0.02)
    assert first in (9, 10)
    assert last == 29
    assert longest_flat(np.linspace(10, 1, 30), 0.02) == (0, 0)
    assert longest_flat(np.ones(7), 0.02) == (0, 6)


def test_since_when() -> None:
    assert since(np.array([True, False, True, True])) == 2
    assert since(np.array([True, True])) == 0
    assert since(np.array([True, False])) == 2
    assert first_at(np.array([3.0, 2.0, 1.0]), 2.0) == 1
    assert first_at(np.array([3.0, 2.0, 1.0]), 0.5) == 0


def test_one_outlier_is_smoothed_away() -> None:
    curve = np.ones(20)
    curve[7] = 50
    np.testing.assert_array_equal(smoothed(curve), np.ones(20))
    assert len(smoothed(np.arange(3.0))) == 3
