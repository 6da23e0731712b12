"""The timetable of limited training, with a clock made by hand."""

from __future__ import annotations

import math

import pytest

from training.pace import CHUNKS_PER_SECOND, LATEST, Pace


def limited(limit: float | None) -> Pace:
    pace = Pace()
    pace.limit = limit
    return pace


def begun(pace: Pace, seconds: float, late: float = 0.0, start: float = 100.0) -> list[tuple[float, int]]:
    """Return when chunks begin and how large they are, each begun so late after it was due."""
    now, chunks = start, []
    while now < start + seconds:
        now += pace.wait(now)
        steps = pace.chunk or 1
        pace.begin(now + late * (len(chunks) % 2), steps)
        chunks.append((now, steps))
    return chunks


@pytest.mark.parametrize("limit", [1.0, 5.0, 29.9, 30.0, 100.0, 2500.0])
@pytest.mark.parametrize("late", [0.0, 0.004])
def test_so_many_steps_a_second_and_no_drift(limit: float, late: float) -> None:
    chunks = begun(limited(limit), 20.0, late)
    done = sum(steps for _, steps in chunks[:-1])  # the last chunk begins after the time
    assert done == pytest.approx(20 * limit, abs=chunks[0][1])
    expected = [100.0 + index * chunks[0][1] / limit for index in range(len(chunks))]
    assert [now for now, _ in chunks] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("limit", "steps"), [(1.0, 1), (5.0, 1), (30.0, 1), (59.0, 1), (60.0, 2), (3000.0, 100)])
def test_slow_is_one_step_at_a_time(limit: float, steps: int) -> None:
    assert limited(limit).chunk == steps
    assert steps == 1 or limit / steps <= 2 * CHUNKS_PER_SECOND


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    pace = limited(None)
    pace.begin(0.0, 4096)
    assert (pace.wait(0.0), pace.chunk) == (0.0, None)


def test_a_new_limit_holds_for_the_wait_under_way() -> None:
    pace = limited(1.0)
    pace.begin(10.0, 1)
    assert pace.wait(10.25) == pytest.approx(0.75)
    pace.limit = 2.0
    assert pace.wait(10.25) == pytest.approx(0.25)
    pace.limit = None
    assert pace.wait(10.25) == 0.0


def test_a_pause_is_not_made_up_for() -> None:
    pace = limited(10.0)
    pace.begin(0.0, 1)
    pace.begin(60.0, 1)
    assert pace.wait(60.0) == pytest.approx(0.1)
    pace.begin(60.1 + LATEST / 2, 1)  # a late wake-up is
    assert pace.wait(60.2) == pytest.approx(0.0)


@pytest.mark.parametrize("limit", [0.0, -1.0, 0.5, math.inf, math.nan])
def test_limits_that_are_none(limit: float) -> None:
    pace = limited(7.0)
    with pytest.raises(ValueError, match="allowed: 1 or more, or None"):
        pace.limit = limit
    assert pace.limit == 7.0
