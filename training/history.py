"""Everything recorded of a run, in bounded memory; plots and files are views of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.criteria import CriterionState
from training.progress import EvaluationRecord, Outcome, Progress, column, layer_names, record_width
from training.thinned import FIRST_ROWS, ThinnedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FINE_BYTES = 48_000_000
"""Memory of the table that files and zoomed views are made from, unless `MIN_SPANS` take more."""
MAX_FINE_SPANS = 65_536
COARSE_SPANS = 1_024
"""Spans of the table that plots of the whole run are drawn from: more than they have pixels."""
COARSE_BYTES = 16_000_000
MIN_SPANS = 32
"""So many are kept however wide they are: 417 MB for 4,096 replicas of 65 layers, the widest there can be."""
EVALUATION_BYTES = 48_000_000
TAIL_STEPS = 64
"""So many of the last steps are kept exactly, whatever is thinned: what led to a run's end."""

EVALUATION_COLUMNS = (
    "step", "epoch", "train_loss", "val_loss", "train_score", "val_score",
    "parameter_change", "grad_norm", "lr", "waited", "best_step",
)
_STEP, _EPOCH, _VAL_LOSS, _LR = (EVALUATION_COLUMNS.index(name) for name in ("step", "epoch", "val_loss", "lr"))


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
    """The evaluations of a run as columns; thinned (every second one dropped) beyond `EVALUATION_BYTES`.

    ``step`` and ``epoch`` have shape ``[K]``; the other columns ``[K, replicas]``. The last row is
    always the newest evaluation. The first `kept` rows stay as they are until `stride` changes; a
    row beyond them is the newest evaluation, and makes room for the next one. So a reader that
    has `kept` rows at some `stride` needs only the rows after them while `stride` is the same.

    Attributes
    ----------
    stride
        Evaluations per row; 1 while every one is kept.
    kept
        Rows that stay.
    seen
        Evaluations made.
    best_val_loss, best_val_epoch
        Lowest finite validation loss of all evaluations made, kept or not, and the epoch where it
        was first reached, shape ``[replicas]``; NaN while there is none.
    """

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas
        self.capacity = _evaluation_rows(replicas)
        self.stride = 1
        self.kept = 0
        self.seen = 0
        self.best_val_loss = np.full(replicas, np.nan)
        self.best_val_epoch = np.full(replicas, np.nan)
        self._rows = 0
        self._values = np.empty((min(FIRST_ROWS, self.capacity), len(EVALUATION_COLUMNS), replicas))
        self._final = np.full((len(EVALUATION_COLUMNS), replicas), np.nan)
        self._latest: EvaluationRecord | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._rows

    def append(self, record: EvaluationRecord) -> None:
        """Add one evaluation."""
        stays = self.seen % self.stride == 0
        if stays and self.kept == self.capacity:
            self._drop_every_second()
        self._rows = self.kept + 1
        self._make_room()
        row = self._values[self.kept]
        for index, name in enumerate(EVALUATION_COLUMNS):
            row[index] = getattr(record, name)
        self.kept += stays
        self.seen += 1
        self._latest = record
        self._note(row)

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
        return self._values[: self._rows, EVALUATION_COLUMNS.index(name)]

    def final(self, name: str) -> FloatArray:
        """Return a column at each replica's last evaluation, shape ``[replicas]``, whatever was dropped since.

        NaN where there has been none.
        """
        values: FloatArray = self._final[EVALUATION_COLUMNS.index(name)]
        return values

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

    def exact_until(self, step: int) -> int:
        """Return the last step, `step` at the most, up to which it is known what was made and what was dropped."""
        if self.stride == 1:
            return step
        rows = self._rows_until(step)
        return int(self.step[rows - 1]) if rows else 0

    def until(self, step: int, latest: EvaluationRecord | None) -> Evaluations:
        """Return what was made up to a step, at which `latest` was the last: `exact_until` has to say so.

        Where not every evaluation is kept, the best of them is that of those kept, unless it is the best of all.
        """
        made = Evaluations(self.replicas)
        rows = self._rows_until(step)
        made.stride, made.kept, made._rows = self.stride, rows, rows
        made.seen = (rows - 1) * self.stride + 1 if rows else 0
        values = self._values[:rows]
        made._values = np.empty((max(FIRST_ROWS, rows + 1), *self._values.shape[1:]))
        made._values[:rows] = values
        made._latest = latest
        if rows:
            made._note_all(values)
            same = self.best_val_epoch <= made.epoch[-1]
            made.best_val_loss[same], made.best_val_epoch[same] = self.best_val_loss[same], self.best_val_epoch[same]
            there = self._final[_STEP] <= made.step[-1]
            made._final[:, there] = self._final[:, there]
        return made

    def _rows_until(self, step: int) -> int:
        return int(np.searchsorted(self.column("step")[: self.kept, 0], step, side="right"))

    def _note_all(self, values: FloatArray) -> None:
        """Note many rows at once."""
        everyone = np.arange(self.replicas)
        evaluated = ~np.isnan(values[:, _LR])
        last = len(values) - 1 - np.argmax(evaluated[::-1], axis=0)
        self._final = np.where(evaluated.any(axis=0), values[last, :, everyone].T, np.nan)
        losses = np.where(np.isfinite(values[:, _VAL_LOSS]), values[:, _VAL_LOSS], np.inf)
        first = losses.argmin(axis=0)
        known = np.isfinite(losses[first, everyone])
        self.best_val_loss[known] = losses[first, everyone][known]
        self.best_val_epoch[known] = values[first, _EPOCH, everyone][known]

    def _drop_every_second(self) -> None:
        # The capacity is even, so the evaluation that comes next is one of those that stay.
        self.kept //= 2
        self._values[: self.kept] = self._values[: 2 * self.kept : 2].copy()
        self.stride *= 2

    def _make_room(self) -> None:
        if self._rows > len(self._values):
            larger = np.empty((min(self.capacity + 1, 2 * len(self._values)), *self._values.shape[1:]))
            larger[: len(self._values)] = self._values
            self._values = larger

    def _note(self, row: FloatArray) -> None:
        evaluated = ~np.isnan(row[_LR])  # a replica that has ended is not evaluated any more
        self._final[:, evaluated] = row[:, evaluated]
        loss = row[_VAL_LOSS]
        better = np.isfinite(loss) & ~(loss >= self.best_val_loss)
        self.best_val_loss[better] = loss[better]
        self.best_val_epoch[better] = row[_EPOCH, better]


