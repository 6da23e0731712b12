"""What the instruments of a run have cost it, beside what they were allowed to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from training.instruments.instruments import COLD, ENOUGH_SECONDS
from training.instruments.log import InstrumentLog


@dataclass(frozen=True)
class Spent:
    """What measuring has cost a whole run.

    Attributes
    ----------
    budget
        Time for instruments as a part of that for training, as the user allowed it.
    seconds
        What they took of it, what training lost to cold caches included.
    trained
        Seconds of training.
    """

    budget: float
    seconds: float
    trained: float

    @classmethod
    def of(cls, log: InstrumentLog, budget: float, trained: float) -> Spent:
        """Return what the readings of a run have cost, after so many seconds of training."""
        return cls(budget, COLD * log.seconds, trained)

    @property
    def share(self) -> float:
        """What they took as a part of the time for training; NaN before there was any."""
        return self.seconds / self.trained if self.trained > 0.0 else math.nan

    def sentence(self) -> str:
        """Return it in words; of a run too short for a share to say anything, in seconds.

        >>> Spent(0.1, 0.8, 10.0).sentence()
        'Instruments: 8 % of training time (budget 10 %)'
        >>> Spent(0.1, 0.011, 0.1).sentence()
        'Instruments: 11 ms beside 100 ms of training (budget 10 %)'
        """
        if self.trained < ENOUGH_SECONDS:
            cost = f"{1000 * self.seconds:.0f} ms beside {1000 * self.trained:.0f} ms of training"
        else:
            cost = f"{_percent(self.share)} of training time"
        return f"Instruments: {cost} (budget {_percent(self.budget)})"


def _percent(share: float) -> str:
    percent = 100.0 * share
    return f"{percent:.0f} %" if percent >= 1.0 or percent == 0.0 else f"{percent:.1g} %"
