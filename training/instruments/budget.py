"""How much time instruments may take, and whose turn it is: they slow down before training does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MEMORY_SECONDS = 10.0
"""What training and measuring took this many seconds of training ago counts half in the share that is reported."""
ALWAYS_OWED = 0.002
"""Seconds that first readings may owe, however little has been trained."""
NEWEST = 0.3
"""Weight of the newest reading in what the next one is expected to take."""
SAVED_AT_MOST = 2.0
"""So many readings of each can be saved up for: what nobody can spend is not kept."""


class Budget:
    """Earns a share of the time that training takes, saves it up for each instrument, and spends it on readings.

    An instrument is read once enough is saved for what a reading of it is expected to take. Of all ways to spend the
    same time, the readings are on average newest where the time Tᵢ between two of an instrument is proportional to
    the square root of what one costs: that minimizes Σ Tᵢ for a given Σ cᵢ / Tᵢ. So each is given a part proportional
    to √cᵢ; one that costs a hundred times as much is read a tenth as often, and the cheap ones do not wait for it.

    First readings come early: they are made as soon as all that is saved pays for them, or owing next to nothing. A
    debt comes about only where a reading takes longer than expected; it is paid back from later savings.

    Parameters
    ----------
    share
        Seconds of measuring for each second of training; it may be changed at any time, from any thread.

    Attributes
    ----------
    part
        So much of what is earned is for readings; the rest is spent elsewhere. It may be changed likewise.
    trained, spent
        Seconds of training, and of measuring, so far.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.part = 1.0
        self.trained = self.spent = 0.0
        self._known: dict[str, float] = {}
        self._saved: dict[str, float] = {}
        self._lately_trained = self._lately_spent = 0.0

    def expected(self, name: str) -> float | None:
        """Return the seconds the next reading should take; None where there has been none."""
        return self._known.get(name)

    def earn(self, seconds: float, costs: Mapping[str, float]) -> None:
        """Save up after some training.

        Parameters
        ----------
        seconds
            It took so long.
        costs
            What a reading of each instrument is expected to take.
        """
        kept = 0.5 ** (seconds / MEMORY_SECONDS)
        self._lately_trained = kept * self._lately_trained + seconds
        self._lately_spent *= kept
        self.trained += seconds
        self._share_out(self.part * self.share * seconds, dict(costs))

    def _share_out(self, earned: float, costs: dict[str, float]) -> None:
        """Give each its part; what is too much for one, which is read as often as can be, goes to the others."""
        while costs and earned > 0.0:
            whole = sum(math.sqrt(cost) for cost in costs.values())
            too_much, full = 0.0, []
            for name, cost in costs.items():
                saved = self._saved.get(name, 0.0) + earned * math.sqrt(cost) / whole
                self._saved[name] = min(saved, SAVED_AT_MOST * cost)
                if saved > SAVED_AT_MOST * cost:
                    too_much += saved - self._saved[name]
                    full.append(name)
            earned = too_much
            for name in full:
                del costs[name]

    def next_of(self, names: Sequence[str], costs: Mapping[str, float]) -> str | None:
        """Return whose turn it is of some: the most overdue of those that can be paid; None where there is none."""
        if self.share <= 0.0:
            return None
        whole = sum(self._saved.values()) + ALWAYS_OWED
        for name in names:
            if name not in self._known and costs[name] <= whole:
                self._collect(name, costs[name])
                return name
        most = max(names, key=lambda name: self._saved.get(name, 0.0) / costs[name], default=None)
        return most if most is not None and self._saved.get(most, 0.0) >= costs[most] else None

    def _collect(self, name: str, cost: float) -> None:
        """Have all pay for a first reading with what they have saved: it must not be spent a second time."""
        saved = {other: seconds for other, seconds in self._saved.items() if other != name and seconds > 0.0}
        whole = sum(saved.values())
        given = min(whole, max(0.0, cost - self._saved.get(name, 0.0)))
        for other, seconds in saved.items():
            self._saved[other] -= given * seconds / whole
        self._saved[name] = self._saved.get(name, 0.0) + given

    def due_in(self, name: str, costs: Mapping[str, float]) -> float:
        """Return about how many seconds of training it takes until the next reading of an instrument."""
        rate, cost = self.part * self.share, costs[name]
        if rate <= 0.0:
            return math.inf
        own = rate * math.sqrt(cost) / sum(math.sqrt(each) for each in costs.values())
        left = (cost - self._saved.get(name, 0.0)) / own
        if name not in self._known:
            left = min(left, (cost - sum(self._saved.values()) - ALWAYS_OWED) / rate)
        return max(0.0, left)

    def spend(self, name: str, seconds: float) -> None:
        """Take note of what a reading took."""
        before = self._known.get(name, seconds)
        self._known[name] = before + NEWEST * (seconds - before)
        self._saved[name] = self._saved.get(name, 0.0) - seconds
        self._lately_spent += seconds
        self.spent += seconds

    @property
    def spent_share(self) -> float:
        """What measuring has cost lately, as a part of the time spent on training."""
        return self._lately_spent / self._lately_trained if self._lately_trained else 0.0
