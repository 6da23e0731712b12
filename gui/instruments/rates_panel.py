"""How fast the run converges: the kind, the order with its interval, and the steps to a target that is typed."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from gui.builder.editors.number_text import parse_number
from gui.grouped import grouped
from gui.instruments.now_and_then import NowAndThen
from gui.instruments.worked_out import WorkedOut
from gui.panels import moments, ranges
from gui.panels.panel import Panel, Table
from gui.panels.plot_axes import Guide, Line, PlotAxes, decades
from gui.panels.scale import scale
from gui.panels.time_marks import time_marks
from gui.theme import Theme, pen
from gui.tips import plain_label, plain_tip
from training.instruments.rates import QUANTITIES, RateEstimate, estimate, sequence

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

SHORT = {"train_loss": "loss", "grad_norm": "gradient"}
AHEAD = 0.5
"""The forecast goes so much further than the run has come, as a part of that."""
POINTS = 300
LEAST = 190
ROOM_FOR_SENTENCE = 260
"""Pixels of height from which on all is said in a sentence."""
MEANING = (
    "How the distance to the limit shrinks. Sublinear: like a power of the step; linear: by the same factor at every "
    "step; superlinear and quadratic: by ever larger ones. Fitted to the later part of the fall."
)


class Rates(Panel):
    """The curve on a log axis with its forecast dashed, a sentence, and a line to type a target into."""

    title = "Convergence rate"
    short_title = "Rate"
    name = "rates"
    shortcut = "Alt+9"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunView | None = None
        self.quantity = "train_loss"
        self.estimate: RateEstimate | None = None
        self._turn = NowAndThen()
        self._work = WorkedOut(self)
        self._work.done.connect(lambda found: self.attempt(self._show, *found))
        self._work.failed.connect(self.fail)
        self.axes = PlotAxes(x_label="step", y_label="training loss", log_y=True)
        self.axes.meaning = MEANING
        self.axes.setAccessibleName("Curve and forecast, over the steps")
        self.ahead, self.line = Line("forecast"), Line("curve", bold=True)
        self.axes.add(self.ahead)
        self.axes.add(self.line)
        self.sentence = plain_label()
        self.sentence.setWordWrap(True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.body.addWidget(self.sentence)
        self.body.addLayout(self._target_row())
        self.body.addWidget(self.axes, 1)
        self.setMinimumHeight(round(LEAST * scale()))
        self.group = QButtonGroup(self)
        self.pills = {
            name: self.add_pill(
                SHORT[name], f"Estimate from the {what}", checked=name == self.quantity, changed=self._chosen
            )
            for name, what in QUANTITIES.items()
        }
        for pill in self.pills.values():
            self.group.addButton(pill)
        self.axes.pointed.connect(lambda x: self.selection.point_at(max(0.0, x)) if self._run is not None else None)
        self.axes.left.connect(lambda: self.selection.point_at(None))
        self.axes.moment_clicked.connect(lambda x: self.selection.moment_wanted.emit(max(0.0, x)))
        self.figure_label.setToolTip(plain_tip(MEANING))
        self.restyle(self.theme)

    def _target_row(self) -> QHBoxLayout:
        self.target = QLineEdit()
        self.target.setPlaceholderText("0.01")
        self.target.setToolTip("A value to come down to: the steps that takes, if it goes on like this")
        self.target.setAccessibleName("Target")
        self.target.setFixedWidth(round(76 * scale()))
        self.target.textEdited.connect(lambda _: self._tell_target())
        self.answer = plain_label()
        self.answer.setProperty("role", "caption")
        self.answer.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label = plain_label("Target")
        label.setProperty("role", "label")
        label.setBuddy(self.target)
        row = QHBoxLayout()
        row.setSpacing(round(8 * scale()))
        row.addWidget(label)
        row.addWidget(self.target)
        row.addWidget(self.answer, 1, Qt.AlignmentFlag.AlignVCenter)
        return row

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        self.axes.marks = time_marks(run, lambda steps: steps, self.theme)
        evaluations = run.history.evaluations
        key = (run.history, len(evaluations), run.history.step, self.quantity)
        if not self._work.busy and self._turn.is_time(key, playing=run.playing):
            self._estimate(run)
        if self.selection.moment is not None:
            self.show_moment()
        self.axes.redraw()

    def clear(self) -> None:
        self._run, self.estimate = None, None
        self._turn.forget()
        self._work.forget()
        for line in (self.line, self.ahead):
            line.set_data(np.empty(0), np.empty(0))
        self.axes.marks, self.axes.guides = [], []
        self.axes.set_crosshair(None)
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0))
        self.sentence.setText("")
        self.answer.setText("")
        self.set_figure("")
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.line.pen = pen(theme.series[0])
        self.ahead.pen = pen(theme.series[0], dash=theme.dashes[1])

    def table(self) -> Table | None:
        """Return the sequence that was looked at."""
        if self._run is None:
            return None
        steps, values = sequence(self._run.history.evaluations, self.quantity)
        return Table(["step", QUANTITIES[self.quantity]], list(zip(steps.tolist(), values.tolist(), strict=True)))

    def show_moment(self) -> None:
        moment, run = self.selection.moment, self._run
        if moment is None or run is None or not self.isVisible():
            self.axes.set_crosshair(None)
            return
        epoch = float(moments.epochs_at(run, np.array([moment]))[0])
        rows = [("", moments.moment_text(moment, epoch))]
        row = moments.row_near(run.history.evaluations, "step", moment)
        if row is not None:
            value = float(run.history.evaluations.column(self.quantity)[row, 0])
            rows.append((self.theme.series[0], f"{QUANTITIES[self.quantity]}  {ranges.scientific(value)}"))
        self.axes.set_crosshair(moment, rows)

    # -- the estimate

    def _estimate(self, run: RunView) -> None:
        steps, values = sequence(run.history.evaluations, self.quantity)
        steps, values = steps.copy(), values.copy()  # the history goes on meanwhile

        def work() -> tuple[RunView, FloatArray, FloatArray, RateEstimate, float]:
            began = time.thread_time()
            return run, steps, values, estimate(steps, values), time.thread_time() - began

        self._work.ask(work)

    def _show(
        self, run: RunView, steps: FloatArray, values: FloatArray, found: RateEstimate, seconds: float
    ) -> None:
        self._turn.done(seconds)
        self.estimate = found
        self._say()
        self.set_figure(*_figures(found))
        self._draw(run, steps, values, found)
        self._tell_target()
        self.axes.redraw()
        self.refresh(run)  # the run may have gone on meanwhile

    def _say(self) -> None:
        """Say all in a sentence, or, where there is no room for that, what it comes to."""
        found = self.estimate
        if found is None:
            return
        whole = found.sentence if self.height() >= ROOM_FOR_SENTENCE * scale() else _figures(found)[0] or found.sentence
        if whole != self.sentence.text():
            self.sentence.setText(whole)
        self.sentence.setToolTip(plain_tip(found.sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()

    def _draw(self, run: RunView, steps: FloatArray, values: FloatArray, found: RateEstimate) -> None:
        stride = max(1, len(steps) // POINTS)
        heights = decades(values[::stride])
        self.line.set_data(steps[::stride], heights)
        ahead_x, ahead_y = forecast(found, float(values[-1])) if len(values) else (np.empty(0), np.empty(0))
        self.ahead.set_data(ahead_x, ahead_y)
        end = max(1.0, *(ahead_x[-1:].tolist() or [0.0]), float(run.history.step))
        everything = np.concatenate([heights, ahead_y])
        everything = everything[np.isfinite(everything)]
        self.axes.set_limits((0.0, ranges.stepped_end(end, self.axes.limits[0][1], exact=not run.playing)),
                             ranges.limits_of_decades(everything, self.axes.limits[1]))
        limit = found.limit
        shown = math.isfinite(limit) and limit > 0.0
        self.axes.guides = [Guide(math.log10(limit), f"limit {ranges.scientific(limit)}")] if shown else []

    def _tell_target(self) -> None:
        typed = self.target.text().strip()
        wanted = parse_number(typed, whole=False) if typed else math.nan
        valid = not typed or (isinstance(wanted, float | int) and math.isfinite(wanted))
        if bool(self.target.property("invalid")) == valid:
            self.target.setProperty("invalid", not valid)
            self.target.style().unpolish(self.target)
            self.target.style().polish(self.target)
        if not valid:
            self.answer.setText("Type a number, such as 0.01")
        elif not typed or self.estimate is None or self._run is None:
            self.answer.setText("")
        else:
            self.answer.setText(answer(self._run, self.estimate, float(wanted)))
        self.answer.setToolTip(self.answer.text())

    def _chosen(self, on: bool) -> None:
        if not on:
            return
        self.quantity = next(name for name, pill in self.pills.items() if pill.isChecked())
        self.axes.set_labels("step", QUANTITIES[self.quantity])
        self.axes.set_limits((0.0, 1.0), (math.nan, math.nan))
        if self._run is not None:
            self._turn.forget()
            self._work.forget()
            self.attempt(self.refresh, self._run)


def forecast(found: RateEstimate, now: float) -> tuple[FloatArray, FloatArray]:
    """Return steps and decades of what is to come, as far as the estimate tells and `AHEAD` goes."""
    if found.kind == "none" or not now > found.limit:
        return np.empty(0), np.empty(0)
    heights = found.limit + (now - found.limit) * np.logspace(0.0, -4.0, 60)
    steps = np.array([found.steps_to(float(height)) for height in heights])
    seen = np.isfinite(steps) & (steps <= AHEAD * max(found.last_step, 1.0))
    return found.last_step + steps[seen], decades(heights[seen])


def answer(run: RunView, found: RateEstimate, target: float) -> str:
    """Return in words how many more steps a target takes."""
    steps = found.steps_to(target)
    if math.isnan(steps):
        return "No rate to tell it from"
    if steps == 0.0:
        return "Reached already"
    if math.isinf(steps) or steps > 1e12:
        return f"Never, if it goes on like this: it approaches {ranges.scientific(found.limit)}"
    epochs = steps / moments.steps_per_epoch(run)
    return f"about {grouped(round(steps))} more steps ({epochs:.3g} epochs), if it goes on like this"


def _figures(found: RateEstimate) -> tuple[str, ...]:
    if found.kind == "none":
        return ("",)
    low, high = found.interval
    what = f"rate {found.rate:.6g} a step" if found.kind == "linear" else f"order {found.order:.3g}"
    digits = ".6g" if found.kind == "linear" else ".3g"
    return f"{found.kind} · {what} ({low:{digits}} to {high:{digits}})", f"{found.kind} · {what}", found.kind
