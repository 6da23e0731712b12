"""Runs in a process of its own: starts the program as its command does, and leaves once it answers.

Prints the wall-clock time when the window had been painted and the event loop was idle, and when a
run stood ready besides, so that Space would train.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import main


def leave_when_ready(found: dict[str, float]) -> None:
    """Make the application's event loop note when it is idle, and end then."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from gui.window import MainWindow

    run = QApplication.exec

    def look() -> None:
        # A timer of 0 ms comes when no event is waiting: everything shown has been painted.
        now = time.time()
        shown: Any = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
        if shown.isVisible() and not shown.visibleRegion().isEmpty():
            found.setdefault("idle", now)
        if "idle" in found and shown.control.phase == "ready":
            found["ready"] = now
            shown.close()
            QApplication.quit()
        else:
            QTimer.singleShot(0 if "idle" not in found else 1, look)

    def run_and_look(*_: Any) -> int:
        QTimer.singleShot(0, look)
        return run()

    QApplication.exec = run_and_look  # type: ignore[method-assign]


if __name__ == "__main__":
    times: dict[str, float] = {}
    main.prepare_torch()
    leave_when_ready(times)
    sys.argv[1:] = ["gui"]
    try:
        main.main()
    except SystemExit as end:
        if end.code:
            raise
    print(json.dumps(times))
