"""Many small marks at points of a plot: discs, rings and crosses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from gui.panels.painting import painter_of
from gui.panels.plot_view import PlotView
from gui.panels.printing import wants_vectors

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Stamp:
    """A small mark: how it is drawn, into a square of `size` pixels."""

    size: float
    paint: Callable[[QPainter], None]

    def picture(self, ratio: float) -> QPixmap:
        """Return the mark for a screen with `ratio` device pixels to a pixel."""
        made = QPixmap(math.ceil(self.size * ratio), math.ceil(self.size * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        with painter_of(made) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint(painter)
        return made


Group = tuple[Stamp, FloatArray, FloatArray]


class Stamps:
    """Many small marks, kept as one picture until they or the view change."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._picture: QPixmap | None = None
        self._key: object = None

    def set_groups(self, groups: list[Group]) -> None:
        """Take marks: each group is a stamp and the x and y, in view coordinates, it is put at."""
        self.groups = groups
        self._picture = None

    def draw(self, painter: QPainter, view: PlotView, ratio: float) -> None:
        """Draw in pixels of the widget."""
        if not self.groups:
            return
        if wants_vectors():
            self._draw_each(painter, view)
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
            for stamp, corners in self._corners(view):
                mark = stamp.picture(ratio)
                for left, top in corners:
                    painter.drawPixmap(QPointF(left - box.left(), top - box.top()), mark)
        return picture

    def _draw_each(self, painter: QPainter, view: PlotView) -> None:
        for stamp, corners in self._corners(view):
            for left, top in corners:
                painter.save()
                painter.translate(left, top)
                stamp.paint(painter)
                painter.restore()

    def _corners(self, view: PlotView) -> Iterator[tuple[Stamp, list[list[float]]]]:
        """Return each stamp with the upper left corners it is put at, in pixels of the widget."""
        for stamp, x, y in self.groups:
            px, py = view.to_pixels(x, y)
            inside = (np.abs(px) < 1e5) & (np.abs(py) < 1e5)
            yield stamp, (np.column_stack([px[inside], py[inside]]) - stamp.size / 2).tolist()


def disc(color: str, *, edge: str, diameter: float = 7.0, hollow: bool = False) -> Stamp:
    """Return a stamp: a disc of `color` with a thin edge, or, `hollow`, a ring of `color`."""
    circle = QRectF(1.5, 1.5, diameter, diameter)

    def paint(painter: QPainter) -> None:
        if hollow:
            under = QColor(edge)
            under.setAlphaF(0.55)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(under, 2.6))
            painter.drawEllipse(circle.adjusted(0.6, 0.6, -0.6, -0.6))
            painter.setPen(QPen(QColor(color), 1.5))
            painter.drawEllipse(circle.adjusted(0.6, 0.6, -0.6, -0.6))
        else:
            painter.setPen(QPen(QColor(edge), 0.8))
            painter.setBrush(QColor(color))
            painter.drawEllipse(circle)

    return Stamp(diameter + 3.0, paint)


def cross(color: str, *, edge: str, size: float = 9.0) -> Stamp:
    """Return a stamp: a diagonal cross that stands out on any ground."""
    low, high = 2.5, size + 0.5

    def paint(painter: QPainter) -> None:
        for ink, width in ((edge, 3.0), (color, 1.5)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawLine(QPointF(low, low), QPointF(high, high))
            painter.drawLine(QPointF(low, high), QPointF(high, low))

    return Stamp(size + 3.0, paint)
