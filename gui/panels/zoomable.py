"""A plane one may zoom and pan by mouse and keys, and point at; what is shown else, its owner says."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from gui.panels.plot_view import PlotView, are_limits, showable
from gui.panels.ranges import Limits

FloatArray = NDArray[np.float64]

NOTCH = 0.75
"""Turning the wheel by a notch shows so much of each span."""
KEY_ZOOM = 0.7
KEY_PAN = 0.1
"""Of the span, at each press."""
KEY_POINT = 0.01
USAGE = (
    "Wheel: zoom (Ctrl: x only, Shift: y only)\nDrag: pan · Shift+drag or right drag: zoom to a box\n"
    "Double-click: all again, or this panel alone\nKeys: + − and Ctrl+arrows, Home; Alt+←/→ reads values out\n"
    "In a plot over time, Shift+click: show that moment in all views"
)

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_KEYS = {
    Qt.Key.Key_Plus: "in", Qt.Key.Key_Equal: "in", Qt.Key.Key_Minus: "out", Qt.Key.Key_Home: "back",
}
_CONTROL_KEYS = {
    Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}
_ALT_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class Zoomable(QWidget):
    """A plane whose limits its owner sets; the user may zoom and pan, and gets back by a double click.

    Attributes
    ----------
    zoomed
        Whether the user shows another part than the owner.
    pointer
        Where the pointer is, in view coordinates; None while it is not above the plot.

    Signals
    -------
    zoom_changed
        The user shows another part, or the widget has another size.
    pointed, left
        The pointer is above this x (in view coordinates); it is above the plot no more.
    clicked
        A click, not a drag, at this x and y.
    moment_clicked
        A click with Shift, at this x.
    """

    zoom_changed = Signal()
    pointed = Signal(float)
    left = Signal()
    clicked = Signal(float, float)
    moment_clicked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoomed = False
        self._limits: tuple[Limits, Limits] = ((0.0, 1.0), (0.0, 1.0))
        self._shown: tuple[Limits, Limits] = self._limits
        self._plot_view: PlotView | None = None
        self.pointer: tuple[float, float] | None = None
        self._pointing: float | None = None
        self._pressed: QPointF | None = None
        self._dragged_to: QPointF | None = None
        self._band = False
        self._double = False
        self._menu_held: QContextMenuEvent | None = None

    # -- what is shown

    def plot_rect(self) -> QRectF:
        """Return where the plot itself lies, in pixels of the widget."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Paint again at the next turn of the event loop."""
        self.update()

    @property
    def plot_view(self) -> PlotView:
        """What is shown where; the same object until that changes."""
        if self._plot_view is None:
            self._plot_view = PlotView(*self._shown, self.plot_rect())
        return self._plot_view

    def set_limits(self, x: Limits, y: Limits) -> None:
        """Show this part, unless the user has zoomed (then once he is back)."""
        if (x, y) != self._limits:
            self._limits = (x, y)
            if not self.zoomed:
                self._apply()

    @property
    def limits(self) -> tuple[Limits, Limits]:
        """The part last asked for, (x, y)."""
        return self._limits

    def view(self) -> tuple[float, float, float, float]:
        """Return the part shown: left, right, bottom, top."""
        return (*self._shown[0], *self._shown[1])

    def to_pixels(self, x: FloatArray, y: FloatArray, box: QRectF | None = None) -> tuple[FloatArray, FloatArray]:
        """Map view coordinates into `box`, or to where they are drawn."""
        view = self.plot_view
        return (view if box is None else PlotView(view.x, view.y, box)).to_pixels(x, y)

    def zoom_to(self, x: Limits, y: Limits) -> None:
        """Show a part as if the user had zoomed to it."""
        self._zoom(PlotView(showable(x), showable(y), self.plot_rect()))

    def zoom_back(self) -> None:
        """Show again what the owner of the plot asks for."""
        was_zoomed, self.zoomed = self.zoomed, False
        self._apply()
        self.redraw()
        if was_zoomed:
            self.zoom_changed.emit()

    def forget_view(self) -> None:
        """Work out anew what is drawn where."""
        self._plot_view = None
        self.redraw()

    def _apply(self) -> None:
        if are_limits(self._limits[0]) and are_limits(self._limits[1]):
            shown = (showable(self._limits[0]), showable(self._limits[1]))
            if shown != self._shown:
                self._shown = shown
                self.forget_view()

    def _zoom(self, to: PlotView) -> None:
        if not (are_limits(to.x) and are_limits(to.y)):
            return
        self.zoomed = True
        self._shown = (to.x, to.y)
        self.forget_view()
        self.zoom_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.forget_view()
        self.zoom_changed.emit()

    # -- the mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        delta = turned.y() or turned.x()  # with Shift or Alt, some desktops turn it sideways
        if not delta:
            event.ignore()
            return
        factor = NOTCH ** (max(-1200, min(1200, delta)) / 120)
        across, up = self._directions(event.position(), event.modifiers())
        at = self._within(event.position())
        self._zoom(self.plot_view.zoomed(factor if across else 1.0, factor if up else 1.0, at))
        event.accept()

    def _directions(self, at: QPointF, keys: Qt.KeyboardModifier) -> tuple[bool, bool]:
        """Return whether x and whether y is zoomed: with the pointer above an axis, only that."""
        box = self.plot_rect()
        over_x, over_y = at.y() > box.bottom(), at.x() < box.left()
        return not (keys & _SHIFT or (over_y and not over_x)), not (keys & _CONTROL or (over_x and not over_y))

    def _within(self, at: QPointF) -> QPointF:
        box = self.plot_rect()
        return QPointF(min(max(at.x(), box.left()), box.right()), min(max(at.y(), box.top()), box.bottom()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            event.ignore()
            return
        self._pressed, self._dragged_to, self._double = event.position(), None, False
        self._menu_held = None
        self._band = event.button() == Qt.MouseButton.RightButton or bool(event.modifiers() & _SHIFT)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is not None and event.buttons():
            self._drag(at)
        self._point(at)
        event.accept()

    def _drag(self, at: QPointF) -> None:
        assert self._pressed is not None
        if self._dragged_to is None:
            if (at - self._pressed).manhattanLength() < QApplication.startDragDistance() / 2:
                return
            self._dragged_to = self._pressed
            self.setCursor(Qt.CursorShape.CrossCursor if self._band else Qt.CursorShape.ClosedHandCursor)
        if not self._band:
            moved = at - self._dragged_to
            self._zoom(self.plot_view.moved(moved.x(), moved.y()))
        self._dragged_to = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragged_to, double = self._pressed, self._dragged_to, self._double
        band, menu = self._band, self._menu_held
        self._pressed, self._dragged_to, self._band, self._double = None, None, False, False
        self.unsetCursor()
        event.accept()
        if pressed is None or double:
            return
        if dragged_to is None:
            if event.button() == Qt.MouseButton.LeftButton:
                if self.plot_rect().contains(pressed) and band:
                    self.moment_clicked.emit(self.plot_view.to_data(pressed)[0])
                elif self.plot_rect().contains(pressed):
                    self.clicked.emit(*self.plot_view.to_data(pressed))
                else:
                    self.clicked_beside(pressed)
            elif menu is not None:
                self._menu_held = None
                QApplication.sendEvent(self, menu)  # from here on it goes up to the panel
        elif band:
            corner, other = self._within(pressed), self._within(dragged_to)
            if abs(corner.x() - other.x()) >= 3 and abs(corner.y() - other.y()) >= 3:
                self._zoom(self.plot_view.part(corner, other))
            self.update()

    def clicked_beside(self, at: QPointF) -> None:
        """Answer a click beside the plot, at this pixel."""

    def rubber_band(self) -> QRectF | None:
        """Return the box that is being drawn to zoom to, in pixels."""
        if not self._band or self._pressed is None or self._dragged_to is None:
            return None
        return QRectF(self._within(self._pressed), self._within(self._dragged_to)).normalized()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._double = True
        if self.zoomed and event.button() == Qt.MouseButton.LeftButton:
            self.zoom_back()
            event.accept()
        else:
            event.ignore()  # the panel's

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leave the menu to the panel, but only after a right button that was not dragged."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        if by_mouse and self._pressed is not None and self._band:
            # Some desktops ask for the menu when the button goes down: whether it is dragged will be seen.
            self._menu_held = QContextMenuEvent(QContextMenuEvent.Reason.Other, event.pos(), event.globalPos())
            event.accept()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)
        super().leaveEvent(event)

    def _point(self, at: QPointF | None) -> None:
        inside = at is not None and self.plot_rect().contains(at)
        self.pointer = self.plot_view.to_data(at) if inside and at is not None else None
        self._point_at(self.pointer[0] if self.pointer is not None else None)

    def _point_at(self, x: float | None) -> None:
        before, self._pointing = self._pointing, x
        if x is not None:
            self.pointed.emit(x)
        elif before is not None:
            self.left.emit()

    # -- keys, while focused

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._act_of(event):
            event.accept()  # ours while focused, whatever it means to the window
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._act_of(event)
        if act is None:
            super().keyPressEvent(event)
            return
        kind, value = act
        view, middle = self.plot_view, self.plot_rect().center()
        if kind == "zoom":
            self._zoom(view.zoomed(float(value[0]), 1.0, middle))
        elif kind == "pan":
            step = KEY_PAN * view.box.width(), KEY_PAN * view.box.height()
            self._zoom(view.moved(value[0] * step[0], value[1] * step[1]))
        elif kind == "back":
            self.zoom_back()
        else:
            self._step_pointer(int(value[0]))

    def _act_of(self, event: QKeyEvent) -> tuple[str, tuple[float, float]] | None:
        key, modifiers = event.key(), event.modifiers() & ~(_SHIFT | Qt.KeyboardModifier.KeypadModifier)
        if modifiers == Qt.KeyboardModifier.NoModifier and key in _KEYS:
            act = _KEYS[Qt.Key(key)]
            if act == "back":
                return "back", (0, 0)
            return "zoom", (KEY_ZOOM if act == "in" else 1 / KEY_ZOOM, 1.0)
        if modifiers == _CONTROL and key in _CONTROL_KEYS:
            return "pan", _CONTROL_KEYS[Qt.Key(key)]
        if modifiers == Qt.KeyboardModifier.AltModifier and key in _ALT_KEYS:
            return "point", (_ALT_KEYS[Qt.Key(key)], 0)
        return None

    def _step_pointer(self, direction: int) -> None:
        low, high = self._shown[0]
        at = self._pointing
        if at is None or not math.isfinite(at):
            at = high if direction < 0 else low
        self._point_at(min(max(at + direction * KEY_POINT * (high - low), low), high))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self.pointer is None:  # pointed at by keys
            self._point_at(None)
        super().focusOutEvent(event)
