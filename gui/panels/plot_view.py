"""Which part of a plane is shown where: between coordinates of the data and pixels, there and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

from gui.panels.ranges import Limits

FloatArray = NDArray[np.float64]

NARROWEST, WIDEST = 1e-12, 1e20
"""Beyond these spans, floating point runs out of places on the way to pixels."""
FINEST = 1e-9
"""Nor is a span shown that is less than this share of the numbers at its ends."""


@dataclass(frozen=True, eq=False)
class PlotView:
    """The rectangle `x` × `y` of the data, shown in the rectangle `box` of pixels."""

    x: Limits
    y: Limits
    box: QRectF

    def to_pixels(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return where points of the data lie, in pixels."""
        (left, right), (bottom, top), box = self.x, self.y, self.box
        with np.errstate(over="ignore", invalid="ignore"):  # what is too far off becomes infinite
            px = (np.asarray(x) - left) * (box.width() / (right - left)) + box.left()
            py = (np.asarray(y) - top) * (-box.height() / (top - bottom)) + box.top()
        return px, py

    def to_data(self, at: QPointF) -> tuple[float, float]:
        """Return what lies at a pixel."""
        (left, right), (bottom, top), box = self.x, self.y, self.box
        across = (at.x() - box.left()) / max(box.width(), 1.0)
        up = (box.bottom() - at.y()) / max(box.height(), 1.0)
        return left + across * (right - left), bottom + up * (top - bottom)

    def zoomed(self, across: float, up: float, at: QPointF) -> PlotView:
        """Return the view whose spans are so many times as wide and as high; what lies at `at` stays there."""
        x, y = self.to_data(at)
        return PlotView(_scaled(self.x, across, x), _scaled(self.y, up, y), self.box)

    def moved(self, dx: float, dy: float) -> PlotView:
        """Return the view after what is drawn was moved by so many pixels."""
        left = dx / max(self.box.width(), 1.0) * (self.x[1] - self.x[0])
        down = dy / max(self.box.height(), 1.0) * (self.y[1] - self.y[0])
        return PlotView(
            showable((self.x[0] - left, self.x[1] - left)), showable((self.y[0] + down, self.y[1] + down)), self.box
        )

    def part(self, corner: QPointF, other: QPointF) -> PlotView:
        """Return the view of what lies between two pixels now."""
        (x0, y0), (x1, y1) = self.to_data(corner), self.to_data(other)
        return PlotView(showable((min(x0, x1), max(x0, x1))), showable((min(y0, y1), max(y0, y1))), self.box)


def showable(limits: Limits) -> Limits:
    """Return limits that can be drawn: neither too narrow nor too wide for floating point."""
    low, high = (min(max(end, -WIDEST), WIDEST) for end in limits)
    span, middle = high - low, (low + high) / 2
    least = max(NARROWEST, FINEST * max(abs(low), abs(high)))
    if span < least:
        return middle - least / 2, middle + least / 2
    return low, high


def are_limits(limits: Limits) -> bool:
    """Tell whether there is anything between the limits (NaN has none)."""
    low, high = limits
    return math.isfinite(low) and math.isfinite(high) and high > low


def _scaled(limits: Limits, factor: float, fixed: float) -> Limits:
    if factor == 1.0:
        return limits
    return showable((fixed + (limits[0] - fixed) * factor, fixed + (limits[1] - fixed) * factor))
