"""Everything recorded of a run, in bounded memory; plots and files are views of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.criteria import CriterionState
from training.progress import EvaluationRecord, Outcome, Progress, column, layer_names, record_width
from training.thinned import ThinnedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FINE_BYTES = 48_000_000
"""Bound on the memory of the table that files and zoomed views are made from."""
MAX_FINE_SPANS = 65_536
COARSE_SPANS = 1_024
"""Spans of the table that plots of the whole run are drawn from: more than they have pixels."""
COARSE_BYTES = 16_000_000
MIN_SPANS = 64
EVALUATION_BYTES = 24_000_000

EVALUATION_COLUMNS = (
    "step", "epoch", "train_loss", "val_loss", "train_score", "val_score",
    "parameter_change", "grad_norm", "lr", "waited", "best_step",
)


@dataclass(frozen=True)
class Curve:
    """A recorded quantity over steps, as spans: equal `low` and `high` while every step is kept.

    Attributes
    ----------
    steps
        Number of the first step in each span (the first step of a run is 1), shape ``[K]``.
    low, high
        Smallest and largest value in each span, shape ``[K]`` (or ``[K, layers]``).
    stride
        Steps per span; 1 means exact.
    """

    steps: IntArray
    low: FloatArray
    high: FloatArray
    stride: int

    def __len__(self) -> int:
        """Return the number of spans."""
        return len(self.steps)


class Evaluations:
    """The evaluations of a run as columns; thinned (every second one dropped) beyond a bound.

    ``step`` and ``epoch`` have shape ``[K]``; the other columns ``[K, replicas]``.
    """

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas
        self.capacity = max(1_024, EVALUATION_BYTES // (8 * replicas * len(EVALUATION_COLUMNS)) // 2 * 2)
        self.stride = 1
        self.seen = 0
        self._count = 0
        self._values = np.empty((64, len(EVALUATION_COLUMNS), replicas))
        self._latest: EvaluationRecord | None = None

    def __len__(self) -> int:
        """Return the number of evaluations kept."""
        return self._count

    def append(self, record: EvaluationRecord) -> None:
        """Add one evaluation."""
        self._latest = record
        if self.seen % self.stride == 0:
            self._keep(record)
        self.seen += 1

    @property
    def latest(self) -> EvaluationRecord | None:
        """The last evaluation, whole."""
        return self._latest

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._values.nbytes

    def column(self, name: str) -> FloatArray:
        """Return a column, shape ``[K, replicas]``, as a view that must not be changed."""
        return self._values[: self._count, EVALUATION_COLUMNS.index(name)]

    @property
    def step(self) -> IntArray:
        """Steps done at each evaluation, shape ``[K]``."""
        return self.column("step")[:, 0].astype(np.int64)

    @property
    def epoch(self) -> FloatArray:
        """Epochs done at each evaluation, shape ``[K]``."""
        return self.column("epoch")[:, 0]

    @property
    def train_loss(self) -> FloatArray:
        """Training loss, shape ``[K, replicas]``."""
        return self.column("train_loss")

    @property
    def val_loss(self) -> FloatArray:
        """Validation loss, shape ``[K, replicas]``."""
        return self.column("val_loss")

    @property
    def train_score(self) -> FloatArray:
        """Accuracy or R² on the training part, shape ``[K, replicas]``."""
        return self.column("train_score")

    @property
    def val_score(self) -> FloatArray:
        """Accuracy or R² on the held-out part, shape ``[K, replicas]``."""
        return self.column("val_score")

    @property
    def criteria(self) -> tuple[tuple[CriterionState, ...], ...]:
        """States of the convergence criteria at the last evaluation, per replica."""
        return self._latest.criteria if self._latest else ()

    def _keep(self, record: EvaluationRecord) -> None:
        if self._count == self.capacity:
            half = -(-self._count // 2)
            self._values[:half] = self._values[: self._count : 2].copy()
            self._count = half
            self.stride *= 2
            if self.seen % self.stride:
                return
        if self._count == len(self._values):
            larger = np.empty((min(self.capacity, 2 * self._count), *self._values.shape[1:]))
            larger[: self._count] = self._values
            self._values = larger
        for index, name in enumerate(EVALUATION_COLUMNS):
            self._values[self._count, index] = getattr(record, name)
        self._count += 1


class History:
    """The record of a run: feed it with `extend`, read it with the rest.

    Steps are kept exactly while there are few, then as minimum and maximum of ever longer spans, in
    a fine table (bounded by `FINE_BYTES`) and a coarse one (`COARSE_SPANS` spans) for drawing.

    Parameters
    ----------
    replicas
        Runs side by side.
    layers
        Layers of the network, the output layer included.
    """

    def __init__(self, replicas: int, layers: int) -> None:
        self.replicas = replicas
        self.layer_count = layers
        self.layer_names = layer_names(layers)
        row = (replicas, record_width(layers))
        self._fine = ThinnedTable(row, _spans_within(FINE_BYTES, row, MAX_FINE_SPANS))
        self._coarse = ThinnedTable(row, _spans_within(COARSE_BYTES, row, COARSE_SPANS))
        self._last: FloatArray | None = None
        self.evaluations = Evaluations(replicas)
        self.outcomes: tuple[Outcome | None, ...] = (None,) * replicas
        self.step = 0
        self.epoch = 0.0
        self.seconds = 0.0

    def extend(self, progress: Progress) -> None:
        """Add what a chunk of training brought."""
        if len(progress.records):
            self._fine.append(progress.records)
            self._coarse.append(progress.records)
            self._last = progress.records[-1]
        for record in progress.evaluations:
            self.evaluations.append(record)
        self.outcomes = progress.outcomes
        self.step, self.epoch = progress.step, progress.epoch
        self.seconds += progress.seconds

    @property
    def n_steps(self) -> int:
        """Steps recorded."""
        return self._fine.rows

    @property
    def exact(self) -> bool:
        """Whether every step is still kept by itself."""
        return self._fine.stride == 1

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._fine.nbytes + self._coarse.nbytes + self.evaluations.nbytes

    def last(self, name: str, *, replica: int = 0) -> float:
        """Return the last value of ``batch_loss``, ``lr``, ``grad_norm`` or ``update_norm``; NaN before any step."""
        if self._last is None:
            return float("nan")
        return float(self._last[replica, column(name, self.layer_count)])

    def last_layers(self, name: str, *, replica: int = 0) -> FloatArray:
        """Return the last ``weight_grad_norm`` or ``signal_norm`` of every layer, shape ``[layers]``."""
        if self._last is None:
            return np.full(self.layer_count, np.nan)
        start = column(name, self.layer_count)
        return self._last[replica, start : start + self.layer_count].copy()

    def series(
        self,
        name: str,
        *,
        replica: int = 0,
        layer: int = 0,
        points: int | None = None,
        first: int | None = None,
        last: int | None = None,
    ) -> Curve:
        """Return one quantity over steps `first` to `last`.

        Parameters
        ----------
        name
            ``batch_loss``, ``lr``, ``grad_norm``, ``update_norm``, or, of one `layer` (from 0),
            ``weight_grad_norm`` or ``signal_norm``.
        points
            Return about this many spans at the most (for drawing); None: all that is kept.
        """
        index = column(name, self.layer_count, layer)
        return self._curve((replica, index), points, first, last)

    def layers(
        self,
        name: str,
        *,
        replica: int = 0,
        points: int | None = None,
        first: int | None = None,
        last: int | None = None,
    ) -> Curve:
        """Return ``weight_grad_norm`` or ``signal_norm`` of all layers at once: `low`, `high` of shape [K, layers]."""
        start = column(name, self.layer_count)
        return self._curve((replica, slice(start, start + self.layer_count)), points, first, last)

    def _curve(
        self, index: tuple[int, int | slice], points: int | None, first: int | None, last: int | None
    ) -> Curve:
        spans = self._table(points, first, last).spans()
        begin = 0 if first is None else max(0, (first - 1) // spans.stride)
        end = len(spans.first) if last is None else max(0, (last - 1) // spans.stride + 1)
        chosen = (slice(begin, end), *index)
        curve = Curve(spans.first[begin:end] + 1, spans.low[chosen], spans.high[chosen], spans.stride)
        return curve if points is None else _thinned(curve, points)

    def _table(self, points: int | None, first: int | None, last: int | None) -> ThinnedTable:
        if points is None:
            return self._fine
        shown = min(last or self.n_steps, self.n_steps) - max(first or 1, 1) + 1
        enough = shown / self._coarse.stride >= min(points, self._coarse.capacity // 2)
        return self._coarse if enough or self._coarse.stride == self._fine.stride else self._fine


def _spans_within(limit: int, row: tuple[int, int], most: int) -> int:
    bytes_per_span = 2 * 8 * row[0] * row[1]
    return int(np.clip(limit // bytes_per_span // 2 * 2, MIN_SPANS, most))


def _thinned(curve: Curve, points: int) -> Curve:
    factor = -(-len(curve) // max(1, points))
    if factor <= 1:
        return curve
    starts = np.arange(0, len(curve), factor)
    low = np.fmin.reduceat(curve.low, starts, axis=0)
    high = np.fmax.reduceat(curve.high, starts, axis=0)
    return Curve(curve.steps[starts], low, high, curve.stride * factor)

