"""The learning rate against the epoch: the one used at every step, and what the schedule has still to come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from gui.panels import moments, ranges
from gui.panels.epoch_panel import EpochAxes, EpochPanel, joined, precise
from gui.panels.evaluation_curves import LOWER, MEDIAN, UPPER, EvaluationCurves
from gui.panels.evaluation_reading import median_at
from gui.panels.panel import Table
from gui.panels.plot_axes import Band, Line, Mark, decades
from gui.panels.rate_ahead import ahead_of, base_rate, decades_between, factor_of
from gui.panels.rate_table import rate_table
from gui.theme import Theme, pen

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.experiment import Experiment
    from training.schedules import Factor

FloatArray = NDArray[np.float64]

POINTS = 400
SAME = 0.002
"""An end that moves by less than this share of the axis needs no new curve."""
HEADROOM = 1.06
HEADROOM_DECADES = 0.03
"""So much higher than the highest rate the axis goes: a constant rate is no edge."""


class LearningRate(EpochPanel):
    """The rate used as a solid line, the rate to come dashed, to the last epoch of the run."""

    title = "Learning rate"
    name = "learning_rate"
    curves = frozenset({"lr"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(EpochAxes(y_label="learning rate η"), parent)
        self.axes.setAccessibleName("Learning rate against the epoch")
        self.ghost = Line("before")
        self.band = Band()
        self.runs = Line("runs")
        self.ahead = Line("to come")
        self.used = Line("used", bold=True)
        for thing in (self.ghost, self.band, self.runs, self.ahead, self.used):
            self.axes.add(thing)
        redraw = self._toggled
        self.ahead_pill = self.add_pill(
            "to come", "What the schedule has still to come, dashed, up to the last epoch", checked=True, changed=redraw
        )
        self.log_pill = self.add_pill("log y", "Learning rate on a logarithmic axis", spare=1, changed=redraw)
        self.log_x_pill = self.add_pill("log x", "Epochs on a logarithmic axis", spare=2, changed=redraw)
        self.figure_label.setToolTip("Learning rate at the last step")
        self.axes.zoom_changed.connect(self._zoom_changed)
        self._forget()
        self.restyle(self.theme)

    def _forget(self) -> None:
        self._replicas: EvaluationCurves | None = None
        self._factor: Factor | None = None
        self._factors = ahead_of(lambda step: 1.0, [])
        self._foreseen: tuple[Experiment, list[tuple[int, int]]] | None = None
        self._level = 1.0
        self._ghost_drawn = False
        self._ghost_high = math.nan

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self.axes.zoom_back()
        self._run = run
        self._factor = factor_of(run)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        if self._factor is None:
            self._factor = factor_of(run)
        self._draw_used(run)
        self._draw_ahead(run)
        self._draw_ghost(run)
        self._draw_marks(run)
        self.draw_evidence(run)
        self._fit(run)
        self._say(run)
        if self.selection.moment is not None:
            self.show_moment()
        self.axes.redraw()

    def clear(self) -> None:
        self._run = None
        self._forget()
        nothing = np.empty(0)
        for line in (self.ghost, self.runs, self.ahead, self.used):
            line.set_data(nothing, nothing)
        self.band.set_data(nothing, nothing, nothing)
        self.axes.marks, self.axes.spans = [], []
        self.axes.set_note()
        self.set_figure("")
        self.axes.set_crosshair(None)
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0) if self._log else (0.0, 1.0))
        self.axes.redraw()

    def table(self) -> Table | None:
        return None if self._run is None else rate_table(self._run, each=self._differ)

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.used.pen = pen(theme.accent)
        self.ahead.pen = pen(theme.accent, dash=theme.dashes[1])
        self.ghost.pen = pen(theme.faint)
        faint, filled = QColor(theme.accent), QColor(theme.accent)
        faint.setAlphaF(0.28)
        filled.setAlphaF(0.16)
        self.runs.pen = pen(theme.accent)
        self.runs.pen.setColor(faint)
        self.band.brush = QBrush(filled)
        if self._run is not None:
            self.refresh(self._run)

    def show_moment(self) -> None:
        run, moment = self._run, self.selection.moment
        if run is None or moment is None:
            self.axes.set_crosshair(None)
            return
        step = max(1, round(moment))
        epoch = float(moments.epochs_at(run, np.array([float(step)]))[0])
        rows = [("", moments.moment_text(step, epoch)), *self._rates_at(run, step), *self._rate_before(run, epoch)]
        self.axes.set_crosshair(self.place(epoch), rows)

    # -- toggles and zoom

    @property
    def log_x(self) -> bool:
        return self.log_x_pill.isChecked()

    @property
    def _log(self) -> bool:
        return self.log_pill.isChecked()

    def _toggled(self, _: bool) -> None:
        if self._run is not None:
            self._ghost_drawn = False
            self.axes.zoom_back()
            self.axes.set_limits((math.nan, math.nan), (math.nan, math.nan))  # fit anew
            self.refresh(self._run)

    def _zoom_changed(self) -> None:
        """Fetch finer points for the part zoomed to."""
        if self._run is not None:
            self.refresh(self._run)

    def _pieces(self, run: RunView, last: int) -> list[tuple[int, int]]:
        """Return the steps that are seen, as parts that deserve equally many points."""
        first = 1
        if self.axes.zoomed:
            left, right, _, _ = self.axes.view()
            ends = np.array([left, right])
            ends = 10.0 ** np.clip(ends, -ranges.FURTHEST, ranges.FURTHEST) if self.log_x else ends
            seen = np.clip(moments.steps_at(run, np.maximum(ends, 0.0)), 1, max(1, last))
            first, last = math.floor(seen[0]), math.ceil(seen[1])
        if last < first:
            return []
        return decades_between(first, last) if self.log_x else [(first, last)]

    # -- drawing

    def _scaled(self, values: FloatArray) -> FloatArray:
        return decades(values) if self._log else values

    def _places(self, run: RunView, steps: FloatArray) -> FloatArray:
        return self.across(moments.epochs_at(run, steps))

    def _draw_used(self, run: RunView) -> None:
        self._fold_replicas(run)
        self.band.visible = self.runs.visible = self._differ
        if self._differ:
            self._draw_replicas()
            return
        pieces = self._pieces(run, run.history.n_steps)
        points = POINTS // max(1, len(pieces))
        curves = [run.history.series("lr", points=points, first=first, last=last) for first, last in pieces]
        if not curves:
            self.used.set_data(np.empty(0), np.empty(0))
            return
        steps = np.concatenate([curve.steps for curve in curves]).astype(np.float64)
        low, high = (np.concatenate([getattr(curve, end) for curve in curves]) for end in ("low", "high"))
        exact = all(curve.stride == 1 for curve in curves)
        self.used.set_data(self._places(run, steps), self._scaled(low), None if exact else self._scaled(high))

    def _fold_replicas(self, run: RunView) -> None:
        """Take in the rates of all replicas, as far as they can differ: each may meet plateaus of its own."""
        if run.history.replicas == 1:
            return
        if self._replicas is None or self._replicas.growing != self.log_x or not self._replicas.take(run):
            self._replicas = EvaluationCurves(("lr",), run.history.replicas, growing=self.log_x)
            self._replicas.take(run)

    @property
    def _differ(self) -> bool:
        """Whether the rates of the replicas are not all the same."""
        return self._replicas is not None and self._replicas.spread("lr")

    def _draw_replicas(self) -> None:
        assert self._replicas is not None
        at = self.across(self._replicas.times()[0])
        low, high = self._replicas.quartile("lr", MEDIAN)
        self.used.set_data(at, self._scaled(low), None if self._replicas.exact else self._scaled(high))
        lower, upper = self._replicas.quartile("lr", LOWER)[0], self._replicas.quartile("lr", UPPER)[1]
        self.band.set_data(at, self._scaled(lower), self._scaled(upper))
        self.runs.set_data(*self._replicas.one_path("lr", self.across, self._scaled))

    def _draw_ahead(self, run: RunView) -> None:
        """Draw what is to come; factors are computed anew only where the run's settings, length or view change."""
        ended = all(outcome is not None for outcome in run.outcomes) and bool(run.outcomes)
        last = moments.last_step(run)
        self.ahead.visible = self.ahead_pill.isChecked() and not ended and last > run.history.n_steps
        if not self.ahead.visible or self._factor is None:
            return
        pieces = self._pieces(run, last)
        if not self._is_foreseen(run, pieces):
            self._factors = ahead_of(self._factor, pieces)
            self._foreseen = run.experiment, pieces
        factors, rate = self._factors.after(run.history.n_steps, self._factor), self._rate_now(run)
        low, high = self._scaled(rate * factors.low), self._scaled(rate * factors.high)
        at = self._places(run, factors.steps.astype(np.float64))
        self.ahead.set_data(at, low, None if factors.exact else high)

    def _is_foreseen(self, run: RunView, pieces: list[tuple[int, int]]) -> bool:
        """Tell whether the factors computed last will do: of the same settings and, but for a pixel, the same steps."""
        if self._foreseen is None or self._foreseen[0] is not run.experiment or not pieces:
            return False
        known = self._foreseen[1]
        if not known or len(known) != len(pieces):
            return False
        (first, end), (known_first, known_end) = (
            (parts[0][0], parts[-1][1]) for parts in (pieces, known)
        )
        return first == known_first and abs(end - known_end) <= SAME * (end - first)

    def _rate_now(self, run: RunView) -> float:
        """Return what the factor is multiplied by: the base rate, lowered at the plateaus met."""
        base = base_rate(run.experiment, run)
        done, plateaus = run.history.n_steps, run.experiment.schedule.kind == "plateau"
        # After an edit, the next step is the first with the new base: until then, no level can be read from the rate.
        known = done > 0 and not any(edit.step >= done for edit in run.edits)
        if (plateaus or self._differ) and known and self._factor is not None:
            expected = base * self._factor(done - 1)
            if expected > 0:
                self._level = self._last_rate(run) / expected
        return base * self._level

    def _last_rate(self, run: RunView) -> float:
        """Return the rate at the last step; of replicas that differ, the median."""
        if not self._differ:
            return run.history.last("lr")
        return float(np.median([run.history.last("lr", replica=at) for at in range(run.history.replicas)]))

    def _draw_ghost(self, run: RunView) -> None:
        """Draw the rate of the run before over its own epochs; it never changes, so it is read once."""
        ghost = run.ghost
        self.ghost.visible = ghost is not None
        if ghost is None or self._ghost_drawn:
            return
        last = ghost.history.n_steps
        pieces = decades_between(1, last) if self.log_x and last else [(1, last)]
        curves = [
            ghost.history.series("lr", points=POINTS // len(pieces), first=first, last=last) for first, last in pieces
        ]
        steps = np.concatenate([curve.steps for curve in curves]).astype(np.float64)
        low, high = (np.concatenate([getattr(curve, end) for curve in curves]) for end in ("low", "high"))
        self.ghost.set_data(self.across(ghost.epochs_at(steps)), self._scaled(low), self._scaled(high))
        self._ghost_drawn = True

    def _draw_marks(self, run: RunView) -> None:
        marks = self.time_marks(run)
        now = self.place(run.history.epoch)
        if self.ahead.visible and run.history.n_steps and math.isfinite(now):
            marks.append(Mark(now, self.theme.muted, "now", f"Now: epoch {run.history.epoch:.6g}"))
        self.axes.marks = marks

    def _fit(self, run: RunView) -> None:
        (_, right), (bottom, top) = self.axes.limits
        right = 10.0 ** min(right, ranges.FURTHEST) if self.log_x else right
        shown = None if math.isnan(bottom) else (bottom, top)
        lines = [line.y for line in (self.used, self.ahead, self.ghost) if line.visible]
        if self._differ:
            lines += [self.band.low, self.band.high]
        if self.axes.zoomed:  # what is fetched is only a part
            limits = self.axes.limits[1]
        else:
            limits = self._limits_of(np.concatenate(lines), shown)
        if self.ahead.visible:
            end = float(moments.epochs_at(run, np.array([float(moments.last_step(run))]))[0])
        else:
            end = ranges.stepped_end(run.history.epoch, right, exact=not run.playing)
        self.axes.set_log(self._log)
        self.axes.set_limits(self.span_across(1.0 / moments.steps_per_epoch(run), max(end, 1e-9)), limits)

    def _limits_of(self, values: FloatArray, shown: ranges.Limits | None) -> ranges.Limits:
        finite = values[np.isfinite(values)]
        ends = np.array([finite.min(), finite.max()]) if finite.size else finite
        if self._log:
            return ranges.limits_of_decades(ends + np.array([0.0, HEADROOM_DECADES])[: len(ends)], shown)
        return ranges.linear_limits(HEADROOM * ends, shown, zero=True)

    # -- what is said

    def _say(self, run: RunView) -> None:
        rate = self._last_rate(run)
        if not run.history.n_steps and self._factor is not None:
            rate = self._rate_now(run) * self._factor(0)
        median = "median " if self._differ else ""
        self.set_figure(f"{median}η = {precise(rate)}", precise(rate))
        schedule = run.experiment.schedule
        unforeseen = ""
        if schedule.kind == "plateau" and self.ahead.visible:
            unforeseen = f"× {schedule.factor:g} at each plateau, which cannot be foreseen"
        replicas = f"median of {run.history.replicas:,} replicas" if self._differ else ""
        ghost = "gray: the run before" if run.ghost is not None else ""
        self.axes.set_note(
            joined((replicas, unforeseen, ghost)), joined((replicas, unforeseen)), unforeseen or replicas,
            "plateaus: not foreseen" if unforeseen else ghost,
        )

    def _rates_at(self, run: RunView, step: int) -> list[tuple[str, str]]:
        color = self.theme.accent
        if step > run.history.n_steps:
            if not self.ahead.visible or step > moments.last_step(run) or self._factor is None:
                return []
            rate = self._rate_now(run) * self._factor(step - 1)
            most = "at most " if run.experiment.schedule.kind == "plateau" else ""
            return [(color, f"to come: {most}{precise(rate)}")]
        if self._differ:
            row = moments.row_near(run.history.evaluations, "step", step)
            return [] if row is None else [(color, f"median η {precise(median_at(run, 'lr', row))}")]
        return [(color, f"η {_rate_text(run, step)}")]

    def _rate_before(self, run: RunView, epoch: float) -> list[tuple[str, str]]:
        ghost = run.ghost
        if ghost is None or epoch > ghost.history.epoch:
            return []
        step = min(max(1, round(float(ghost.steps_at(np.array([epoch]))[0]))), ghost.history.n_steps)
        return [(self.theme.faint, f"before: η {_rate_text(ghost, step)}")] if step else []


def _rate_text(run: RunView, step: int) -> str:
    rates = run.history.series("lr", first=step, last=step)
    low, high = float(rates.low[0]), float(rates.high[0])
    return precise(low) if low == high else f"{precise(low)} to {precise(high)}"
