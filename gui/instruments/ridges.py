"""The histograms of all layers at one moment, one above the other: what they share is an axis of values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QColor

from gui.panels import ranges
from gui.panels.plot_axes import ALWAYS, Band, EndLabel, Line, PlotAxes
from gui.panels.plot_axis import NamedAxis
from gui.theme import Theme, layer_colors, mix, pen
from training.instruments.histograms import BINS, LayerHistograms

FloatArray = NDArray[np.float64]

HEIGHT = 0.86
"""Of the room of a layer, so much is taken by its tallest bin."""
OUTLIERS = 0.01
"""So much of the values of a layer, at either end, may lie outside the axis."""
MEANING = (
    "The values of each layer at the moment shown, each histogram as tall as its fullest bin; σ: their standard "
    "deviation.\nClick a layer: select it in all views"
)


class Ridges(PlotAxes):
    """A ridge for each layer, from the first at the bottom to the output at the top, with its spread at the right."""

    def __init__(self) -> None:
        super().__init__(right_room=62, grid=False)
        self.x_axis.counts = False
        self.y_axis = self.names = NamedAxis()
        self.y_apart = 14.0
        self.meaning = MEANING
        self.setAccessibleName("Histograms of all layers at the moment shown")
        self._bands: list[Band] = []
        self._outlines: list[Line] = []
        self._values: ranges.Limits | None = None

    def begin(self, names: Sequence[str]) -> None:
        """Make the ridges of a network."""
        self.names.names = tuple(names)
        self._bands, self._outlines = [Band() for _ in names], [Line(name) for name in names]
        self.things = [thing for pair in zip(self._bands, self._outlines, strict=True) for thing in pair]
        self._values, self.end_labels = None, []
        self.set_limits((-1.0, 1.0), (0.0, float(max(1, len(names)))))
        self.forget_view()

    def color(self, theme: Theme, selected: int | None) -> None:
        """Take the colors of a theme; the layer selected stands out."""
        for layer, color in enumerate(layer_colors(max(1, len(self._bands)), theme)[: len(self._bands)]):
            faint = selected is not None and selected != layer
            self._bands[layer].brush = QBrush(QColor(mix(theme.surface, color, 0.2 if faint else 0.55)))
            self._outlines[layer].pen = pen(mix(theme.surface, color, 0.4) if faint else color)
            self._outlines[layer].bold = selected == layer

    def show_histograms(self, found: LayerHistograms, theme: Theme) -> None:
        """Draw what was read at one moment."""
        self.end_labels = []
        known = np.flatnonzero(np.isfinite(found.low)).tolist()
        colors = layer_colors(max(1, len(self._bands)), theme)
        for layer, (band, outline) in enumerate(zip(self._bands, self._outlines, strict=True)):
            if layer not in known:
                band.set_data(np.empty(0), np.empty(0), np.empty(0))
                outline.set_data(np.empty(0), np.empty(0))
                continue
            x, height = _steps(found.edges(layer), found.shares[layer])
            band.set_data(x, np.full_like(x, layer), layer + height)
            outline.set_data(x, layer + height)
            label = f"σ {ranges.scientific(spread_of(found, layer))}"
            weight = ALWAYS if layer in (0, len(self._bands) - 1) else 1.0
            self.end_labels.append(EndLabel(layer + 0.4, label, mix(colors[layer], theme.text, 0.3), weight))
        if known:
            ends = np.concatenate([_bulk(found.edges(layer), found.shares[layer]) for layer in known])
            self._values = ranges.linear_limits(ends, self._values)
            self.set_limits(self._values, (0.0, float(len(self._bands))))

    def clear(self) -> None:
        """Draw nothing."""
        self.begin(())

    def layer_at(self, y: float) -> int | None:
        """Return the layer at a height of the view; None where there is none."""
        layer = math.floor(y)
        return layer if 0 <= layer < len(self._bands) else None


def spread_of(found: LayerHistograms, layer: int) -> float:
    """Return the standard deviation of the values of a layer, as if all of a bin lay in its middle."""
    edges, shares = found.edges(layer), found.shares[layer]
    if not shares.sum() > 0.0 or found.low[layer] == found.high[layer]:
        return 0.0
    middles = (edges[:-1] + edges[1:]) / 2.0
    mean = np.average(middles, weights=shares)
    return float(np.sqrt(np.average((middles - mean) ** 2, weights=shares)))


def _steps(edges: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the outline of a histogram, as tall as `HEIGHT`."""
    height = shares * HEIGHT / max(float(shares.max()), 1e-12)
    return np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(height, 2), [0.0]])


def _bulk(edges: FloatArray, shares: FloatArray) -> FloatArray:
    """Return between which values nearly all of a layer lie."""
    below = np.cumsum(shares)
    first = int(np.argmax(below >= OUTLIERS * below[-1]))
    last = min(int(np.argmax(below >= (1.0 - OUTLIERS) * below[-1])) + 1, BINS)
    return np.array([edges[first], edges[last]])
