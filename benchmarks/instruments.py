"""What the default instruments cost: training with them against training without, headless and in the window.

Each network trains in one run, in which the instruments are switched on and off in many short turns, so that whatever
slows the machine down hits both alike. The overhead is how much longer a step takes on average with them than without.
Without a window, processor time is counted: other programs then hardly matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import Case, D, M, S
from benchmarks.display import Display
from benchmarks.effort import Effort
from benchmarks.lab import Lab
from training.instruments.instruments import SHARE, Instruments
from training.instruments.log import InstrumentLog

MEASURED = (S, D, M)
WARM_UP_SECONDS = 10.0
"""Not counted: first readings cost more, and are paid for afterwards."""


class MeasuredLab:
    """The lab as it trains headless, with instruments that can be switched off."""

    def __init__(self, case: Case) -> None:
        self.log = InstrumentLog()
        self._lab = Lab(case)
        self._instruments = Instruments(self._lab.engine)

    def run_for(self, seconds: float, measuring: bool) -> float:
        """Train for so much processor time; return the steps per second."""
        self._instruments.share = SHARE if measuring else 0.0
        began, before = time.thread_time(), self._lab.engine.step
        while time.thread_time() - began < seconds:
            self.log.take(self._instruments.follow(self._lab.chunk()))
        return (self._lab.engine.step - before) / (time.thread_time() - began)


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
    lab.run_for(WARM_UP_SECONDS, measuring=True)
    return in_turns(rounds, seconds, lab.run_for, lab.log)


def in_turns(
    rounds: int, seconds: float, train: Callable[[float, bool], float], log: InstrumentLog
) -> dict[str, Any]:
    """Return the overhead of training with instruments over all rounds; the one that begins changes each time.

    Parameters
    ----------
    train
        Trains for so many seconds, with instruments or without, and returns the steps per second.
    log
        Where their readings go.
    """
    rates: dict[bool, list[float]] = {True: [], False: []}
    before = _readings(log)
    for turn in range(rounds):
        for on in (True, False) if turn % 2 == 0 else (False, True):
            rates[on].append(train(seconds, on))
    measured, plain = np.array(rates[True]), np.array(rates[False])
    overhead = plain.sum() / measured.sum() - 1.0
    return {
        "overhead": float(overhead),
        # Of a ratio of two sums, by the residuals of the rounds (Cochran 1977, eq. 2.46).
        "standard_error": float(np.std(plain - (1.0 + overhead) * measured, ddof=1) / measured.mean() / rounds**0.5),
        "steps_per_second": float(measured.mean()),
        "steps_per_second_without": float(plain.mean()),
        "readings_per_second": (_readings(log) - before) / (rounds * seconds),
    }


def _readings(log: InstrumentLog) -> int:
    return sum(log[name].seen for name in log.names)
