"""The line above a panel: its title, what it offers, and a handle to take the panel by."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gui.panels.printing import is_printing
from gui.panels.scale import scale
from gui.theme import DARK, Theme
from gui.tips import plain_tip

BUTTON = 20  # pixels at scale 1
GLYPH = 14
AT_REST = 0.45
"""How much of a button is seen while the pointer is elsewhere."""
BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Header(QWidget):
    """Takes the width it is given; a double click or Enter enlarges the panel, dragging moves it."""

    enlarge_wanted = Signal()
    menu_wanted = Signal(QPoint)
    dragged = Signal(QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(title)
        self.setAccessibleDescription("Enter or a double click enlarges the panel; drag to move it")
        self.setToolTip("Double-click to enlarge, drag to move, right-click for more")
        self.theme = DARK
        self.active = False
        self.dragging = False
        self._pressed_at: QPoint | None = None
        self.ringed = False
        self.options = QuietButton(self, _dots)
        self.enlarge = QuietButton(self, _corners_out)
        self.options.setAccessibleName(f"{title}: options")
        self.options.setToolTip("Options of this panel: show, move, hide, save, copy")
        self.options.clicked.connect(self._open_menu)
        self.enlarge.clicked.connect(self.enlarge_wanted)
        self.tools = QWidget()
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.options)
        row.addWidget(self.enlarge)
        self.tools.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.tools.setFixedSize(2 * self.options.width(), self.options.height())
        self.show_enlarged(title, False)

    def show_enlarged(self, title: str, enlarged: bool) -> None:
        """Say what the second button does now."""
        self.enlarge.draw = _corners_in if enlarged else _corners_out
        self.enlarge.restyle(self.theme)
        self.enlarge.setAccessibleName(f"{title}: {'restore' if enlarged else 'enlarge'}")
        self.enlarge.setToolTip(
            "Back to its place (Esc, F9, or double-click the title)" if enlarged
            else "Enlarge over all panels (F9, or double-click the title)"
        )

    def set_active(self, active: bool) -> None:
        """Show the buttons plainly while the pointer is on the panel."""
        if active != self.active:
            self.active = active
            self.tools.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.options.restyle(theme)
        self.enlarge.restyle(theme)

    def _open_menu(self) -> None:
        self.menu_wanted.emit(self.options.mapToGlobal(self.options.rect().bottomLeft()))

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.globalPosition().toPoint()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.globalPosition().toPoint()
        if self._pressed_at is None:
            return
        if not self.dragging:
            if (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
                return
            self.dragging = True
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # so that Esc comes here
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.dragged.emit(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._end_drag():
            self.dropped.emit(event.globalPosition().toPoint())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.enlarge_wanted.emit()
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel_drag()
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    def cancel_drag(self) -> None:
        """Leave the panel where it is."""
        if self._end_drag():
            self.drag_cancelled.emit()

    def _end_drag(self) -> bool:
        was, self.dragging, self._pressed_at = self.dragging, False, None
        if was:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        return was

    # -- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.dragging and event.key() == Qt.Key.Key_Escape:
            self.cancel_drag()
        elif self.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enlarge_wanted.emit()  # a button in the header lets Enter through to here: it is not meant
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.ringed = event.reason() in BY_KEY
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.ringed = False
        self.cancel_drag()
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.ringed and not is_printing():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self.theme.accent), 1.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5 * scale(), 5 * scale())
            painter.end()


class TitleLabel(QLabel):
    """A title that ends in an ellipsis where it has no room."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.width() >= self.sizeHint().width():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment(), text)
        painter.end()


class GlyphButton(QToolButton):
    """A small square button with a drawing."""

    def __init__(self, draw: Callable[[QPainter], None]) -> None:
        super().__init__()
        self.draw = draw
        self.setProperty("role", "quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        size, glyph = round(BUTTON * scale()), round(GLYPH * scale())
        self.setFixedSize(size, size)
        self.setIconSize(QSize(glyph, glyph))
        self.setStyleSheet("QToolButton { padding: 0; }")
        self._drawn: tuple[Callable[[QPainter], None], str] | None = None

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        if self._drawn != (self.draw, theme.muted):
            self._drawn = self.draw, theme.muted
            self.setIcon(_icon(self.draw, theme.muted, self.iconSize().width()))

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not is_printing():
            super().paintEvent(event)


class QuietButton(GlyphButton):
    """Faint, until the pointer is on the panel or the keyboard on the button."""

    def __init__(self, header: Header, draw: Callable[[QPainter], None]) -> None:
        super().__init__(draw)
        self._header = header

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._header.active or self.hasFocus():
            super().paintEvent(event)
        elif not is_printing():
            painter = QPainter(self)
            painter.setOpacity(AT_REST)
            place = QRect(QPoint(0, 0), self.iconSize())
            place.moveCenter(self.rect().center())
            self.icon().paint(painter, place)
            painter.end()


class OtherButton(GlyphButton):
    """Puts another view of the data in the place of this one, where there is no room for both."""

    def __init__(self, title: str) -> None:
        super().__init__(_exchange)
        self.setToolTip(plain_tip(f"Show {title} here: there is no room for both"))
        self.setAccessibleName(f"Show {title} here")


def _icon(draw: Callable[[QPainter], None], color: str, pixels: int) -> QIcon:
    made = QIcon()
    for ratio in (1, 2, 3):
        picture = QPixmap(pixels * ratio, pixels * ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(pixels * ratio / GLYPH, pixels * ratio / GLYPH)
        ink = QPen(QColor(color), 1.4)
        ink.setCapStyle(Qt.PenCapStyle.RoundCap)
        ink.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(ink)
        draw(painter)
        painter.end()
        picture.setDevicePixelRatio(ratio)
        made.addPixmap(picture)
    return made


def _dots(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    for x in (2.8, 7.0, 11.2):
        painter.drawEllipse(QPointF(x, 7.0), 1.2, 1.2)


def _corners_out(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(8.4, 2.5), QPointF(11.5, 2.5), QPointF(11.5, 5.6)]))
    painter.drawPolyline(QPolygonF([QPointF(5.6, 11.5), QPointF(2.5, 11.5), QPointF(2.5, 8.4)]))
    painter.drawLine(QPointF(11.3, 2.7), QPointF(8.3, 5.7))
    painter.drawLine(QPointF(2.7, 11.3), QPointF(5.7, 8.3))


def _corners_in(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(8.4, 2.5), QPointF(8.4, 5.6), QPointF(11.5, 5.6)]))
    painter.drawPolyline(QPolygonF([QPointF(5.6, 11.5), QPointF(5.6, 8.4), QPointF(2.5, 8.4)]))
    painter.drawLine(QPointF(8.6, 5.4), QPointF(11.6, 2.4))
    painter.drawLine(QPointF(5.4, 8.6), QPointF(2.4, 11.6))


def _exchange(painter: QPainter) -> None:
    painter.drawLine(QPointF(2.0, 4.6), QPointF(11.8, 4.6))
    painter.drawPolyline(QPolygonF([QPointF(9.4, 2.2), QPointF(11.8, 4.6), QPointF(9.4, 7.0)]))
    painter.drawLine(QPointF(12.0, 9.6), QPointF(2.2, 9.6))
    painter.drawPolyline(QPolygonF([QPointF(4.6, 7.2), QPointF(2.2, 9.6), QPointF(4.6, 12.0)]))
