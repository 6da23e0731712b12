"""Axes with curves, drawn fast: ranges are ours, in steps, and what does not change is kept as a picture.

Three layers: the ground (grid, numbers, labels), made anew when limits, size, labels or theme change; the things in
view coordinates with marks and labels; and the crosshair on top, which moves without the others being drawn
again. docs/decisions/007-own-axes.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui.panels.crosshair import Crosshair, Row
from gui.panels.painting import painter_of, painter_on
from gui.panels.panel import scale
from gui.panels.plot_axis import Axis
from gui.panels.plot_marks import (
    ALWAYS,
    EndLabel,
    Guide,
    Mark,
    draw_end_labels,
    draw_guide_labels,
    draw_guides,
    draw_marks,
    marks_in,
    placed_labels,
    veil,
)
from gui.panels.plot_spans import Span, draw_span_labels, draw_spans, span_tips
from gui.panels.plot_things import Band, Line, Map, Thing, decades
from gui.panels.printing import is_printing, wants_vectors
from gui.panels.stamps import Stamps, cross, disc
from gui.panels.zoomable import USAGE, Zoomable
from gui.theme import DARK, Theme, pen, text_font
from gui.tips import plain_tip

__all__ = [
    "ALWAYS", "Band", "EndLabel", "Guide", "Line", "Map", "Mark", "PlotAxes", "Span", "Stamps", "cross", "decades",
    "disc",
]

LABEL_PX = 10.5
TOP_ROOM = 6.0
X_APART = 55.0
Y_APART = 30.0
"""Pixels a number takes along its axis, with the space around it."""


class PlotAxes(Zoomable):
    """A plot whose ranges its owner sets; the user may zoom and pan, and gets back by a double click.

    Parameters
    ----------
    x_label, y_label
        What the axes show, with the unit where there is one.
    log_y
        Whether y is in decades.
    right_room
        Pixels kept free at the right for `EndLabel`.

    Attributes
    ----------
    marks, end_labels, guides, shade, spans, stamps, stamps_behind
        What is drawn beside the things added; whoever changes it calls `redraw`.
    empty
        Said in the middle of a plot that has nothing to show yet.
    meaning
        What the plot tells, for the tooltip of its axes.
    """

    label_clicked = Signal(str)

    def __init__(
        self, *, x_label: str = "", y_label: str = "", log_y: bool = False, right_room: float = 10, grid: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.theme = DARK
        self.things: list[Thing] = []
        self.marks: list[Mark] = []
        self.end_labels: list[EndLabel] = []
        self.guides: list[Guide] = []
        self.shade: tuple[float, float, str] | None = None
        self.spans: list[Span] = []
        self.stamps: list[Stamps] = []
        self.stamps_behind: list[Stamps] = []
        self.empty = ""
        self._notes: tuple[str, ...] = ()
        self.meaning = ""
        self.note_side = Qt.AlignmentFlag.AlignRight
        self.x_axis, self.y_axis = Axis(x_label, counts=True), Axis(y_label, log=log_y)
        self.y_apart = Y_APART
        self.crosshair = Crosshair()
        self._grid = grid
        self._right_room = right_room
        self._ringed = False
        self._rect: QRectF | None = None
        self._ground: QPixmap | None = None
        self._ground_key: object = None
        self._picture: QPixmap | None = None
        self._font = text_font(scale(), px=LABEL_PX)
        self.setMinimumSize(80, 60)

    # -- what is drawn

    def add(self, thing: Thing) -> None:
        """Draw `thing` on top of what is there."""
        self.things.append(thing)

    def remove(self, thing: Thing) -> None:
        """Stop drawing `thing`."""
        self.things.remove(thing)

    def redraw(self) -> None:
        """Paint again at the next turn of the event loop."""
        self._picture = None
        self.update()

    def set_log(self, log_y: bool) -> None:
        """Say whether y is in decades."""
        if log_y != self.y_axis.log:
            self.y_axis.log = log_y
            self.redraw()

    def set_log_x(self, log_x: bool) -> None:
        """Say whether x is in decades."""
        if log_x != self.x_axis.log:
            self.x_axis.log = log_x
            self.redraw()

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Say what the axes show."""
        if (x_label, y_label) != (self.x_axis.label, self.y_axis.label):
            self.x_axis.label, self.y_axis.label = x_label, y_label
            self._rect = None
            self.forget_view()

    def set_note(self, *texts: str) -> None:
        """Write the first of `texts`, longest first, for which there is room into the corner."""
        self._notes = texts

    @property
    def note(self) -> str:
        """What is written into the corner, if there is room."""
        metrics, room = QFontMetricsF(self._font), self.plot_rect().width() - 10
        return next((text for text in self._notes if _width(metrics, text) <= room), "")

    @property
    def grid(self) -> bool:
        """Whether there are lines at the numbers of the y axis."""
        return self._grid

    @grid.setter
    def grid(self, grid: bool) -> None:
        if grid != self._grid:
            self._grid = grid
            self.redraw()

    def set_crosshair(self, x: float | None, readout: Sequence[Row] = ()) -> None:
        """Draw a line across at `x`, with rows of color and text beside it; None: none."""
        if self.crosshair.put(x, readout):
            self._describe()
            self.update()

    def plot_rect(self) -> QRectF:
        """Return where the plot itself lies, in pixels of the widget."""
        if self._rect is None:
            metrics = QFontMetricsF(self._font)
            line = metrics.height()
            left = metrics.horizontalAdvance(self.y_axis.widest) + 6 + (line if self.y_axis.label else 0)
            below = line + 6 + (line + 1 if self.x_axis.label else 0)
            width = self.width() - round(left) - self._right_room * scale()
            height = self.height() - TOP_ROOM - round(below)
            self._rect = QRectF(round(left), TOP_ROOM, max(0.0, width), max(0.0, height))
        return QRectF(self._rect)

    def forget_view(self) -> None:
        self._rect = None
        super().forget_view()
        self._describe()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self._font = text_font(scale(), px=LABEL_PX)
        self._ground = None
        self.forget_view()

    def sizeHint(self) -> QSize:
        return QSize(round(320 * scale()), round(180 * scale()))

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            ratio = painter.deviceTransform().m11()
            if is_printing():  # a file has a resolution of its own, or none, and no pointer
                self._draw_background(painter)
                self._draw_contents(painter, 1.0 if wants_vectors() else ratio)
            else:
                self._draw_kept(painter, ratio)
                self._draw_overlay(painter)

    def _draw_kept(self, painter: QPainter, ratio: float) -> None:
        if self.crosshair.x is None and self.rubber_band() is None:
            self._picture = None
            self._draw_all(painter, ratio)
            return
        picture = self._picture  # what only the pointer has changed is not drawn again
        if picture is None or picture.devicePixelRatio() != ratio or picture.size() != self._pixels(ratio):
            picture = self._blank(ratio)
            with painter_of(picture) as inner:
                self._draw_all(inner, ratio)
            self._picture = picture
        painter.drawPixmap(0, 0, picture)

    def _draw_all(self, painter: QPainter, ratio: float) -> None:
        painter.drawPixmap(0, 0, self._background(ratio))
        self._draw_contents(painter, ratio)

    def _pixels(self, ratio: float) -> QSize:
        return QSize(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

    def _blank(self, ratio: float) -> QPixmap:
        picture = QPixmap(self._pixels(ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.theme.surface))
        return picture

    def _background(self, ratio: float) -> QPixmap:
        """Return the ground, made anew if anything about it has changed."""
        x, y = self.x_axis, self.y_axis
        guides = tuple(self.guides)
        key = (self.plot_view, ratio, self._grid, guides, x.label, x.log, x.counts, y.label, y.log, y.counts)
        if self._ground is None or key != self._ground_key:
            ground = self._blank(ratio)
            with painter_of(ground) as painter:
                self._draw_background(painter)
            self._ground, self._ground_key = ground, key
        return self._ground

    def _draw_background(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.theme.surface))
        box = self.plot_rect()
        if box.width() < 2 or box.height() < 2:
            return
        self._draw_grid(painter, box, box)
        draw_guides(painter, self.guides, self.plot_view, self.theme)
        painter.setFont(self._font)
        painter.setPen(QColor(self.theme.muted))
        self._draw_x_axis(painter, box)
        self._draw_y_axis(painter, box)

    def _y_ticks(self) -> list[float]:
        return self.y_axis.ticks(self._shown[1], self.plot_rect().height(), self.y_apart * scale())

    def _draw_grid(self, painter: QPainter, box: QRectF, across: QRectF) -> None:
        if not self._grid:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen(self.theme.grid))
        ticks = self._y_ticks()
        _, py = self.plot_view.to_pixels(np.zeros(len(ticks)), np.array(ticks))
        for y in py.tolist():
            if box.top() - 1 <= y <= box.bottom() + 1:
                painter.drawLine(QPointF(across.left(), round(y)), QPointF(across.right(), round(y)))

    def _draw_x_axis(self, painter: QPainter, box: QRectF) -> None:
        metrics = QFontMetricsF(self._font)
        line = metrics.height()
        ticks = self.x_axis.ticks(self._shown[0], box.width(), X_APART * scale())
        px, _ = self.plot_view.to_pixels(np.array(ticks), np.zeros(len(ticks)))
        end = -1.0
        for tick, x in zip(ticks, px.tolist(), strict=True):
            text = self.x_axis.text(tick)
            width = metrics.horizontalAdvance(text)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            if left > end and box.left() - 1 <= x <= box.right() + 1:
                painter.drawText(QPointF(left, box.bottom() + 4 + metrics.ascent()), text)
                end = left + width + 4
        if self.x_axis.label:
            place = QRectF(box.left(), box.bottom() + line + 5, box.width(), line + 1)
            text = _elided(metrics, self.x_axis.label, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_y_axis(self, painter: QPainter, box: QRectF) -> None:
        metrics = QFontMetricsF(self._font)
        line = metrics.height()
        ticks = self._y_ticks()
        _, py = self.plot_view.to_pixels(np.zeros(len(ticks)), np.array(ticks))
        for tick, y in zip(ticks, py.tolist(), strict=True):
            if box.top() - 1 <= y <= box.bottom() + 1:
                place = QRectF(0, y - line / 2, box.left() - 5, line)
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(place, right, self.y_axis.text(tick))
        if self.y_axis.label:
            painter.save()
            painter.translate(0.0, box.center().y())
            painter.rotate(-90)
            text = _elided(metrics, self.y_axis.label, box.height())
            painter.drawText(QRectF(-box.height() / 2, 0, box.height(), line), Qt.AlignmentFlag.AlignCenter, text)
            painter.restore()

    def _draw_contents(self, painter: QPainter, ratio: float) -> None:
        box = self.plot_rect()
        if box.width() < 2 or box.height() < 2:
            return
        painter.save()
        try:
            painter.setClipRect(box)
            self._draw_shade(painter, box)
            draw_spans(painter, self.spans, self.plot_view, self.theme)
            self._draw_things(painter, ratio)
        finally:
            painter.restore()
        self._draw_foreground(painter)

    def _draw_shade(self, painter: QPainter, box: QRectF) -> None:
        if self.shade is None:
            return
        px, _ = self.plot_view.to_pixels(np.array(self.shade[:2]), np.zeros(2))
        band = QRectF(QPointF(px[0], box.top()), QPointF(px[1], box.bottom())).intersected(box)
        if not band.isEmpty():
            painter.fillRect(band, QColor(self.shade[2]))
            self._draw_grid(painter, box, band)

    def _draw_things(self, painter: QPainter, ratio: float) -> None:
        view = self.plot_view
        for stamps in self.stamps_behind:
            stamps.draw(painter, view, ratio)
        for thing in self.things:
            thing.draw(painter, view, ratio, self.theme.bold)
        for stamps in self.stamps:
            stamps.draw(painter, view, ratio)

    def _draw_foreground(self, painter: QPainter) -> None:
        box = self.plot_rect()
        painter.setFont(self._font)
        draw_guide_labels(painter, self.guides, self.plot_view, self.theme)
        draw_marks(painter, self.marks, self.plot_view, self.theme, scale())
        draw_end_labels(painter, self.end_labels, self.plot_view)
        note = "zoomed · double-click for all" if self.zoomed else self.note
        taken: QRectF | None = None
        if note:
            painter.setPen(QColor(self.theme.muted))
            side = Qt.AlignmentFlag.AlignRight if self.zoomed else self.note_side
            place, align = box.adjusted(6, 3, -4, 0), side | Qt.AlignmentFlag.AlignTop
            taken = painter.boundingRect(place, align, note).adjusted(-3, -1, 3, 1)
            painter.fillRect(taken, veil(self.theme))
            painter.drawText(place, align, note)
        draw_span_labels(painter, self.spans, self.plot_view, self.theme, taken)
        if self.empty:
            self._draw_empty(painter, box)

    def _draw_empty(self, painter: QPainter, box: QRectF) -> None:
        """Draw the text of an empty plot clear of the grid, over all of the widget where the plot is too small."""
        align = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        taken = painter.boundingRect(box, align, self.empty)
        if taken.height() > box.height() or taken.width() > box.width():
            box = QRectF(self.rect())
            taken = painter.boundingRect(box, align, self.empty)
            painter.fillRect(box, QColor(self.theme.surface))
        painter.fillRect(taken.adjusted(-4, -1, 4, 1), QColor(self.theme.surface))
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(box, align, self.empty)

    def _draw_overlay(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        self.crosshair.draw(painter, self.plot_view, self.theme, scale())
        band = self.rubber_band()
        painter.setPen(pen(self.theme.accent))
        if band is not None:
            inside = QColor(self.theme.accent)
            inside.setAlphaF(0.12)
            painter.fillRect(band, inside)
            painter.drawRect(band)
        if self._ringed:
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    # -- what is told

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(event.pos().x())
            if not text and not self.plot_rect().contains(QPointF(event.pos())):
                text = "\n".join(part for part in (self.meaning, USAGE) if part)  # where it hides nothing
            if text:
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            else:
                QToolTip.hideText()
            return True
        if isinstance(event, QFocusEvent):
            # The ring is for those who came by keys; who clicked knows where he is.
            by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
            self._ringed = event.gotFocus() and by_keys
            self._describe()
            self.update()
        return super().event(event)

    def _describe(self) -> None:
        """Tell screen readers what is read out, or else shown; only while they are here."""
        if self.hasFocus():
            self.setAccessibleDescription(self.crosshair.text or self._in_words())

    def _in_words(self) -> str:
        x, y = (
            f"{axis.label or name} from {axis.text(limits[0])} to {axis.text(limits[1])}"
            for name, axis, limits in zip("xy", (self.x_axis, self.y_axis), self._shown, strict=True)
        )
        return f"{x}; {y}"

    def tip_at(self, x: float) -> str:
        """Return what the marks within 6 pixels of `x` have to say."""
        near = [mark.tip for mark, px in marks_in(self.marks, self.plot_view) if mark.tip and abs(px - x) < 6]
        return "\n".join([*near, *span_tips(self.spans, self.plot_view, x)])

    def clicked_beside(self, at: QPointF) -> None:
        text = self.label_at(at)
        if text:
            self.label_clicked.emit(text)

    def label_at(self, at: QPointF) -> str:
        """Return the text of the label at the end of a curve that is at this pixel; empty if none is."""
        height = QFontMetricsF(self._font).height()
        if at.x() <= self.plot_rect().right():
            return ""
        placed = placed_labels(self.end_labels, self.plot_view, height)
        return next((label.text for label, y in placed if abs(at.y() - y) <= height / 2), "")


def _width(metrics: QFontMetricsF, text: str) -> float:
    return max(metrics.horizontalAdvance(line) for line in text.split("\n"))


def _elided(metrics: QFontMetricsF, text: str, room: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
