"""Axes with curves, drawn fast: ranges are ours, in steps; what lies outside is clipped before it is drawn.

Measured (600 noisy points, raster paint engine): an antialiased line one pixel wide costs 0.15 ms, no more
than a jagged one; a wider pen costs 0.7 to 1.3 ms. So a bold line is two thin ones half a pixel apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QGraphicsView, QStyleOptionGraphicsItem, QToolTip, QWidget

from gui.panels import ranges
from gui.panels.painting import guarded, painter_of
from gui.panels.panel import scale
from gui.theme import DARK, Theme, pen, text_font
from gui.tips import plain_tip

FloatArray = NDArray[np.float64]
LABEL_PX = 10.5
ALWAYS = 100.0
"""Labels of this weight are always shown, moved apart where they would overlap."""
FEW_LABELS = 3
"""So many labels are moved apart where they would overlap; of more, the less weighty are left out."""


# ------------------------------------------------------------------------------------- drawn things


@dataclass
class Line:
    """A curve in view coordinates (decades on a log axis), or, where low and high differ, a filled-in envelope."""

    name: str = ""
    pen: QPen = field(default_factory=lambda: QPen(Qt.PenStyle.NoPen))
    bold: bool = False
    visible: bool = True
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    y: FloatArray = field(default_factory=lambda: np.empty(0))
    _path: QPainterPath | None = None
    _lone: QPointF | None = None

    def set_data(self, x: FloatArray, low: FloatArray, high: FloatArray | None = None) -> None:
        """Take the points to draw; of spans with a `low` and a `high` both are drawn."""
        if high is None or high is low:
            self.x, self.y = np.asarray(x, dtype=np.float64), np.asarray(low, dtype=np.float64)
        else:
            self.x, self.y = np.repeat(np.asarray(x, dtype=np.float64), 2), _zigzag(low, high)
        self._path = None

    def outdate(self) -> None:
        """Have the path made anew, as the view has changed."""
        self._path = None

    def draw(self, painter: QPainter, view: QRectF, pixel: float, ratio: float) -> None:
        """Draw into view coordinates; `pixel` is the height of a device pixel in them, `ratio` such pixels in one."""
        if not self.visible or not len(self.x):
            return
        if self._path is None:
            self._make_path(view)
        painter.setPen(self.pen)
        if self._lone is not None:
            dot = QPen(self.pen.color(), 5.0)
            dot.setCosmetic(True)
            dot.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(dot)
            painter.drawPoint(self._lone)
        elif self._path is not None:
            strokes = max(1, round(ratio * (2 if self.bold else 1)))
            for _ in range(strokes):
                painter.drawPath(self._path)
                painter.translate(0.0, 0.55 * pixel)
            painter.translate(0.0, -0.55 * pixel * strokes)

    def _make_path(self, view: QRectF) -> None:
        reach = 2.0 * view.height()
        y = np.clip(self.y, view.top() - reach, view.bottom() + reach)  # also brings ±inf into reach; NaN stays
        finite = np.isfinite(y) & np.isfinite(self.x)
        self._lone = None
        if finite.all():
            self._path = pg.arrayToQPath(self.x, y, connect="all", finiteCheck=False)
        else:
            self._path = pg.arrayToQPath(self.x, y, connect="finite", finiteCheck=True)
        if np.count_nonzero(finite) == 1:
            at = int(np.flatnonzero(finite)[0])
            self._lone = QPointF(self.x[at], y[at])


@dataclass
class Band:
    """The area between two curves, filled."""

    brush: QBrush = field(default_factory=QBrush)
    visible: bool = True
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    low: FloatArray = field(default_factory=lambda: np.empty(0))
    high: FloatArray = field(default_factory=lambda: np.empty(0))

    def set_data(self, x: FloatArray, low: FloatArray, high: FloatArray) -> None:
        """Take the edges of the area, in view coordinates."""
        self.x, self.low, self.high = x, low, high

    def outdate(self) -> None:
        """Nothing is kept between two paintings."""

    def draw(self, painter: QPainter, view: QRectF, pixel: float, ratio: float) -> None:
        """Draw into view coordinates."""
        whole = np.isfinite(self.x) & ~np.isnan(self.low) & ~np.isnan(self.high)
        if not self.visible or np.count_nonzero(whole) < 2:
            return
        top, bottom = view.top() - view.height(), view.bottom() + view.height()
        x = np.concatenate([self.x[whole], self.x[whole][::-1]])
        y = np.concatenate([np.clip(self.low[whole], top, bottom), np.clip(self.high[whole], top, bottom)[::-1]])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.brush)
        painter.drawPath(pg.arrayToQPath(x, y, connect="all", finiteCheck=False))
        painter.setBrush(Qt.BrushStyle.NoBrush)


@dataclass
class Map:
    """A picture stretched over a rectangle of the view; row 0 is at the bottom."""

    visible: bool = True
    rect: QRectF = field(default_factory=QRectF)
    image: QImage = field(default_factory=QImage)

    def set_colors(self, colors: NDArray[np.uint8], rect: QRectF) -> None:
        """Take colors of shape [height, width, 3]; row 0 belongs to the lowest y."""
        height, width, _ = colors.shape
        packed = np.empty((height, width, 4), dtype=np.uint8)
        packed[..., 0], packed[..., 1], packed[..., 2] = colors[..., 2], colors[..., 1], colors[..., 0]
        packed[..., 3] = 255
        # copy() lets go of the array, whose memory Qt would otherwise point into.
        self.image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        self.rect = rect

    def outdate(self) -> None:
        """Nothing depends on the view."""

    def draw(self, painter: QPainter, view: QRectF, pixel: float, ratio: float) -> None:
        """Draw into view coordinates (whose y points up, as do the rows)."""
        if self.visible and not self.image.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.drawImage(self.rect, self.image)


class Canvas(pg.GraphicsObject):
    """Everything drawn in view coordinates, as one item: Qt then has no scene to keep in order."""

    def __init__(self) -> None:
        super().__init__()
        self.things: list[Line | Band | Map] = []
        self._view = QRectF(0, 0, 1, 1)

    def boundingRect(self) -> QRectF:
        return self._view

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self._view = QRectF(self.viewRect())
        for thing in self.things:
            thing.outdate()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        with guarded(widget):
            self._draw(painter)

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        ratio = painter.device().devicePixelRatioF()
        scale_y = abs(painter.transform().m22()) * ratio
        pixel = 1.0 / scale_y if scale_y > 0 else 0.0
        for thing in self.things:
            thing.draw(painter, self._view, pixel, ratio)


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

    def draw(self, painter: QPainter, axes: PlotAxes, box: QRectF) -> None:
        """Draw in pixels of the widget."""
        if not self.groups:
            return
        ratio = axes.devicePixelRatioF()
        key = (axes.view(), box.width(), box.height(), ratio)
        if self._picture is None or key != self._key:
            self._picture = self._render(axes, box, ratio)
            self._key = key
        painter.drawPixmap(box.topLeft(), self._picture)

    def _render(self, axes: PlotAxes, box: QRectF, ratio: float) -> QPixmap:
        picture = QPixmap(max(1, math.ceil(box.width() * ratio)), max(1, math.ceil(box.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with painter_of(picture) as painter:
            for stamp, x, y in self.groups:
                half = stamp.deviceIndependentSize().width() / 2
                px, py = axes.to_pixels(x, y, QRectF(0, 0, box.width(), box.height()))
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


# ------------------------------------------------------------------------------------- marks and labels


@dataclass(frozen=True)
class Mark:
    """A vertical line across the plot, or with `tick` a small triangle at its foot."""

    x: float
    color: str
    label: str = ""
    tip: str = ""
    tick: bool = False


@dataclass(frozen=True)
class EndLabel:
    """A text at the right of the plot, at the height of the end of a curve; the weightiest win where they overlap."""

    y: float
    text: str
    color: str
    weight: float = 0.0


class QuietAxis(pg.AxisItem):
    """Numbers without lines: the grid is drawn by the plot, behind everything."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.log = False
        self.counts = orientation == "bottom"
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=0, tickTextOffset=5, hideOverlappingLabels=True, autoExpandTextSpace=False)

    def ticks(self) -> list[float]:
        """Return where the numbers stand, in view coordinates."""
        low, high = self.range
        if self.orientation == "bottom":
            room = self.geometry().width() / (55 * scale())
        else:
            room = self.geometry().height() / (30 * scale())
        make = ranges.log_ticks if self.log else ranges.linear_ticks
        return make(low, high, max(2, min(8, int(room))))

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        return [(1.0, self.ticks())]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.log:
            return [ranges.decade(value) for value in values]
        return [ranges.count(value) if self.counts else ranges.plain(round(value, 12)) for value in values]

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        with guarded(widget):
            super().paint(p, opt, widget)

    def drawPicture(self, p: QPainter, axisSpec: object, tickSpecs: object, textSpecs: Sequence[Any]) -> None:
        """Draw the numbers only."""
        p.setFont(self.style["tickFont"])
        p.setPen(self.textPen())
        for rect, flags, text in textSpecs:
            p.drawText(rect, int(flags), text)


