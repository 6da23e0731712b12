"""A list to choose from, drawn to fit the form."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from gui.panels.painting import guarded
from gui.panels.panel import scale


class Combo(QComboBox):
    """A list to choose from, its arrow drawn sharp, its text cut with an ellipsis where it is too long."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        with guarded(self):
            self._paint(painter)
        painter.end()

    def _paint(self, painter: QStylePainter) -> None:
        size = scale()
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - round(34 * size)
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText if not self.isEnabled()
                                   else QPalette.ColorRole.Text)
        painter.setPen(QPen(ink, 1.3 * size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        x, y = self.width() - 14.0 * size, self.height() / 2
        left, foot, right = (-3.5 * size, -2 * size), (0.0, 2 * size), (3.5 * size, -2 * size)
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in (left, foot, right)]))
