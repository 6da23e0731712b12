"""What the default instruments cost: training with them against training without, headless and in the window.

Each network trains in one run, in which the instruments are switched on and off in turns, so that whatever slows the
machine down hits both alike. The overhead is how much longer a step takes on average with them than without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.cases import Case, D, M, S
from benchmarks.display import Display
from benchmarks.effort import Effort
from benchmarks.lab import Lab
from training.instruments.instruments import SHARE, Instruments
from training.instruments.log import InstrumentLog

MEASURED = (S, D, M)
WARM_UP = 2.0
"""Turns that are not counted: first readings cost more, and are paid for afterwards."""


class MeasuredLab:
    """The lab as it trains headless, with instruments that can be switched off."""

    def __init__(self, case: Case) -> None:
        self.log = InstrumentLog()
        self._lab = Lab(case)
        self._instruments = Instruments(self._lab.engine)

    def run_for(self, seconds: float, measuring: bool) -> float:
        """Train for a time; return the steps per second."""
        self._instruments.share = SHARE if measuring else 0.0
        began, before = time.perf_counter(), self._lab.engine.step
        while time.perf_counter() - began < seconds:
            self.log.take(self._instruments.follow(self._lab.chunk()))
        return (self._lab.engine.step - before) / (time.perf_counter() - began)


def measure(effort: Effort, display: Display, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the overhead for every network, headless and in the window."""
    rounds, seconds = effort.instrument_rounds, effort.instrument_seconds
    found = {}
    for case in MEASURED:
        say(f"Instruments, {case.name}: {case.title}")
        found[case.name] = {
            "network": case.title,
            "headless": _headless(case, rounds, seconds),
            "window": display.run("benchmarks.instruments_process", case.name, str(rounds), str(seconds)),
        }
    return {"share": SHARE, "platform": display.name, "rounds": rounds, "seconds_each": seconds, "networks": found}


def _headless(case: Case, rounds: int, seconds: float) -> dict[str, Any]:
    lab = MeasuredLab(case)
    lab.run_for(WARM_UP * seconds, measuring=True)
    return in_turns(rounds, seconds, lab.run_for, lab.log)


def in_turns(
    rounds: int, seconds: float, train: Callable[[float, bool], float], log: InstrumentLog
) -> dict[str, Any]:
    """Return the overhead of training with instruments: the median of the rounds, the smallest and the largest.

    Parameters
    ----------
    train
        Trains for so many seconds, with instruments or without, and returns the steps per second.
    log
        Where their readings go.
    """
    overheads, speeds, before = [], [], _readings(log)
    for turn in range(rounds):
        order = (True, False) if turn % 2 == 0 else (False, True)
        rates = {on: train(seconds, on) for on in order}
        overheads.append(rates[False] / rates[True] - 1.0)
        speeds.append(rates)
    return {
        "overhead": median(overheads),
        "smallest": min(overheads),
        "largest": max(overheads),
        "steps_per_second": median(rates[True] for rates in speeds),
        "steps_per_second_without": median(rates[False] for rates in speeds),
        "readings_per_second": (_readings(log) - before) / (rounds * seconds),
    }


def _readings(log: InstrumentLog) -> int:
    return sum(log[name].seen for name in log.names)