# ------------------------------------------------------------------------------------- the axes


class PlotAxes(pg.PlotWidget):
    """A plot whose ranges its owner sets; the user may zoom and pan, and gets back by a double click.

    Parameters
    ----------
    x_label, y_label
        What the axes show, with the unit where there is one.
    log_y
        Whether y is in decades.
    right_room
        Pixels kept free at the right for `EndLabel`.
    """

    zoom_changed = Signal()

    def __init__(
        self, *, x_label: str = "", y_label: str = "", log_y: bool = False, right_room: float = 10, grid: bool = True
    ) -> None:
        self.theme = DARK
        self.marks: list[Mark] = []
        self.end_labels: list[EndLabel] = []
        self.shade: tuple[float, float, str] | None = None
        self.stamps: list[Stamps] = []
        self.stamps_behind: list[Stamps] = []
        self.note = ""
        self.note_side = Qt.AlignmentFlag.AlignRight
        self.grid = grid
        self.zoomed = False
        self._limits: tuple[ranges.Limits, ranges.Limits] = ((0.0, 1.0), (0.0, 1.0))
        self._labels = (x_label, y_label)
        self.x_axis, self.y_axis = QuietAxis("bottom"), QuietAxis("left")
        super().__init__(axisItems={"bottom": self.x_axis, "left": self.y_axis})
        self.canvas = Canvas()
        self.box: pg.ViewBox = self.plotItem.vb
        self.box.setDefaultPadding(0.0)
        # Beyond these, floating point runs out of places on the way to pixels.
        self.box.setLimits(minXRange=1e-12, maxXRange=1e20, minYRange=1e-12, maxYRange=1e20)
        self.plotItem.setMenuEnabled(False)
        self.plotItem.hideButtons()
        self.plotItem.layout.setContentsMargins(0, 6, right_room * scale(), 0)
        self.plotItem.disableAutoRange()
        self.plotItem.addItem(self.canvas, ignoreBounds=True)
        self.box.sigRangeChangedManually.connect(self._zoomed_by_hand)
        self.box.sigRangeChanged.connect(self.zoom_changed)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # the background holds the grid, which changes
        self.setFrameStyle(0)
        self.setMinimumSize(80, 60)
        self.set_log(log_y)
        self.restyle(DARK)
        self._apply()

    # -- what is drawn

    def add(self, thing: Line | Band | Map) -> None:
        """Draw `thing` on top of what is there."""
        self.canvas.things.append(thing)

    def remove(self, thing: Line | Band | Map) -> None:
        """Stop drawing `thing`."""
        self.canvas.things.remove(thing)

    def redraw(self) -> None:
        """Paint again at the next turn of the event loop."""
        self.viewport().update()

    def set_log(self, log_y: bool) -> None:
        """Say whether y is in decades."""
        if log_y != self.y_axis.log:
            self.y_axis.log = log_y
            self.y_axis.picture = None
            self.y_axis.update()

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Say what the axes show."""
        if (x_label, y_label) != self._labels:
            self._labels = (x_label, y_label)
            self._style_axes()

    def set_limits(self, x: ranges.Limits, y: ranges.Limits) -> None:
        """Show this part, unless the user has zoomed (then once he is back)."""
        if (x, y) != self._limits:
            self._limits = (x, y)
            if not self.zoomed:
                self._apply()

    @property
    def limits(self) -> tuple[ranges.Limits, ranges.Limits]:
        """The part last asked for, (x, y)."""
        return self._limits

    def view(self) -> tuple[float, float, float, float]:
        """Return the part shown: left, right, bottom, top."""
        (left, right), (bottom, top) = self.box.viewRange()
        return left, right, bottom, top

    def plot_rect(self) -> QRectF:
        """Return where the plot itself lies, in pixels of the widget."""
        return self.box.mapRectToScene(self.box.rect())

    def to_pixels(self, x: FloatArray, y: FloatArray, box: QRectF) -> tuple[FloatArray, FloatArray]:
        """Map view coordinates into `box`."""
        left, right, bottom, top = self.view()
        px = box.left() + (np.asarray(x) - left) / (right - left) * box.width()
        py = box.bottom() - (np.asarray(y) - bottom) / (top - bottom) * box.height()
        return px, py

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.setBackground(theme.surface)
        self._style_axes()
        self.redraw()

    def _style_axes(self) -> None:
        font = text_font(scale(), px=LABEL_PX)
        for axis, label in zip((self.x_axis, self.y_axis), self._labels, strict=True):
            axis.setPen(None)
            axis.setTickPen(None)
            axis.setTextPen(self.theme.muted)
            axis.setTickFont(font)
            axis.label.setFont(font)
            axis.setLabel(escape(label) or None, color=self.theme.muted)
            axis.showLabel(bool(label))
            axis.resizeEvent()  # puts a label of another length in the middle again
        line = QFontMetricsF(font).height()
        self.x_axis.setHeight(line + 6 + (line + 1 if self._labels[0] else 0))
        self.y_axis.setWidth(QFontMetricsF(font).horizontalAdvance("0.0000") + 6 + (line if self._labels[1] else 0))

    def _apply(self) -> None:
        (left, right), (bottom, top) = self._limits
        if right > left and top > bottom:
            self.box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0, disableAutoRange=True)

    # -- zoom

    def _zoomed_by_hand(self) -> None:
        if not self.zoomed:
            self.zoomed = True
            self.redraw()

    def zoom_back(self) -> None:
        """Show again what the owner of the plot asks for."""
        self.zoomed = False
        self._apply()
        self.redraw()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.zoomed:
            self.zoom_back()
        event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:
            self.zoom_changed.emit()

    # -- painting around the canvas, in pixels

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        with guarded(self):
            self._draw_background(painter, rect)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        with guarded(self):
            self._draw_foreground(painter)

    def _draw_background(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, QColor(self.theme.surface))
        box = self.plot_rect()
        if self.shade is not None:
            px, _ = self.to_pixels(np.array(self.shade[:2]), np.zeros(2), box)
            band = QRectF(QPointF(px[0], box.top()), QPointF(px[1], box.bottom())).intersected(box)
            painter.fillRect(band, QColor(self.shade[2]))
        if self.grid:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(pen(self.theme.grid))
            ticks = self.y_axis.ticks()
            _, py = self.to_pixels(np.zeros(len(ticks)), np.array(ticks), box)
            for y in py.tolist():
                if box.top() - 1 <= y <= box.bottom() + 1:
                    painter.drawLine(QPointF(box.left(), round(y)), QPointF(box.right(), round(y)))
        self._draw_stamps(painter, box, self.stamps_behind)

    def _draw_foreground(self, painter: QPainter) -> None:
        box = self.plot_rect()
        if box.width() < 2 or box.height() < 2:
            return
        painter.setFont(text_font(scale(), px=LABEL_PX))
        self._draw_stamps(painter, box, self.stamps)
        self._draw_marks(painter, box)
        self._draw_end_labels(painter, box)
        note = "zoomed · double-click for all" if self.zoomed else self.note
        if note:
            painter.setPen(QColor(self.theme.muted))
            side = Qt.AlignmentFlag.AlignRight if self.zoomed else self.note_side
            painter.drawText(box.adjusted(6, 3, -4, 0), side | Qt.AlignmentFlag.AlignTop, note)

    def _draw_stamps(self, painter: QPainter, box: QRectF, layers: list[Stamps]) -> None:
        if not layers or box.width() < 2 or box.height() < 2:
            return
        painter.save()
        painter.setClipRect(box)
        try:
            for layer in layers:
                layer.draw(painter, self, box)
        finally:
            painter.restore()

    def _mark_pixels(self, box: QRectF) -> list[tuple[Mark, float]]:
        if not self.marks:
            return []
        px, _ = self.to_pixels(np.array([mark.x for mark in self.marks]), np.zeros(len(self.marks)), box)
        return [
            (mark, x)
            for mark, x in zip(self.marks, px.tolist(), strict=True)
            if box.left() - 0.5 <= x <= box.right() + 0.5
        ]

    def _draw_marks(self, painter: QPainter, box: QRectF) -> None:
        for mark, x in self._mark_pixels(box):
            if mark.tick:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(mark.color))
                foot = box.bottom()
                painter.drawPolygon(QPolygonF([QPointF(x, foot - 7), QPointF(x - 4, foot), QPointF(x + 4, foot)]))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                continue
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(pen(mark.color, dash=(4, 3)))
            painter.drawLine(QPointF(round(x), box.top()), QPointF(round(x), box.bottom()))
            self._draw_mark_label(painter, box, mark, x)

    def _draw_mark_label(self, painter: QPainter, box: QRectF, mark: Mark, x: float) -> None:
        if not mark.label:
            return
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(mark.label)
        left = x - width - 6 if x - width - 6 > box.left() else x + 6
        place = QRectF(left - 3, box.bottom() - metrics.height() - 5, width + 6, metrics.height() + 2)
        ground = QColor(self.theme.surface)
        ground.setAlphaF(0.75)
        painter.fillRect(place, ground)  # keeps the text readable where curves run behind it
        painter.setPen(QColor(self.theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, mark.label)

    def _draw_end_labels(self, painter: QPainter, box: QRectF) -> None:
        if not self.end_labels:
            return
        _, py = self.to_pixels(np.zeros(len(self.end_labels)), np.array([label.y for label in self.end_labels]), box)
        height = painter.fontMetrics().height()
        for label, y in _without_overlap(self.end_labels, py, height, box.top(), box.bottom()):
            place = QRectF(box.right() + 5, y - height / 2, self.width() - box.right() - 5, height)
            painter.setPen(QColor(label.color))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label.text)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(event.pos().x())
            if text:
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            else:
                QToolTip.hideText()
            return True
        return bool(super().viewportEvent(event))

    def tip_at(self, x: float) -> str:
        """Return what the marks within 6 pixels of `x` have to say."""
        return "\n".join(mark.tip for mark, px in self._mark_pixels(self.plot_rect()) if mark.tip and abs(px - x) < 6)


def _without_overlap(
    labels: list[EndLabel], py: FloatArray, height: float, top: float, bottom: float
) -> list[tuple[EndLabel, float]]:
    """Return the labels that have room, the weightiest first, each kept within the plot."""
    if len(labels) <= FEW_LABELS:
        return _pushed_apart(labels, py, height, top, bottom)
    always = [index for index in range(len(labels)) if labels[index].weight >= ALWAYS]
    placed = _pushed_apart([labels[index] for index in always], py[always], height, top, bottom)
    others = sorted(set(range(len(labels))) - set(always), key=lambda index: -labels[index].weight)
    for index in others:
        y = float(py[index])
        if math.isnan(y):
            continue
        y = min(max(y, top + height / 2 - 4), bottom - height / 2 + 2)
        if all(abs(y - other) >= height for _, other in placed):
            placed.append((labels[index], y))
    return placed


def _pushed_apart(
    labels: list[EndLabel], py: FloatArray, height: float, top: float, bottom: float
) -> list[tuple[EndLabel, float]]:
    """Return all of a few labels, moved as little as needed."""
    there = [index for index in np.argsort(py).tolist() if not math.isnan(py[index])]
    places = [min(max(float(py[index]), top + height / 2 - 4), bottom - height / 2 + 2) for index in there]
    for row in range(1, len(places)):
        places[row] = max(places[row], places[row - 1] + height)
    if places and places[-1] > bottom:
        places = [place - (places[-1] - bottom) for place in places]
    return [(labels[index], place) for index, place in zip(there, places, strict=True)]
