"""Time for another thread: earned with the training, owed, and shown."""

from __future__ import annotations

import math

import pytest

from tests.training.runs import small
from training.engine import Engine
from training.instruments.aside import AT_START, PART, SAVED_AT_MOST, Aside
from training.instruments.instruments import Instruments


def test_what_is_owed_is_earned_by_training() -> None:
    aside = Aside()
    aside.share = 0.03
    aside.spend(AT_START)
    assert aside.owed == 0.0
    aside.spend(0.03)
    assert aside.wait_for(0.0) == pytest.approx(1.0)
    aside.earn(0.5)
    assert aside.owed == pytest.approx(0.015)
    aside.earn(0.6)
    assert aside.owed == 0.0
    assert aside.spent_share == pytest.approx((AT_START + 0.03) / 1.1, rel=0.05)


def test_no_more_is_saved_up_than_makes_no_burst() -> None:
    aside = Aside()
    aside.share = 0.03
    for _ in range(100):
        aside.earn(1.0)
    aside.spend(SAVED_AT_MOST)
    assert aside.wait_for(0.03) == pytest.approx(1.0)


def test_nothing_is_earned_without_a_budget() -> None:
    aside = Aside()
    aside.spend(1.0)
    aside.earn(100.0)
    assert math.isinf(aside.wait_for(0.0))


def test_making_room_leaves_the_readings_the_rest() -> None:
    engine = Engine(small())
    instruments = Instruments(engine, share=0.1)
    assert instruments.aside.share == 0.0
    instruments.make_room(True)
    assert instruments.aside.share == pytest.approx(0.1 * PART)
    instruments.share = 0.2
    assert instruments.aside.share == pytest.approx(0.2 * PART)
    instruments.make_room(False)
    assert instruments.aside.share == 0.0
    assert not instruments.settled
    instruments.follow(engine.advance(20))
    instruments.aside.spend(1.0)
    instruments.follow(engine.advance(20))
    assert instruments.spent_share > instruments._budget.spent_share
