"""A guided tour of the window: one thing at a time in the light, a few words beside it. It never stops a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from gui.panels.painting import painter_on
from gui.panels.panel import scale
from gui.theme import Theme
from gui.tour_card import TourCard

Place = QWidget | QRect | None
LOOK_MS = 120
"""How often the tour looks where its thing is: splitters move, and a change of scale makes the window anew."""
DIM = 150  # of 255
GAP = 12


@dataclass(frozen=True)
class Stop:
    """One thing to show.

    Attributes
    ----------
    where
        The name of an object in the window, or what returns a widget, or a rectangle of the window.
    action
        A button's text and what it does to the window, where there is something to try at once.
    arrive
        Called with the window when the stop is reached: brings what is shown into sight.
    """

    where: str | Callable[[Any], Place]
    heading: str
    text: str
    action: tuple[str, Callable[[Any], object]] | None = None
    arrive: Callable[[Any], object] | None = None


class Tour(QWidget):
    """Covers the window but for the thing concerned; keys and buttons go on, back, and out.

    ``finished`` says whether it was seen to its end (True) or skipped (False); the tour is gone then.
    """

    finished = Signal(bool)

    def __init__(self, window: QWidget, stops: Sequence[Stop], theme: Theme) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.stops = list(stops)
        self.at = 0
        self.hole = QRect()
        self._window = window
        self._theme = theme
        self._over = False
        self._size = scale()
        self.card = TourCard(theme, self)
        self.card.back.connect(self.go_back)
        self.card.next.connect(self.go_on)
        self.card.skip.connect(lambda: self.end(seen=False))
        self.card.act.connect(self._act)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        window.installEventFilter(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._keep_focus)

    # ------------------------------------------------------------------------------ going through it

    def start(self) -> None:
        """Show the first stop."""
        if not self.stops:
            self.end(seen=True)
            return
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self._timer.start()
        self._show_stop()

    def go_on(self) -> None:
        """Go to the next stop; after the last one, end."""
        if self.at + 1 == len(self.stops):
            self.end(seen=True)
        else:
            self.at += 1
            self._show_stop()

    def go_back(self) -> None:
        """Go to the stop before."""
        if self.at > 0:
            self.at -= 1
            self._show_stop()

    def end(self, *, seen: bool) -> None:
        """Take the tour away."""
        if self._over:
            return
        self._over = True
        self._timer.stop()
        self._window.removeEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.disconnect(self._keep_focus)
        self.hide()
        self._window.setFocus(Qt.FocusReason.OtherFocusReason)
        self.finished.emit(seen)
        self.deleteLater()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.card.restyle(theme)
        self.update()

    def _act(self) -> None:
        action = self.stops[self.at].action
        if action is not None:
            action[1](self._window)
            self.card.focus_next()

    # ------------------------------------------------------------------------------ where things are

    def _show_stop(self) -> None:
        stop = self.stops[self.at]
        if stop.arrive is not None:
            stop.arrive(self._window)
        label = stop.action[0] if stop.action is not None else ""
        self.card.show_stop(stop.heading, stop.text, self.at + 1, len(self.stops), label)
        self._place()
        self.card.focus_next()

    def _look(self) -> None:
        """Follow the thing, and a change of scale."""
        if scale() != self._size:
            self._size = scale()
            self.card.rescale()
            self._show_stop()
        elif self._hole() != self.hole or self.geometry() != self._window.rect():
            self._place()
        if self._window.children()[-1] is not self:
            self.raise_()  # the window has been made anew below, and the new parts stand above

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        self.hole = self._hole()
        self.card.adjustSize()
        self.card.move(self._beside(self.hole, self.card.size()))
        self.update()

    def _hole(self) -> QRect:
        """Return what stays in the light; empty if it is not in sight."""
        where = self.stops[self.at].where
        found: Place = self._window.findChild(QWidget, where) if isinstance(where, str) else _found(where, self._window)
        if isinstance(found, QWidget):
            if not found.isVisible() or found.window() is not self._window.window():
                return QRect()
            found = _in_sight(found, self._window)
        if found is None or found.isEmpty():
            return QRect()
        edge = round(4 * self._size)
        return found.adjusted(-edge, -edge, edge, edge) & self.rect()

    def _beside(self, hole: QRect, card: QSize) -> QPoint:
        """Return where the card goes: where there is room beside the thing, else inside its lower edge."""
        gap, room = round(GAP * self._size), self.rect()
        if hole.isEmpty():
            return QPoint((room.width() - card.width()) // 2, (room.height() - card.height()) // 2)
        x = min(max(hole.center().x() - card.width() // 2, gap), room.width() - card.width() - gap)
        y = min(max(hole.center().y() - card.height() // 2, gap), room.height() - card.height() - gap)
        places = (
            QPoint(hole.right() + gap, y), QPoint(hole.left() - gap - card.width(), y),
            QPoint(x, hole.bottom() + gap), QPoint(x, hole.top() - gap - card.height()),
        )  # fmt: skip
        for place in places:
            if room.contains(QRect(place, card)):
                return place
        return QPoint(x, max(gap, hole.bottom() - gap - card.height()))

    # ------------------------------------------------------------------------------ events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._place()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.card.move(self._beside(self.hole, self.card.size()))

    def event(self, event: QEvent) -> bool:
        # Keys without Ctrl are the tour's while it is there: Space must not start the run, S not stop it.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
            if plain and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.end(seen=False)
        elif key == Qt.Key.Key_Right:
            self.go_on()
        elif key == Qt.Key.Key_Left:
            self.go_back()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.card.press_focused()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab among the buttons of the card."""
        self.card.move_focus(forward)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.card.focus_next()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def _keep_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and new.window() is self._window.window() and not self._is_mine(new):
            self.card.focus_next()

    def _is_mine(self, widget: QWidget) -> bool:
        return widget is self or self.isAncestorOf(widget)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        shade = QColor(0, 0, 0, DIM)
        if self.hole.isEmpty():
            painter.fillRect(self.rect(), shade)
            return
        radius = 9.0 * self._size
        dark, light = QPainterPath(), QPainterPath()
        dark.addRect(QRectF(self.rect()))
        light.addRoundedRect(QRectF(self.hole), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(dark.subtracted(light), shade)
        painter.setPen(QPen(QColor(self._theme.accent), math.ceil(2 * self._size)))
        painter.drawRoundedRect(QRectF(self.hole), radius, radius)


def _in_sight(widget: QWidget, window: QWidget) -> QRect:
    """Return the part of a widget that its ancestors let be seen, such as a row of a scrolled form."""
    seen = QRect(widget.mapTo(window, QPoint()), widget.size())
    around = widget.parentWidget()
    while around is not None and around is not window:
        seen &= QRect(around.mapTo(window, QPoint()), around.size())
        around = around.parentWidget()
    return seen


def _found(where: Callable[[Any], Place], window: QWidget) -> Place:
    """Return what a stop shows; None while the window has no such thing."""
    try:
        return where(window)
    except (AttributeError, KeyError, LookupError, RuntimeError):  # not made yet, or just made anew
        return None