class History:
    """The record of a run: feed it with `extend`, read it with the rest.

    Steps are kept exactly while there are few, then as minimum and maximum of ever longer spans, in
    a fine table (bounded by `FINE_BYTES`, or `MIN_SPANS` spans where they are wide) and, unless that
    is coarse enough to draw from, a coarse one of `COARSE_SPANS` spans. `bytes_at_most` tells how
    much memory that can take.

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
        self._fine = ThinnedTable(row, fine_spans(replicas, layers))
        coarse = _coarse_spans(replicas, layers)
        self._coarse = ThinnedTable(row, coarse) if coarse else self._fine
        self._last: FloatArray | None = None
        self._tail = np.empty((0, record_width(layers)))
        self.evaluations = Evaluations(replicas)
        self.outcomes: tuple[Outcome | None, ...] = (None,) * replicas
        self.step = 0
        self.epoch = 0.0
        self.seconds = 0.0

    def extend(self, progress: Progress) -> None:
        """Add what a chunk of training brought."""
        if len(progress.records):
            self._fine.append(progress.records)
            if self._coarse is not self._fine:
                self._coarse.append(progress.records)
            self._last = progress.records[-1]
            self._tail = np.concatenate([self._tail, progress.records[-TAIL_STEPS:, 0]])[-TAIL_STEPS:]
        for record in progress.evaluations:
            self.evaluations.append(record)
        self.outcomes = progress.outcomes
        self.step, self.epoch = progress.step, progress.epoch
        self.seconds += progress.seconds

    def exact_until(self, step: int) -> int:
        """Return from which step on a history that ends at `step` needs what the run reported: see `until`."""
        return self.evaluations.exact_until(self._whole_until(step))

    def until(self, step: int, rest: Iterable[Progress], latest: EvaluationRecord | None) -> History:
        """Return what was recorded up to a step, as a history that can grow in another way.

        Steps are thinned as they are here: whole spans are taken over, what comes after them is made of `rest`.

        Parameters
        ----------
        rest
            What the run reported from `exact_until` to the step.
        latest
            The last evaluation up to `exact_until`.
        """
        made = History(self.replicas, self.layer_count)
        rows = self._whole_until(step)
        evaluated = self.evaluations.exact_until(rows)
        made._fine = self._fine.until(rows)
        if self.exact:
            made._tail = self._fine.spans().low[max(0, rows - TAIL_STEPS) : rows, 0].copy()
        made._coarse = made._fine if self._coarse is self._fine else self._coarse.until(rows, self._fine)
        made.evaluations = self.evaluations.until(evaluated, latest)
        for progress in rest:
            done = max(0, rows - progress.first_step)
            evaluations = tuple(record for record in progress.evaluations if record.step > evaluated)
            made.extend(replace(progress, records=progress.records[done:], evaluations=evaluations))
        made.seconds = self.seconds * step / self.step if self.step else 0.0
        return made

    def _whole_until(self, step: int) -> int:
        """Return up to which step whole spans are taken over; the last steps have to be told of again if thinned."""
        if self.exact:
            return max(0, step - 1)
        return max(0, step - TAIL_STEPS) // self._fine.stride * self._fine.stride

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
        coarse = 0 if self._coarse is self._fine else self._coarse.nbytes
        return self._fine.nbytes + coarse + self._tail.nbytes + self.evaluations.nbytes

    def last(self, name: str, *, replica: int = 0) -> float:
        """Return the last value of ``batch_loss``, ``lr``, ``grad_norm`` or ``update_norm``; NaN before any step."""
        if self._last is None:
            return float("nan")
        return float(self._last[replica, column(name, self.layer_count)])

    def last_layers(self, name: str, *, replica: int = 0) -> FloatArray:
        """Return the last ``weight_grad_norm``, ``signal_norm`` or ``update_ratio`` of all layers, ``[layers]``."""
        if self._last is None:
            return np.full(self.layer_count, np.nan)
        start = column(name, self.layer_count)
        return self._last[replica, start : start + self.layer_count].copy()

    def tail(self) -> Curve:
        """Return the last `TAIL_STEPS` records of the first replica, each by itself: `low` and `high` [T, columns]."""
        first = self.n_steps - len(self._tail) + 1
        return Curve(np.arange(first, self.n_steps + 1), self._tail, self._tail, 1)

    def whole(self, *, replica: int = 0) -> Curve:
        """Return all columns of one replica, as thinned as for drawing: `low` and `high` [K, columns].

        They are views of what is kept: not to be changed, and to be read before the history grows.
        """
        spans = self._coarse.spans()
        return Curve(spans.first + 1, spans.low[:, replica], spans.high[:, replica], spans.stride)

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
            ``weight_grad_norm``, ``signal_norm`` or ``update_ratio``.
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
        """Return ``weight_grad_norm``, ``signal_norm`` or ``update_ratio`` of all layers: `low`, `high` [K, layers]."""
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


def fine_spans(replicas: int, layers: int) -> int:
    """Return how many spans of steps a history keeps at the most; so many steps are kept exactly."""
    return _spans_within(FINE_BYTES, replicas, layers, MAX_FINE_SPANS)


def evaluations_kept(replicas: int, evaluations: int) -> int:
    """Return how many rows a history keeps of so many evaluations at the most."""
    return min(evaluations, _evaluation_rows(replicas) + 1)


def bytes_at_most(replicas: int, layers: int, *, steps: int, evaluations: int) -> int:
    """Return about how much memory the history of a run takes, if it makes all its steps and evaluations."""
    fine, coarse = fine_spans(replicas, layers), _coarse_spans(replicas, layers)
    begun = max(steps, FIRST_ROWS)
    spans = min(begun, fine) + min(begun, coarse)
    # Tables grow to twice what is in them; as long as they grow, a span is one row and not two.
    rows = min(max(2 * evaluations, FIRST_ROWS), _evaluation_rows(replicas) + 1)
    tail = 8 * TAIL_STEPS * record_width(layers)
    return spans * _span_bytes(replicas, layers) + tail + 8 * replicas * len(EVALUATION_COLUMNS) * rows


def _coarse_spans(replicas: int, layers: int) -> int:
    if fine_spans(replicas, layers) <= COARSE_SPANS:
        return 0
    return _spans_within(COARSE_BYTES, replicas, layers, COARSE_SPANS)


def _spans_within(limit: int, replicas: int, layers: int, most: int) -> int:
    return int(np.clip(limit // _span_bytes(replicas, layers) // 2 * 2, MIN_SPANS, most))


def _span_bytes(replicas: int, layers: int) -> int:
    return 2 * 8 * replicas * record_width(layers)  # smallest and largest


def _evaluation_rows(replicas: int) -> int:
    return max(2, EVALUATION_BYTES // (8 * replicas * len(EVALUATION_COLUMNS)) // 2 * 2)


def _thinned(curve: Curve, points: int) -> Curve:
    factor = -(-len(curve) // max(1, points))
    if factor <= 1:
        return curve
    starts = np.arange(0, len(curve), factor)
    low = np.fmin.reduceat(curve.low, starts, axis=0)
    high = np.fmax.reduceat(curve.high, starts, axis=0)
    return Curve(curve.steps[starts], low, high, curve.stride * factor)

