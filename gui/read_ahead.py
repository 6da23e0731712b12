"""What takes a moment to read, read soon after the start: what curves are drawn with, the library, labs, kept runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from gui.feature import Feature
from gui.panels import shapes
from gui.run_control import News

if TYPE_CHECKING:
    from gui.window import MainWindow

QUIET_SECONDS = 1.0
"""So long after the start it begins: first of all the window comes up, and the run in it."""
CLOSE_SECONDS = 2.0


class ReadAhead(Feature):
    """Lets each feature read what it will need, in a thread, so that nobody waits for it at a click."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._begin_at = time.perf_counter() + QUIET_SECONDS
        self._curves: threading.Thread | None = None
        self._begun = False

    def look(self, news: News, now: float) -> None:
        if self._begun or self.window.control.phase == "loading":
            return
        if self._curves is None:
            self._curves = _in_a_thread(shapes.read_ahead)
        elif now >= self._begin_at:
            self._begun = True
            _in_a_thread(partial(_read, self.window.features))

    def close(self) -> None:
        if self._curves is not None:  # an import has to come to its end: it makes types of Qt
            self._curves.join(CLOSE_SECONDS)


def _read(features: Iterable[Feature]) -> None:
    for feature in features:
        feature.read_ahead()


def _in_a_thread(read: Callable[[], None]) -> threading.Thread:
    # A daemon: who closes the window meanwhile need not wait for what nobody will look at.
    thread = threading.Thread(target=read, name="read ahead", daemon=True)
    thread.start()
    return thread
