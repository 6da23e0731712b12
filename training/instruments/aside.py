"""Time for what another thread computes beside the training: a part of the instruments' budget, saved up on the way."""

from __future__ import annotations

from training.instruments.budget import MEMORY_SECONDS

PART = 0.3
"""So much of the instruments' budget is its own, while it is wanted."""
AT_START = 0.02
"""Seconds that may be spent before anything has been earned."""
SAVED_AT_MOST = 0.1
"""More seconds are not saved up: what nobody spends would come as a burst."""


class Aside:
    """Earns with the time that training takes, and is spent by one other thread, which waits while it owes.

    Time counts with the waits of a run whose speed is limited: who computes meanwhile slows nothing down.

    Attributes
    ----------
    share
        Seconds earned for each second that training takes; 0: none.
    """

    def __init__(self) -> None:
        self.share = 0.0
        # The training thread alone writes what is earned, the other one what is spent: no lock is needed.
        self._earned, self._spent = AT_START, 0.0
        self._seen = 0.0
        self._lately_passed = self._lately_spent = 0.0

    def earn(self, seconds: float) -> None:
        """Save up after some training; called from its thread."""
        spent = self._spent
        kept = 0.5 ** (seconds / MEMORY_SECONDS)
        self._lately_passed = kept * self._lately_passed + seconds
        self._lately_spent = kept * self._lately_spent + spent - self._seen
        self._seen = spent
        self._earned = min(self._earned + self.share * seconds, spent + SAVED_AT_MOST)

    def spend(self, seconds: float) -> None:
        """Take note of what a part of the work took; called from the thread that does it."""
        self._spent += seconds

    @property
    def owed(self) -> float:
        """Seconds that have been spent and not yet been earned; 0 where there are none."""
        return max(0.0, self._spent - self._earned)

    def wait_for(self, seconds: float) -> float:
        """Return how long training has to go on until so much more is paid for; infinite where nothing is earned."""
        left = self._spent + seconds - self._earned
        if left <= 0.0:
            return 0.0
        return left / self.share if self.share > 0.0 else float("inf")

    @property
    def spent_share(self) -> float:
        """What has been spent lately, as a part of the time that training took."""
        return self._lately_spent / self._lately_passed if self._lately_passed else 0.0
