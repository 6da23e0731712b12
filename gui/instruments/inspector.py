"""One layer looked at closely: its weights, gradients and activations now, and its figures over the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from gui.instruments.layer_pill import LayerPill
from gui.instruments.readings_panel import architecture_of
from gui.panels import ranges
from gui.panels.layer_view import middle_of
from gui.panels.moments import moment_text
from gui.panels.panel import Panel, Table
from gui.panels.plot_axes import Band, Line, PlotAxes, decades
from gui.panels.plot_axis import Axis
from gui.panels.scale import scale
from gui.panels.time_marks import time_marks
from gui.theme import Theme, layer_colors, mix, pen
from gui.tips import plain_label
from training.instruments.catalog import INSTRUMENTS
from training.instruments.histograms import LayerHistograms

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

POINTS = 160
LEAST = 240
"""Pixels of height below which six plots could not be read."""
HISTOGRAMS = {"weight_histogram": "weights", "gradient_histogram": "gradients", "activation_histogram": "activations"}


@dataclass(frozen=True)
class Curve:
    """A line in one of the plots over time: of the history, or of an instrument."""

    name: str
    label: str
    recorded: bool


PLOTS: tuple[tuple[str, bool, tuple[Curve, ...]], ...] = (
    ("norms", True, (
        Curve("weight_grad_norm", "weights", True), Curve("signal_norm", "signal", True),
    )),
    ("‖ΔW‖ / ‖W‖", True, (Curve("update_ratio", "update ratio", True),)),
    ("shares", False, (Curve("dead_units", "dead", False), Curve("saturation", "saturated", False))),
)


class NarrowAxis(Axis):
    """Short numbers: there are three plots side by side."""

    @property
    def widest(self) -> str:
        return "0.001"


class LayerInspector(Panel):
    """Above, three histograms at the moment shown; below, three plots over the steps; figures between title and plots.

    It shows the layer selected in any view, else the first.
    """

    title = "Layer inspector"
    short_title = "Layer"
    name = "layer_inspector"
    shortcut = "I"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunView | None = None
        self.layer_pill = LayerPill(lambda layer: self.selection.select_layer(layer))
        self.add_to_header(self.layer_pill)
        self.words = plain_label()
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.body.addWidget(self.words)
        plots = QWidget()
        grid = QGridLayout(plots)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(6 * scale()))
        grid.setVerticalSpacing(round(2 * scale()))
        self.body.addWidget(plots, 1)
        self.histograms: dict[str, tuple[PlotAxes, Band]] = {}
        for column, (name, text) in enumerate(HISTOGRAMS.items()):
            axes, band = PlotAxes(x_label=text, right_room=6), Band()
            axes.x_axis.counts, axes.y_axis = False, NarrowAxis()
            axes.setAccessibleName(f"Histogram of the {text} of the layer")
            axes.meaning = f"{INSTRUMENTS[name].note}\nHeight: share of the values in a bin"
            axes.add(band)
            grid.addWidget(axes, 0, column)
            self.histograms[name] = axes, band
        self.plots: list[tuple[PlotAxes, tuple[Line, ...]]] = []
        for column, (label, log, curves) in enumerate(PLOTS):
            axes = PlotAxes(x_label=label, right_room=6)
            axes.y_axis = NarrowAxis(log=log)
            axes.setAccessibleName(f"{label} of the layer, over the steps")
            axes.meaning = "\n".join(f"{curve.label}: {_formula(curve)}" for curve in curves)
            lines = tuple(Line(curve.label) for curve in curves)
            for line in lines:
                axes.add(line)
            axes.pointed.connect(self._pointed)
            axes.left.connect(lambda: self.selection.point_at(None))
            axes.moment_clicked.connect(lambda x: self.selection.moment_wanted.emit(max(0.0, x)))
            grid.addWidget(axes, 1, column)
            self.plots.append((axes, lines))
        self.setMinimumHeight(round(LEAST * scale()))
        self.restyle(self.theme)

    @property
    def layer(self) -> int:
        """The layer shown."""
        layers = len(self._run.layer_names) if self._run is not None else 0
        selected = self.selection.layer
        return selected if selected is not None and selected < layers else 0

    @property
    def needed(self) -> tuple[str, ...]:
        """The instruments that are to be read while the panel is seen."""
        return (*HISTOGRAMS, *(curve.name for _, _, curves in PLOTS for curve in curves if not curve.recorded))

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        self._color()
        for axes in self._all_axes():
            axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        self.layer_pill.show_layers(run.layer_names, self.layer)
        self._draw_histograms(run)
        self._draw_plots(run)
        self._say(run)
        if self.selection.moment is not None:
            self.show_moment()

    def clear(self) -> None:
        self._run = None
        nothing = np.empty(0)
        for axes, band in self.histograms.values():
            band.set_data(nothing, nothing, nothing)
            axes.set_limits((-1.0, 1.0), (0.0, 1.0))
            axes.redraw()
        for axes, lines in self.plots:
            for line in lines:
                line.set_data(nothing, nothing)
            axes.marks = []
            axes.set_crosshair(None)
            axes.set_limits((0.0, 1.0), (-4.0, 0.0) if axes.y_axis.log else (0.0, 1.0))
            axes.redraw()
        self.words.setText("")
        self.set_figure("")

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        for axes in self._all_axes():
            axes.restyle(theme)
        self._color()
        for _, lines in self.plots:
            for index, line in enumerate(lines):
                line.pen = pen(theme.series[index], dash=theme.dashes[index])
        if self._run is not None:
            self.refresh(self._run)

    def show_layer(self) -> None:
        if self._run is not None and self.isVisible():
            for axes, _ in self.histograms.values():
                axes.zoom_back()
            for axes, _ in self.plots:
                axes.set_limits(axes.limits[0], (math.nan, math.nan))
            self._color()
            self.refresh(self._run)

    def table(self) -> Table | None:
        """Return the histograms of the layer at the moment shown."""
        if self._run is None:
            return None
        rows: list[list[object]] = []
        for name, text in HISTOGRAMS.items():
            reading = self._run.instruments[name].at(self._run.shown_step)
            if reading is None:
                continue
            layers = LayerHistograms.of(reading.values)
            edges = layers.edges(self.layer)
            rows += [
                [text, reading.step, low, high, share]
                for low, high, share in zip(edges[:-1], edges[1:], layers.shares[self.layer], strict=True)
            ]
        return Table(["of", "step", "from", "to", "share"], rows) if rows else None

    def show_moment(self) -> None:
        moment, run = self.selection.moment, self._run
        for (axes, _), (_, _, curves) in zip(self.plots, PLOTS, strict=True):
            if moment is None or run is None or not self.isVisible():
                axes.set_crosshair(None)
                continue
            epoch = float(run.epochs_at(np.array([moment]))[0])
            rows = [("", moment_text(moment, epoch))]
            for index, curve in enumerate(curves):
                value = self._value(run, curve, int(moment))
                if not math.isnan(value):
                    rows.append((self.theme.series[index], f"{curve.label}  {ranges.scientific(value)}"))
            axes.set_crosshair(moment, rows)

    # -- what is drawn

    def _all_axes(self) -> list[PlotAxes]:
        return [*(axes for axes, _ in self.histograms.values()), *(axes for axes, _ in self.plots)]

    def _color(self) -> None:
        layers = len(self._run.layer_names) if self._run is not None else 1
        color = layer_colors(layers, self.theme)[self.layer]
        for _, band in self.histograms.values():
            band.brush = QBrush(QColor(mix(self.theme.surface, color, 0.8)))

    def _draw_histograms(self, run: RunView) -> None:
        for name, (axes, band) in self.histograms.items():
            reading = run.instruments[name].at(run.shown_step)
            layers = LayerHistograms.of(reading.values) if reading is not None else None
            if layers is None or not math.isfinite(layers.low[self.layer]):
                band.set_data(np.empty(0), np.empty(0), np.empty(0))
                axes.empty = "not read yet"
                axes.redraw()
                continue
            edges, shares = layers.edges(self.layer), layers.shares[self.layer]
            x, height = np.repeat(edges, 2)[1:-1], np.repeat(shares, 2)
            band.set_data(x, np.zeros_like(height), height)
            axes.empty = ""
            heights = ranges.linear_limits(shares, axes.limits[1], zero=True)
            axes.set_limits((float(edges[0]), float(edges[-1])), heights)
            axes.redraw()

    def _draw_plots(self, run: RunView) -> None:
        for (axes, lines), (_, log, curves) in zip(self.plots, PLOTS, strict=True):
            for line, curve in zip(lines, curves, strict=True):
                line.set_data(*self._points(run, curve, log=log))
            heights = np.concatenate([line.y for line in lines])
            bottom, top = axes.limits[1]
            shown = None if math.isnan(bottom) else (bottom, top)
            limits = ranges.limits_of_decades(heights, shown) if log else (0.0, 1.0)
            end = ranges.stepped_end(run.history.n_steps, axes.limits[0][1], exact=not run.playing)
            axes.marks = time_marks(run, lambda steps: steps, self.theme)
            axes.set_limits((0.0, end if run.history.n_steps else 1.0), limits)
            axes.redraw()

    def _points(self, run: RunView, curve: Curve, *, log: bool) -> tuple[FloatArray, FloatArray]:
        if curve.recorded:
            if not run.history.n_steps:
                return np.empty(0), np.empty(0)
            found = run.history.layers(curve.name, points=POINTS)
            low, high = found.low[:, self.layer], found.high[:, self.layer]
            return found.steps.astype(np.float64), middle_of(decades(low), decades(high))
        steps, values = run.instruments[curve.name].some(POINTS)
        if not len(values) or self.layer >= values.shape[1]:
            return np.empty(0), np.empty(0)
        shares = values[:, self.layer]
        return steps.astype(np.float64), decades(shares) if log else shares

    def _value(self, run: RunView, curve: Curve, step: int) -> float:
        """Return what a curve had at a step, or was last known to have; NaN where nothing is known."""
        if curve.recorded:
            if not 1 <= step <= run.history.n_steps:
                return math.nan
            found = run.history.layers(curve.name, first=step, last=step)
            return float(found.high[-1, self.layer]) if len(found) else math.nan
        reading = run.instruments[curve.name].at(step)
        known = reading is not None and self.layer < len(reading.values)
        return float(reading.values[self.layer]) if reading is not None and known else math.nan

    # -- what is said

    def _say(self, run: RunView) -> None:
        architecture = architecture_of(run)
        if architecture is None:
            return
        fan_in, fan_out = architecture.weight_slots[self.layer].shape
        parts = [f"{fan_in} → {fan_out}"]
        if self.layer < len(architecture.activations):
            parts.append(architecture.activations[self.layer])
        step = run.shown_step
        for curve in (curve for _, _, curves in PLOTS for curve in curves):
            value = self._value(run, curve, step)
            if not math.isnan(value):
                told = ranges.scientific(value) if curve.recorded else f"{value:.0%}"
                parts.append(f"{_LONG[curve.name]} {told}")
        self.set_figure(run.layer_names[self.layer])
        text = " · ".join(parts)
        self.words.setText(text)
        self.words.setToolTip(text)

    def _pointed(self, x: float) -> None:
        if self._run is not None:
            self.selection.point_at(max(0.0, x))


_LONG = {
    "weight_grad_norm": "‖∂f/∂W‖", "signal_norm": "‖∂f/∂z‖", "update_ratio": "update ratio", "dead_units": "dead",
    "saturation": "saturated",
}


def _formula(curve: Curve) -> str:
    if curve.name in INSTRUMENTS:
        return INSTRUMENTS[curve.name].formula
    return {"weight_grad_norm": "‖∂f/∂W‖", "signal_norm": "‖∂f/∂z‖, z the output of the linear map"}[curve.name]
