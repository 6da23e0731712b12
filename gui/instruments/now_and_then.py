"""Work of a panel that costs too much to be done in every frame: done now and then while the run trains. No Qt."""

from __future__ import annotations

import math
import time

PAUSE_SECONDS = 1.0
MOST_SHARE = 0.01
"""Of the time of the window, so much at the most goes into it: what takes longer is done less often."""


class NowAndThen:
    """Tells when it is time again, for something new; at once where the run stands still."""

    def __init__(self) -> None:
        self._known: object = None
        self._ended_at = self._began_at = -math.inf
        self._cost = 0.0

    def is_time(self, key: object, *, playing: bool) -> bool:
        """Tell whether `key`, which stands for what is looked at, is new and may be looked at now."""
        pause = max(PAUSE_SECONDS, self._cost / MOST_SHARE)
        if key == self._known or (playing and time.monotonic() - self._ended_at < pause):
            return False
        self._known, self._began_at = key, time.thread_time()
        return True

    def done(self, seconds: float | None = None) -> None:
        """Take note of what it has cost: so many seconds, or the time of this thread since it was allowed."""
        self._cost = time.thread_time() - self._began_at if seconds is None else seconds
        self._ended_at = time.monotonic()

    def forget(self) -> None:
        """Look at whatever comes next at once."""
        self._known, self._ended_at = None, -math.inf
