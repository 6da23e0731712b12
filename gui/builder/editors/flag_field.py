"""On or off."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QWidget

from gui.builder.editors.base import Editor
from gui.builder.fields import Field
from gui.panels.painting import painter_on
from gui.panels.panel import scale


class FlagField(Editor, QCheckBox):
    """A box to check, its check mark drawn sharp."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.take(field)
        self.clicked.connect(self.report)

    def value(self) -> Any:
        return self.isChecked()

    def show_value(self, value: Any) -> None:
        self.setChecked(bool(value))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            with painter_on(self) as painter:
                self._check(painter)

    def _check(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.HighlightedText)
        size = 17.0 * scale()
        width = 1.8 * scale()
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.translate(0.0, (self.height() - size) / 2)
        corners = ((0.26, 0.52), (0.44, 0.70), (0.74, 0.32))
        painter.drawPolyline(QPolygonF([QPointF(x * size, y * size) for x, y in corners]))
