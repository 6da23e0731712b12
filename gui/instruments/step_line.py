"""Whether the last step went too far or not far enough: the loss along its line, and the best length over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.instruments.readings_panel import POINTS, ReadingsPanel
from gui.panels import ranges
from gui.panels.plot_axes import Guide, Line, Mark, PlotAxes, decades
from gui.theme import Theme, pen
from training.instruments.step_line import ALPHAS

if TYPE_CHECKING:
    from gui.run_view import RunView

LENGTHS = np.array(ALPHAS)
BEYOND = 2.0
"""The line is shown to so many times its best length, and to twice the step at least."""


class StepLoss(ReadingsPanel):
    """At the left the loss along the line of the last step; at the right α*, at which it was lowest, over the steps."""

    title = "Loss along the step"
    name = "step_line"
    shortcut = "Alt+5"
    instruments: Mapping[str, str] = {"step_line": ""}
    curves = frozenset(instruments)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", y_label="best length α*", log_y=True), parent)
        self.profile = PlotAxes(x_label="length α", y_label="loss")
        self.profile.x_axis.counts = False
        self.profile.setAccessibleName("Loss along the line of the last step")
        self.profile.meaning = self.axes.meaning
        beside = QWidget()
        row = QHBoxLayout(beside)
        row.setContentsMargins(0, 0, 0, 0)
        self.body.replaceWidget(self.axes, beside)
        self.body.setStretchFactor(beside, 1)
        row.addWidget(self.profile, 1)
        row.addWidget(self.axes, 1)
        self.best = Line("α*", bold=True)
        self.along = Line("loss", bold=True)
        self.axes.add(self.best)
        self.profile.add(self.along)
        self.figure_label.setToolTip("Length of a step, against the one made, at which the loss would have been lowest")
        self.restyle(self.theme)

    def clear_view(self) -> None:
        nothing = np.empty(0)
        self.best.set_data(nothing, nothing)
        self.along.set_data(nothing, nothing)
        self.axes.guides = []
        self.axes.set_limits((0.0, 1.0), (-1.0, 1.0))
        self.profile.set_limits((0.0, BEYOND), (0.0, 1.0))
        self.profile.marks = []
        self.profile.redraw()

    def restyle(self, theme: Theme) -> None:
        self.profile.restyle(theme)
        super().restyle(theme)

    def color_view(self) -> None:
        self.best.pen = pen(self.theme.series[0])
        self.along.pen = pen(self.theme.series[0])

    def draw_view(self, run: RunView) -> None:
        steps, values = self.series(run).some(POINTS)
        heights = decades(values[:, 0]) if len(values) else np.empty(0)
        self.best.set_data(steps.astype(np.float64), heights)
        limits = ranges.limits_of_decades(np.append(heights, 0.0), self.axes.limits[1]) if len(heights) else (-1.0, 1.0)
        self.axes.guides = [Guide(0.0, "the step made")] if len(heights) else []
        self.axes.set_limits(self.time_limits(run), limits)
        self.profile.empty, self.axes.empty = self.axes.empty, ""  # the profile has the wider labels, and comes first
        self.axes.setVisible(bool(len(heights)))  # what is said instead has all the room
        self._draw_profile(run)

    def _draw_profile(self, run: RunView) -> None:
        reading = self.series(run).at(run.shown_step)
        if reading is None or not math.isfinite(reading.values[0]):
            self.along.set_data(np.empty(0), np.empty(0))
            self.profile.marks = []
            self.set_figure("")
        else:
            best, losses = float(reading.values[0]), reading.values[2:]
            end = next((alpha for alpha in ALPHAS if alpha >= max(2.0, BEYOND * best)), ALPHAS[-1])
            seen = end >= LENGTHS
            self.along.set_data(LENGTHS[seen], losses[seen])
            self.profile.set_limits((0.0, end), ranges.linear_limits(losses[seen]))
            self.profile.marks = [
                Mark(1.0, self.theme.muted, "step", f"The step made, after step {reading.step:,}"),
                Mark(best, self.theme.accent, "", f"Lowest at α* = {best:.3g}"),
            ]
            self.set_figure(f"α* = {best:.3g}: {verdict(best)}", f"α* = {best:.3g}")
        self.profile.redraw()

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        reading = self.series(run).at(step)
        if reading is None or not math.isfinite(reading.values[0]):
            return []
        best = float(reading.values[0])
        return [(self.theme.series[0], f"α*  {best:.3g}"), ("", verdict(best))]


def verdict(best: float) -> str:
    """Return what the best length says of the step made."""
    if best < 0.5:
        return "up the other side"
    if best < 1.0 / 1.25:
        return "too long"
    return "about right" if best <= 1.25 else "too short"
