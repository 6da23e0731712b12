"""A line for each layer over the steps, dark at the input, bright at the output; the run before faintly behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from gui.evidence import MARKS, tone
from gui.panels import ranges
from gui.panels.layer_view import WHOLE, LayerView, curve_by_decade, middle_of
from gui.panels.panel import scale
from gui.panels.plot_axes import ALWAYS, EndLabel, Line, PlotAxes, decades
from gui.panels.plot_view import PlotView
from gui.theme import pen

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.history import Curve

FloatArray = NDArray[np.float64]

POINTS = 220
VERTICES = 6_000
"""Points of all curves together; deep networks get fewer for each."""
MOST_ENVELOPES = 12
"""Up to so many layers, the smallest and the largest value of every span are drawn, faintly, behind."""
MOST_GHOSTS = 3
"""Of a run before with more layers than this, only the first and the last are drawn, and the one selected."""
NEAR = 9.0
"""Pixels from a line within which a click means it."""


class LayerCurves(LayerView):
    """One line per layer on a log axis."""

    points = POINTS
    shows_ghost = True

    def __init__(self, *, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", y_label=y_label, log_y=True, right_room=52), parent)
        self.lines: list[Line] = []
        self.envelopes: list[Line] = []
        self.ghosts: list[Line] = []
        self._ghost: RunView | None = None
        self._ghost_limits: ranges.Limits | None = None
        self.restyle(self.theme)

    # -- as a view

    def begin_view(self, run: RunView) -> None:
        self.lines = [Line(name) for name in self._names]
        self.envelopes = [Line(name, thin=True) for name in self._names] if len(self._names) <= MOST_ENVELOPES else []
        for line in (*self.envelopes, *self.lines):
            self.axes.add(line)
        self.points = max(60, min(POINTS, VERTICES // max(1, len(self.lines))))

    def clear_view(self) -> None:
        self.axes.things.clear()
        self.lines, self.envelopes = [], []
        self.forget_ghost()
        self.axes.end_labels = []
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0))

    def draw_view(self, run: RunView, curve: Curve) -> None:
        low = decades(curve.low)
        high = low if curve.high is curve.low or curve.stride == 1 else decades(curve.high)
        middle = middle_of(low, high)
        steps = self.across(np.asarray(curve.steps, dtype=np.float64))
        for layer, line in enumerate(self.lines):
            line.set_data(steps, middle[:, layer])
        for layer, line in enumerate(self.envelopes):
            line.visible = curve.stride > 1
            if line.visible:
                line.set_data(steps, low[:, layer], high[:, layer])
        self._draw_ghost(run)
        self._fit(run, curve, low, high)
        self._label(middle)
        self.show_figure(run)

    def show_figure(self, run: RunView) -> None:
        """Show a figure beside the title."""

    def color_view(self) -> None:
        super().color_view()
        selected = self.selected
        for layer, (line, color) in enumerate(zip(self.lines, self._colors, strict=True)):
            line.bold = layer == selected
            line.pen = _faint(color, 0.3) if selected is not None and not line.bold else pen(color)
        for layer, (line, color) in enumerate(zip(self.envelopes, self._colors, strict=False)):
            line.pen = _faint(color, 0.2 if selected in (None, layer) else 0.06)
        for line in self.ghosts:
            line.pen = pen(self.theme.faint)

    def show_layer(self) -> None:
        if self._run is not None:
            self.color_view()
            self.forget_ghost()
            self.refresh(self._run)
            self.show_moment()

    def layer_at(self, x: float, y: float) -> int | None:
        """Return the layer whose line is nearest, if one is near."""
        view = self.axes.plot_view
        px, py = view.to_pixels(np.array([x]), np.array([y]))
        best, found = NEAR * scale(), None
        for layer, line in enumerate(self.lines):
            away = _distance(line, view, float(px[0]), float(py[0]))
            if away < best:
                best, found = away, layer
        return found

    # -- the run before

    def forget_ghost(self) -> None:
        for line in self.ghosts:
            if line in self.axes.things:
                self.axes.remove(line)
        self.ghosts, self._ghost, self._ghost_limits = [], None, None

    def _draw_ghost(self, run: RunView) -> None:
        """Fold the run before once: nothing about it changes any more."""
        if run.ghost is self._ghost:
            return
        self.forget_ghost()
        self._ghost = ghost = run.ghost
        if ghost is None or not ghost.history.n_steps:
            return
        names = ghost.layer_names
        shown = range(len(names)) if len(names) <= MOST_GHOSTS else sorted({0, self.selected or 0, len(names) - 1})
        curve = self._whole(ghost)
        steps = self.across(np.asarray(curve.steps, dtype=np.float64))
        middle = middle_of(decades(curve.low), decades(curve.high))
        for layer in shown:
            if layer < len(names):
                line = Line(f"{names[layer]} before", pen=pen(self.theme.faint))
                line.set_data(steps, middle[:, layer])
                self.ghosts.append(line)
        self.axes.things[:0] = self.ghosts
        if self.ghosts:
            self._ghost_limits = ranges.limits_of_decades(np.concatenate([line.y for line in self.ghosts]))

    def _whole(self, run: RunView) -> Curve:
        """Return the quantity over a whole run, whatever part is shown."""
        if self.log_x:
            return curve_by_decade(run, self.quantity, self.points, 1, run.history.n_steps)
        return run.history.layers(self.quantity, points=self.points)

    # -- drawing

    def guide_limits(self, limits: ranges.Limits) -> ranges.Limits:
        """Return the limits with room for what shall be seen beside the lines."""
        return limits

    def _fit(self, run: RunView, curve: Curve, low: FloatArray, high: FloatArray) -> None:
        bottom, top = self.axes.limits[1]
        time = self.time_limits(run)
        if self.axes.zoomed:
            self.axes.set_limits(time, (bottom, top))
            return
        limits = self.scaled_to(run, curve, low, high, None if math.isnan(bottom) else (bottom, top))
        if self._ghost_limits is not None:  # shown too, unless that would flatten the lines of now
            both = min(limits[0], self._ghost_limits[0]), max(limits[1], self._ghost_limits[1])
            if self.full_pill.isChecked() or both[1] - both[0] <= WHOLE * (limits[1] - limits[0]):
                limits = both
        self.axes.set_limits(time, self.guide_limits(limits))

    def _label(self, middle: FloatArray) -> None:
        labels = []
        if len(middle):
            ends = _means(middle[-max(1, len(middle) // 12) :])
            last, selected = len(self.lines) - 1, self.selected
            evidence, in_evidence = self.selection.evidence, self.layers_in_evidence
            for layer, name in enumerate(self._names):
                # The ends tell most; of those between, the more evenly spread win.
                weight = ALWAYS if layer in (0, last, selected) else _spread(layer)
                color = self.theme.faint if selected not in (None, layer) else self.label_color(layer)
                if evidence is not None and layer in in_evidence:
                    name, color = f"{MARKS[evidence.severity]} {name}", tone(evidence.severity, self.theme)
                labels.append(EndLabel(ends[layer], name, color, weight))
        self.axes.end_labels = labels


def _distance(line: Line, view: PlotView, px: float, py: float) -> float:
    """Return how many pixels a point is from a line, roughly: from its vertices and the spans between them."""
    x, y = view.to_pixels(line.x, line.y)
    near = np.flatnonzero(np.abs(x - px) < 4 * NEAR)
    if not len(near):
        return math.inf
    first, last = max(0, int(near[0]) - 1), min(len(x), int(near[-1]) + 2)
    x, y = x[first:last], y[first:last]
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return math.inf
    x, y = x[finite], y[finite]
    if len(x) == 1:
        return float(math.hypot(x[0] - px, y[0] - py))
    dx, dy = np.diff(x), np.diff(y)
    along = np.clip(((px - x[:-1]) * dx + (py - y[:-1]) * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
    return float(np.hypot(x[:-1] + along * dx - px, y[:-1] + along * dy - py).min())


def _faint(color: str, share: float) -> QPen:
    made = pen(color)
    faint = QColor(color)
    faint.setAlphaF(share)
    made.setColor(faint)
    return made


def _means(values: FloatArray) -> FloatArray:
    """Return the mean of each column without NaN; −inf (a norm of zero) where nothing else is there."""
    there = np.isfinite(values)
    counts = there.sum(axis=0)
    sums = np.where(there, values, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.where(np.isnan(values).all(axis=0), np.nan, -np.inf))


def _spread(index: int) -> float:
    """Return how early `index` comes when halving a range again and again: 32, 16, 48, 8, …"""
    return float(index & -index)
