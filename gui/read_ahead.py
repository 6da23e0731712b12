"""What takes a moment to read, read soon after the start: the library, the labs, the runs that are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gui.feature import Feature
from gui.run_control import News

if TYPE_CHECKING:
    from gui.window import MainWindow

QUIET_SECONDS = 1.0
"""So long after the start it begins: first of all the window comes up, and the run in it."""


class ReadAhead(Feature):
    """Lets each feature read what it will need, in a thread, so that nobody waits for it at a click."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._begin_at = time.perf_counter() + QUIET_SECONDS
        self._begun = False

    def look(self, news: News, now: float) -> None:
        if not self._begun and now >= self._begin_at and self.window.control.phase != "loading":
            self._begun = True
            # A daemon: who closes the window meanwhile need not wait for what nobody will look at.
            threading.Thread(target=_read, args=(self.window.features,), name="read ahead", daemon=True).start()


def _read(features: Iterable[Feature]) -> None:
    for feature in features:
        feature.read_ahead()
