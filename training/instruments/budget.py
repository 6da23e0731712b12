"""How much time instruments may take, and whose turn it is: they slow down before training does."""

from __future__ import annotations

import math
from collections.abc import Iterable

MEMORY_SECONDS = 10.0
"""What training and measuring took this long ago counts half in the share that is reported."""
ALWAYS_ALLOWED = 0.002
"""Seconds that a first reading may take however little has been trained."""
NEWEST = 0.3
"""Weight of the newest reading in what the next one is expected to take."""


class Budget:
    """Earns a share of the time training takes, and spends it on readings.

    Something may be measured while nothing is owed. So the debt is never larger than one reading, and over a run the
    readings take their share, plus one reading at the most.

    Parameters
    ----------
    share
        Seconds of measuring for each second of training; it may be changed at any time, from any thread.

    Attributes
    ----------
    trained
        Seconds of training so far.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.trained = 0.0
        self._earned = self._balance = 0.0
        self._lately_trained = self._lately_spent = 0.0

    def earn(self, seconds: float) -> None:
        """Take note of time spent on training."""
        earned = self.share * seconds
        self.trained += seconds
        self._earned += earned
        self._balance += earned
        kept = 0.5 ** (seconds / MEMORY_SECONDS)
        self._lately_trained = kept * self._lately_trained + seconds
        self._lately_spent *= kept

    def spend(self, seconds: float) -> None:
        """Take note of time spent on measuring."""
        self._balance -= seconds
        self._lately_spent += seconds

    def forgo(self) -> None:
        """Keep nothing for later, as there is nothing more to be measured now."""
        self._balance = min(self._balance, 0.0)

    @property
    def is_open(self) -> bool:
        """Whether something may be measured now."""
        return self.share > 0.0 and self._balance >= 0.0

    def allows_first(self, expected: float) -> bool:
        """Tell whether a first reading that may take so many seconds would not weigh on a run as short as this is."""
        return expected <= max(ALWAYS_ALLOWED, self._earned)

    @property
    def spent_share(self) -> float:
        """What measuring has cost lately, as a part of the time spent on training."""
        return self._lately_spent / self._lately_trained if self._lately_trained else 0.0


class Turns:
    """Whose turn it is, by what each reading is expected to cost and how long ago the last one was.

    Of all ways to spend the same time, the readings are on average newest where the time between two of an instrument
    is proportional to the square root of what one costs: that minimizes Σ Tᵢ for a given Σ cᵢ / Tᵢ. So the most overdue
    is the one with the largest time since its last reading by √cᵢ; one that has not been read at all goes first.
    """

    def __init__(self) -> None:
        self._expected: dict[str, float] = {}
        self._read_at: dict[str, float] = {}

    def took(self, name: str, seconds: float, trained: float) -> None:
        """Note a reading, and the seconds of training before it."""
        before = self._expected.get(name, seconds)
        self._expected[name] = before + NEWEST * (seconds - before)
        self._read_at[name] = trained

    def expected(self, name: str) -> float | None:
        """Return the seconds the next reading should take; None where there has been none."""
        return self._expected.get(name)

    def most_overdue(self, names: Iterable[str], trained: float) -> str | None:
        """Return whose turn it is of some, after so many seconds of training; the first of those that are equal."""
        return max(names, key=lambda name: self._overdue(name, trained), default=None)

    def _overdue(self, name: str, trained: float) -> float:
        if name not in self._expected:
            return math.inf
        return (trained - self._read_at[name]) / math.sqrt(max(self._expected[name], 1e-9))
