"""One quantity of every run of a race, overlaid: losses, a score, the rate, over steps or epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QButtonGroup

from gui.panels import moments, ranges
from gui.panels.epoch_panel import figure, precise
from gui.panels.evaluation_curves import MEDIAN, EvaluationCurves
from gui.panels.panel import Pill, Table
from gui.panels.plot_axes import EndLabel, Line, Mark, PlotAxes, decades
from gui.panels.robust_range import Extent, Span, extent_of
from gui.panels.smoothing import half_width, smoothed
from gui.panels.smoothing_pill import SmoothingPill
from gui.race.look import color_of, dash_of
from gui.race.race_panel import RacePanel
from gui.race.race_tables import evaluations_of, steps_of
from gui.race.race_view import RaceView, Runner
from gui.race.wording import difference_label, quoted, score_name
from gui.theme import Theme, mix, pen

FloatArray = NDArray[np.float64]

POINTS = 300
NEAR, NEAR_DECADES = 1.0, 0.5
"""Curves above the lower half of them are shown as far as they take no more than so many times its room,
or so many decades."""
EVALUATED = ("val_loss", "train_loss", "val_score")


@dataclass(frozen=True)
class Drawn:
    """A quantity that can be drawn: its pill, what the axis says, and what it is."""

    pill: str
    label: str
    tip: str


QUANTITIES = {
    "val_loss": Drawn("validation", "validation loss", "Loss on the held-out part"),
    "train_loss": Drawn("train", "training loss", "Loss on the training part"),
    "batch_loss": Drawn("batch", "loss of the batch", "Loss of every mini-batch"),
    "val_score": Drawn("accuracy", "accuracy", "Accuracy, or R² of a regression, on the held-out part"),
    "lr": Drawn("rate", "learning rate η", "Learning rate used at every step"),
}


SPARE = {"val_loss": 0, "train_loss": 0, "val_score": 3, "batch_loss": 4, "lr": 5}
"""Which pills are left out first where the header has no room for all: those with the largest."""


@dataclass(frozen=True, eq=False)
class Piece:
    """What is drawn of one run: where, from and to which values, and the mean of each span."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray

    @property
    def last(self) -> float:
        """The newest value."""
        return float(self.low[-1]) if len(self.low) else math.nan


