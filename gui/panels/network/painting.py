"""The picture of the network without its bars: edges, skip arcs, units, and the marks of norm and dropout.

Measured: wide pens cost four times as much as thin ones, so that strong edges are several thin strokes side by side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from gui.panels.network.edges import Edges
from gui.panels.network.geometry import Column, Layout, text_every
from gui.panels.printing import wants_vectors
from gui.theme import Theme, layer_colors, mix, pen, text_font
from models.architecture import Architecture

FloatArray = NDArray[np.float64]

BOLD_LAYERS = 12
"""Networks deeper than this have no room for bold lines."""
OPACITY = (0.15, 0.34, 0.7)
"""Of small, middling and large weights."""
STROKES = (1, 2, 3)
"""Strokes side by side for the same."""
LEVELS = 24
"""Units have one of so many colors, by mean activation."""
SAME = 1e-6
"""Mean activations closer than this share of their size count as equal."""


@dataclass
class Picture:
    """Everything that is drawn of a network and changes slowly.

    Attributes
    ----------
    means
        Mean activation of every unit of every column, or None where it is not known.
    maps
        A strip of pictures for every column, one square for each unit drawn, in place of discs.
    sketch
        Whether the network is only planned: it has no weights yet.
    """

    layout: Layout
    architecture: Architecture
    theme: Theme
    ratio: float
    edges: Edges
    means: Sequence[FloatArray | None] = ()
    maps: Sequence[QImage] = ()
    sketch: bool = False
    stamps: dict[tuple[str, float], QPixmap] = field(default_factory=dict)

    def paint(self, painter: QPainter) -> None:
        """Draw it all, from the back to the front."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_skips(painter)
        self._paint_edges(painter)
        self._paint_norm_outlines(painter)
        self._paint_units(painter)
        self._paint_dropout_marks(painter)
        self._paint_summaries(painter)
        if self.sketch:
            self._paint_widths(painter)

    # -- edges

    def _paint_edges(self, painter: QPainter) -> None:
        edges = self.edges
        bold = len(self.layout.columns) <= BOLD_LAYERS
        for strength in range(len(OPACITY)):
            for negative in (False, True):
                chosen = (edges.strength == strength) & ((edges.value < 0) == negative)
                if chosen.any():
                    lines = [QLineF(*ends) for ends in edges.lines[chosen].tolist()]
                    painter.setPen(self._edge_pen(negative, strength))
                    self._stroke(painter, lines, STROKES[strength] if bold else 1)

    def _stroke(self, painter: QPainter, lines: list[QLineF], strokes: int) -> None:
        strokes = round(strokes * self.ratio * max(1.0, 0.75 * self.layout.scale)) + self.theme.bold
        apart = 0.5 / self.ratio
        painter.translate(0.0, -0.5 * apart * (strokes - 1))
        for _ in range(strokes):
            painter.drawLines(lines)
            painter.translate(0.0, apart)
        painter.translate(0.0, -0.5 * apart * (strokes + 1))

    def _edge_pen(self, negative: bool, strength: int) -> QPen:
        return edge_pen(self.theme, negative, strength, deep=len(self.layout.columns) > BOLD_LAYERS, sketch=self.sketch)

    # -- around the units

    def _paint_skips(self, painter: QPainter) -> None:
        shape, columns, scale = self.architecture, self.layout.columns, self.layout.scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        foot, height = self.layout.node_top - 3.0, 0.62 * self.layout.node_top
        for block in range(len(shape.hidden)):
            if not shape.skip_ends_at(block):
                continue
            # What is added through weights of its own is drawn in longer dashes than what is added as it is.
            dash = (7.0, 3.0) if shape.needs_projection(block) else (3.0, 3.0)
            painter.setPen(pen(self.theme.muted, width=1.5 if self.theme.bold else 1.0, dash=dash))
            start, end = columns[block + 1 - shape.skip_every], columns[block + 1]
            bend = min(0.25 * (end.x - start.x), 40.0 * scale)
            path = QPainterPath(QPointF(start.x + 1.0, foot))
            top = foot - height / 0.75
            path.cubicTo(QPointF(start.x + bend, top), QPointF(end.x - bend, top), QPointF(end.x - 1.0, foot))
            painter.drawPath(path)

    def _paint_norm_outlines(self, painter: QPainter) -> None:
        if self.architecture.normalization == "none":
            return
        dash = (3.0, 2.0) if self.architecture.normalization == "layer" else ()
        painter.setPen(pen(self.theme.muted, dash=dash))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for column in self.layout.columns[1:-1]:
            reach = column.radius + 2.5
            outline = QRectF(column.x - reach, column.top - 2.5, 2 * reach, column.bottom - column.top + 5.0)
            corner = 4.0 if self.maps else reach
            painter.drawRoundedRect(outline, corner, corner)

    def _paint_dropout_marks(self, painter: QPainter) -> None:
        if not self.architecture.dropout:
            return
        for column in self.layout.columns[1:-1]:
            paint_dropout_mark(painter, QPointF(column.x, column.bottom + 6.0), self.theme, self.layout.scale)

    # -- units

    def _paint_units(self, painter: QPainter) -> None:
        if self.maps:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for column, strip in zip(self.layout.columns, self.maps, strict=True):
                self._paint_maps(painter, column, strip)
            return
        for index, column in enumerate(self.layout.columns):
            means = self.means[index] if index < len(self.means) else None
            for color, y in zip(self._unit_colors(column, means), column.y.tolist(), strict=True):
                if wants_vectors():
                    _paint_disc(painter, QPointF(column.x, y), color, self.theme.surface, column.radius)
                    continue
                stamp = self._stamp(color, column.radius)
                half = stamp.deviceIndependentSize().width() / 2
                painter.drawPixmap(QPointF(column.x - half, y - half), stamp)

    def _paint_maps(self, painter: QPainter, column: Column, strip: QImage) -> None:
        side, cells = 2 * column.radius, strip.width()
        painter.setPen(pen(self.theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, y in enumerate(column.y.tolist()):
            square = QRectF(column.x - column.radius, y - column.radius, side, side)
            painter.drawImage(square, strip, QRectF(0, place * cells, cells, cells))
            painter.drawRect(square)

    def _unit_colors(self, column: Column, means: FloatArray | None) -> list[str]:
        """Return a color for each unit: by mean activation against the layer's other units where that is known."""
        if means is None or self.sketch:
            return [mix(self.theme.surface, self.theme.text, 0.25 if self.sketch else 0.45)] * len(column.units)
        values, levels = means[column.units], unit_colors(self.theme)
        low, high = float(values.min()), float(values.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            return [mix(self.theme.surface, self.theme.text, 0.45)] * len(column.units)
        if high - low <= SAME * max(abs(low), abs(high), SAME):
            return [levels[LEVELS // 2]] * len(column.units)
        return [levels[level] for level in ((values - low) / (high - low) * (LEVELS - 1)).astype(int).tolist()]

    def _stamp(self, color: str, radius: float) -> QPixmap:
        stamp = self.stamps.get((color, radius))
        if stamp is None:
            stamp = self.stamps[color, radius] = _disc(color, self.theme.surface, radius, self.ratio)
        return stamp

    def _paint_summaries(self, painter: QPainter) -> None:
        font = label_font(self.layout.scale)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        columns = self.layout.columns
        every = text_every(metrics.horizontalAdvance("… 1024"), self.layout.step)
        for index, column in enumerate(columns):
            if column.summarized:
                self._paint_ellipsis(painter, column)
                if (len(columns) - 1 - index) % every == 0:
                    painter.setPen(QColor(self.theme.muted))
                    place = QRectF(column.x - 40, self.layout.text_top, 80, metrics.height())
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"… {column.width}")

    def _paint_widths(self, painter: QPainter) -> None:
        """Write the width of every layer where values stand else."""
        font, columns = label_font(self.layout.scale), self.layout.columns
        metrics = QFontMetricsF(font)
        every = text_every(metrics.horizontalAdvance("1024"), self.layout.step)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        for column in columns[:: -every][::-1]:
            place = QRectF(column.x - 40, self.layout.bar_bottom + 1, 80, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(column.width))

    def _paint_ellipsis(self, painter: QPainter, column: Column) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.muted))
        middle = float(column.y.mean())
        gap = max(3.0, 0.5 * min(column.radius, 7.5 * self.layout.scale) + 2)
        for offset in (-gap, 0.0, gap):
            painter.drawEllipse(QPointF(column.x, middle + offset), 1.2, 1.2)


def label_font(scale: float) -> QFont:
    """Return the font of everything written in the diagram."""
    return text_font(scale, px=10.5)


@lru_cache(maxsize=8)
def unit_colors(theme: Theme) -> tuple[str, ...]:
    """Return the colors of units, from the lowest mean activation of a layer to its highest."""
    return layer_colors(LEVELS, theme)


def edge_pen(theme: Theme, negative: bool, strength: int, *, deep: bool = False, sketch: bool = False) -> QPen:
    """Return the pen of an edge: color and dash tell the sign, opacity (and the number of strokes) the size."""
    color = QColor(theme.faint if sketch else theme.series[1 if negative else 0])
    # In deep networks, where only the largest weights are drawn, edges are close.
    color.setAlphaF(min(1.0, OPACITY[strength] * (0.65 if deep else 1.0) * (1.25 if theme.bold else 1.0)))
    made = QPen(color, 1.0)
    made.setCosmetic(True)
    if negative:
        made.setDashPattern([5.0, 3.0])
    return made


def paint_dropout_mark(painter: QPainter, at: QPointF, theme: Theme, scale: float) -> None:
    """Draw a small circle struck through."""
    painter.setPen(pen(theme.muted))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = 2.6 * scale
    painter.drawEllipse(at, radius, radius)
    painter.drawLine(at + QPointF(-radius, radius), at + QPointF(radius, -radius))


def _disc(color: str, edge: str, radius: float, ratio: float) -> QPixmap:
    size = 2 * radius + 3
    stamp = QPixmap(math.ceil(size * ratio), math.ceil(size * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = stamp.deviceIndependentSize().width() / 2
    _paint_disc(painter, QPointF(middle, middle), color, edge, radius)
    painter.end()
    return stamp


def _paint_disc(painter: QPainter, at: QPointF, color: str, edge: str, radius: float) -> None:
    painter.setPen(QPen(QColor(edge), 1.0))
    painter.setBrush(QColor(color))
    painter.drawEllipse(at, radius, radius)
