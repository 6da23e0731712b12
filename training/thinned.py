"""A table of unbounded length in bounded memory: exact while small, then minimum and maximum of ever longer spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FIRST_ROWS = 64
"""Room a new table has."""


@dataclass(frozen=True)
class Spans:
    """Rows of a `ThinnedTable`, as views that must not be changed.

    Attributes
    ----------
    first
        Index of the first original row in each span, shape ``[K]``.
    low, high
        Smallest and largest value in each span, shape ``[K, *row shape]``. The same array while exact.
    stride
        Original rows per span; 1 while exact.
    """

    first: IntArray
    low: FloatArray
    high: FloatArray
    stride: int


class ThinnedTable:
    """Rows appended one after the other, kept as spans of ``stride`` rows.

    Whenever `capacity` spans are full, neighbors are merged and the stride doubles, so that a
    table of n rows keeps between ``capacity / 2`` and ``capacity`` spans. What is kept depends on
    the rows alone, not on the pieces they arrived in. NaN marks a value that is missing: a span
    is NaN only where all of its rows are.

    Parameters
    ----------
    row_shape
        Shape of one row.
    capacity
        Largest number of spans; even.
    """

    def __init__(self, row_shape: tuple[int, ...], capacity: int) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be even and at least 2, not {capacity}")
        self.row_shape = row_shape
        self.capacity = capacity
        self.stride = 1
        self.rows = 0
        self._low = np.empty((min(capacity, FIRST_ROWS), *row_shape))
        self._high = self._low  # one array serves both while every span is a single row

    @property
    def nbytes(self) -> int:
        """Memory held by the table, in bytes."""
        return self._low.nbytes + (0 if self._high is self._low else self._high.nbytes)

    def __len__(self) -> int:
        """Return the number of spans, the last of which may be incomplete."""
        return -(-self.rows // self.stride)

    def append(self, rows: FloatArray) -> None:
        """Add rows of shape ``[n, *row_shape]``."""
        start = 0
        while start < len(rows):
            if self.rows == self.capacity * self.stride:
                self._merge_neighbors()
            room = self.capacity * self.stride - self.rows
            piece = rows[start : start + room]
            self._add(piece)
            start += len(piece)

    def spans(self) -> Spans:
        """Return all spans."""
        count = len(self)
        first = np.arange(count, dtype=np.int64) * self.stride
        return Spans(first, self._low[:count], self._high[:count], self.stride)

    def until(self, rows: int, finer: ThinnedTable | None = None) -> ThinnedTable:
        """Return a table of the first so many rows, thinned as this one.

        Parameters
        ----------
        rows
            A whole number of spans, of this table or of `finer`.
        finer
            A table of the same rows with shorter spans, for what is not a whole span of this one.
        """
        made = ThinnedTable(self.row_shape, self.capacity)
        whole, left = divmod(rows, self.stride)
        made.stride, made.rows = self.stride, rows
        made._low = _resized(self._low[:whole], max(FIRST_ROWS, whole + 1))
        made._high = made._low if self._high is self._low else _resized(self._high[:whole], max(FIRST_ROWS, whole + 1))
        if left:
            assert finer is not None
            part = slice(whole * self.stride // finer.stride, rows // finer.stride)
            made._low[whole] = np.fmin.reduce(finer._low[part])
            made._high[whole] = np.fmax.reduce(finer._high[part])
        return made

    def _add(self, rows: FloatArray) -> None:
        while self._spans_needed(len(rows)) > len(self._low):
            self._grow()
        if self.stride == 1:
            self._low[self.rows : self.rows + len(rows)] = rows
        else:
            self._add_to_spans(rows)
        self.rows += len(rows)

    def _spans_needed(self, more: int) -> int:
        return -(-(self.rows + more) // self.stride)

    def _grow(self) -> None:
        size = min(self.capacity, 2 * len(self._low))
        exact = self._high is self._low
        self._low = _resized(self._low, size)
        self._high = self._low if exact else _resized(self._high, size)

    def _add_to_spans(self, rows: FloatArray) -> None:
        done = 0
        inside = self.rows % self.stride
        if inside:
            done = min(self.stride - inside, len(rows))
            last = self.rows // self.stride
            self._low[last] = np.fmin(self._low[last], np.fmin.reduce(rows[:done]))
            self._high[last] = np.fmax(self._high[last], np.fmax.reduce(rows[:done]))
        starts = np.arange(done, len(rows), self.stride)
        if len(starts):
            span = (self.rows + done) // self.stride
            self._low[span : span + len(starts)] = np.fmin.reduceat(rows, starts)
            self._high[span : span + len(starts)] = np.fmax.reduceat(rows, starts)

    def _merge_neighbors(self) -> None:
        half = self.capacity // 2
        low, high = self._low, self._high
        if high is low:
            high = low.copy()
        merged_low = np.fmin(low[0::2], low[1::2])
        merged_high = np.fmax(high[0::2], high[1::2])
        low[:half] = merged_low
        high[:half] = merged_high
        self._low, self._high = low, high
        self.stride *= 2


def _resized(array: FloatArray, size: int) -> FloatArray:
    larger = np.empty((size, *array.shape[1:]))
    larger[: len(array)] = array
    return larger
