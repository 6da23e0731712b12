"""Rows folded, as they arrive, into a bounded number of spans with their smallest, largest and mean values. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SPANS = 512
"""At most so many spans of equal length: about one a pixel. Memory and drawing stay the same however long the run."""
FINE = 64
"""Of spans that grow with their index, the first so many are single rows; each later one is 1/64 longer."""
MOST_GROWING = 2_048
"""So many growing spans hold more rows than any run brings."""


class SpanTable:
    """Rows as spans: of equal length, doubled when there are too many, or growing by a constant factor.

    Equal spans suit an axis of time; growing ones suit a logarithmic axis, whose first decade would be a
    single span otherwise. What is kept depends on the rows alone, not on the pieces they came in.
    NaN marks a value that is missing.

    Attributes
    ----------
    low, high
        Smallest and largest value of each span, shape ``[K, columns]``.
    rows
        Rows taken in.
    stride
        Rows in a span of equal length.
    """

    def __init__(self, columns: int, *, growing: bool = False) -> None:
        self.growing = growing
        self.rows = 0
        self.stride = 1
        size = MOST_GROWING if growing else SPANS
        self._low, self._high = np.empty((size, columns)), np.empty((size, columns))
        self._sum, self._count = np.zeros((size, columns)), np.zeros((size, columns))
        self._filled = 0

    def __len__(self) -> int:
        """Return the number of spans."""
        return self._filled

    @property
    def low(self) -> FloatArray:
        """Smallest values, a view."""
        return self._low[: self._filled]

    @property
    def high(self) -> FloatArray:
        """Largest values, a view."""
        return self._high[: self._filled]

    @property
    def mean(self) -> FloatArray:
        """Means of the finite values; NaN where there is none."""
        count = self._count[: self._filled]
        with np.errstate(invalid="ignore"):
            means: FloatArray = self._sum[: self._filled] / np.where(count > 0, count, np.nan)
        return means

    @property
    def exact(self) -> bool:
        """Whether every row is a span of its own."""
        return self.rows == self._filled

    def append(self, rows: FloatArray) -> None:
        """Add rows of shape ``[n, columns]``."""
        if not len(rows):
            return
        while not self.growing and (self.rows + len(rows) - 1) // self.stride >= SPANS:
            self._merge_neighbors()
        spans = self._span_of(np.arange(self.rows, self.rows + len(rows)))
        starts = np.flatnonzero(np.diff(spans, prepend=-1))
        finite = np.isfinite(rows)
        low, high = np.fmin.reduceat(rows, starts), np.fmax.reduceat(rows, starts)
        with np.errstate(over="ignore"):
            total = np.add.reduceat(np.where(finite, rows, 0.0), starts)
            self._take(int(spans[0]), low, high, total, np.add.reduceat(finite.astype(float), starts))
        self.rows += len(rows)

    def _take(self, at: int, low: FloatArray, high: FloatArray, total: FloatArray, count: FloatArray) -> None:
        if at < self._filled:  # the last span goes on
            low[0], high[0] = np.fmin(low[0], self._low[at]), np.fmax(high[0], self._high[at])
            total[0] += self._sum[at]
            count[0] += self._count[at]
        end = at + len(low)
        self._low[at:end], self._high[at:end], self._sum[at:end], self._count[at:end] = low, high, total, count
        self._filled = end

    def _span_of(self, index: IntArray) -> IntArray:
        if not self.growing:
            return index // self.stride
        later = FINE + np.floor(FINE * np.log(np.maximum(index, FINE) / FINE)).astype(np.int64)
        return np.where(index < FINE, index, later)

    def _merge_neighbors(self) -> None:
        half = -(-self._filled // 2)
        whole = self._filled // 2
        for table, join in (
            (self._low, np.fmin), (self._high, np.fmax), (self._sum, np.add), (self._count, np.add),
        ):
            last = table[self._filled - 1].copy() if self._filled else None
            with np.errstate(over="ignore"):
                table[:whole] = join(table[0 : 2 * whole : 2], table[1 : 2 * whole : 2])
            if half > whole:
                table[whole] = last
        self._filled = half
        self.stride *= 2
