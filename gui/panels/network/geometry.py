"""Where columns, units and bars of the diagram stand, and what lies at a point. Plain numbers, no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MOST_NODES = 16
"""Wider layers show their first and last units, and their width in figures."""
MIN_STEP = 14.0
"""Columns come no closer than so many pixels; deeper networks are scrolled."""
MARGIN = 26.0
"""Room left and right of the outermost columns."""
TOP_BAND = 24.0
"""Room above the units, for skip arcs and for the controls of the layer under the pointer."""
REACH = 26.0
"""A column is meant by pointing at most so far from its middle."""


@dataclass(frozen=True)
class Column:
    """Where the units of one layer are drawn.

    Attributes
    ----------
    units
        Indices of the units drawn; fewer than `width` for a wide layer.
    y
        Their heights.
    radius
        Of a unit; half the side where units are squares.
    """

    x: float
    width: int
    units: NDArray[np.int64]
    y: FloatArray
    radius: float

    @property
    def summarized(self) -> bool:
        """Whether units are left out."""
        return len(self.units) < self.width

    @property
    def top(self) -> float:
        """Upper edge of the first unit."""
        return float(self.y[0]) - self.radius

    @property
    def bottom(self) -> float:
        """Lower edge of the last unit."""
        return float(self.y[-1]) + self.radius


@dataclass(frozen=True)
class Layout:
    """Places in a diagram as wide as it needs to be; what is visible of it is the diagram's business.

    Attributes
    ----------
    columns
        The input, every hidden layer, and the output.
    step
        Distance between two columns.
    width
        Of all of it.
    node_top, node_bottom
        Between these are the units.
    text_top
        Where the row with the widths of summarized layers begins.
    bar_top, bar_bottom
        Between these are the bars; their values stand below.
    """

    columns: tuple[Column, ...]
    step: float
    width: float
    scale: float
    node_top: float
    node_bottom: float
    text_top: float
    bar_top: float
    bar_bottom: float

    def nearest(self, x: float) -> int:
        """Return the column nearest to `x`."""
        return min(max(0, round((x - self.columns[0].x) / self.step)), len(self.columns) - 1)

    def column_at(self, x: float) -> int | None:
        """Return the column meant by pointing at `x`, or None between two."""
        index = self.nearest(x)
        column = self.columns[index]
        reach = min(max(column.radius + 3.0, min(0.3 * self.step, REACH * self.scale)), 0.36 * self.step)
        return index if abs(column.x - x) <= reach else None

    def gap_at(self, x: float) -> int | None:
        """Return i where `x` is between columns i and i + 1, or None on a column or outside."""
        if self.column_at(x) is not None or not self.columns[0].x < x < self.columns[-1].x:
            return None
        return min(int((x - self.columns[0].x) / self.step), len(self.columns) - 2)

    def unit_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return (column, place among those drawn) of the unit at a point, or None."""
        index = self.nearest(x)
        column = self.columns[index]
        place = int(np.abs(column.y - y).argmin())
        reach = max(column.radius + 1.0, 3.0)
        near = abs(column.x - x) <= reach and abs(float(column.y[place]) - y) <= reach
        return (index, place) if near else None

    def middle_of_gap(self, gap: int) -> float:
        """Return the x in the middle between columns `gap` and `gap` + 1."""
        return self.columns[gap].x + 0.5 * self.step

    def drop_at(self, x: float, hidden: int) -> int:
        """Return the place among the hidden layers that layer `hidden` takes if it is let go at `x`."""
        before = round((x - self.columns[0].x) / self.step - 0.5)  # hidden layers that stay or come left of it
        gap = min(max(0, before), len(self.columns) - 2)
        return gap - 1 if gap > hidden else gap

    def gap_of_drop(self, place: int, hidden: int) -> int:
        """Return the gap where layer `hidden` is put in to take `place` among the hidden layers."""
        return place + 1 if place > hidden else place


def whole_width(columns: int, room: float, scale: float) -> float:
    """Return how wide the diagram is: as the room, or wider where the columns would come too close."""
    return max(room, 2 * MARGIN * scale + (columns - 1) * MIN_STEP * scale)


def lay_out(
    widths: Sequence[int],
    width: float,
    height: float,
    *,
    scale: float = 1.0,
    line: float = 13.0,
    squares: bool = False,
    marks: bool = False,
) -> Layout:
    """Place everything.

    Parameters
    ----------
    widths
        Units of the input, of every hidden layer, and of the output.
    width, height
        The room there is.
    line
        Height of a line of text.
    squares
        Whether units are squares with a picture each, as large as can be.
    marks
        Whether a small mark stands under each column.
    """
    whole = whole_width(len(widths), width, scale)
    step = (whole - 2 * MARGIN * scale) / max(1, len(widths) - 1)
    bar_bottom = height - line - 3
    bar_top = bar_bottom - min(46.0 * scale, 0.2 * height)
    text_top = bar_top - 8.0 * scale - (line + 2 if max(widths) > MOST_NODES else 0.0)
    node_top = min(TOP_BAND * scale, 0.13 * height)
    node_bottom = max(node_top + 10.0, text_top - (10.0 if marks else 3.0) * scale)
    columns = tuple(
        _column(MARGIN * scale + index * step, units, step, (node_top, node_bottom), scale, squares)
        for index, units in enumerate(widths)
    )
    return Layout(columns, step, whole, scale, node_top, node_bottom, text_top, bar_top, bar_bottom)


def _column(x: float, width: int, step: float, room: tuple[float, float], scale: float, squares: bool) -> Column:
    units, places = _drawn_units(width)
    count = min(width, MOST_NODES)
    height = room[1] - room[0]
    widest = (40.0 if squares else 38.0) * scale
    spacing = min(widest, height / max(1, count))
    largest, of_spacing, of_step = (17.0, 0.46, 0.42) if squares else (7.5, 0.36, 0.3)
    radius = max(1.2, min(largest * scale, of_spacing * spacing, of_step * step))
    spacing = min(widest, (height - 2 * radius) / max(1, count - 1))
    y = 0.5 * (room[0] + room[1]) + (places - (count - 1) / 2) * spacing
    return Column(x, width, units, y, radius)


def _drawn_units(width: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Return which units of a layer are drawn, and their places; a gap in the middle says that some are left out."""
    if width <= MOST_NODES:
        return np.arange(width), np.arange(width, dtype=np.float64)
    half = (MOST_NODES - 2) // 2
    units = np.concatenate([np.arange(half), np.arange(width - half, width)])
    places = np.concatenate([np.arange(half), np.arange(MOST_NODES - half, MOST_NODES)]).astype(np.float64)
    return units, places


def text_every(text_width: float, step: float) -> int:
    """Return at every which layer, counted from the output, there is room for so wide a text."""
    return max(1, math.ceil((text_width + 6.0) / max(step, 0.1)))
