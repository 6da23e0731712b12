"""Runs in a process of its own: trains in the real window, or headless, or times redraws; prints one JSON object.

    python -m benchmarks.window_process window|projector|deep|headless|napping|redraw SECONDS [CORE]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from typing import Any

import numpy as np
import torch  # before Qt: on Windows the other order loads the wrong libraries

from benchmarks.cases import DEEP, Case, S
from benchmarks.lab import Lab

WIDTH, HEIGHT = 1440, 900
SETTLE_SECONDS = 2.0  # the pace of redraws adapts to what they cost
PROBE_MS = 5
NAP_SECONDS, BETWEEN_NAPS_SECONDS = 0.001, 0.06
FEW, MANY = 10_000, 1_000_000
STEPS_BETWEEN_REDRAWS = 300
REDRAWS, WARM_UP, SWAPS = 20, 4, 6


def headless(seconds: float) -> dict[str, Any]:
    """Train without a window."""
    lab = Lab(S)
    _run_for(lab, SETTLE_SECONDS)
    started = time.perf_counter()
    steps = _run_for(lab, seconds)
    return {"steps_per_second": steps / (time.perf_counter() - started)}


def napping(seconds: float) -> dict[str, Any]:
    """Train without a window, but let go of the core as often as a window makes the training wait."""
    lab = Lab(S)
    _run_for(lab, SETTLE_SECONDS)
    end = time.perf_counter() + seconds
    steps, awake = 0, 0.0
    while (began := time.perf_counter()) < end:
        steps += _run_for(lab, BETWEEN_NAPS_SECONDS)
        awake += time.perf_counter() - began
        time.sleep(NAP_SECONDS)
    return {"steps_per_second": steps / awake}


def _run_for(lab: Lab, seconds: float) -> int:
    end = time.perf_counter() + seconds
    steps = 0
    while time.perf_counter() < end:
        steps += lab.run(1)
    return steps


def window(seconds: float) -> dict[str, Any]:
    """Train S in the window, all default panels in sight."""
    return _followed(seconds, S)


def projector(seconds: float) -> dict[str, Any]:
    """Train S in projector mode."""
    return _followed(seconds, S, projector=True)


def deep(seconds: float) -> dict[str, Any]:
    """Train a network of 64 layers in the window."""
    return _followed(seconds, DEEP)


def _followed(seconds: float, case: Case, *, projector: bool = False) -> dict[str, Any]:
    """Train in the window for so long; then once more, with a timer that notes how late the event loop calls it."""
    from PySide6.QtCore import Qt, QTimer

    _, shown = open_window(case)
    shown.set_projector(projector)
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
    shown.toggle()
    process_events(SETTLE_SECONDS)
    drawn = _counted(shown)
    engine = shown.control.session.engine
    steps, redraws, started = engine.step, shown.redraws, time.perf_counter()
    painting = time.thread_time()
    process_events(seconds)
    taken = time.perf_counter() - started
    found: dict[str, Any] = {
        "steps_per_second": (engine.step - steps) / taken,
        "redraws_per_second": (shown.redraws - redraws) / taken,
        "panels_per_second": {title: count / taken for title, count in drawn.items()},
        "share_of_window_thread": (time.thread_time() - painting) / taken,
        "size": [shown.width(), shown.height()],
    }
    timer.start(PROBE_MS)  # by itself: it wakes the window's thread 200 times a second, which costs training
    process_events(0.1)
    lateness.clear()
    process_events(seconds)
    timer.stop()
    found["lateness_ms"] = lateness
    shown.close()
    return found


def _counted(shown: Any) -> dict[str, int]:
    """Count from now on how often each visible panel is drawn: not all of them are in every frame."""
    drawn = {panel.title: 0 for panel in shown.panels if panel.isVisible()}

    def counting(panel: Any) -> Any:
        follow = panel.follow

        def count(view: Any) -> None:
            drawn[panel.title] += 1
            follow(view)

        return count

    for panel in shown.panels:
        if panel.isVisible():
            panel.follow = counting(panel)
    return drawn


def redraw(_seconds: float) -> dict[str, Any]:
    """Time refreshing and painting every panel with few and with many steps recorded, in turns."""
    from dataclasses import replace

    from training.history import History

    app, shown = open_window()
    shown.timer.stop()
    view = shown.control.view
    views = {}
    for count in (FEW, MANY):
        made = replace(view, history=History(1, view.history.layer_count))
        _grow(made.history, count)
        views[count] = made
    times: dict[int, list[float]] = {FEW: [], MANY: []}
    for turn in range(SWAPS):
        for count in (FEW, MANY) if turn % 2 == 0 else (MANY, FEW):
            shown.control.view = views[count]
            for panel in shown.panels:
                if panel.isVisible():
                    panel.start(views[count])
            for index in range(WARM_UP + REDRAWS):
                _grow(views[count].history, STEPS_BETWEEN_REDRAWS)
                taken = _redraw(app, shown)
                if index >= WARM_UP:
                    times[count].append(1000 * taken)
    shown.control.view = view
    shown.close()
    return {"steps": [FEW, MANY], "milliseconds": [float(np.median(times[count])) for count in (FEW, MANY)]}


def _redraw(app: Any, shown: Any) -> float:
    app.processEvents()
    started = time.perf_counter()
    for panel in shown.panels:
        if panel.isVisible():
            panel.refresh(shown.control.view)
    app.processEvents()  # paints what asked to be painted
    return time.perf_counter() - started


def _grow(history: Any, count: int) -> None:
    """Record made-up steps that look like training: everything falls slowly, with noise on it."""
    from training.progress import Progress, record_width

    random = np.random.default_rng(history.step)
    per_epoch = 33
    done = 0
    while done < count:
        block = min(count - done, 20_000)
        steps = history.step + np.arange(1, block + 1)
        trend = (1 + steps / 200) ** -0.3
        noise = np.exp(0.3 * random.standard_normal((block, 1, record_width(history.layer_count))))
        evaluations = [_evaluation(int(step), per_epoch) for step in steps if step % per_epoch == 0]
        last = int(steps[-1])
        history.extend(Progress(
            history.step, trend[:, None, None] * noise, tuple(evaluations), last, last / per_epoch, (None,), 0.1
        ))
        done += block


def _evaluation(step: int, per_epoch: int) -> Any:
    from training.progress import EvaluationRecord

    loss = np.array([(1 + step / 200) ** -0.3])
    return EvaluationRecord(
        step=step, epoch=step / per_epoch, train_loss=loss, val_loss=1.1 * loss, train_score=1 - loss / 2,
        val_score=1 - loss / 2, parameter_change=loss, grad_norm=loss, lr=np.array([0.001]), waited=np.zeros(1),
        best_step=np.array([float(step)]), criteria=((),),
    )


def open_window(case: Case = S) -> tuple[Any, Any]:
    """Open the main window on a network, with its data, ready to train; return the application and the window."""
    from PySide6.QtWidgets import QApplication

    from gui import theme
    from gui.app import pass_over_imports
    from gui.window import MainWindow

    app = QApplication(sys.argv[:1])
    theme.apply(app, theme.DARK)
    pass_over_imports()  # as the program does
    shown = MainWindow(case.experiment)
    shown.resize(WIDTH, HEIGHT)
    shown.show()
    _wait_until_ready(shown)
    if case.inputs > 2:  # its data are no file that could be loaded
        shown.control.start(case.experiment, case.data)
        _wait_until_ready(shown)
    process_events(0.5)
    return app, shown


def _wait_until_ready(shown: Any) -> None:
    end = time.perf_counter() + 30
    while shown.control.phase != "ready":
        if time.perf_counter() > end:
            raise TimeoutError(f"the window is not ready to train after 30 s, but {shown.control.phase}")
        process_events(0.05)


def process_events(seconds: float) -> None:
    """Let the window live for a time."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


MEASUREMENTS = {
    "headless": headless, "napping": napping, "window": window, "projector": projector, "deep": deep, "redraw": redraw,
}  # fmt: skip


def main() -> None:
    """Measure what the command line asks for."""
    torch.set_num_threads(1)
    what, seconds = sys.argv[1], float(sys.argv[2])
    if len(sys.argv) > 3:
        os.sched_setaffinity(0, {int(sys.argv[3])})
    with tempfile.TemporaryDirectory() as state:
        os.environ["CONVERGENCE_LAB_STATE"] = state  # nothing of the user's own is read or written
        found = MEASUREMENTS[what](seconds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
