"""What is recorded of one run, as plain arrays: from a history that grows, from files, from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.history import EVALUATION_COLUMNS, History
from training.progress import LAYER_COLUMNS, STEP_COLUMNS, column, record_width

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Recorded:
    """The curves of one run.

    Attributes
    ----------
    layers
        Layers of the network, the output layer included.
    steps
        First step of each span (the first step of a run is 1), ``[K]``.
    low, high
        Smallest and largest value in each span, ``[K, columns]`` in the order of `training.progress.column`; the
        same array where every step is kept.
    stride
        Steps in a span.
    evaluations
        Every column of `training.history.EVALUATION_COLUMNS`, ``[E]`` each.
    tail_steps, tail
        Numbers ``[T]`` and records ``[T, columns]`` of the last steps, each by itself.
    step, epoch
        How far it has come.
    """

    layers: int
    steps: IntArray
    low: FloatArray
    high: FloatArray
    stride: int
    evaluations: Mapping[str, FloatArray]
    tail_steps: IntArray
    tail: FloatArray
    step: int
    epoch: float

    @classmethod
    def of(cls, history: History, *, ended: int | None = None) -> Recorded:
        """Return what a history holds of the first replica, as views: read it before the history grows.

        Parameters
        ----------
        ended
            The step after which that replica has nothing more, where others went on.
        """
        whole, tail, evaluations = history.whole(), history.tail(), history.evaluations
        columns = {name: evaluations.column(name)[:, 0] for name in EVALUATION_COLUMNS}
        recorded = cls(
            history.layer_count, whole.steps, whole.low, whole.high, whole.stride, columns, tail.steps, tail.low,
            history.step, history.epoch,
        )  # fmt: skip
        return recorded if ended is None or ended >= history.step else recorded.until(ended)

    @classmethod
    def of_steps(cls, layers: int, records: FloatArray, evaluations: Mapping[str, FloatArray]) -> Recorded:
        """Return a run every step of which is kept: ``[K, columns]``, as `training.progress.Progress` has them.

        What is not known of the evaluations may be left out; ``step`` may not.
        """
        steps = np.arange(1, len(records) + 1)
        rows = len(evaluations["step"])
        columns = {name: evaluations.get(name, np.full(rows, np.nan)) for name in EVALUATION_COLUMNS}
        epoch = float(columns["epoch"][-1]) if rows else 0.0
        return cls(layers, steps, records, records, 1, columns, steps[-64:], records[-64:], len(records), epoch)

    def until(self, step: int) -> Recorded:
        """Return what had been recorded by a step; a span that reaches beyond it counts as a whole."""
        spans = int(np.searchsorted(self.steps, step, side="right"))
        rows = int(np.searchsorted(self.evaluations["step"], step, side="right"))
        tail = int(np.searchsorted(self.tail_steps, step, side="right"))
        columns = {name: values[:rows] for name, values in self.evaluations.items()}
        epoch = float(columns["epoch"][-1]) if rows else 0.0
        return Recorded(
            self.layers, self.steps[:spans], self.low[:spans], self.high[:spans], self.stride, columns,
            self.tail_steps[:tail], self.tail[:tail], min(step, self.step), epoch,
        )  # fmt: skip

    def lowest(self, name: str) -> FloatArray:
        """Return the smallest value in each span, ``[K]``, or ``[K, layers]`` of a quantity of layers."""
        return self.low[:, self._columns(name)]

    def highest(self, name: str) -> FloatArray:
        """Return the largest value in each span, ``[K]``, or ``[K, layers]`` of a quantity of layers."""
        return self.high[:, self._columns(name)]

    def middle(self, name: str, spans: slice = slice(None)) -> FloatArray:
        """Return the geometric mean of the smallest and the largest value in each span; exact where they are one.

        Shape ``[K]``, or ``[K, layers]`` of a quantity of layers. All that is recorded of steps is ≥ 0.

        Parameters
        ----------
        spans
            Those to work it out for.
        """
        columns = self._columns(name)
        low = self.low[spans, columns]
        if self.stride == 1:
            return low
        with np.errstate(invalid="ignore", over="ignore"):
            middle: FloatArray = np.sqrt(low) * np.sqrt(self.high[spans, columns])
            return middle

    def last_steps(self, name: str) -> FloatArray:
        """Return a quantity in the last steps, each by itself: ``[T]``, or ``[T, layers]``."""
        return self.tail[:, self._columns(name)]

    def _columns(self, name: str) -> int | slice:
        if name in STEP_COLUMNS:
            return column(name, self.layers)
        if name not in LAYER_COLUMNS:
            raise KeyError(name)
        start = column(name, self.layers)
        return slice(start, start + self.layers)


def nothing(layers: int) -> Recorded:
    """Return what is recorded of a run that has not begun."""
    columns = {name: np.empty(0) for name in EVALUATION_COLUMNS}
    rows = np.empty((0, record_width(layers)))
    return Recorded(layers, np.empty(0, np.int64), rows, rows, 1, columns, np.empty(0, np.int64), rows, 0, 0.0)
