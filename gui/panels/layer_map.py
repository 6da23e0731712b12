"""The norm of every layer's gradient as a picture, layer × time: patterns over depth and time at a glance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from gui.evidence import tone
from gui.panels import ranges
from gui.panels.gradient_norms import GRADIENT_CURVES, GRADIENTS
from gui.panels.layer_view import LayerView, middle_of
from gui.panels.panel import scale
from gui.panels.plot_axes import Map, PlotAxes, decades
from gui.panels.plot_axis import NamedAxis
from gui.panels.plot_marks import static_text
from gui.theme import Theme, mix, pen, viridis, viridis_table
from training.history import Curve

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]
Pixels = NDArray[np.uint32]

COLUMNS = 360
"""Moments in the picture: about one a pixel."""
LEVELS = 254
ZERO, BROKEN = 254, 255
"""Entries of the color table after those of viridis: a norm of exactly zero, and one that is no number."""
HATCH_ROWS = 512
"""Rows of pictures with hatching: enough for a slanted pattern in a few rows, and in 64."""
HATCH = 5
"""Width of its stripes, in columns and rows of the picture."""
MAX_DECADES = 10.0
LINE = 12.0
"""Pixels between two names of layers."""
BAR_WIDTH = 8.0


class MapAxes(PlotAxes):
    """Axes of layers and steps, with a bar at the right that tells what the colors mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(x_label="step", right_room=52, grid=False, parent=parent)
        self.y_axis = self.names = NamedAxis()
        self.y_apart = LINE
        self.levels: ranges.Limits | None = None
        self.outlined: int | None = None
        self.marked: tuple[frozenset[int], str] = (frozenset(), "")
        self._bar = _bar_picture()

    def _draw_foreground(self, painter: QPainter) -> None:
        super()._draw_foreground(painter)
        box = self.plot_rect()
        if self.outlined is not None:
            _, py = self.plot_view.to_pixels(np.zeros(2), np.array([self.outlined, self.outlined + 1.0]))
            row = QRectF(QPointF(box.left(), py[1]), QPointF(box.right(), py[0])).intersected(box)
            for color, inset in ((self.theme.surface, 1.0), (self.theme.text, 0.0)):  # seen on any color
                painter.setPen(pen(color, width=1.0))
                painter.drawRect(row.adjusted(inset, inset, -inset - 1, -inset - 1))
        self._draw_marked(painter, box)
        if self.levels is not None:
            self._draw_bar(painter, box, self.levels)

    def _draw_marked(self, painter: QPainter, box: QRectF) -> None:
        """Mark some layers at the left of their rows."""
        layers, color = self.marked
        for layer in layers:
            _, py = self.plot_view.to_pixels(np.zeros(2), np.array([layer, layer + 1.0]))
            top, bottom = max(py[1], box.top()), min(py[0], box.bottom())
            if bottom > top:
                painter.fillRect(QRectF(box.left() - 4 * scale(), top, 3 * scale(), bottom - top), QColor(color))

    def _draw_bar(self, painter: QPainter, box: QRectF, levels: ranges.Limits) -> None:
        left, width = box.right() + 6 * scale(), BAR_WIDTH * scale()
        bar = QRectF(left, box.top(), width, box.height())
        painter.drawImage(bar, self._bar)
        painter.setPen(QColor(self.theme.muted))
        line = float(painter.fontMetrics().height())
        low, high = levels
        for tick in ranges.log_ticks(low, high, max(2, min(6, int(box.height() / (24 * scale()))))):
            y = bar.bottom() - (tick - low) / (high - low) * bar.height()
            top = min(max(y - line / 2, bar.top() - 4), bar.bottom() - line + 2)
            painter.drawStaticText(QPointF(bar.right() + 3 * scale(), top), static_text(ranges.decade(tick)))


