"""The middle of the window: the board of panels, or what stands in its place for a while."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

BOARD = "board"


class Stage(QStackedWidget):
    """One thing at a time: the board, the gallery of scenarios, a race.

    ``changed`` carries the name of what is shown from now on.
    """

    changed = Signal(str)

    def __init__(self, board: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self.add(BOARD, board)

    def add(self, name: str, widget: QWidget) -> None:
        """Have something to show under a name."""
        self._names.append(name)
        self.addWidget(widget)

    @property
    def shown(self) -> str:
        """Name of what is shown."""
        return self._names[self.currentIndex()]

    def show_only(self, name: str) -> None:
        """Show this, and nothing else."""
        if name != self.shown:
            self.setCurrentIndex(self._names.index(name))
            self.changed.emit(name)
