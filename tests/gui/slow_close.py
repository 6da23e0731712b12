"""Run by `test_faults`: closes the window while a single step takes much longer than anyone would wait."""

from __future__ import annotations

import sys
import time

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import app as program
from gui.window import MainWindow
from training.engine import Engine

STEP_SECONDS = 60.0


def endless_step(*_: object) -> None:
    """Stand for a step of a huge network."""
    print("step begins", flush=True)
    time.sleep(STEP_SECONDS)


def use() -> None:
    """Change something, run, and close the window as soon as the step has begun."""
    window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    if window.control.session is None:
        QTimer.singleShot(50, use)
        return
    window.builder._on_edited("name", "kept")
    window.toggle()
    QTimer.singleShot(500, window.close)


if __name__ == "__main__":
    torch.set_num_threads(1)
    Engine._do_step = endless_step  # type: ignore[method-assign]
    application = QApplication(sys.argv[:1])  # timers need one to exist
    QTimer.singleShot(100, use)
    sys.exit(program.run_gui())
