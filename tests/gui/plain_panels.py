"""Panels that show little but can be seen, for tests of what surrounds panels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.panels.painting import painter_on
from gui.panels.panel import Panel, Table
from gui.run_view import RunView
from gui.theme import Theme

INK = "#cc79a7"


class Face(QWidget):
    """A text and a line."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(80, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setPen(QColor(INK))
            painter.drawLine(0, 0, self.width(), self.height())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "inside")


class PlainPanel(Panel):
    """Remembers what it was asked to do."""

    def __init__(self, name: str, title: str = "", tasks: tuple[str, ...] = ("classification", "regression")) -> None:
        self.name, self.title = name, title or name.replace("_", " ").capitalize()
        super().__init__()
        self.tasks = tasks
        self.done: list[str] = []
        self.figures: Table | None = None
        self.face = Face()
        self.body.addWidget(self.face, 1)

    def suits(self, run: RunView) -> bool:
        return run.data.task in self.tasks

    def start(self, run: RunView) -> None:
        self.done.append("start")

    def refresh(self, run: RunView) -> None:
        self.done.append("refresh")

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)

    def clear(self) -> None:
        self.done.append("clear")

    def table(self) -> Table | None:
        return self.figures