class RaceCurves(RacePanel):
    """The curves of all runs in one plot, each in its color and dash, with a mark where they part."""

    title = "Learning curves"
    short_title = "Curves"
    name = "race_curves"

    def __init__(self) -> None:
        super().__init__()
        self.axes = PlotAxes(x_label="step", y_label="validation loss", log_y=True, right_room=44)
        self.axes.setAccessibleName("Curves of all runs of the race")
        self.body.addWidget(self.axes, 1)
        self.lines: list[Line] = []
        self.measured: list[Line] = []
        self._folded: list[EvaluationCurves] = []
        self._pieces: dict[int, Piece] = {}
        self._add_pills()
        self.axes.pointed.connect(self._pointed)
        self.axes.left.connect(lambda: self.selection.point_at(None))
        self.restyle(self.theme)

    def _add_pills(self) -> None:
        self.group = QButtonGroup(self)
        self.pills: dict[str, Pill] = {}
        for name, drawn in QUANTITIES.items():
            pill = self.add_pill(
                drawn.pill, drawn.tip, checked=name == "val_loss", spare=SPARE[name], changed=self._chosen
            )
            self.group.addButton(pill)
            self.pills[name] = pill
        self.smooth_pill = SmoothingPill(lambda _: self._draw_anew())
        self.add_to_header(self.smooth_pill, spare=6)
        self.log_pill = self.add_pill(
            "log y", "On a logarithmic axis", checked=True, spare=2, changed=lambda _: self._fit_anew()
        )
        self.full_pill = self.add_pill(
            "full", "Full range: every value of every run; else a run far above the others lies beyond the axis",
            spare=7, changed=lambda _: self._fit_anew(),
        )
        self.epochs_pill = self.add_pill(
            "epochs", "Over epochs instead of steps. The runs advance together by step; where their batches differ in "
            "size, an epoch takes them different numbers of steps", spare=1, changed=lambda _: self._fit_anew(),
        )

    # -- as a panel

    def start(self, race: RaceView) -> None:
        self.clear()
        self.race = race
        self.lines = [Line(runner.name, bold=True) for runner in race.runners]
        self.measured = [Line(f"{runner.name} measured") for runner in race.runners]
        for line in (*reversed(self.measured), *reversed(self.lines)):
            self.axes.add(line)
        self._folded = [_fold() for _ in race.runners]
        score = score_name(race)
        self.pills["val_score"].setText(score)
        self.pills["val_score"].setAccessibleName(score)
        held_out = all(len(runner.run.data.x_val) for runner in race.runners)
        for name in ("val_loss", "val_score"):
            self.pills[name].setEnabled(held_out)
        if not held_out and self.quantity in ("val_loss", "val_score"):
            self.pills["train_loss"].setChecked(True)
        self.axes.zoom_back()
        self._color()
        self.refresh(race)

    def refresh(self, race: RaceView) -> None:
        self.race = race
        self._pieces = {runner.place: self._piece(runner) for runner in race.runners}
        for runner in race.runners:
            self._draw(runner, self._pieces[runner.place])
        self.axes.marks = self._marks(race)
        self.axes.empty = "" if race.step or self.axes.end_labels else "Press Space to race"
        self._fit(race)
        if self.selection.moment is not None:
            self.show_moment()
        self.axes.redraw()

    def clear(self) -> None:
        for line in (*self.lines, *self.measured):
            self.axes.remove(line)
        self.race, self.lines, self.measured, self._folded, self._pieces = None, [], [], [], {}
        self.axes.marks, self.axes.end_labels = [], []
        self.axes.set_note()
        self.axes.set_crosshair(None)
        self.axes.set_limits((0.0, math.nan), (math.nan, math.nan))
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self._color()
        self._draw_anew()

    def _color(self) -> None:
        for place, (line, measured) in enumerate(zip(self.lines, self.measured, strict=True)):
            color, dash = color_of(place, self.theme), dash_of(place, self.theme)
            line.pen = pen(color, dash=dash)
            measured.pen = pen(mix(self.theme.surface, color, 0.4), dash=dash)

    def table(self) -> Table | None:
        if self.race is None or not self.race.step:
            return None
        return evaluations_of(self.race) if self.quantity in EVALUATED else steps_of(self.race, self.quantity)

    # -- pills

    @property
    def quantity(self) -> str:
        """What is drawn."""
        return next(name for name, pill in self.pills.items() if pill.isChecked())

    @property
    def over_epochs(self) -> bool:
        """Whether the axis counts epochs, not steps."""
        return self.epochs_pill.isChecked()

    @property
    def _log(self) -> bool:
        return self.log_pill.isChecked() and self.quantity != "val_score"

    def _chosen(self, on: bool) -> None:
        if on:
            self.log_pill.setEnabled(self.quantity != "val_score")
            self._fit_anew()

    def _fit_anew(self) -> None:
        self.axes.zoom_back()
        self.axes.set_limits((0.0, math.nan), (math.nan, math.nan))
        self._draw_anew()

    def _draw_anew(self) -> None:
        if self.race is not None:
            self.attempt(self.refresh, self.race)

    # -- what is drawn

    def _piece(self, runner: Runner) -> Piece:
        run, name = runner.run, self.quantity
        if name in EVALUATED:
            if not self._folded[runner.place].take(run):
                self._folded[runner.place] = _fold()
                self._folded[runner.place].take(run)
            curves = self._folded[runner.place]
            low, high = curves.quartile(name, MEDIAN)
            return Piece(curves.times()[0 if self.over_epochs else 1], low, high, curves.mean(name))
        curve = run.history.series(name, points=POINTS)
        at = curve.steps.astype(np.float64)
        middle = curve.low if curve.low is curve.high else (curve.low + curve.high) / 2
        return Piece(run.epochs_at(at) if self.over_epochs else at, curve.low, curve.high, middle)

    def _scaled(self, values: FloatArray) -> FloatArray:
        return decades(values) if self._log else values

    def _draw(self, runner: Runner, piece: Piece) -> None:
        line, measured = self.lines[runner.place], self.measured[runner.place]
        half = half_width(self.smooth_pill.strength.share, len(piece.x))
        line.visible, measured.visible = runner.shown, runner.shown and half > 0
        exact = piece.low is piece.high or np.array_equal(piece.low, piece.high, equal_nan=True)
        high = None if exact else self._scaled(piece.high)
        if half:
            measured.set_data(piece.x, self._scaled(piece.low), high)
            line.set_data(piece.x, self._scaled(smoothed(piece.mean, half)))
        else:
            line.set_data(piece.x, self._scaled(piece.low), high)

    def _marks(self, race: RaceView) -> list[Mark]:
        """Return a line where runs first differ from the first one, and ticks where something was changed."""
        parting: dict[int, list[Runner]] = {}
        for runner in race.runners[1:]:
            if runner.difference is not None:
                parting.setdefault(runner.difference, []).append(runner)
        marks = []
        for index, step in enumerate(sorted(parting)):
            runners = parting[step]
            color = color_of(runners[0].place, self.theme) if len(runners) == 1 else self.theme.muted
            label = difference_label(step)
            tip = f"{label[0].upper()}{label[1:]}: {quoted(runners)} from {quoted([race.base])}"
            marks.append(Mark(self._place(race.base, step), color, label if index == 0 else "", tip))
        return [*marks, *self._edit_marks(race)]

    def _edit_marks(self, race: RaceView) -> list[Mark]:
        marks = []
        for runner in race.runners:
            changes: dict[int, list[str]] = {}
            for edit in runner.run.edits:
                changes.setdefault(edit.step, []).append(f"{edit.key} = {edit.value}")
            for step, changed in changes.items():
                tip = f"{quoted([runner])} after step {step:,}: {', '.join(changed)}"
                marks.append(Mark(self._place(runner, step), color_of(runner.place, self.theme), tip=tip, tick=True))
        return marks

    def _place(self, runner: Runner, step: float) -> float:
        return float(runner.run.epochs_at(np.array([step]))[0]) if self.over_epochs else float(step)

    # -- the part shown

    def _fit(self, race: RaceView) -> None:
        spans: list[Span] = []
        self.axes.end_labels = []
        for runner in race.shown:
            piece = self._pieces[runner.place]
            spans.append((self._scaled(piece.low), self._scaled(piece.high)))
            last = float(self._scaled(np.array([piece.last]))[0])
            if not math.isnan(last):
                color = color_of(runner.place, self.theme)
                self.axes.end_labels.append(EndLabel(last, figure(piece.last), color, weight=-runner.place))
        (_, right), (bottom, top) = self.axes.limits
        shown = None if math.isnan(bottom) else (bottom, top)
        furthest = [run.history.epoch if self.over_epochs else run.history.step for run in _runs(race)]
        end = ranges.stepped_end(float(max(furthest)), 1.0 if math.isnan(right) else right, exact=not race.playing)
        self.axes.set_log(self._log)
        limits = self._limits(race, spans, shown)
        self.axes.set_limits((0.0, end if max(furthest) > 0 else 1.0), limits)
        self._note(race, limits[1])
        label = score_name(race) if self.quantity == "val_score" else QUANTITIES[self.quantity].label
        self.axes.set_labels("epoch" if self.over_epochs else "step", label)

    def _note(self, race: RaceView, top: float) -> None:
        """Say which curves end beyond the axis, in as many words as there is room for."""
        lasts = {runner: float(self._scaled(np.array([self._pieces[runner.place].last]))[0]) for runner in race.shown}
        beyond = [runner for runner, last in lasts.items() if last > top]
        texts = (f"{quoted(beyond)} ↑ beyond the axis", f"{len(beyond)} ↑ beyond the axis") if beyond else ()
        self.axes.set_note(*texts)

    def _limits(self, race: RaceView, spans: list[Span], shown: ranges.Limits | None) -> ranges.Limits:
        zero = not self._log and self.quantity != "val_score"
        extent = self._extent(spans, zero=zero)
        ends = np.empty(0) if extent is None else np.array([extent.low, extent.high])
        if self._log:
            full = self.full_pill.isChecked()
            return ranges.limits_of_decades(ends, shown, decades=2 * ranges.FURTHEST if full else ranges.MAX_DECADES)
        if self.quantity == "val_score" and race.base.run.data.task == "classification":
            return ranges.share_limits(ends, shown)
        return ranges.linear_limits(ends, shown, zero=zero)

    def _extent(self, spans: list[Span], *, zero: bool) -> Extent | None:
        """Return from where to where to show: around the lower half of the curves, and of the others what is near."""
        each = [extent_of([span], log=self._log, zero=zero) for span in spans]
        found = sorted((extent for extent in each if extent is not None), key=lambda extent: extent.high)
        if not found:
            return None
        half = len(found) if self.quantity == "val_score" else (len(found) + 1) // 2
        lower, everything = (reduce(Extent.joined, extents) for extents in (found[:half], found))
        if self.full_pill.isChecked():
            return everything.whole
        near = lower.stretched_to(everything, NEAR, NEAR_DECADES if self._log else abs(lower.high))
        return replace(near, low=everything.low)  # whatever comes lower than the others is what a race is about

    # -- the moment pointed at

    def _pointed(self, x: float) -> None:
        if self.race is not None:
            run = self.race.base.run
            self.selection.point_at(float(moments.steps_at(run, np.array([max(x, 0.0)]))[0]) if self.over_epochs else x)

    def show_moment(self) -> None:
        race, moment = self.race, self.selection.moment
        if race is None or moment is None:
            self.axes.set_crosshair(None)
            return
        at = self._place(race.base, moment)
        rows = [("", f"{'epoch' if self.over_epochs else 'step'} {at:.6g}")]
        for runner in race.shown:
            value = _value_at(self._pieces[runner.place], at)
            if not math.isnan(value):
                rows.append((color_of(runner.place, self.theme), f"{precise(value)}  {runner.title}"))
        self.axes.set_crosshair(at, rows)


def _fold() -> EvaluationCurves:
    return EvaluationCurves(EVALUATED, 1)


def _runs(race: RaceView) -> list[object]:
    return [runner.run for runner in race.runners]


def _value_at(piece: Piece, at: float) -> float:
    """Return the value recorded nearest to a place on the axis, up to where the run has come."""
    if not len(piece.x) or at > piece.x[-1] + 1e-9:
        return math.nan
    return float(piece.low[int(np.argmin(np.abs(piece.x - at)))])
