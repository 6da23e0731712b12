"""All that instruments have said of a run, in bounded memory."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.instruments.instrument import Outlook, Reading

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BYTES_EACH = 8_000_000
FEWEST_ROWS, MOST_ROWS = 64, 8_192


class Series:
    """The readings of one instrument in order of their steps; every second one is dropped where there are too many."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._epochs: list[float] = []
        self._rows: FloatArray = np.empty((0, 0))  # the values kept, with room for more; what is there never changes
        self._stride, self._seen = 1, 0
        self._last: Reading | None = None

    def append(self, reading: Reading) -> None:
        """Add what was said last."""
        if self._seen % self._stride == 0:
            self._keep(reading)
        self._seen += 1
        self._last = reading
        if len(self._steps) > _most_rows(reading.values):
            self._rows = self._kept[::2].copy()
            self._steps, self._epochs = self._steps[::2], self._epochs[::2]
            self._stride *= 2

    def _keep(self, reading: Reading) -> None:
        count = len(self._steps)
        if count == len(self._rows):
            rows = np.empty((min(2 * count + 16, _most_rows(reading.values) + 1), len(reading.values)))
            if count:
                rows[:count] = self._rows
            self._rows = rows
        self._rows[count] = reading.values
        self._steps.append(reading.step)
        self._epochs.append(reading.epoch)

    @property
    def _kept(self) -> FloatArray:
        """The values kept for good, ``[K, C]``."""
        return self._rows[: len(self._steps)]

    def __len__(self) -> int:
        """Return the number of readings kept, the last one included."""
        return len(self._steps) + self._beyond

    @property
    def seen(self) -> int:
        """The number of readings there have been, kept or not."""
        return self._seen

    @property
    def interval(self) -> float:
        """Steps between two readings, on average; NaN where there are fewer than two."""
        if self._last is None or self._seen < 2 or not self._steps:
            return math.nan
        return (self._last.step - self._steps[0]) / (self._seen - 1)

    @property
    def last(self) -> Reading | None:
        """What was said last."""
        return self._last

    @property
    def steps(self) -> IntArray:
        """Steps done at each reading, ``[K]``."""
        steps = [*self._steps, self._last.step] if self._beyond and self._last else self._steps
        return np.array(steps, dtype=np.int64)

    @property
    def epochs(self) -> FloatArray:
        """Epochs done at each reading, ``[K]``."""
        epochs = [*self._epochs, self._last.epoch] if self._beyond and self._last else self._epochs
        return np.array(epochs, dtype=np.float64)

    @property
    def values(self) -> FloatArray:
        """The readings, ``[K, C]``; ``[0, 0]`` where there are none."""
        return np.vstack([self._kept, self._last.values]) if self._beyond and self._last else self._kept

    def some(self, points: int) -> tuple[IntArray, FloatArray]:
        """Return steps ``[k]`` and values ``[k, C]`` of about so many readings, evenly spread with the last one."""
        stride = max(1, -(-len(self._steps) // max(1, points)))
        steps, values = self._steps[::stride], self._kept[::stride]
        if self._last is not None and (not steps or steps[-1] != self._last.step):
            steps, values = [*steps, self._last.step], np.vstack([values, self._last.values])
        return np.array(steps, dtype=np.int64), values

    def at(self, step: int) -> Reading | None:
        """Return what was said last at or before a step, as far as it is kept; None where nothing was."""
        if self._last is not None and self._last.step <= step:
            return self._last
        index = bisect_right(self._steps, step) - 1
        if index < 0:
            return None
        return Reading("", self._steps[index], self._epochs[index], self._rows[index], 0.0)

    @property
    def _beyond(self) -> bool:
        """Whether the last one is not among those kept for good."""
        return self._last is not None and (not self._steps or self._steps[-1] != self._last.step)

    def until(self, step: int) -> Series:
        """Return what was said up to a step."""
        made = Series()
        made._stride = self._stride
        count = bisect_right(self._steps, step)
        made._steps, made._epochs, made._rows = self._steps[:count], self._epochs[:count], self._rows[:count]
        made._seen = count * made._stride
        if count:
            made._last = Reading("", made._steps[-1], made._epochs[-1], made._rows[-1], 0.0)
        if self._last is not None and self._last.step <= step:
            made._last = self._last
        return made


def _most_rows(values: FloatArray) -> int:
    """Return how many readings such as this one are kept at the most."""
    return min(MOST_ROWS, max(FEWEST_ROWS, BYTES_EACH // max(1, values.nbytes)))


@dataclass
class Cost:
    """What an instrument has cost: so many readings, and so many seconds of processor time for all of them."""

    readings: int = 0
    seconds: float = 0.0


class InstrumentLog:
    """What every instrument has said of a run, and what that has cost.

    Attributes
    ----------
    seconds
        Processor time spent on measuring.
    share
        What they have cost lately, as a part of the time spent on training beside it.
    costs
        What each of them has cost so far.
    outlooks
        What can be expected of each of them, as far as that has been said.
    """

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}
        self.costs: dict[str, Cost] = {}
        self.outlooks: dict[str, Outlook] = {}
        self.seconds = 0.0
        self.share = 0.0

    def take(self, readings: Iterable[Reading]) -> None:
        """Add what was said."""
        for reading in readings:
            self._series.setdefault(reading.name, Series()).append(reading)
            cost = self.costs.setdefault(reading.name, Cost())
            cost.readings += 1
            cost.seconds += reading.seconds
            self.seconds += reading.seconds
            self.share = reading.share

    def __contains__(self, name: str) -> bool:
        """Tell whether an instrument has said anything."""
        return name in self._series

    def __getitem__(self, name: str) -> Series:
        """Return what an instrument has said; nothing, if it has not been read."""
        return self._series.get(name) or Series()

    @property
    def names(self) -> tuple[str, ...]:
        """Instruments that have said anything."""
        return tuple(self._series)

    def until(self, step: int) -> InstrumentLog:
        """Return what was said up to a step, to go on from there in another way, and about what that has cost."""
        made = InstrumentLog()
        made._series = {name: series.until(step) for name, series in self._series.items()}
        for name, cost in self.costs.items():
            part = len(made._series[name]) / max(1, len(self._series[name]))
            made.costs[name] = Cost(round(part * cost.readings), part * cost.seconds)
        made.seconds, made.share = sum(cost.seconds for cost in made.costs.values()), self.share
        return made
