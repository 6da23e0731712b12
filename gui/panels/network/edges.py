"""Which weights are drawn as edges, how strong, and which edge lies at a point. Plain numbers, no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.panels.network.geometry import Column

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_EDGES = 500
"""Only the largest weights are drawn, as many from every pair of layers; the rest would be a haze."""
FEWEST = 12
"""So many from every pair of layers at least."""
STRENGTHS = (0.4, 0.7)
"""Shares of the layer's largest weight above which an edge is drawn stronger."""


@dataclass(frozen=True)
class Edges:
    """The edges drawn, the weakest of each pair of layers first.

    Attributes
    ----------
    gap
        Index of the column each edge starts from.
    source, target
        Indices of the units it joins.
    value
        The weight.
    strength
        0, 1 or 2: by size against the layer's largest.
    lines
        Ends ``[K, 4]``: x, y of the source, x, y of the target.
    """

    gap: IntArray
    source: IntArray
    target: IntArray
    value: FloatArray
    strength: IntArray
    lines: FloatArray

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.value)

    def at(self, x: float, y: float, reach: float) -> int | None:
        """Return the edge nearest to a point, the strongest of those equally near; None if all are further off."""
        if not len(self):
            return None
        x1, y1, x2, y2 = self.lines.T
        along = np.clip(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2), 0.0, 1.0)
        distance = np.hypot(x1 + along * (x2 - x1) - x, y1 + along * (y2 - y1) - y)
        near = np.flatnonzero(distance <= reach)
        if not len(near):
            return None
        return int(near[np.argmin(np.round(distance[near]) - 0.1 * self.strength[near])])


def choose(weights: Sequence[NDArray[np.floating]], columns: Sequence[Column]) -> Edges:
    """Choose the largest weights of every pair of layers, among the units drawn."""
    most = max(FEWEST, MOST_EDGES // max(1, len(weights)))
    parts = [
        _between(gap, matrix, left, right, most)
        for gap, (matrix, left, right) in enumerate(zip(weights, columns, columns[1:], strict=False))
    ]
    return _joined(parts)


def sketched(columns: Sequence[Column]) -> Edges:
    """Return edges of a network that has no weights yet: from every pair of layers as many as there would be."""
    most = max(FEWEST, MOST_EDGES // max(1, len(columns) - 1))
    parts = []
    for gap, (left, right) in enumerate(zip(columns, columns[1:], strict=False)):
        count = len(left.units) * len(right.units)
        flat = np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))
        parts.append(_edges(gap, flat, np.zeros(len(flat)), np.zeros(len(flat), dtype=np.int64), left, right))
    return _joined(parts)


def _between(gap: int, matrix: NDArray[np.floating], left: Column, right: Column, most: int) -> Edges:
    shown = np.asarray(matrix[np.ix_(left.units, right.units)], dtype=np.float64).ravel()
    values = np.nan_to_num(shown, nan=0.0, posinf=1e30, neginf=-1e30)
    size = np.abs(values)
    largest = float(size.max())
    flat = np.argsort(size)[-most:] if largest > 0.0 else np.empty(0, dtype=np.int64)
    strength = np.searchsorted(STRENGTHS, size[flat] / largest) if largest > 0.0 else flat
    return _edges(gap, flat, shown[flat], strength, left, right)


def _edges(gap: int, flat: IntArray, values: FloatArray, strength: IntArray, left: Column, right: Column) -> Edges:
    source, target = np.divmod(flat, len(right.units))
    lines = np.empty((len(flat), 4))
    lines[:, 0], lines[:, 1], lines[:, 2], lines[:, 3] = left.x, left.y[source], right.x, right.y[target]
    return Edges(np.full(len(flat), gap), left.units[source], right.units[target], values, strength, lines)


def _joined(parts: Iterable[Edges]) -> Edges:
    parts = list(parts)
    names = ("gap", "source", "target", "value", "strength", "lines")
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Edges(none, none, none, np.empty(0), none, np.empty((0, 4)))
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
