"""Rounded buttons that name something: the experiment, the device, the seed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from gui.panels.painting import painter_on
from gui.theme import Theme
from gui.tips import button_text, plain_tip


class ElidedPill(QPushButton):
    """A rounded button with a text that is cut rather than pushing its neighbors away."""

    def __init__(self, limit: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pill")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.limit = limit
        self._full = ""

    def show_text(self, text: str) -> None:
        """Show a text; the whole of it is in the tooltip's place for screen readers."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self._fit()

    def set_limit(self, limit: int) -> None:
        """Set the widest it may get, in pixels."""
        if limit != self.limit:
            self.limit = limit
            self._fit()

    def _fit(self) -> None:
        self.setText(button_text(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.limit)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()


class DevicePill(ElidedPill):
    """Where the run computes, with a dot that is filled while it does."""

    def __init__(self, theme: Theme, scale: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(round(160 * scale), parent)
        self._theme, self._scale = theme, scale
        self._busy = False
        self.show_device("CPU", "Where the run computes (click to change it)")

    def show_device(self, name: str, tip: str) -> None:
        """Name the device."""
        self.show_text(f"    {name}")
        self.setAccessibleName(f"Device: {name}")
        self.setToolTip(plain_tip(tip))

    def show_busy(self, busy: bool) -> None:
        """Fill the dot while training."""
        if busy != self._busy:
            self._busy = busy
            self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with painter_on(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            color = QColor(self._theme.ok)
            painter.setPen(QPen(color, 1.4))
            if self._busy:
                painter.setBrush(color)
            painter.drawEllipse(QPointF(15 * self._scale, self.height() / 2), 3.6 * self._scale, 3.6 * self._scale)
