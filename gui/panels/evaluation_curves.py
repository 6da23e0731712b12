"""The evaluations of a run as curves: folded, as they arrive, into spans with quartiles over the replicas. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.panels.span_table import SpanTable

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.history import Evaluations

FloatArray = NDArray[np.float64]
Scaling = Callable[[FloatArray], FloatArray]

SINGLE_RUNS = 24
"""Of more replicas than this, only so many are drawn one by one."""
SINGLE_POINTS = 128
LOWER, MEDIAN, UPPER = range(3)


class EvaluationCurves:
    """Evaluations folded into a bounded table: epoch, step and, of each quantity, quartiles and single replicas.

    Parameters
    ----------
    names
        Columns of the evaluations: ``"train_loss"``, …
    replicas
        Runs side by side.
    growing
        Whether spans grow with their index, for a logarithmic axis.
    """

    def __init__(self, names: Sequence[str], replicas: int, *, growing: bool = False) -> None:
        self.names = tuple(names)
        self.singles = min(replicas, SINGLE_RUNS) if replicas > 1 else 0
        self.growing = growing
        self._table = SpanTable(2 + len(self.names) * (3 + self.singles), growing=growing)
        self.rows = 0
        self.last_epoch = -1.0
        self._stride = 1
        self._seen = 0
        self._last: dict[str, FloatArray] = {}
        self._low = self._high = self._mean = self._table.low

    def take(self, run: RunView) -> bool:
        """Fold in what is new; return False if earlier rows are gone and everything must be read again."""
        evaluations = run.history.evaluations
        if self.rows and evaluations.stride != self._stride:
            return False
        if evaluations.seen == self._seen:
            return True
        new, self._last = self._rows(evaluations, self.rows, evaluations.kept)
        self._table.append(new)
        self._stride, self._seen, self.rows = evaluations.stride, evaluations.seen, evaluations.kept
        # The newest evaluation may not stay: it is drawn, but not folded in.
        newest, _ = self._rows(evaluations, evaluations.kept, len(evaluations))
        table = self._table
        self._low, self._high, self._mean = (
            np.concatenate([kept, newest]) for kept in (table.low, table.high, table.mean)
        )
        self.last_epoch = float(evaluations.epoch[-1])
        return True

    def _rows(self, evaluations: Evaluations, first: int, end: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return epoch, step, quartiles and single runs of some evaluations, and the last values of every run."""
        pieces = [evaluations.column(name)[first:end, :1] for name in ("epoch", "step")]
        last = self._last
        for name in self.names:
            values = evaluations.column(name)[first:end]
            if self.singles and len(values):
                values = _with_ended(values, self._last.get(name))
                last = {**last, name: values[-1].copy()}
            pieces += [quartiles(values), values[:, : self.singles]]
        return np.concatenate(pieces, axis=1), last

    def __len__(self) -> int:
        """Return the number of spans, the newest evaluation included."""
        return len(self._low)

    def times(self) -> tuple[FloatArray, FloatArray]:
        """Return epoch and step of the spans."""
        return self._low[:, 0], self._low[:, 1]

    @property
    def exact(self) -> bool:
        """Whether every evaluation is still kept by itself."""
        return self._table.exact

    @property
    def evaluations_per_span(self) -> int:
        """Evaluations in a span, where all are equally long."""
        return self._table.stride * self._stride

    def quartile(self, name: str, which: int) -> tuple[FloatArray, FloatArray]:
        """Return low and high of the lower quartile, median or upper quartile of a quantity."""
        column = self._start(name) + which
        return self._low[:, column], self._high[:, column]

    def mean(self, name: str) -> FloatArray:
        """Return the mean of the medians in each span."""
        return self._mean[:, self._start(name) + MEDIAN]

    def single_runs(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Return epochs [K] and values [K, runs] of single replicas, coarser than the median."""
        stride = max(1, -(-len(self._low) // SINGLE_POINTS))
        start = self._start(name) + 3
        return self._low[::stride, 0], self._low[::stride, start : start + self.singles]

    def one_path(self, name: str, across: Scaling, up: Scaling) -> tuple[FloatArray, FloatArray]:
        """Return all single replicas as one path, with a gap (NaN) after each; scaled `across` and `up`."""
        epochs, values = self.single_runs(name)
        gap = np.full((1, self.singles), np.nan)
        return np.tile(np.append(across(epochs), np.nan), self.singles), up(np.concatenate([values, gap])).T.ravel()

    def spread(self, name: str) -> bool:
        """Tell whether the replicas have differed in a quantity."""
        start = self._start(name) + 3
        low = self._low[:, start : start + self.singles]
        return bool((low != low[:, :1]).any())

    def _start(self, name: str) -> int:
        return 2 + self.names.index(name) * (3 + self.singles)


def _with_ended(values: FloatArray, last: FloatArray | None) -> FloatArray:
    """Let a run that has ended keep its last value: the median is of all runs to the end."""
    kept = values.copy()
    for row in kept:
        if last is not None:
            np.copyto(row, last, where=np.isnan(row))
        last = row
    return kept


def quartiles(values: FloatArray) -> FloatArray:
    """Return lower quartile, median and upper quartile of each row, leaving NaN (ended runs) out."""
    if values.shape[1] == 1:
        return np.repeat(values, 3, axis=1)
    ordered = np.sort(values, axis=1)  # NaN goes last
    there = np.count_nonzero(~np.isnan(values), axis=1)
    made = np.full((len(values), 3), np.nan)
    for row in np.flatnonzero(there):
        made[row] = _quantiles(ordered[row, : there[row]])
    return made


def _quantiles(ordered: FloatArray) -> FloatArray:
    """Interpolate as numpy.quantile does, but through infinities (whose differences are NaN) by the nearer value."""
    at = np.array([0.25, 0.5, 0.75]) * (len(ordered) - 1)
    below, above = ordered[np.floor(at).astype(int)], ordered[np.ceil(at).astype(int)]
    share = at - np.floor(at)
    with np.errstate(invalid="ignore", over="ignore"):
        between = below + (above - below) * share
    return np.where(np.isfinite(below) & np.isfinite(above), between, np.where(share < 0.5, below, above))
