"""Runs in a process of its own: trains in the real window with instruments and without, in turns; prints JSON.

    python -m benchmarks.instruments_process S|D|M ROUNDS SECONDS
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from typing import Any

import torch  # before Qt: on Windows the other order loads the wrong libraries

from benchmarks.cases import Case
from benchmarks.instruments import MEASURED, WARM_UP_SECONDS, in_turns
from benchmarks.window_process import open_window, process_events
from training.instruments.instruments import SHARE

SETTLE_SECONDS = 0.1


def measure(case: Case, rounds: int, seconds: float) -> dict[str, Any]:
    """Train in the window, switching the instruments on and off."""
    _, shown = open_window(case)
    control = shown.control
    shown.toggle()
    process_events(WARM_UP_SECONDS)

    def train(seconds: float, measuring: bool) -> float:
        shown.preferences.change(instrument_budget=SHARE if measuring else 0.0)  # the window asks them at every tick
        process_events(SETTLE_SECONDS)
        began, before = time.perf_counter(), control.session.engine.step
        process_events(seconds)
        return float(control.session.engine.step - before) / (time.perf_counter() - began)

    found = in_turns(rounds, seconds, train, control.view.instruments)
    shown.close()
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as state:
        os.environ["CONVERGENCE_LAB_STATE"] = state
        case = next(case for case in MEASURED if case.name == sys.argv[1])
        print(json.dumps(measure(case, int(sys.argv[2]), float(sys.argv[3]))))
