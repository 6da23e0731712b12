"""Run by `test_real_window`: opens the program on a real display, uses it for a moment, and closes it."""

from __future__ import annotations

import sys
import time
import traceback

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import app as program
from gui.window import MainWindow


def use(picture: str) -> None:
    """Press Space, wait for 200 steps, photograph the screen, and close the window."""
    window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    window.activateWindow()  # there is no window manager that would
    assert QTest.qWaitForWindowActive(window, 5000)
    QTest.keyClick(window, Qt.Key.Key_Space)
    end = time.monotonic() + 20
    while window.control.view is None or window.control.view.history.step < 200:
        assert time.monotonic() < end, "nothing was trained within 20 seconds"
        QTest.qWait(20)
    QGuiApplication.primaryScreen().grabWindow(0).save(picture)
    started = time.monotonic()
    window.close()
    print(f"platform {QGuiApplication.platformName()}")
    print(f"closed in {time.monotonic() - started:.2f} s")


def use_or_quit(picture: str) -> None:
    """Use the window; whatever goes wrong ends the program, so that the test need not wait for it."""
    try:
        use(picture)
    except Exception:
        traceback.print_exc()
        QApplication.exit(1)


if __name__ == "__main__":
    torch.set_num_threads(1)
    application = QApplication(sys.argv[:1])  # timers need one to exist
    QTimer.singleShot(500, lambda: use_or_quit(sys.argv[1]))
    sys.exit(program.run_gui())
