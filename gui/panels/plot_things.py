"""What is drawn inside axes: lines, bands between lines, and pictures stretched over a part of the view.

Each keeps its shape in pixels until its data or the view change.

Measured (600 noisy points, raster paint engine): an antialiased line one pixel wide costs 0.06 ms within a clip
rectangle, 0.12 ms without one, and no more than a jagged one; a wider pen costs 0.7 to 1.3 ms. So a bold line
is some thin ones, half a pixel apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPainterPath, QPen, QPolygonF

from gui.panels.plot_view import PlotView
from gui.panels.shapes import path, polygon

FloatArray = NDArray[np.float64]

REACH = 16_000.0
"""Pixels; what lies further out is drawn there (an infinite value has to be somewhere)."""
STROKES = {
    1: ((0.0, 0.0),),
    2: ((0.0, -0.27), (0.0, 0.27)),
    3: ((0.0, -0.5), (-0.45, 0.35), (0.45, 0.35)),
    4: ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
    5: ((0.0, -0.9), (-0.85, -0.2), (0.85, -0.2), (-0.55, 0.7), (0.55, 0.7)),
    6: ((0.0, -1.2), (1.0, -0.6), (1.0, 0.6), (0.0, 1.2), (-1.0, 0.6), (-1.0, -0.6)),
}
"""Where thin strokes lie, in device pixels, that make a thicker one."""


@dataclass
class Line:
    """A curve in view coordinates (decades on a log axis), or, where low and high differ, a filled-in envelope.

    A `bold` line is thicker than others, in bold themes too; a `thin` one is thin even there,
    and jagged: right for upright strokes.
    """

    name: str = ""
    pen: QPen = field(default_factory=lambda: QPen(Qt.PenStyle.NoPen))
    bold: bool = False
    thin: bool = False
    visible: bool = True
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    y: FloatArray = field(default_factory=lambda: np.empty(0))
    _view: PlotView | None = None
    _shape: QPolygonF | QPainterPath | QPointF | None = None

    def set_data(self, x: FloatArray, low: FloatArray, high: FloatArray | None = None) -> None:
        """Take the points to draw; of spans with a `low` and a `high` both are drawn."""
        if high is None or high is low:
            self.x, self.y = np.asarray(x, dtype=np.float64), np.asarray(low, dtype=np.float64)
        else:
            self.x, self.y = np.repeat(np.asarray(x, dtype=np.float64), 2), _zigzag(low, high)
        self._view = None

    def draw(self, painter: QPainter, view: PlotView, ratio: float, bold: bool = False) -> None:
        """Draw in pixels; `ratio` device pixels make one, and `bold` asks for thick lines altogether."""
        if not self.visible or not len(self.x):
            return
        if self._view is not view:
            self._shape = self._shaped(view)
            self._view = view
        shape = self._shape
        if isinstance(shape, QPointF):
            dot = QPen(self.pen.color(), (7.0 if bold else 5.0) * ratio)
            dot.setCosmetic(True)
            dot.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(dot)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.drawPoint(shape)
        elif shape is not None:
            painter.setPen(self.pen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self.thin)  # costs half as much again
            self._stroke(painter, shape, ratio, bold)

    def _stroke(self, painter: QPainter, shape: QPolygonF | QPainterPath, ratio: float, bold: bool) -> None:
        wanted = ratio * ((5 if self.bold else 3) if bold and not self.thin else 2 if self.bold else 1)
        x, y = 0.0, 0.0
        for across, down in STROKES[max(1, min(round(wanted), max(STROKES)))]:
            painter.translate((across - x) / ratio, (down - y) / ratio)
            x, y = across, down
            if isinstance(shape, QPolygonF):
                painter.drawPolyline(shape)
            else:
                painter.drawPath(shape)
        painter.translate(-x / ratio, -y / ratio)

    def _shaped(self, view: PlotView) -> QPolygonF | QPainterPath | QPointF | None:
        px, py = view.to_pixels(self.x, self.y)
        py.clip(view.box.top() - REACH, view.box.bottom() + REACH, out=py)  # NaN stays
        finite = np.isfinite(px + py)  # py is finite or NaN by now
        there = np.count_nonzero(finite)
        if there > 1:
            return polygon(px, py) if there == len(finite) else path(px, py)
        if there == 1:
            at = int(np.flatnonzero(finite)[0])
            return QPointF(px[at], py[at])
        return None


@dataclass
class Band:
    """The area between two curves, filled."""

    brush: QBrush = field(default_factory=QBrush)
    visible: bool = True
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    low: FloatArray = field(default_factory=lambda: np.empty(0))
    high: FloatArray = field(default_factory=lambda: np.empty(0))
    _view: PlotView | None = None
    _shape: QPolygonF | None = None

    def set_data(self, x: FloatArray, low: FloatArray, high: FloatArray) -> None:
        """Take the edges of the area, in view coordinates."""
        self.x, self.low, self.high = x, low, high
        self._view = None

    def draw(self, painter: QPainter, view: PlotView, ratio: float, bold: bool = False) -> None:
        """Draw in pixels."""
        if not self.visible:
            return
        if self._view is not view:
            self._shape = self._shaped(view)
            self._view = view
        if self._shape is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setBrush(self.brush)
            painter.drawPolygon(self._shape)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _shaped(self, view: PlotView) -> QPolygonF | None:
        whole = np.isfinite(self.x) & ~np.isnan(self.low) & ~np.isnan(self.high)
        if np.count_nonzero(whole) < 2:
            return None
        x = np.concatenate([self.x[whole], self.x[whole][::-1]])
        y = np.concatenate([self.low[whole], self.high[whole][::-1]])
        px, py = view.to_pixels(x, y)
        np.clip(py, view.box.top() - view.box.height(), view.box.bottom() + view.box.height(), out=py)
        return polygon(px, py)


@dataclass
class Map:
    """A picture stretched over a rectangle of the view; row 0 is at the bottom."""

    visible: bool = True
    smooth: bool = True
    rect: QRectF = field(default_factory=QRectF)
    image: QImage = field(default_factory=QImage)

    def set_colors(self, colors: NDArray[np.uint8], rect: QRectF) -> None:
        """Take colors of shape [height, width, 3]; row 0 belongs to the lowest y."""
        height, width, _ = colors.shape
        packed = np.empty((height, width, 4), dtype=np.uint8)
        packed[..., :3] = colors[..., ::-1]
        packed[..., 3] = 255
        # copy() lets go of the array, whose memory Qt would otherwise point into.
        self.image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        self.rect = rect

    def set_pixels(self, pixels: NDArray[np.uint32], rect: QRectF) -> None:
        """Take colors packed as Qt packs them, of shape [height, width]; row 0 belongs to the lowest y."""
        height, width = pixels.shape
        pixels = np.ascontiguousarray(pixels)
        self.image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        self.rect = rect

    def draw(self, painter: QPainter, view: PlotView, ratio: float, bold: bool = False) -> None:
        """Draw in pixels."""
        if not self.visible or self.image.isNull() or self.rect.isEmpty():
            return
        px, py = view.to_pixels(
            np.array([self.rect.left(), self.rect.right()]), np.array([self.rect.bottom(), self.rect.top()])
        )
        place = QRectF(QPointF(px[0], py[0]), QPointF(px[1], py[1]))
        shown = place.intersected(view.box)  # the user may have zoomed in a billion times
        if shown.isEmpty() or not place.width() > 0 or not place.height() > 0:
            return
        across, down = self.image.width() / place.width(), self.image.height() / place.height()
        source = QRectF(
            (shown.left() - place.left()) * across, (place.bottom() - shown.bottom()) * down,
            shown.width() * across, shown.height() * down,
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
        painter.translate(0.0, shown.top() + shown.bottom())
        painter.scale(1.0, -1.0)  # rows of the picture go up
        painter.drawImage(shown, self.image, source)
        painter.restore()


Thing = Line | Band | Map


def _zigzag(low: FloatArray, high: FloatArray) -> FloatArray:
    """Interleave so that each span is one vertical stroke, and strokes join at their nearer ends."""
    pairs = np.empty((len(low), 2))
    pairs[0::2, 0], pairs[0::2, 1] = low[0::2], high[0::2]
    pairs[1::2, 0], pairs[1::2, 1] = high[1::2], low[1::2]
    return pairs.ravel()


def decades(values: FloatArray) -> FloatArray:
    """Return log10: −inf for exact zeros (drawn along the floor), NaN for negative values (a gap)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values)
