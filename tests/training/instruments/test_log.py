"""What instruments have said, kept in bounded memory."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.instruments import log as module
from training.instruments.instrument import Reading
from training.instruments.log import InstrumentLog, Series


def reading(step: int, name: str = "a", width: int = 2) -> Reading:
    return Reading(name, step, step / 10, np.full(width, float(step)), seconds=0.5, share=step / 1000)


def series_of(steps: list[int], width: int = 2) -> Series:
    series = Series()
    for step in steps:
        series.append(reading(step, width=width))
    return series


@given(count=st.integers(0, 700), wide=st.booleans())
def test_evenly_spread_readings_are_kept_and_the_last_one(count: int, wide: bool) -> None:
    width = module.BYTES_EACH // 8 // 50 if wide else 2
    limit = module.FEWEST_ROWS if wide else 10**6
    steps = [3 * index for index in range(count)]
    series = Series()
    for step in steps:  # all of the width they would have, without the memory
        series.append(Reading("a", step, step / 10, np.broadcast_to(float(step), width), 0.0))
    assert series.seen == count
    kept = series.steps.tolist()
    assert len(kept) == len(series) == len(series.epochs) <= limit + 2
    assert kept[-1:] == steps[-1:]
    assert len(set(np.diff(kept[:-1]))) <= 1
    assert len(kept) >= min(count, limit // 2)
    if count:
        np.testing.assert_array_equal(series.values[:, 0], kept)
        np.testing.assert_allclose(series.epochs, series.steps / 10)


@given(count=st.integers(1, 60), at=st.integers(-1, 200), more=st.integers(0, 40))
def test_what_was_said_up_to_a_step_and_after(count: int, at: int, more: int) -> None:
    steps = [3 * index for index in range(count)]
    past = series_of(steps).until(at)
    wanted = [step for step in steps if step <= at]
    assert past.steps.tolist() == wanted
    assert (past.last.step if past.last else None) == (wanted[-1] if wanted else None)
    for step in range(at + 1, at + 1 + more):
        past.append(reading(step))
    assert past.steps.tolist() == [*wanted, *range(at + 1, at + 1 + more)]


def test_what_was_looked_at_before_never_changes() -> None:
    """Values are handed out as they are kept, without a copy: neither more of them nor another way to go on shows."""
    series = series_of(list(range(40)))
    before, past = series.values, series.until(20)
    copy = before.copy()
    for step in range(21, 9_000):
        past.append(Reading("a", step, 0.0, np.full(2, -1.0), 0.0))
        series.append(Reading("a", step + 20, 0.0, np.full(2, -2.0), 0.0))
    np.testing.assert_array_equal(before, copy)
    np.testing.assert_array_equal(past.at(20).values if past.at(20) else None, [20.0, 20.0])
    assert len(series.values) == len(series) <= module.MOST_ROWS + 2


def test_readings_go_to_their_series() -> None:
    log = InstrumentLog()
    log.take([reading(0), reading(0, "b"), reading(5)])
    assert log.names == ("a", "b")
    assert "a" in log
    assert "c" not in log
    assert len(log["a"]) == 2
    assert len(log["c"]) == 0
    assert log["c"].values.shape == (0, 0)
    assert log.seconds == 1.5
    assert log.share == 0.005
    past = log.until(3)
    assert (past.seconds, past.costs["a"].readings, past.costs["b"].readings) == (1.0, 1, 1)
    assert [past["a"].steps.tolist(), past["b"].steps.tolist()] == [[0], [0]]
    assert len(log["a"]) == 2
