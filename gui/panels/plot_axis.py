"""One axis of a plot: where its ticks are, and how they read."""

from __future__ import annotations

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

    def ticks(self, limits: ranges.Limits, pixels: float, apart: float) -> list[float]:
        """Return where the numbers stand, in view coordinates, if `pixels` are there and each takes `apart`."""
        make = ranges.log_ticks if self.log else ranges.linear_ticks
        return make(*limits, max(2, min(8, int(pixels / apart))))

    def text(self, tick: float) -> str:
        """Return how the number at a tick reads."""
        if self.counts:
            return ranges.count(10.0 ** min(max(tick, -ranges.FURTHEST), ranges.FURTHEST) if self.log else tick)
        return ranges.decade(tick) if self.log else ranges.plain(round(tick, 12))
