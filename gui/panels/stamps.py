"""Many small marks at points of a plot: discs, rings and crosses."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from gui.panels.painting import painter_of
from gui.panels.plot_view import PlotView

FloatArray = NDArray[np.float64]


class Stamps:
    """Many small marks, kept as one picture until they or the view change."""

    def __init__(self) -> None:
        self.groups: list[tuple[QPixmap, FloatArray, FloatArray]] = []
        self._picture: QPixmap | None = None
        self._key: object = None

    def set_groups(self, groups: list[tuple[QPixmap, FloatArray, FloatArray]]) -> None:
        """Take marks: each group is a stamp and the x and y, in view coordinates, it is put at."""
        self.groups = groups
        self._picture = None

    def draw(self, painter: QPainter, view: PlotView, ratio: float) -> None:
        """Draw in pixels of the widget."""
        if not self.groups:
            return
        key = (view.x, view.y, view.box.width(), view.box.height(), ratio)
        if self._picture is None or key != self._key:
            self._picture = self._render(view, ratio)
            self._key = key
        painter.drawPixmap(view.box.topLeft(), self._picture)

    def _render(self, view: PlotView, ratio: float) -> QPixmap:
        box = view.box
        picture = QPixmap(max(1, math.ceil(box.width() * ratio)), max(1, math.ceil(box.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with painter_of(picture) as painter:
            for stamp, x, y in self.groups:
                half = stamp.deviceIndependentSize().width() / 2
                px, py = view.to_pixels(x, y)
                px, py = px - box.left(), py - box.top()
                inside = (np.abs(px) < 1e5) & (np.abs(py) < 1e5)
                for left, top in zip((px[inside] - half).tolist(), (py[inside] - half).tolist(), strict=True):
                    painter.drawPixmap(QPointF(left, top), stamp)
        return picture


def disc(color: str, *, edge: str, diameter: float = 7.0, hollow: bool = False, ratio: float = 1.0) -> QPixmap:
    """Return a stamp: a disc of `color` with a thin edge, or, `hollow`, a ring of `color`."""
    size = diameter + 3.0
    stamp = _blank(size, ratio)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    circle = QRectF(1.5, 1.5, diameter, diameter)
    if hollow:
        under = QColor(edge)
        under.setAlphaF(0.55)
        painter.setPen(QPen(under, 2.6))
        painter.drawEllipse(circle.adjusted(0.6, 0.6, -0.6, -0.6))
        painter.setPen(QPen(QColor(color), 1.5))
        painter.drawEllipse(circle.adjusted(0.6, 0.6, -0.6, -0.6))
    else:
        painter.setPen(QPen(QColor(edge), 0.8))
        painter.setBrush(QColor(color))
        painter.drawEllipse(circle)
    painter.end()
    return stamp


def cross(color: str, *, edge: str, size: float = 9.0, ratio: float = 1.0) -> QPixmap:
    """Return a stamp: a diagonal cross that stands out on any ground."""
    stamp = _blank(size + 3.0, ratio)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    low, high = 2.5, size + 0.5
    for ink, width in ((edge, 3.0), (color, 1.5)):
        painter.setPen(QPen(QColor(ink), width))
        painter.drawLine(QPointF(low, low), QPointF(high, high))
        painter.drawLine(QPointF(low, high), QPointF(high, low))
    painter.end()
    return stamp


def _blank(size: float, ratio: float) -> QPixmap:
    stamp = QPixmap(math.ceil(size * ratio), math.ceil(size * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    return stamp
