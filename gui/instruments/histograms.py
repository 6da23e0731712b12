"""Where weights, gradients or activations lie: of one layer over time, as colors, or of all layers at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from gui.grouped import grouped
from gui.instruments.layer_pill import LayerPill
from gui.instruments.readings_panel import ReadingsPanel
from gui.instruments.ridges import Ridges
from gui.panels import ranges
from gui.panels.color_key import Bar, ColorKey
from gui.panels.plot_axes import Map, PlotAxes
from gui.theme import Theme, viridis_table
from training.instruments.histograms import BINS, LayerHistograms

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

COLUMNS = 240
"""Readings in the picture, at the most."""
ROWS = 96
LEVELS = 256
OUTLIERS = 0.01
"""So much of the values, at either end, may lie outside the axis."""


class Histograms(ReadingsPanel):
    """Time from left to right, values from bottom to top; the brighter, the more of the layer's values are there.

    With the pill “now”, all layers at the moment shown.
    """

    title = "Histograms by layer"
    short_title = "Histograms"
    name = "histograms"
    shortcut = "Alt+2"
    instruments: Mapping[str, str] = {
        "weight_histogram": "weights", "gradient_histogram": "gradients", "activation_histogram": "activations",
    }
    curves = frozenset(instruments)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", grid=False), parent)
        self.map = Map(smooth=False)
        self.axes.add(self.map)
        self.key = ColorKey()
        self.body.addWidget(self.key)
        self.layer_pill = LayerPill(lambda layer: self.selection.select_layer(layer))
        self.add_to_header(self.layer_pill, spare=-1)
        self.ridges = Ridges()
        self.ridges.hide()
        self.body.addWidget(self.ridges, 1)
        self.ridges.clicked.connect(lambda x, y: self.attempt(self._ridge_clicked, y))
        self.now_pill = self.add_pill(
            "now", "All layers at the moment shown, in the place of one layer over time", spare=-2,
            changed=self._switched,
        )
        self._shown: ranges.Limits | None = None
        self.restyle(self.theme)

    @property
    def layer(self) -> int:
        """The layer shown: the one selected, else the first."""
        layers = len(self._run.layer_names) if self._run is not None else 0
        selected = self.selection.layer
        return selected if selected is not None and selected < layers else 0

    def begin_view(self, run: RunView) -> None:
        self._shown = None
        self.axes.set_labels("step", self.row.title.lower())
        self.ridges.set_labels(self.row.title.lower(), "")
        self.ridges.begin(run.layer_names)
        self.color_view()

    def clear_view(self) -> None:
        self.map.visible = False
        self._shown = None
        self.key.set_key(())
        self.ridges.clear()
        self.ridges.redraw()
        self.axes.set_limits((0.0, 1.0), (-1.0, 1.0))

    def restyle(self, theme: Theme) -> None:
        self.key.restyle(theme)
        self.ridges.restyle(theme)
        super().restyle(theme)

    def color_view(self) -> None:
        self.ridges.color(self.theme, self.selection.layer)

    def extras(self) -> list[tuple[int, QWidget]]:
        unused = self.layer_pill if self.now else None
        return [extra for extra in super().extras() if extra[1] is not unused]

    @property
    def now(self) -> bool:
        """Whether all layers are shown at one moment."""
        return self.now_pill.isChecked()

    def _switched(self, on: bool) -> None:
        for widget in (self.axes, self.key):
            widget.setVisible(not on)
        self.ridges.setVisible(on)
        if self._run is not None:
            self.attempt(self.refresh, self._run)

    def _ridge_clicked(self, y: float) -> None:
        layer = self.ridges.layer_at(y)
        if layer is not None:
            self.selection.toggle_layer(layer)

    def show_layer(self) -> None:
        if self._run is not None:
            self._shown = None
            self.color_view()
            self.refresh(self._run)

    def draw_view(self, run: RunView) -> None:
        self.layer_pill.show_layers(run.layer_names, self.layer)
        if self.now:
            self._draw_now(run)
        else:
            self._draw_over_time(run)
        self._say(run)

    def _draw_now(self, run: RunView) -> None:
        reading = self.series(run).at(run.shown_step)
        self.ridges.empty = self.axes.empty
        if reading is not None:
            self.ridges.show_histograms(LayerHistograms.of(reading.values), self.theme)
        self.ridges.redraw()

    def _draw_over_time(self, run: RunView) -> None:
        steps, values = self.series(run).some(COLUMNS)
        layers = [LayerHistograms.of(row) for row in values]
        known = [index for index, each in enumerate(layers) if np.isfinite(each.low[self.layer])]
        self.map.visible = bool(known)
        heights = self._shown or (-1.0, 1.0)
        if known:
            edges = np.stack([layers[index].edges(self.layer) for index in known])
            shares = np.stack([layers[index].shares[self.layer] for index in known])
            heights = self._shown = ranges.linear_limits(_bulk(edges, shares), self._shown)
            self._draw(steps[known].astype(np.float64), edges, shares, heights, run)
        self.axes.set_limits(self.time_limits(run), heights)

    def _draw(
        self, steps: FloatArray, edges: FloatArray, shares: FloatArray, heights: ranges.Limits, run: RunView
    ) -> None:
        """Draw equal columns of time, each with the reading made last before it."""
        rows = spread(edges, shares, np.linspace(*heights, ROWS + 1))
        end = max(float(run.history.step), steps[-1], 1.0)
        times = (np.arange(COLUMNS) + 0.5) / COLUMNS * (end - steps[0]) + steps[0]
        column = np.clip(np.searchsorted(steps, times, side="right") - 1, 0, len(steps) - 1)
        most = float(np.quantile(rows.max(axis=1), 0.9)) or 1.0
        levels = (np.sqrt(np.clip(rows[column].T / most, 0.0, 1.0)) * (LEVELS - 1)).astype(np.uint8)
        self.map.set_colors(viridis_table(LEVELS)[levels], QRectF(steps[0], heights[0], end - steps[0],
                                                                  heights[1] - heights[0]))
        texts = ("0", f"{most / 4:.0%}", f"{most:.0%}")
        tip = f"Share of the values in a strip of {(heights[1] - heights[0]) / ROWS:.2g}; the scale is a square root"
        self.key.set_key((), Bar(viridis_table(64), texts), tip=tip)

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        reading = self.series(run).at(step)
        if reading is None:
            return []
        return [("", f"{run.layer_names[self.layer]}  {summary(LayerHistograms.of(reading.values), self.layer)}")]

    def _say(self, run: RunView) -> None:
        reading = self.series(run).at(run.shown_step)
        if self.now:
            self.set_figure(f"after step {grouped(reading.step)}" if reading is not None else "", "")
            return
        self.set_figure(
            summary(LayerHistograms.of(reading.values), self.layer) if reading is not None else "", ""
        )


def spread(edges: FloatArray, shares: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return the share of the values in other bins ``[K, len(wanted) - 1]``, as if they lay evenly within theirs.

    Parameters
    ----------
    edges, shares
        Histograms: ``[K, BINS + 1]`` and ``[K, BINS]``.
    wanted
        Edges of the bins asked for.
    """
    below = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
    return np.stack([
        np.diff(np.interp(wanted, edge, total)) for edge, total in zip(edges, below, strict=True)
    ])


def summary(layers: LayerHistograms, layer: int) -> str:
    """Return from where to where the values of a layer reach."""
    low, high = float(layers.low[layer]), float(layers.high[layer])
    return f"{ranges.scientific(low)} to {ranges.scientific(high)}"


def _bulk(edges: FloatArray, shares: FloatArray) -> FloatArray:
    """Return where nearly all values of every histogram lie, as values to fit an axis around."""
    below = np.cumsum(shares, axis=1)
    total = below[:, -1:]
    first = np.argmax(below >= OUTLIERS * total, axis=1)
    last = np.minimum(np.argmax(below >= (1.0 - OUTLIERS) * total, axis=1) + 1, BINS)
    rows = np.arange(len(edges))
    return np.concatenate([edges[rows, first], edges[rows, last]])
