"""A pill that opens a menu of choices."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QCursor, QKeyEvent
from PySide6.QtWidgets import QMenu

from gui.panels.pill import Pill


class MenuPill(Pill):
    """Opens `menu`, of whose actions, all in `group`, one is checked; the arrow down opens it, too.

    Parameters
    ----------
    text, tip
        Of the pill.
    name
        What screen readers call it.
    choices
        What they call its menu.
    """

    def __init__(self, text: str, tip: str, name: str, choices: str) -> None:
        super().__init__(text, tip)
        self.setAccessibleName(name)
        self.menu = QMenu(self)
        self.menu.setAccessibleName(choices)
        self.group = QActionGroup(self)
        self.clicked.connect(self.open_menu)

    def open_menu(self) -> None:
        """Open the menu below the pill, or, where the header has no room for it, at the pointer."""
        self.menu.popup(self.mapToGlobal(self.rect().bottomLeft()) if self.isVisible() else QCursor.pos())

    def nextCheckState(self) -> None:
        """Leave it to the menu whether the pill is on."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.open_menu()
        else:
            super().keyPressEvent(event)
