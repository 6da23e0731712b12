"""The norm of every layer's gradient against the step: where a signal vanishes or explodes is plain to see."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.panels import ranges
from gui.panels.panel import Panel
from gui.panels.plot_axes import ALWAYS, EndLabel, Line, PlotAxes, decades
from gui.theme import Theme, layer_colors, mix, pen

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.history import Curve

FloatArray = NDArray[np.float64]

POINTS = 220
VERTICES = 6_000
"""Points of all curves together; deep networks get fewer for each."""
MOST_ENVELOPES = 12
"""Up to so many layers, the smallest and the largest norm of every span are drawn, faintly, behind."""
MAX_DECADES = 14.0
RECENT = 0.6
"""The axis is scaled to this last part of the run: a first spike would flatten the rest."""
WHOLE = 1.6
"""… unless all values take no more than so many times the room."""

QUANTITIES = {
    "weight_grad_norm": ("weights", "L2 norm of the gradient of each layer's weights: ‖∂f/∂W‖"),
    "signal_norm": ("signal", "L2 norm of the signal passed back to each layer: ‖∂f/∂z‖"),
}


class GradientNorms(Panel):
    """One line per layer on a log axis, dark at the input, bright at the output."""

    title = "Gradient norm by layer"
    name = "gradient_norms"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = PlotAxes(x_label="step", y_label="L2 norm", log_y=True, right_room=52)
        self.axes.setAccessibleName("Gradient norm of each layer against the step")
        self.body.addWidget(self.axes, 1)
        self.lines: list[Line] = []
        self.envelopes: list[Line] = []
        self.quantity = "weight_grad_norm"
        self._run: RunView | None = None
        self._names: tuple[str, ...] = ()
        self._colors: tuple[str, ...] = ()
        self.group = QButtonGroup(self)
        self.pills = {}
        for name, (text, tip) in QUANTITIES.items():
            pill = self.add_pill(text, tip, checked=name == self.quantity, changed=self._chosen)
            self.group.addButton(pill)
            self.pills[name] = pill
        self.figure_label.setToolTip("Norm at the first layer, divided by that at the output layer, at the last step")
        self.axes.zoom_changed.connect(self._zoom_changed)
        self.restyle(self.theme)

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._names = run.layer_names
        self.lines = [Line(name) for name in self._names]
        self.envelopes = [Line(name) for name in self._names] if len(self._names) <= MOST_ENVELOPES else []
        for line in (*self.envelopes, *self.lines):
            self.axes.add(line)
        self._color_lines()
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        if len(run.layer_names) != len(self.lines):
            self.start(run)
            return
        curve = self._curve(run)
        low, high = decades(curve.low), decades(curve.high)
        middle = low if curve.stride == 1 else _middle(low, high)
        for layer, line in enumerate(self.lines):
            line.set_data(curve.steps, middle[:, layer])
        for layer, line in enumerate(self.envelopes):
            line.visible = curve.stride > 1
            line.set_data(curve.steps, low[:, layer], high[:, layer])
        self._fit(run, low, high)
        self._label(low, high)
        self._show_ratio(run)
        self.axes.note = f"replica 1 of {run.history.replicas:,}" if run.history.replicas > 1 else ""
        self.axes.redraw()

    def clear(self) -> None:
        for line in (*self.envelopes, *self.lines):
            self.axes.remove(line)
        self.lines, self.envelopes, self._names, self._run = [], [], (), None
        self.axes.end_labels, self.axes.note = [], ""
        self.set_figure("")
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0))
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self._color_lines()
        if self._run is not None:
            self.refresh(self._run)

    # -- toggles and zoom

    def _chosen(self, on: bool) -> None:
        if not on:
            return
        self.quantity = next(name for name, pill in self.pills.items() if pill.isChecked())
        if self._run is not None:
            self.axes.set_limits(self.axes.limits[0], (math.nan, math.nan))  # fit anew
            self.refresh(self._run)

    def _zoom_changed(self) -> None:
        """Fetch finer points for the part zoomed to."""
        if self.axes.zoomed and self._run is not None:
            self.refresh(self._run)

    # -- drawing

    def _curve(self, run: RunView) -> Curve:
        points = max(60, min(POINTS, VERTICES // max(1, len(self.lines))))
        if not self.axes.zoomed:
            return run.history.layers(self.quantity, points=points)
        left, right, _, _ = self.axes.view()
        first = max(1, math.floor(min(left, run.history.n_steps)))
        last = max(first, math.ceil(min(right, 1e15)))
        return run.history.layers(self.quantity, points=points, first=first, last=last)

    def _fit(self, run: RunView, low: FloatArray, high: FloatArray) -> None:
        (_, right), (bottom, top) = self.axes.limits
        end = ranges.stepped_end(run.history.n_steps, right, exact=not run.playing)
        if self.axes.zoomed:
            self.axes.set_limits((0.0, end), (bottom, top))
            return
        recent = slice(int((1.0 - RECENT) * len(low)), None)
        values = np.concatenate([low[recent].ravel(), high[recent].ravel()])
        shown = None if math.isnan(bottom) else (bottom, top)
        limits = ranges.limits_of_decades(values, shown, decades=MAX_DECADES)
        everything = ranges.limits_of_decades(np.concatenate([low.ravel(), high.ravel()]), decades=MAX_DECADES)
        if everything[1] - everything[0] <= WHOLE * (limits[1] - limits[0]):
            limits = (min(everything[0], limits[0]), max(everything[1], limits[1]))
        self.axes.set_limits((0.0, end), limits)

    def _label(self, low: FloatArray, high: FloatArray) -> None:
        labels = []
        if len(low):
            tail = max(1, len(low) // 12)
            middle = _means(_middle(low[-tail:], high[-tail:]))
            last = len(self.lines) - 1
            for layer, name in enumerate(self._names):
                # The ends tell most; of those between, the more evenly spread win.
                weight = ALWAYS if layer in (0, last) else _spread(layer)
                color = mix(self._colors[layer], self.theme.text, 0.3)  # dark purple is no color for text
                labels.append(EndLabel(middle[layer], name, color, weight))
        self.axes.end_labels = labels

    def _show_ratio(self, run: RunView) -> None:
        norms = run.history.last_layers(self.quantity)
        if len(norms) < 2 or np.isnan(norms).any():
            self.set_figure("")
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = float(norms[0] / norms[-1])
        figure = ranges.scientific(ratio)
        self.set_figure(f"layer 1 / output = {figure}", f"ratio {figure}", figure)

    def _color_lines(self) -> None:
        self._colors = layer_colors(len(self.lines), self.theme) if self.lines else ()
        for line, color in zip(self.lines, self._colors, strict=True):
            line.pen = pen(color)
        for line, color in zip(self.envelopes, self._colors, strict=False):
            faint = QColor(color)
            faint.setAlphaF(0.2)
            line.pen = pen(color)
            line.pen.setColor(faint)


def _middle(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the middle of spans in decades; of a span that reaches down to zero, its upper end."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(low), high, np.where(np.isposinf(high), low, (low + high) / 2))


def _means(values: FloatArray) -> FloatArray:
    """Return the mean of each column without NaN; −inf (a norm of zero) where nothing else is there."""
    there = np.isfinite(values)
    counts = there.sum(axis=0)
    sums = np.where(there, values, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.where(np.isnan(values).all(axis=0), np.nan, -np.inf))


def _spread(index: int) -> float:
    """Return how early `index` comes when halving a range again and again: 32, 16, 48, 8, …"""
    return float(index & -index)
