"""The pace of redraws: fast while cheap, never slower than promised, dear panels in turn."""

from __future__ import annotations

import pytest

from gui.redraw import RedrawPace


def run(pace: RedrawPace, costs: dict[str, float], frames: int) -> dict[str, int]:
    """Draw panels of known cost; return how often each was drawn."""
    drawn = dict.fromkeys(costs, 0)
    for _ in range(frames):
        pace.begin()
        for panel in pace.choose(list(costs)):
            pace.spend(costs[str(panel)])
            drawn[str(panel)] += 1
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


def test_curves_are_drawn_in_every_frame() -> None:
    drawn = run(RedrawPace(rest={"map": 3}), {"loss": 0.001, "norms": 0.001, "map": 0.01}, 60)
    assert drawn == {"loss": 60, "norms": 60, "map": 20}


def test_a_panel_that_may_rest_is_drawn_less_often() -> None:
    drawn = run(RedrawPace(rest={"map": 2, "matrix": 6}), {"map": 0.001, "matrix": 0.001}, 240)
    assert drawn["matrix"] == pytest.approx(40, abs=2)
    assert 100 <= drawn["map"] <= 120


def test_dear_panels_never_share_a_frame() -> None:
    pace = RedrawPace(rest={"map": 2, "matrix": 2, "scatter": 2})
    for _ in range(30):
        assert len(pace.choose(["map", "matrix", "scatter"])) <= 1


def test_a_panel_that_appears_later_is_drawn_at_once() -> None:
    pace = RedrawPace(rest={"network": 3, "map": 5})
    run(pace, {"network": 0.01}, 10)
    assert "map" in pace.choose(["network", "map"])


def test_the_pace_recovers_when_drawing_gets_cheap_again() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 50)
    run(pace, {"curve": 0.0005}, 50)
    assert pace.interval() == pytest.approx(1 / pace.fastest)


def test_a_turn_belongs_to_the_interval_but_long_turns_leave_a_pause() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 50)
    interval = pace.interval()
    assert pace.pause(0.0) == interval
    assert pace.pause(0.01) == pytest.approx(interval - 0.01)
    assert pace.pause(0.2) == pytest.approx(0.5 / pace.fastest)


def test_idle_frames_do_not_count() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 50)
    cost = pace.cost
    run(pace, {}, 50)
    assert pace.cost == cost
