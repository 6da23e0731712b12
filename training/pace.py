"""Holds training to so many steps a second, evenly and without drift: when the next steps are due, and how many."""

from __future__ import annotations

import math

SLOWEST = 1.0
"""The lowest limit, in steps per second."""
CHUNKS_PER_SECOND = 30.0
"""Up to so many steps a second they are done one at a time, above that so many chunks of them."""
LATEST = 0.1
"""Seconds of delay that are made up for; whoever is later was paused, or cannot keep up."""


class Pace:
    """A timetable. It reads no clock and does not wait: `now` is handed in, in seconds of a clock that never goes back.

    Each chunk is due so long after the one before was due (not: was done) as its steps take at the
    limit, so that a late wake-up delays one chunk and none of the following.
    """

    def __init__(self) -> None:
        self._limit: float | None = None
        self._last_due = -math.inf
        self._steps = 0

    @property
    def limit(self) -> float | None:
        """Steps per second at the most; None: as fast as it goes."""
        return self._limit

    @limit.setter
    def limit(self, steps_per_second: float | None) -> None:
        if steps_per_second is not None and not SLOWEST <= steps_per_second < math.inf:
            raise ValueError(f"a limit of {steps_per_second} steps per second; allowed: {SLOWEST:g} or more, or None")
        self._limit = steps_per_second

    @property
    def chunk(self) -> int | None:
        """Steps to do at once at the most; None: no matter."""
        return None if self._limit is None else max(1, int(self._limit / CHUNKS_PER_SECOND))

    def wait(self, now: float) -> float:
        """Return how many seconds remain until the next steps are due; 0 where they are."""
        return max(0.0, self._due() - now)

    def begin(self, now: float, steps: int) -> None:
        """Note that a chunk of so many steps begins."""
        due = self._due()
        self._last_due = due if now - due <= LATEST else now
        self._steps = steps

    def _due(self) -> float:
        # From the limit as it is now, so that a new one holds for the wait under way.
        return self._last_due + (self._steps / self._limit if self._limit else 0.0)
