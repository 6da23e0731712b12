"""What only minutes of use bring to light: memory that grows, things left behind, a state in which nothing works.

The window is used in processes of its own while the other tests run (`tests.long_runs`); here it is looked at what
came of it.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.gui.steady import RESET_SECONDS, STRUCTURES
from tests.long_runs import LongRuns

pytestmark = pytest.mark.timeout(560)

MOST_GROWTH = 20.0  # megabytes
FIRST_MINUTE = 60.0
CYCLE = len(STRUCTURES) * RESET_SECONDS
"""Seconds in which every structure has its turn, a larger one taking more memory."""


@pytest.fixture(scope="module")
def steady(long_runs: LongRuns) -> dict[str, Any]:
    """Return what was seen while the window trained for two minutes."""
    finished = long_runs.result("steady")
    assert finished.status == 0, finished.errors
    found: dict[str, Any] = json.loads(finished.output)
    return found


def column(steady: dict[str, Any], name: str, first: float, last: float) -> list[float]:
    return [row[name] for row in steady["seen"] if first <= row["seconds"] < last]


@pytest.mark.long("steady")
def test_two_minutes_of_training_with_resets_and_edits_raise_nothing(steady: dict[str, Any]) -> None:
    assert not steady["raised"]
    assert steady["steps"] > 10_000
    assert steady["seen"][-1]["seconds"] > 110


@pytest.mark.long("steady")
def test_memory_does_not_grow_after_the_first_minute(steady: dict[str, Any]) -> None:
    settled = least(steady, FIRST_MINUTE, FIRST_MINUTE + CYCLE)
    if math.isnan(settled):
        pytest.skip("this system does not tell how much memory is in use")
    end = steady["seen"][-1]["seconds"]
    assert end - CYCLE >= FIRST_MINUTE + CYCLE
    assert least(steady, end - CYCLE, math.inf) - settled < MOST_GROWTH


def least(steady: dict[str, Any], first: float, last: float) -> float:
    """Return the least memory within whole cycles: just after a reset, when the run before it is all that is kept."""
    return min(column(steady, "megabytes", first, last))


@pytest.mark.long("steady")
@pytest.mark.parametrize(
    "name", ["objects", "widgets", "timers", "python_threads", "trainers", "things_drawn", "top_levels"]
)
def test_nothing_is_left_behind(steady: dict[str, Any], name: str) -> None:
    assert max(column(steady, name, 90, math.inf)) <= max(column(steady, name, 10, FIRST_MINUTE + CYCLE))
    assert steady["threads_left"] == 0


@pytest.mark.long("monkey")
def test_eight_thousand_things_anybody_might_do(long_runs: LongRuns) -> None:
    finished = long_runs.result("monkey")
    assert finished.status == 0, finished.output + finished.errors
    found = json.loads(finished.output)
    assert found["actions"] == 8_000
    assert not found["raised"]
    assert not found["resting"]
    assert found["run_works"]
    assert found["steps"] > 1_000