class LayerMap(LayerView):
    """Rows are layers, the output at the top; columns are moments; colors are norms on a log scale."""

    title = "Gradient norm · layer × time"
    short_title = "Layer × time"
    name = "layer_map"
    curves = GRADIENT_CURVES
    quantities = GRADIENTS
    points = COLUMNS
    max_decades = MAX_DECADES

    def __init__(self, parent: QWidget | None = None) -> None:
        self.map_axes = MapAxes()
        super().__init__(self.map_axes, parent)
        self.axes.setAccessibleName("Gradient norm of each layer over the steps, as colors")
        self.axes.meaning = "Hatched: a norm of exactly 0 (gray), or one that is no finite number (orange)"
        self.map = Map(smooth=False)
        self.axes.add(self.map)
        self._colors_of_levels = np.zeros(LEVELS + 2, dtype=np.uint32)
        self.restyle(self.theme)

    # -- as a view

    def begin_view(self, run: RunView) -> None:
        self.map_axes.names.names = self._names
        self.map.visible = True

    def clear_view(self) -> None:
        self.map.visible = False
        self.map_axes.levels, self.map_axes.outlined = None, None
        self.map_axes.marked = frozenset(), ""
        self.map_axes.names.names = ()
        self.axes.set_limits((0.0, 1.0), (0.0, 1.0))

    def restyle(self, theme: Theme) -> None:
        self._colors_of_levels = level_colors(theme)
        super().restyle(theme)

    def draw_view(self, run: RunView, curve: Curve) -> None:
        if run.ended_at is not None:  # what comes after the end is no broken norm
            there = curve.steps <= run.ended_at
            curve = Curve(curve.steps[there], curve.low[there], curve.high[there], curve.stride)
        values = middle_of(decades(curve.low), decades(curve.high))
        time = self.time_limits(run)
        if len(values):
            levels = self._levels(run, curve, values)
            first, picture = self._columns(curve, level_indices(values, levels))
            self.map.set_pixels(colored(picture, self._colors_of_levels), first)
            self.map_axes.levels = levels
        self.map.visible = len(values) > 0
        self.map_axes.outlined = self.selected
        self.axes.set_limits(time, (0.0, float(max(1, len(self._names)))))

    def draw_evidence(self) -> None:
        super().draw_evidence()
        evidence = self.selection.evidence
        color = tone(evidence.severity, self.theme) if evidence is not None else ""
        self.map_axes.marked = self.layers_in_evidence, color

    def show_layer(self) -> None:
        self.map_axes.outlined = self.selected
        self.axes.redraw()
        self.show_moment()

    def layer_at(self, x: float, y: float) -> int | None:
        row = math.floor(y)
        return row if 0 <= row < len(self._names) else None

    def text_color(self, layer: int) -> str:
        """Return the color that the layer has at the moment pointed at."""
        moment, levels = self.selection.moment, self.map_axes.levels
        values = None
        if self._run is not None and moment is not None:
            values = self.values_at(self._run, max(1, round(moment)))
        if values is None or levels is None:
            return ""
        middle = middle_of(decades(values[0]), decades(values[1]))
        index = int(level_indices(middle[layer : layer + 1], levels)[0])
        return f"#{int(self._colors_of_levels[index]) & 0xFFFFFF:06x}"

    def zoomed_limits(self, exponents: FloatArray) -> ranges.Limits:
        return self.axes.limits[1]  # rows are layers: all of them

    # -- the picture

    def _levels(self, run: RunView, curve: Curve, values: FloatArray) -> ranges.Limits:
        shown = None if math.isnan(self.axes.limits[1][0]) else self.map_axes.levels
        if self.axes.zoomed and shown is not None:
            return shown  # colors keep their meaning while one looks around
        return self.scaled_to(run, curve, values, values, shown)

    def _columns(self, curve: Curve, indices: NDArray[np.uint8]) -> tuple[QRectF, NDArray[np.uint8]]:
        """Return which part of the view the picture takes, and its levels [layers, columns], in equal columns."""
        layers = indices.shape[1]
        first, end = float(curve.steps[0]) - 1.0, float(curve.steps[-1]) + curve.stride - 1.0
        if not self.log_x:
            return QRectF(first, 0.0, end - first, layers), indices.T
        left, right = math.log10(max(first, 0.5)), math.log10(max(end, 1.0))
        steps = 10.0 ** (left + (np.arange(COLUMNS) + 0.5) / COLUMNS * (right - left))
        column = np.clip(np.searchsorted(curve.steps - 1.0, steps, side="right") - 1, 0, len(curve) - 1)
        return QRectF(left, 0.0, right - left, layers), indices[column].T


def level_indices(exponents: FloatArray, levels: ranges.Limits) -> NDArray[np.uint8]:
    """Return the entry of the color table for log10 of norms (shape kept)."""
    low, high = levels
    with np.errstate(invalid="ignore"):
        share = np.clip((exponents - low) * ((LEVELS - 1) / (high - low)), 0, LEVELS - 1)
    infinite = ~np.isfinite(exponents)
    if not infinite.any():
        return share.astype(np.uint8)
    indices = np.where(infinite, 0.0, share).astype(np.uint8)
    indices[infinite] = np.where(np.isneginf(exponents[infinite]), ZERO, BROKEN)
    return indices


def level_colors(theme: Theme) -> Pixels:
    """Return the colors of all levels as Qt packs them; those of zero and of no number come last."""
    table = viridis_table(LEVELS).astype(np.uint32)
    packed = (0xFF << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2]
    more = [_packed(mix(theme.surface, theme.text, 0.35)), _packed(theme.error)]
    return np.concatenate([packed.astype(np.uint32), np.array([*more, _packed(theme.surface)], dtype=np.uint32)])


def colored(indices: NDArray[np.uint8], colors: Pixels) -> Pixels:
    """Return a picture [rows, columns] of levels [layers, columns]: hatched where there is no color for a norm."""
    special = indices >= ZERO
    if not special.any():
        return colors[indices]
    layers, columns = indices.shape
    fine = max(1, HATCH_ROWS // layers)
    picture = colors[indices].repeat(fine, axis=0)
    rows, across = np.arange(layers * fine)[:, None], np.arange(columns)[None, :]
    slant = np.where(indices == ZERO, 1, -1).repeat(fine, axis=0)
    gaps = special.repeat(fine, axis=0) & (((rows * slant + 2 * across) // HATCH) % 2 == 0)
    picture[gaps] = colors[-1]
    return picture


def _packed(color: str) -> int:
    return QColor(color).rgb() & 0xFFFFFFFF


def _bar_picture() -> QImage:
    picture = QImage(1, 64, QImage.Format.Format_RGB32)
    for row in range(64):
        picture.setPixelColor(0, row, QColor(viridis(1.0 - row / 63)))
    return picture
