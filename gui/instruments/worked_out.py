"""What takes too long for a frame: worked out in a thread of its own, and looked for by a timer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

LOOK_MS = 25


class WorkedOut(QObject):
    """One piece of work at a time; ``done`` comes with what it returned, ``failed`` with the error it raised.

    It takes a fraction of a second and touches nothing but what it was given, so nobody has to wait for its thread.
    """

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._box: list[Any] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return self._box is not None

    def ask(self, work: Callable[[], Any]) -> None:
        """Work something out, in the place of what is under way."""
        self._box = box = []
        threading.Thread(target=_fill, args=(box, work), name="worked out", daemon=True).start()
        self._timer.start()

    def forget(self) -> None:
        """Want nothing of what is under way."""
        self._box = None
        self._timer.stop()

    def _look(self) -> None:
        if not self._box:
            return
        error, result = self._box[0]
        self.forget()
        if error is not None:
            self.failed.emit(error)
        else:
            self.done.emit(result)


def _fill(box: list[Any], work: Callable[[], Any]) -> None:
    try:
        box.append((None, work()))
    except Exception as error:  # told by the window's thread: nobody is above this one
        box.append((error, None))
