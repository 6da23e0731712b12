"""One axis of a plot: where its ticks are, and how they read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gui.panels import ranges


@dataclass
class Axis:
    """What an axis shows.

    Attributes
    ----------
    label
        What is shown, with the unit where there is one.
    log
        Whether it is in decades.
    counts
        Whether it counts steps or epochs: ``12k``.
    """

    label: str = ""
    log: bool = False
    counts: bool = False

    @property
    def widest(self) -> str:
        """A text as wide as any at a tick."""
        return "0.0000"

    def ticks(self, limits: ranges.Limits, pixels: float, apart: float) -> list[float]:
        """Return where the numbers stand, in view coordinates, if `pixels` are there and each takes `apart`."""
        make = ranges.log_ticks if self.log else ranges.linear_ticks
        fewest = 1 if pixels < 1.5 * apart else 2  # a third one comes with two
        return make(*limits, max(fewest, min(8, int(pixels / apart))))

    def text(self, tick: float) -> str:
        """Return how the number at a tick reads."""
        if self.counts:
            return ranges.count(10.0 ** min(max(tick, -ranges.FURTHEST), ranges.FURTHEST) if self.log else tick)
        return ranges.decade(tick) if self.log else ranges.plain(round(tick, 12))


@dataclass
class NamedAxis(Axis):
    """An axis whose units 0 to 1, 1 to 2, … have names."""

    names: tuple[str, ...] = ()

    @property
    def widest(self) -> str:
        return max(("0.0000", *self.names), key=len)

    def ticks(self, limits: ranges.Limits, pixels: float, apart: float) -> list[float]:
        """Return the middles of the units that have room for their names: the ends, and some between."""
        low, high = limits
        height = pixels / max(high - low, 1e-9)
        stride = max(1, math.ceil(apart / max(height, 1e-9)))
        last = len(self.names) - 1
        chosen = [index for index in range(0, last + 1, stride) if last - index >= stride] + [last]
        return [index + 0.5 for index in chosen if index >= 0 and low <= index + 0.5 <= high]

    def text(self, tick: float) -> str:
        index = math.floor(tick)
        return self.names[index] if 0 <= index < len(self.names) else ""
