"""A race of three networks S: steps per second headless and in the window, and how late the event loop is.

    python -m benchmarks.race headless|window SECONDS
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch  # before Qt: on Windows the other order loads the wrong libraries

from benchmarks.cases import S
from benchmarks.window_process import PROBE_MS, SETTLE_SECONDS, open_window, process_events
from training.engine import next_chunk
from training.experiment import Experiment
from training.race import Entry, Race, prepare
from training.validation import replace

RATES = (0.01, 0.003, 0.001)


def experiments() -> list[Experiment]:
    """Return runs that differ in their rate and never end."""
    return [replace(S.experiment, {"epochs": 1_000_000, "optimizer.lr": rate}) for rate in RATES]


def headless(seconds: float) -> dict[str, Any]:
    """Race without a window."""
    race = prepare([Entry(f"v{index}", f"run {index}", one) for index, one in enumerate(experiments())])
    _advance(race, SETTLE_SECONDS)
    started = time.perf_counter()
    steps = _advance(race, seconds)
    return {"steps_per_second": steps / (time.perf_counter() - started)}


def _advance(race: Race, seconds: float) -> int:
    end, chunk, steps = time.perf_counter() + seconds, 1, 0
    while time.perf_counter() < end:
        progress = race.advance(chunk)
        chunk = next_chunk(chunk, progress)
        steps += progress.steps_done
    return steps


def window(seconds: float) -> dict[str, Any]:
    """Race in the window, with a timer that notes how late the event loop calls it."""
    from PySide6.QtCore import Qt, QTimer

    from gui.race.races import Races

    _, shown = open_window(S)
    races = shown.feature(Races)
    races.start_runs("Race", {f"v{i}": (f"run {i}", one, ()) for i, one in enumerate(experiments())}, play=True)
    lateness: list[float] = []
    last = time.perf_counter()

    def probe() -> None:
        nonlocal last
        now = time.perf_counter()
        lateness.append(max(0.0, 1000 * (now - last) - PROBE_MS))
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(probe)
    process_events(SETTLE_SECONDS)
    timer.start(PROBE_MS)
    process_events(0.1)
    lateness.clear()
    steps, redraws, started, worked = races.control.view.step, shown.redraws, time.perf_counter(), time.thread_time()
    process_events(seconds)
    taken = time.perf_counter() - started
    found = {
        "steps_per_second": (races.control.view.step - steps) / taken,
        "redraws_per_second": (shown.redraws - redraws) / taken,
        "share_of_window_thread": (time.thread_time() - worked) / taken,
        "late_p50_ms": float(np.percentile(lateness, 50)),
        "late_p99_ms": float(np.percentile(lateness, 99)),
    }
    timer.stop()
    shown.close()
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({"headless": headless, "window": window}[sys.argv[1]](float(sys.argv[2])), indent=1))
