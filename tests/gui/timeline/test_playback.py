"""Playing back by the clock, and how speeds read."""

from __future__ import annotations

import pytest

from gui.timeline.playback import FASTEST, SPEEDS, Playback, Speed, bounded


def test_the_step_follows_the_clock_also_where_the_speed_changes() -> None:
    playback = Playback()
    playback.speed = Speed(steps_per_second=10)
    playback.begin(100, 1000, now=50.0)
    assert playback.step_at(52.5) == 125
    playback.set_speed(Speed(seconds=10), now=52.5)  # a thousand steps in ten seconds
    assert playback.step_at(53.5) == 225
    playback.pause()
    assert not playback.on


def test_all_speeds_read_differently() -> None:
    assert len({speed.in_words for speed in SPEEDS}) == len({speed.in_few_words for speed in SPEEDS}) == len(SPEEDS)
    assert (Speed(1).in_words, Speed(1000).in_few_words) == ("1 step/s", "1\u2009000/s")
    assert Speed(seconds=2.5).in_words == "The whole run in 2.5 s"


@pytest.mark.parametrize("speed", SPEEDS)
def test_any_speed_is_reached_by_doubling_and_halving_within_bounds(speed: Speed) -> None:
    assert bounded(bounded(speed, 2), 0.5) == speed
    assert bounded(speed, 2).rate(1000) == 2 * speed.rate(1000)
    fast = slow = speed
    for _ in range(60):
        fast, slow = bounded(fast, 2), bounded(slow, 0.5)
    assert 0 < slow.rate(1) < fast.rate(1) <= 2 * FASTEST
