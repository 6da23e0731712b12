"""Between which values curves are shown: all there are, unless a few of them would flatten the rest. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.panels.ranges import MAX_DECADES

FloatArray = NDArray[np.float64]
Span = tuple[FloatArray, FloatArray]
"""Smallest and largest values of a curve; the same array where each is kept by itself."""

TAIL = 0.02
"""Share of a curve's values, at either end, that may be left out; at least one value."""
FLATTENED = 5.0
"""Values are left out only where all of them would take more than so many times the room of the rest."""
LEAST_DECADES = 3.0
"""… and on a logarithmic axis only where they would take more decades than this."""
MARGIN_DECADES = 0.3


@dataclass(frozen=True)
class Extent:
    """From where to where something reaches.

    Attributes
    ----------
    low, high
        What is to be shown.
    lowest, highest
        Between which all finite values lie.
    """

    low: float
    high: float
    lowest: float
    highest: float

    def joined(self, other: Extent | None) -> Extent:
        """Return what holds both."""
        if other is None:
            return self
        return Extent(
            min(self.low, other.low), max(self.high, other.high),
            min(self.lowest, other.lowest), max(self.highest, other.highest),
        )

    def stretched_to(self, other: Extent | None, times: float, least: float) -> Extent:
        """Return what also holds `other`, as far as it takes no more than `times` the room, or `least`, on a side."""
        if other is None:
            return self
        reach = max(times * (self.high - self.low), least)
        low = min(self.low, max(other.low, self.low - reach))
        high = max(self.high, min(other.high, self.high + reach))
        return Extent(low, high, self.lowest, self.highest)

    def up_to(self, end: float, decades: float) -> Extent:
        """Return the extent (in decades) that reaches the end of a run that blew up: all is told there."""
        high = max(self.high, end)
        return Extent(max(self.low, high - decades), high, self.lowest, self.highest)

    @property
    def whole(self) -> Extent:
        """Return the extent that shows everything."""
        return Extent(self.lowest, self.highest, self.lowest, self.highest)


def extent_of(curves: Sequence[Span], *, log: bool = False, zero: bool = False) -> Extent | None:
    """Return what curves (in decades if `log`) take, without the few values that would flatten them; None for none.

    Each curve is judged by itself, so that one lying elsewhere is no outlier. `zero` says that the axis starts at 0.
    """
    found: Extent | None = None
    for low, high in curves:
        extent = _extent(low, high, log=log, zero=zero)
        if extent is not None:
            found = extent.joined(found)
    return found


def _extent(low: FloatArray, high: FloatArray, *, log: bool, zero: bool) -> Extent | None:
    lows, highs = np.sort(low[np.isfinite(low)]), np.sort(high[np.isfinite(high)])
    if not (len(lows) and len(highs)):
        return None
    lowest, highest = float(lows[0]), float(highs[-1])
    inner_low = float(lows[math.ceil(TAIL * (len(lows) - 1))])
    inner_high = float(highs[math.floor((1.0 - TAIL) * (len(highs) - 1))])
    base = min(inner_low, 0.0) if zero else inner_low
    room, least = max(inner_high - base, 0.0), LEAST_DECADES if log else 0.0
    shown = lowest, highest
    if room > 0.0 and highest - min(lowest, base) > max(FLATTENED * room, least):
        margin = max(room, MARGIN_DECADES if log else 0.0)
        shown = max(lowest, inner_low - margin), min(highest, inner_high + margin)
    if log and shown[1] - shown[0] > MAX_DECADES:
        middle = float(np.median(lows))
        shown = max(shown[0], middle - MAX_DECADES / 2), min(shown[1], middle + MAX_DECADES / 2)
    return Extent(*shown, lowest, highest)
