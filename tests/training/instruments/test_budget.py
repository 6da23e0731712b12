"""The budget, in a simulated time: what is spent, whose turn it is, and how early the first readings come."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.instruments.budget import ALWAYS_OWED, Budget

CHUNK = 0.015


class Life:
    """Trains in chunks and reads what is due; costs are as given, guesses are off by `misjudged`."""

    def __init__(self, costs: dict[str, float], share: float = 0.1, misjudged: float = 1.0) -> None:
        self.costs, self.misjudged = costs, misjudged
        self.budget = Budget(share)
        self.trained = self.spent = 0.0
        self.reads: Counter[str] = Counter()
        self.first: dict[str, float] = {}

    def train(self, seconds: float, chunk: float = CHUNK) -> None:
        end = self.trained + seconds
        while self.trained < end:
            self.trained += chunk
            costs = {name: self.budget.expected(name) or self.misjudged * cost for name, cost in self.costs.items()}
            self.budget.earn(chunk, costs)
            waiting = list(costs)
            while (name := self.budget.next_of(waiting, costs)) is not None:
                waiting.remove(name)
                self.first.setdefault(name, self.trained)
                self.reads[name] += 1
                self.spent += self.costs[name]
                self.budget.spend(name, self.costs[name])


COSTS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-4, -1).map(lambda power: 10.0**power), min_size=1)


@given(costs=COSTS, share=st.floats(0.01, 1.0), misjudged=st.floats(0.2, 5.0), seconds=st.floats(0.05, 20.0))
@settings(max_examples=80)
def test_no_more_is_spent_than_the_share_and_what_was_misjudged(
    costs: dict[str, float], share: float, misjudged: float, seconds: float
) -> None:
    life = Life(costs, share, misjudged)
    life.train(seconds)
    misjudgment = sum(max(0.0, cost - misjudged * cost) for cost in costs.values())
    assert life.spent <= share * life.trained + ALWAYS_OWED + misjudgment + 1e-9


@given(costs=COSTS, chunk=st.floats(0.005, 0.2))
@settings(max_examples=40)
def test_the_share_is_used_unless_everything_is_read_at_every_chunk(costs: dict[str, float], chunk: float) -> None:
    life = Life(costs, 0.05)
    life.train(1500 * chunk, chunk)
    wanted = min(0.05 * life.trained, sum(costs.values()) * life.trained / chunk)
    assert life.spent > 0.99 * wanted - 3 * sum(costs.values())
    scatter = 0.02 + max(costs.values()) / min(10.0, life.trained)
    assert life.budget.spent_share == pytest.approx(life.spent / life.trained, abs=scatter)


def test_what_costs_a_hundred_times_as_much_is_read_a_tenth_as_often() -> None:
    life = Life({"cheap": 0.002, "dear": 0.2})
    life.train(400.0)
    assert life.reads["cheap"] / life.reads["dear"] == pytest.approx(10, rel=0.1)


def test_the_cheap_do_not_wait_for_the_dear() -> None:
    life = Life({"dear": 0.5, "cheap": 0.001})  # seconds
    life.train(30.0)
    gaps, before, at = [], life.reads["cheap"], life.trained
    while life.trained < 120.0:
        life.train(CHUNK)
        if life.reads["cheap"] > before:
            gaps.append(life.trained - at)
            before, at = life.reads["cheap"], life.trained
    assert life.reads["dear"] > 5
    assert max(gaps) < 2 * 0.001**0.5 * (0.001**0.5 + 0.5**0.5) / 0.1


def test_first_readings_come_at_once_or_as_soon_as_they_are_earned() -> None:
    life = Life({"cheap": 0.0005, "another": 0.001, "dear": 0.05})
    life.train(2.0, 0.0001)
    assert life.first["cheap"] == life.first["another"] == pytest.approx(0.0001)
    assert life.first["dear"] == pytest.approx((0.0015 + 0.05 - ALWAYS_OWED) / 0.1, rel=0.2)


def test_a_short_run_is_not_weighed_down() -> None:
    life = Life(dict.fromkeys("abcdef", 0.05))
    life.train(0.3, 0.005)
    assert life.spent <= ALWAYS_OWED + 0.1 * 0.3


def test_a_budget_that_is_changed_holds_from_then_on() -> None:
    life = Life({"a": 0.001, "b": 0.004}, share=0.2)
    life.train(20.0)
    assert life.spent == pytest.approx(4.0, rel=0.05)
    life.budget.share, before = 0.02, life.spent
    life.train(100.0)
    assert life.spent - before == pytest.approx(2.0, rel=0.1)
    assert life.budget.spent_share == pytest.approx(0.02, rel=0.15)
    life.budget.share, reads = 0.0, life.reads.total()
    life.train(10.0)
    assert life.reads.total() == reads


def test_a_share_that_is_raised_between_earning_and_spending() -> None:
    """The window's thread may do so at any time: nothing has been saved then, and nothing is read."""
    budget = Budget(0.0)
    budget.earn(1.0, {"dear": 0.5})
    budget.share = 0.1
    assert budget.next_of(["dear"], {"dear": 0.5}) is None


def test_one_that_joins_later_does_not_wait_for_the_others() -> None:
    life = Life({"a": 0.001})
    life.train(20.0)
    life.costs["b"] = 0.003
    life.train(1.0)
    assert life.first["b"] - 20.0 < 0.1
    assert math.isfinite(life.budget.spent_share)
