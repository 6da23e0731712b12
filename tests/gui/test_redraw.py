"""The pace of redraws: fast while cheap, never slower than promised, dear panels in turn."""

from __future__ import annotations

import pytest

from gui.redraw import RedrawPace


def run(pace: RedrawPace, costs: dict[str, float], seconds: float) -> dict[str, int]:
    """Draw panels of known cost for some time; return how often each was drawn."""
    now, drawn = 0.0, dict.fromkeys(costs, 0)
    while now < seconds:
        pace.begin()
        for panel in pace.choose(list(costs), now):
            pace.spend(costs[str(panel)])
            drawn[str(panel)] += 1
        now += pace.interval()
    return drawn


def test_cheap_frames_come_at_the_fastest_pace() -> None:
    drawn = run(RedrawPace(), {"curve": 0.001}, 10)
    assert drawn["curve"] == pytest.approx(300, rel=0.05)


def test_dear_panels_leave_the_cheap_ones_their_pace() -> None:
    pace = RedrawPace()
    drawn = run(pace, {"curve": 0.001, "diagram": 0.012, "map": 0.008}, 20)
    assert drawn["curve"] >= 18 * 20 * 0.95
    assert 4 * 20 * 0.9 <= drawn["diagram"] < drawn["curve"] / 2
    assert drawn["map"] >= drawn["diagram"]


def test_two_dear_panels_never_share_a_frame() -> None:
    pace = RedrawPace()
    run(pace, {"diagram": 0.02, "map": 0.01}, 5)
    for frame in range(200):
        pace.begin()
        chosen = pace.choose(["diagram", "map"], 100 + frame * pace.interval())
        assert len(chosen) <= 1
        pace.spend(0.01 * len(chosen))


def test_costs_are_told_apart() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.001, "diagram": 0.015}, 20)
    assert pace.cost_of("diagram") == pytest.approx(0.015, rel=0.3)
    assert pace.cost_of("curve") < 0.003


def test_even_the_most_expensive_panel_is_drawn() -> None:
    drawn = run(RedrawPace(), {"curve": 0.001, "giant": 0.3}, 10)
    assert drawn["giant"] >= 30


def test_the_pace_recovers_when_drawing_gets_cheap_again() -> None:
    pace = RedrawPace()
    run(pace, {"curve": 0.02}, 5)
    assert pace.interval() == pytest.approx(1 / 18)
    assert pace.over_budget
    run(pace, {"curve": 0.0005}, 5)
    assert pace.interval() == pytest.approx(1 / 30)
