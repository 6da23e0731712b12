"""Training and validation loss, or accuracy, against the epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.panel import Panel
from gui.panels.plot_axes import Band, EndLabel, Line, Mark, PlotAxes, decades
from gui.theme import Theme, mix, pen
from training.thinned import ThinnedTable

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.history import Evaluations

FloatArray = NDArray[np.float64]

SPANS = 512
"""At most so many spans a curve: about one a pixel. Memory and drawing stay the same however long the run."""
SINGLE_RUNS = 24
"""Of more replicas than this, only so many are drawn one by one."""
SINGLE_POINTS = 128
PARTS = ("train", "val")


class EvaluationCurves:
    """Evaluations folded, as they arrive, into a bounded table: epoch, step and quartiles over the replicas."""

    def __init__(self, metric: str, replicas: int) -> None:
        self.metric = metric
        self.singles = min(replicas, SINGLE_RUNS) if replicas > 1 else 0
        self._table = ThinnedTable((2 + len(PARTS) * (3 + self.singles),), SPANS)
        self.rows = 0
        self.last_epoch = -1.0
        self._stride = 1
        self._seen = 0
        self._last: dict[str, FloatArray] = {}
        self._low = self._high = self._table.spans().low

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
        spans = self._table.spans()
        self._low, self._high = (np.concatenate([kept, newest]) for kept in (spans.low, spans.high))
        self.last_epoch = float(evaluations.epoch[-1])
        return True

    def _rows(self, evaluations: Evaluations, first: int, end: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return epoch, step, quartiles and single runs of some evaluations, and the last values of every run."""
        pieces = [evaluations.column(name)[first:end, :1] for name in ("epoch", "step")]
        last = self._last
        for part in PARTS:
            values = evaluations.column(f"{part}_{self.metric}")[first:end]
            if self.singles and len(values):
                values = _with_ended(values, self._last.get(part))
                last = {**last, part: values[-1].copy()}
            pieces += [_quartiles(values), values[:, : self.singles]]
        return np.concatenate(pieces, axis=1), last

    def times(self) -> tuple[FloatArray, FloatArray]:
        """Return epoch and step of the spans."""
        return self._low[:, 0], self._low[:, 1]

    @property
    def exact(self) -> bool:
        """Whether every evaluation is still kept by itself."""
        return self._table.stride == 1

    def quartile(self, part: str, which: int) -> tuple[FloatArray, FloatArray]:
        """Return low and high of the lower quartile (0), median (1) or upper quartile (2) of a part."""
        column = self._start(part) + which
        return self._low[:, column], self._high[:, column]

    def single_runs(self, part: str) -> tuple[FloatArray, FloatArray]:
        """Return epochs [K] and values [K, runs] of single replicas, coarser than the median."""
        stride = max(1, -(-len(self._low) // SINGLE_POINTS))
        start = self._start(part) + 3
        return self._low[::stride, 0], self._low[::stride, start : start + self.singles]

    def _start(self, part: str) -> int:
        return 2 + PARTS.index(part) * (3 + self.singles)


def _with_ended(values: FloatArray, last: FloatArray | None) -> FloatArray:
    """Let a run that has ended keep its last value: the median is of all runs to the end."""
    kept = values.copy()
    for row in kept:
        if last is not None:
            np.copyto(row, last, where=np.isnan(row))
        last = row
    return kept


def _quartiles(values: FloatArray) -> FloatArray:
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


class LearningCurves(Panel):
    """Loss or score of both parts over the run, the best evaluation and the edits made meanwhile."""

    title = "Learning curves"
    name = "learning_curves"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = PlotAxes(x_label="epoch", y_label="loss", log_y=True, right_room=44)
        self.axes.setAccessibleName("Loss or score against the epoch")
        self.batch = Line("batch")
        self.bands = {part: Band() for part in PARTS}
        self.runs = {part: Line(f"{part} runs") for part in PARTS}
        self.lines = {part: Line(part, bold=True) for part in PARTS}
        for part in reversed(PARTS):
            self.axes.add(self.bands[part])
        self.axes.add(self.batch)
        for part in reversed(PARTS):
            self.axes.add(self.runs[part])
        for part in PARTS:  # the dashed line on top: where both run together, its gaps show the solid one
            self.axes.add(self.lines[part])
        self.body.addWidget(self.axes, 1)
        redraw, other_metric = self._toggled, self._metric_toggled
        self.train_pill = self.add_pill("train", "Training part, solid line", checked=True, changed=redraw)
        self.val_pill = self.add_pill("validation", "Held-out part, dashed line", checked=True, changed=redraw)
        self.score_pill = self.add_pill("accuracy", "Accuracy instead of the loss", spare=2, changed=other_metric)
        self.batch_pill = self.add_pill("batch", "Loss of every mini-batch, faint, behind", spare=3, changed=redraw)
        self.log_pill = self.add_pill("log", "Loss on a logarithmic axis", checked=True, spare=1, changed=redraw)
        self.train_pill.color_by(lambda theme: theme.train)
        self.val_pill.color_by(lambda theme: theme.validation)
        self._run: RunView | None = None
        self._curves: EvaluationCurves | None = None
        self._best: tuple[float, float, float] | None = None  # step, epoch, value
        self.restyle(self.theme)

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        score = "accuracy" if run.data.task == "classification" else "R²"
        self.score_pill.setText(score)
        self.score_pill.setToolTip(f"{score} instead of the loss")
        self.val_pill.setEnabled(len(run.data.x_val) > 0)
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        curves = self._folded(run)
        self._draw_lines(run, curves)
        self._draw_marks(run, curves)
        self._fit(run, curves)
        self.axes.note = f"median of {run.history.replicas:,} replicas" if run.history.replicas > 1 else ""
        self.axes.redraw()

    def clear(self) -> None:
        self._run, self._curves, self._best = None, None, None
        nothing = np.empty(0)
        for line in (*self.lines.values(), *self.runs.values(), self.batch):
            line.set_data(nothing, nothing)
        for band in self.bands.values():
            band.set_data(nothing, nothing, nothing)
        self.axes.marks, self.axes.end_labels, self.axes.shade, self.axes.note = [], [], None, ""
        self.axes.set_limits((0.0, 1.0), (-3.0, 0.0) if self._log else (0.0, 1.0))
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        for index, part in enumerate(PARTS):
            color = theme.series[index]
            self.lines[part].pen = pen(color, dash=theme.dashes[index])
            faint, filled = QColor(color), QColor(color)
            faint.setAlphaF(0.28)
            filled.setAlphaF(0.16)
            self.runs[part].pen = pen(color)
            self.runs[part].pen.setColor(faint)
            self.bands[part].brush = QBrush(filled)
        self.batch.pen = pen(mix(theme.surface, theme.series[0], 0.35))
        if self._run is not None:
            self.refresh(self._run)

    # -- toggles

    @property
    def metric(self) -> str:
        """``"loss"`` or ``"score"``: what is shown."""
        return "score" if self.score_pill.isChecked() else "loss"

    @property
    def _log(self) -> bool:
        return self.log_pill.isChecked() and self.metric == "loss"

    def _toggled(self, _: bool) -> None:
        if self._run is not None:
            self.axes.set_limits(self.axes.limits[0], (math.nan, math.nan))  # fit anew
            self.refresh(self._run)

    def _metric_toggled(self, _: bool) -> None:
        for pill in (self.log_pill, self.batch_pill):
            pill.setEnabled(self.metric == "loss")
        self._curves, self._best = None, None
        self.axes.zoom_back()
        self._toggled(True)

    # -- drawing

    def _folded(self, run: RunView) -> EvaluationCurves:
        if self._curves is None or not self._curves.take(run):
            self._curves = EvaluationCurves(self.metric, run.history.replicas)
            self._curves.take(run)
        return self._curves

    def _scaled(self, values: FloatArray) -> FloatArray:
        return decades(values) if self._log else values

    def _draw_lines(self, run: RunView, curves: EvaluationCurves) -> None:
        epochs, _ = curves.times()
        many = run.history.replicas > 1
        for part, pill in zip(PARTS, (self.train_pill, self.val_pill), strict=True):
            shown = pill.isChecked()
            low, high = curves.quartile(part, 1)
            self.lines[part].visible = shown
            self.lines[part].set_data(epochs, self._scaled(low), None if curves.exact else self._scaled(high))
            self.bands[part].visible = self.runs[part].visible = shown and many
            if many and shown:
                lower, upper = curves.quartile(part, 0)[0], curves.quartile(part, 2)[1]
                self.bands[part].set_data(epochs, self._scaled(lower), self._scaled(upper))
                self.runs[part].set_data(*_one_path(*curves.single_runs(part), self._scaled))
        self._draw_batch_loss(run, curves)
        self._label_ends(curves)

    def _draw_batch_loss(self, run: RunView, curves: EvaluationCurves) -> None:
        self.batch.visible = self.batch_pill.isChecked() and self.metric == "loss"
        if not self.batch.visible:
            return
        losses = run.history.series("batch_loss", points=300)
        epochs, steps = curves.times()
        # The batch size may change in a run, so epochs are not steps times a constant.
        known_steps, known_epochs = np.append(steps, run.history.step), np.append(epochs, run.history.epoch)
        at = np.interp(losses.steps, known_steps, known_epochs)
        self.batch.set_data(at, self._scaled(losses.low), self._scaled(losses.high))

    def _label_ends(self, curves: EvaluationCurves) -> None:
        labels = []
        for index, part in enumerate(PARTS):
            low, _ = curves.quartile(part, 1)
            if self.lines[part].visible and len(low) and not math.isnan(low[-1]):
                y = float(self._scaled(low[-1:])[0])
                labels.append(EndLabel(y, _figure(float(low[-1])), self.theme.series[index], weight=index))
        self.axes.end_labels = labels

    def _draw_marks(self, run: RunView, curves: EvaluationCurves) -> None:
        best = self._best_evaluation(run)
        marks = self._edit_marks(run, curves)
        self.axes.shade = None
        if best is not None:
            _, epoch, value = best
            label = f"best, {_figure(value)}" if not math.isnan(value) else "best"
            marks.append(Mark(epoch, self.theme.ok, label, f"Best evaluation: epoch {epoch:.6g}"))
            if run.experiment.stopping.early.enabled:
                self.axes.shade = (epoch, run.history.epoch, mix(self.theme.surface, self.theme.warn, 0.07))
        self.axes.marks = marks

    def _best_evaluation(self, run: RunView) -> tuple[float, float, float] | None:
        latest = run.history.evaluations.latest
        if latest is None or run.history.replicas > 1:
            return None
        step = float(latest.best_step[0])
        if not (math.isfinite(step) and step > 0):
            return None
        if self._best is None or self._best[0] != step:
            evaluations = run.history.evaluations
            row = int(np.argmin(np.abs(evaluations.column("step")[:, 0] - step)))
            part = "train" if run.experiment.stopping.early.metric == "train_loss" else "val"
            value = float(evaluations.column(f"{part}_{self.metric}")[row, 0])
            self._best = (step, float(evaluations.column("epoch")[row, 0]), value)
        return self._best

    def _edit_marks(self, run: RunView, curves: EvaluationCurves) -> list[Mark]:
        if not run.edits:
            return []
        epochs, steps = curves.times()
        known_steps, known_epochs = np.append(steps, run.history.step), np.append(epochs, run.history.epoch)
        return [
            Mark(float(np.interp(edit.step, known_steps, known_epochs)), self.theme.accent, tick=True,
                 tip=f"After step {edit.step:,}: {edit.key} = {_shown(edit.value)}")
            for edit in run.edits
        ]

    def _fit(self, run: RunView, curves: EvaluationCurves) -> None:
        (_, right), (bottom, top) = self.axes.limits
        end = ranges.stepped_end(max(run.history.epoch, curves.last_epoch), right, exact=not run.playing)
        shown = None if math.isnan(bottom) else (bottom, top)
        values = [self.lines[part].y for part in PARTS if self.lines[part].visible]
        if self.batch.visible:
            values.append(self.batch.y)
        if run.history.replicas > 1:
            values += [edge for band in self.bands.values() if band.visible for edge in (band.low, band.high)]
        together = np.concatenate(values) if values else np.empty(0)
        self.axes.set_log(self._log)
        if self._log:
            limits = ranges.limits_of_decades(together, shown)
        elif self.metric == "score" and run.data.task == "classification":
            limits = ranges.share_limits(together, shown)
        else:
            limits = ranges.linear_limits(together, shown, zero=self.metric == "loss")
        self.axes.set_limits((0.0, end), limits)
        self.axes.set_labels("epoch", self.score_pill.text() if self.metric == "score" else "loss")


def _one_path(
    epochs: FloatArray, values: FloatArray, scaled: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return all single runs as one path, with a gap (NaN) after each."""
    runs = values.shape[1]
    gap = np.full((1, runs), np.nan)
    y = scaled(np.concatenate([values, gap])).T.ravel()
    return np.tile(np.append(epochs, np.nan), runs), y


def _figure(value: float) -> str:
    """Return a loss or score in three figures."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.3f}" if 0.001 <= abs(value) < 10 or value == 0 else ranges.scientific(value)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
