"""The pace of redraws: fast while cheap, never slower than promised, panels in turn."""

from __future__ import annotations

import pytest

from gui.redraw import RedrawPace


def run(pace: RedrawPace, costs: dict[str, float], frames: int, *, start: float = 0.0) -> dict[str, int]:
    """Draw panels of known cost; return how often each was drawn."""
    drawn, now = dict.fromkeys(costs, 0), start
    for _ in range(frames):
        pace.begin()
        panel = pace.next_panel(list(costs), now)
        if panel is not None:
            pace.spend(costs[str(panel)])
            drawn[str(panel)] += 1
        now += pace.interval()
    pace.begin()
    return drawn


def test_cheap_frames_come_at_the_fastest_pace() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.001}, 50)
    assert pace.interval() == pytest.approx(1 / pace.fastest)


def test_dear_frames_slow_the_pace_to_its_bound_and_no_further() -> None:
    pace = RedrawPace()
    run(pace, {"diagram": 0.2}, 50)
    assert pace.interval() == pytest.approx(1 / pace.slowest)
    assert pace.slowest >= 15
    assert pace.over_budget


def test_between_the_bounds_drawing_takes_its_share() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.006}, 100)
    assert pace.cost / pace.interval() == pytest.approx(pace.share)
    assert not pace.over_budget


def test_panels_take_turns_one_a_frame() -> None:
    drawn = run(RedrawPace(), {"network": 0.01, "map": 0.01, "loss": 0.001}, 60)
    assert drawn == {"network": 20, "map": 20, "loss": 20}


def test_a_panel_that_may_rest_is_drawn_less_often() -> None:
    drawn = run(RedrawPace(rest={"matrix": 3.0}), {"map": 0.001, "matrix": 0.001}, 200)
    assert drawn["map"] == pytest.approx(3 * drawn["matrix"], rel=0.1)


def test_a_panel_that_appears_later_is_drawn_at_once() -> None:
    pace = RedrawPace()
    run(pace, {"network": 0.01}, 10)
    assert pace.next_panel(["network", "map"], 1.0) == "map"


def test_the_pace_recovers_when_drawing_gets_cheap_again() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 50)
    run(pace, {"curve": 0.0005}, 50, start=10)
    assert pace.interval() == pytest.approx(1 / pace.fastest)


def test_idle_frames_do_not_count() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 50)
    cost = pace.cost
    run(pace, {}, 50)
    assert pace.cost == cost
