"""Training and validation loss, or accuracy, against the epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QWidget

from gui.evidence import limits_of, rows_told, seen_elsewhere
from gui.panels import moments, ranges
from gui.panels.epoch_panel import EpochAxes, EpochPanel, Zone, figure, first_above_zero, joined
from gui.panels.evaluation_curves import LOWER, MEDIAN, UPPER, EvaluationCurves
from gui.panels.evaluation_reading import Wanted, reading_at
from gui.panels.evaluation_table import evaluation_table
from gui.panels.panel import GAP, Table
from gui.panels.plot_axes import Band, EndLabel, Guide, Line, Mark, decades
from gui.panels.robust_range import Extent, Span, extent_of
from gui.panels.smoothing import Strength, half_width, smoothed
from gui.panels.smoothing_pill import SmoothingPill
from gui.theme import Theme, mix, pen
from training.history import TAIL_STEPS, Curve, column

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

PARTS = ("train", "val")
BATCH_POINTS = 300
GHOST_AHEAD = 2.0
"""While the run before was longer, the axis reaches at most so many times as far as the present run."""
GHOST_ROOM = 1.0
"""… and up and down, beyond the present curves, at most so many times as far as those reach."""
FAR = 1e9
"""Far beyond any axis."""


class LearningCurves(EpochPanel):
    """Loss or score of both parts over the run, the best evaluation, patience, edits and the run before."""

    title = "Learning curves"
    short_title = "Curves"
    name = "learning_curves"
    curves = frozenset({"train_loss", "val_loss", "train_score", "val_score", "batch_loss"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(EpochAxes(y_label="loss", log_y=True, right_room=44), parent)
        self.axes.setAccessibleName("Loss or score against the epoch")
        self.patience = Band()
        self.ghosts = {part: Line(f"{part} before") for part in PARTS}
        self.batch = Line("batch")
        self.bands = {part: Band() for part in PARTS}
        self.runs = {part: Line(f"{part} runs") for part in PARTS}
        self.measured = {part: Line(f"{part} measured") for part in PARTS}
        self.lines = {part: Line(part, bold=True) for part in PARTS}
        for thing in self._from_behind():
            self.axes.add(thing)
        self._add_pills()
        self.axes.zoom_changed.connect(self._zoom_changed)
        self._curves: EvaluationCurves | None = None
        self._ghost_curves: EvaluationCurves | None = None
        self._ghost_extent: Extent | None = None
        self._ghost_drawn = False
        self._spans: list[Span] = []
        self._told: list[Span] = []  # those parts of them that evidence is about
        self._best: tuple[float, float, float] | None = None  # step, epoch, value
        self.restyle(self.theme)

    def _from_behind(self) -> Iterator[Line | Band]:
        yield self.patience
        for part in reversed(PARTS):
            yield self.ghosts[part]
            yield self.bands[part]
        yield self.batch
        for part in reversed(PARTS):
            yield self.runs[part]
            yield self.measured[part]
        for part in PARTS:  # the dashed line on top: where both run together, its gaps show the solid one
            yield self.lines[part]

    def _add_pills(self) -> None:
        redraw, refold = self._toggled, self._refold
        self.train_pill = self.add_pill("train", "Training part, solid line", checked=True, changed=redraw)
        self.val_pill = self.add_pill("validation", "Held-out part, dashed line", checked=True, changed=redraw)
        self.score_pill = self.add_pill("accuracy", "Accuracy instead of the loss", spare=2, changed=refold)
        self.smooth_pill = SmoothingPill(self._smoothed)
        self.add_to_header(self.smooth_pill, spare=3)
        self.batch_pill = self.add_pill("batch", "Loss of every mini-batch, faint, behind", spare=4, changed=redraw)
        self.log_pill = self.add_pill("log y", "Loss on a logarithmic axis", checked=True, spare=1, changed=redraw)
        self.log_x_pill = self.add_pill("log x", "Epochs on a logarithmic axis", spare=6, changed=refold)
        self.full_pill = self.add_pill(
            "full", "Full range: every value, and all of the run before, however far out; "
            "else single values that would flatten the rest lie beyond the axis", spare=5, changed=redraw,
        )
        self.train_pill.color_by(lambda theme: theme.train)
        self.val_pill.color_by(lambda theme: theme.validation)

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        score = "accuracy" if run.data.task == "classification" else "R²"
        self.score_pill.setText(score)
        self.score_pill.setAccessibleName(score)
        self.score_pill.setToolTip(f"{score} instead of the loss")
        self.val_pill.setEnabled(len(run.data.x_val) > 0)
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        curves = self._folded(run)
        self._draw_lines(run, curves)
        self._draw_batch_loss(run)
        self._draw_ghost(run)
        self._draw_marks(run)
        self.draw_evidence(run)
        nothing = run.history.n_steps == 0 and run.history.evaluations.latest is None and run.ghost is None
        self.axes.empty = "Press Space to train" if nothing else ""
        self._fit(run, curves)
        if self.selection.moment is not None:
            self.show_moment()
        self.axes.redraw()

    def clear(self) -> None:
        self._run, self._curves, self._best = None, None, None
        self._forget_ghost()
        nothing = np.empty(0)
        for line in (*self._all_lines(), *self.ghosts.values(), self.batch):
            line.set_data(nothing, nothing)
        for band in (*self.bands.values(), self.patience):
            band.set_data(nothing, nothing, nothing)
        self.axes.marks, self.axes.end_labels, self.axes.shade, self.axes.spans = [], [], None, []
        self.axes.guides = []
        self.axes.empty = ""
        self.axes.set_note()
        self.axes.zones = []
        self.axes.set_crosshair(None)
        self.axes.set_limits((0.0, 1.0), (-3.0, 0.0) if self._log else (0.0, 1.0))
        self.axes.redraw()

    def table(self) -> Table | None:
        return None if self._run is None else evaluation_table(self._run)

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        for index, part in enumerate(PARTS):
            color, dash = theme.series[index], theme.dashes[index]
            self.lines[part].pen = pen(color, dash=dash)
            self.ghosts[part].pen = pen(theme.faint, dash=dash)
            self.runs[part].pen = _faint(color, 0.28)
            self.measured[part].pen = _faint(color, 0.4)
            self.bands[part].brush = _filled(color, 0.16)
        self.patience.brush = _filled(theme.warn, 0.05)
        self._color_batches()
        if self._run is not None:
            self.refresh(self._run)

    def show_moment(self) -> None:
        run, moment = self._run, self.selection.moment
        reading = None
        if run is not None and moment is not None:
            parts = [(part, self.theme.series[index]) for index, part in enumerate(PARTS) if self.lines[part].visible]
            reading = reading_at(run, moment, Wanted(self.quantity, parts, self.batch.visible, self.theme.faint))
        if reading is None:
            self.axes.set_crosshair(None)
        else:
            self.axes.set_crosshair(self.place(reading.epoch), reading.rows)

    def fit_extras(self) -> bool:
        """Shorten the key to the curves rather than lose it."""
        self.val_pill.setText("validation")
        if self.train_pill.sizeHint().width() + self.val_pill.sizeHint().width() + 2 * GAP > self.header_room():
            self.val_pill.setText("val")
        return super().fit_extras()

    # -- toggles

    @property
    def quantity(self) -> str:
        """``"loss"`` or ``"score"``: what is shown."""
        return "score" if self.score_pill.isChecked() else "loss"

    @property
    def log_x(self) -> bool:
        return self.log_x_pill.isChecked()

    @property
    def _log(self) -> bool:
        return self.log_pill.isChecked() and self.quantity == "loss"

    def _toggled(self, _: bool) -> None:
        if self._run is not None:
            self._ghost_drawn = False
            self.axes.set_limits((math.nan, math.nan), (math.nan, math.nan))  # fit anew
            self.refresh(self._run)

    def _smoothed(self, _: Strength) -> None:
        if self._run is not None:
            self.refresh(self._run)

    def _refold(self, _: bool) -> None:
        for pill in (self.log_pill, self.batch_pill):
            pill.setEnabled(self.quantity == "loss")
        self._curves, self._best = None, None
        self._forget_ghost()
        self.axes.zoom_back()
        self._toggled(True)

    # -- drawing

    def _folded(self, run: RunView) -> EvaluationCurves:
        if self._curves is None or not self._curves.take(run):
            self._curves = self._fold(run)
        return self._curves

    def _fold(self, run: RunView) -> EvaluationCurves:
        curves = EvaluationCurves(
            [f"{part}_{self.quantity}" for part in PARTS], run.history.replicas, growing=self.log_x
        )
        curves.take(run)
        return curves

    def _scaled(self, values: FloatArray) -> FloatArray:
        return decades(values) if self._log else values

    def _all_lines(self) -> Iterator[Line]:
        for lines in (self.lines, self.measured, self.runs):
            yield from lines.values()

    def draw_evidence(self, run: RunView) -> None:
        shown = self.curves_shown
        self.axes.spans = self.spans_about(run, shown)
        if not self.axes.spans:
            where = "loss" if self.quantity == "score" else self.score_pill.text()
            self.axes.spans = seen_elsewhere(self.spans_about(run, self.curves - shown), where)
        self.axes.guides = [
            Guide(math.log10(limit) if self._log else limit, label)
            for limit, label in limits_of(self.selection.evidence, shown) if limit > 0.0 or not self._log
        ]

    @property
    def curves_shown(self) -> frozenset[str]:
        """What evidence may be about that is drawn now: the losses, that of the batches included, or the scores."""
        return frozenset(curve for curve in self.curves if curve.endswith(self.quantity))

    def show_evidence(self) -> None:
        if self._run is not None and self.isVisible():
            self.refresh(self._run)  # the axis makes room for what the evidence is about

    def show_curve(self, curve: str) -> None:
        if curve in self.curves:
            self.score_pill.setChecked(curve.endswith("score"))

    def zoom_to_steps(self, first: int, last: int) -> None:
        run = self._run
        if run is None or self.quantity != "loss":
            return
        begin, end = self.across(run.epochs_at(np.array([max(1.0, first - 1.0), float(last)]))).tolist()
        losses = self._scaled(last_losses(run, first, last).low)
        there = losses[np.isfinite(losses)]
        if end > begin and len(there):
            limits = ranges.limits_around(there[:, None]) if self._log else ranges.linear_limits(there)
            self.axes.zoom_to((begin, end), limits)

    def _zoom_changed(self) -> None:
        """Draw the loss of the batches in the part zoomed to step by step, or the whole again."""
        if self._run is not None and self._shows_batches:
            self.attempt(self.refresh, self._run)

    def _draw_lines(self, run: RunView, curves: EvaluationCurves) -> None:
        at = self.across(curves.times()[0])
        self._spans, self._told, self.axes.end_labels = [], [], []
        for part, pill in zip(PARTS, (self.train_pill, self.val_pill), strict=True):
            for lines in (self.lines, self.measured, self.runs):
                lines[part].visible = pill.isChecked()
            self.bands[part].visible = pill.isChecked()
            if pill.isChecked():
                self._draw_part(part, curves, at)
                self._draw_replicas(part, run, curves, at)
                self._label_end(part, curves)

    def _draw_part(self, part: str, curves: EvaluationCurves, at: FloatArray) -> None:
        low, high = (self._scaled(values) for values in curves.quartile(f"{part}_{self.quantity}", MEDIAN))
        self._spans.append((low, high))
        self._tell(f"{part}_{self.quantity}", curves.times()[1], 1, low, high)
        half = self._half_width(curves)
        measured, line = self.measured[part], self.lines[part]
        measured.visible = half > 0
        if half:
            line.set_data(at, self._scaled(smoothed(curves.mean(f"{part}_{self.quantity}"), half)))
        (measured if half else line).set_data(at, low, None if curves.exact else high)

    def _draw_replicas(self, part: str, run: RunView, curves: EvaluationCurves, at: FloatArray) -> None:
        self.bands[part].visible = self.runs[part].visible = run.history.replicas > 1
        if run.history.replicas > 1:
            name = f"{part}_{self.quantity}"
            lower = self._scaled(curves.quartile(name, LOWER)[0])
            upper = self._scaled(curves.quartile(name, UPPER)[1])
            self._spans.append((lower, upper))
            self.bands[part].set_data(at, lower, upper)
            self.runs[part].set_data(*curves.one_path(name, self.across, self._scaled))

    def _label_end(self, part: str, curves: EvaluationCurves) -> None:
        low, _ = curves.quartile(f"{part}_{self.quantity}", MEDIAN)
        if len(low) and not math.isnan(low[-1]):
            index, y = PARTS.index(part), float(self._scaled(low[-1:])[0])
            self.axes.end_labels.append(EndLabel(y, figure(float(low[-1])), self.theme.series[index], weight=index))

    def _half_width(self, curves: EvaluationCurves) -> int:
        return half_width(self.smooth_pill.strength.share, len(curves))

    def _draw_batch_loss(self, run: RunView) -> None:
        self.batch.visible = self._shows_batches
        self._color_batches()
        if self.batch.visible:
            losses = self._batch_losses(run)
            at = self.across(run.epochs_at(losses.steps.astype(np.float64)))
            low, high = self._scaled(losses.low), self._scaled(losses.high)
            self._spans.append((low, high))
            self._tell("batch_loss", losses.steps, losses.stride, low, high)
            self.batch.set_data(at, low, high)

    @property
    def _shows_batches(self) -> bool:
        """Whether the loss of the batches is drawn: where that is asked for, or evidence is about it."""
        return (self._batches_told or self.batch_pill.isChecked()) and self.quantity == "loss"

    @property
    def _batches_told(self) -> bool:
        evidence = self.selection.evidence
        return evidence is not None and any(item.curve == "batch_loss" for item in evidence.items)

    def _color_batches(self) -> None:
        """Draw the loss of the batches faintly, as it is noisy; plainly where it is what a finding is about."""
        share = 0.75 if self._batches_told else 0.35
        self.batch.pen = pen(mix(self.theme.surface, self.theme.series[0], share))

    def _batch_losses(self, run: RunView) -> Curve:
        """Return the loss of the batches; in a part of the last steps that is zoomed to, of each by itself."""
        left, right, _, _ = self.axes.view()
        first, last = self._step_at(run, left), self._step_at(run, right)
        if self.axes.zoomed and first >= run.history.n_steps - TAIL_STEPS:
            return last_losses(run, math.floor(first), math.ceil(last))
        return run.history.series("batch_loss", points=BATCH_POINTS)

    def _tell(self, curve: str, steps: FloatArray, stride: int, low: FloatArray, high: FloatArray) -> None:
        """Keep what of a curve evidence is about: it shall be on the axis."""
        told = rows_told(self.selection.evidence, {curve}, steps, stride)
        if told.any():
            self._told.append((low[told], high[told]))

    def _draw_ghost(self, run: RunView) -> None:
        """Draw the run before over its own epochs; it never changes, so it is read once."""
        ghost = run.ghost
        for part, pill in zip(PARTS, (self.train_pill, self.val_pill), strict=True):
            self.ghosts[part].visible = ghost is not None and pill.isChecked()
        if ghost is None:
            self._forget_ghost()
        elif not self._ghost_drawn:
            self._ghost_curves = self._ghost_curves or self._fold(ghost)
            self._take_ghost(self._ghost_curves)
            self._ghost_drawn = True

    def _take_ghost(self, curves: EvaluationCurves) -> None:
        spans = []
        for part in PARTS:
            low, high = (self._scaled(values) for values in curves.quartile(f"{part}_{self.quantity}", MEDIAN))
            self.ghosts[part].set_data(self.across(curves.times()[0]), low, None if curves.exact else high)
            if self.ghosts[part].visible:
                spans.append((low, high))
        self._ghost_extent = extent_of(spans, log=self._log)

    def _forget_ghost(self) -> None:
        self._ghost_curves, self._ghost_extent, self._ghost_drawn = None, None, False

    # -- marks

    def _draw_marks(self, run: RunView) -> None:
        marks = self.time_marks(run)
        self.axes.shade, self.axes.zones, self.patience.visible = None, [], False
        best = self._best_evaluation(run)
        if best is not None:
            _, epoch, value = best
            label = f"best, {figure(value)}" if not math.isnan(value) else "best"
            marks.append(Mark(self.place(epoch), self.theme.ok, label, f"Best evaluation: epoch {epoch:.6g}"))
            if run.experiment.stopping.early.enabled:
                self._draw_patience(run, epoch)
        self.axes.marks = marks

    def _draw_patience(self, run: RunView, best: float) -> None:
        """Shade from the best evaluation to now, and fainter on to where patience runs out."""
        latest, evaluation = run.history.evaluations.latest, run.experiment.evaluation
        assert latest is not None
        waited, patience = int(latest.waited[0]), run.experiment.stopping.early.patience
        apart = evaluation.every / (moments.steps_per_epoch(run) if evaluation.unit == "step" else 1)
        end = latest.epoch + max(0, patience - waited) * apart
        now = run.history.epoch
        tip = f"{waited:,} of {patience:,} evaluations without improvement"
        from_best, to_now, to_end = (self.place(epoch) for epoch in (best, now, max(end, now)))
        if math.isnan(from_best) or math.isnan(to_now):
            return
        self.axes.shade = (from_best, to_now, mix(self.theme.surface, self.theme.warn, 0.07))
        self.axes.zones = [Zone(from_best, to_now, tip)]
        if all(outcome is None for outcome in run.outcomes):
            tip += f"\nPatience ends at epoch {end:.6g} unless there is one"
            self.axes.zones = [Zone(from_best, to_end, tip)]
            self.patience.visible = True
            self.patience.set_data(np.array([to_now, to_end]), np.full(2, -FAR), np.full(2, FAR))

    def _best_evaluation(self, run: RunView) -> tuple[float, float, float] | None:
        latest = run.history.evaluations.latest
        if latest is None or run.history.replicas > 1:
            return None
        step = float(latest.best_step[0])
        if not (math.isfinite(step) and step > 0):
            return None
        if self._best is None or self._best[0] != step:
            evaluations = run.history.evaluations
            row = moments.row_near(evaluations, "step", step) or 0
            part = "train" if run.experiment.stopping.early.metric == "train_loss" else "val"
            value = float(evaluations.column(f"{part}_{self.quantity}")[row, 0])
            self._best = (step, float(evaluations.column("epoch")[row, 0]), value)
        return self._best

    # -- the part shown

    def _fit(self, run: RunView, curves: EvaluationCurves) -> None:
        (_, right), (bottom, top) = self.axes.limits
        shown = None if math.isnan(bottom) else (bottom, top)
        right = 10.0 ** min(right, ranges.FURTHEST) if self.log_x else right
        first = 1.0 / moments.steps_per_epoch(run)
        if not self.batch.visible:
            first = first_above_zero(curves.times()[0], first)
        extent = extent_of(self._spans, log=self._log, zero=self._from_zero)
        if self._log and run.diverged and extent is not None:
            end = max(_last_of(high) for _, high in self._spans)
            extent = extent.up_to(end, ranges.MAX_DECADES)
        limits = self._limits_of(run, extent, shown)
        self.axes.set_log(self._log)
        self.axes.set_limits(self.span_across(first, self._end(run, curves, right)), limits)
        self.axes.set_labels("epoch", self.score_pill.text() if self.quantity == "score" else "loss")
        self._note(run, curves, self._beyond(extent, limits))

    def _limits_of(self, run: RunView, extent: Extent | None, shown: ranges.Limits | None) -> ranges.Limits:
        ghost = self._ghost_extent
        full = self.full_pill.isChecked()
        if extent is not None:
            least = 1.0 if self._log else abs(extent.high)
            extent = extent.joined(ghost).whole if full else extent.stretched_to(ghost, GHOST_ROOM, least)
        extent = extent or ghost
        told = self._told_extent if extent is not None else None
        if extent is not None and told is not None:
            extent = extent.joined(told)
        ends = np.array([extent.low, extent.high]) if extent is not None else np.empty(0)
        if self._log:
            whole = full or told is not None
            return ranges.limits_of_decades(ends, shown, decades=2 * ranges.FURTHEST if whole else ranges.MAX_DECADES)
        if self.quantity == "score" and run.data.task == "classification":
            return ranges.share_limits(ends, shown)
        return ranges.linear_limits(ends, shown, zero=self._from_zero)

    @property
    def _told_extent(self) -> Extent | None:
        """What the evidence is about takes, however far that reaches; on a linear axis, as far as it can be told."""
        found: Extent | None = None
        for low, high in self._told:
            lows, highs = low[np.isfinite(low)], high[np.isfinite(high)]
            if not (len(lows) and len(highs)):
                continue
            few = len(low) <= ranges.FEW_ROWS
            bottom, top = (lows.min(), highs.max()) if few else ranges.bulk(np.concatenate([lows, highs]), 3.0)
            if self._log or max(abs(bottom), abs(top)) <= ranges.HUGE:
                extent = Extent(float(bottom), float(top), float(bottom), float(top))
                found = extent.joined(found)
        return found

    @property
    def _from_zero(self) -> bool:
        return self.quantity == "loss" and not self._log

    def _end(self, run: RunView, curves: EvaluationCurves, shown: float) -> float:
        """Return the epoch where the axis ends: with the present run, or, of a longer one before, not far behind."""
        now = max(run.history.epoch, curves.last_epoch)
        end = ranges.stepped_end(now, shown, exact=not run.playing)
        if self._ghost_curves is None:
            return end if now > 0 else 1.0
        ghost_end = self._ghost_curves.last_epoch
        if now <= 0 or self.full_pill.isChecked():
            return max(end, ghost_end, 1e-9)
        return max(end, min(ghost_end, GHOST_AHEAD * end))

    # -- what is said

    def _beyond(self, extent: Extent | None, limits: ranges.Limits) -> float | None:
        """Return the largest value, if it lies beyond the axis."""
        if extent is None or extent.highest <= limits[1]:
            return None
        return 10.0 ** min(extent.highest, ranges.FURTHEST) if self._log else extent.highest

    def _note(self, run: RunView, curves: EvaluationCurves, beyond: float | None) -> None:
        """Say what is not plain to see, in as many words as there is room for."""
        replicas, half = run.history.replicas, self._half_width(curves)
        reach, unit = f"±{2 * half * curves.evaluations_per_span:,}", "evaluations"
        if self.log_x:
            reach, unit = f"±{100 * self.smooth_pill.strength.share:g}%", "of the curve"
        largest = "" if beyond is None else ranges.scientific(beyond)
        long = (
            f"median of {replicas:,} replicas" if replicas > 1 else "",
            f"smoothed over {reach} {unit}" if half else "",
            f"up to {largest} beyond the axis" if largest else "",
        )
        short = (
            f"{replicas:,} replicas" if replicas > 1 else "", f"smoothed {reach}" if half else "",
            f"↑ {largest}" if largest else "",
        )
        ghost = "gray: the run before" if run.ghost is not None else ""
        self.axes.set_note(
            joined((*long, ghost)), joined(long), joined((*short, ghost)), joined(short), joined(short[1:]), short[1]
        )


def _last_of(values: FloatArray) -> float:
    """Return the last value that is finite."""
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else -math.inf


def last_losses(run: RunView, first: int, last: int) -> Curve:
    """Return the loss of each batch of some of the last steps, which are kept exactly however long the run is."""
    tail = run.history.tail()
    rows = (tail.steps >= first) & (tail.steps <= last)
    losses = tail.low[rows, column("batch_loss", run.history.layer_count)]
    return Curve(tail.steps[rows], losses, losses, 1)


def _faint(color: str, share: float) -> QPen:
    made = pen(color)
    made.setColor(_seen_through(color, share))
    return made


def _filled(color: str, share: float) -> QBrush:
    return QBrush(_seen_through(color, share))


def _seen_through(color: str, share: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(share)
    return made
