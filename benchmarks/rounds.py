"""Contenders timed in turn, round after round, so that whatever slows the machine down hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from statistics import median
from typing import Protocol


class Contender(Protocol):
    """Something that trains."""

    def run(self, steps: int) -> int:
        """Do at least `steps` steps (it may have to finish an epoch) and return how many were done."""
        ...


Rates = dict[str, list[float]]
"""Steps per second of every contender, one for each round."""


def race(contenders: Mapping[str, Contender], *, rounds: int, seconds: float) -> Rates:
    """Let every contender run about `seconds` in each of the rounds; the one that starts changes."""
    steps = {name: _steps_lasting(contender, seconds) for name, contender in contenders.items()}
    names = list(contenders)
    rates: Rates = {name: [] for name in names}
    for turn in range(rounds):
        gc.collect()
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rates[name].append(_rate(contenders[name], steps[name]))
    return rates


def ratio(rates: Rates, name: str, other: str) -> float:
    """Return the median over the rounds of how many times faster one is than another."""
    return median(mine / theirs for mine, theirs in zip(rates[name], rates[other], strict=True))


def speed(rates: list[float]) -> dict[str, float]:
    """Return the median rate, with its spread, and the time of a step."""
    middle = median(rates)
    return {
        "steps_per_second": middle,
        "slowest": min(rates),
        "fastest": max(rates),
        "microseconds_per_step": 1e6 / middle,
    }


def _steps_lasting(contender: Contender, seconds: float) -> int:
    contender.run(1)  # what is done once, such as compiling, is not timed
    steps = 8
    while True:
        started = time.perf_counter()
        done = contender.run(steps)
        taken = time.perf_counter() - started
        if taken > seconds / 5:
            return max(1, round(done * seconds / taken))
        steps = max(2 * steps, done)


def _rate(contender: Contender, steps: int) -> float:
    started = time.perf_counter()
    done = contender.run(steps)
    return done / (time.perf_counter() - started)
