"""Trains without end, with a reset or an edit every few seconds, and watches what is left behind.

    python -m tests.gui.steady SECONDS

prints one JSON object: resident memory without what the allocator holds free, and how many objects, timers, threads and
drawn things there are, every second.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme
from gui.panels.plot_axes import PlotAxes
from gui.window import MainWindow
from tests.gui.monkey import process_events
from training.experiment_file import EXPERIMENTS, load

EDITS: tuple[dict[str, Any], ...] = (
    {"optimizer.lr": 0.01}, {"optimizer.lr": 0.003}, {"batch_size": 16}, {"batch_size": 64},
    {"regularization.l2": 0.001}, {"regularization.l2": 0.0},
    {"stopping.criteria.gradient_norm.threshold": 1e-4}, {"optimizer.clip_norm": 1.0},
    {"optimizer.clip_norm": 0.0},
)  # fmt: skip
STRUCTURES: tuple[tuple[int, ...], ...] = ((16, 16), (32,) * 4, (8,) * 8, (16, 16, 16))
EDIT_SECONDS, RESET_SECONDS = 1.5, 5.0


def main(seconds: float) -> None:
    """Train for so many seconds and print what was seen."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["CONVERGENCE_LAB_STATE"] = tempfile.mkdtemp(prefix="convergence-lab-steady-")
    torch.set_num_threads(1)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    raised: list[str] = []
    sys.excepthook = lambda kind, error, trace: raised.append(f"{kind.__name__}: {error}")
    window = MainWindow(load(EXPERIMENTS / "two_spirals.toml"))
    window.show()
    seen = [_look(window, 0.0)]
    chance = random.Random(1)
    started = time.monotonic()
    edited = reset = looked = started
    steps = resets = 0
    while (now := time.monotonic()) - started < seconds:
        process_events()
        time.sleep(0.002)  # leaves the interpreter to the training thread
        if window.control.phase in ("ready", "paused"):
            window.toggle()
        if now - edited > EDIT_SECONDS and window.control.phase == "playing":
            edited = now
            window.builder.apply_changes(chance.choice(EDITS))
        if now - reset > RESET_SECONDS:
            reset = now
            steps += window.control.view.history.step if window.control.view is not None else 0
            structure = STRUCTURES[resets % len(STRUCTURES)]  # in turns, so that each minute sees all of them
            resets += 1
            window.builder.apply_changes({"network.hidden": structure, "epochs": 1_000_000})
            window.commands.start(play=True)
        if now - looked > 1.0:
            looked = now
            seen.append(_look(window, now - started))
    window.close()
    print(json.dumps({"seen": seen, "raised": raised, "steps": steps, "threads_left": window.control.threads}))


def _look(window: MainWindow, at: float) -> dict[str, float]:
    gc.collect()
    give_back_free_memory()
    objects = window.findChildren(QObject)
    return {
        "seconds": at,
        "megabytes": resident_megabytes(),
        "objects": len(objects),
        "widgets": len([thing for thing in objects if isinstance(thing, QWidget)]),
        "timers": len([thing for thing in objects if isinstance(thing, QTimer)]),
        "python_threads": threading.active_count(),
        "trainers": window.control.threads,
        "things_drawn": sum(len(axes.things) for axes in window.findChildren(PlotAxes)),
        "top_levels": len(QApplication.topLevelWidgets()),
    }


def give_back_free_memory() -> None:
    """Have the allocator return what it holds free, where it can: holes of up to 140 MB would hide a leak."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # other C libraries than GNU's
            ctypes.CDLL(None).malloc_trim(0)


def resident_megabytes() -> float:
    """Return the memory of this process that is in use, in megabytes; NaN where the system does not say."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return float("nan")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0)
