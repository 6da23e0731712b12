"""The pill that smooths curves as strongly as its menu says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QCursor, QKeyEvent
from PySide6.QtWidgets import QMenu

from gui.panels.panel import Pill
from gui.panels.smoothing import FORMULA, STRENGTHS, Strength
from gui.tips import plain_tip


class SmoothingPill(Pill):
    """Opens a menu of strengths; `changed` is called with each choice. It is on while curves are smoothed."""

    def __init__(self, changed: Callable[[Strength], object]) -> None:
        tip = f"Smoothing of the lines, for the eye only: off, light, medium, strong\n{FORMULA}"
        super().__init__("smooth ▾", plain_tip(tip))
        self.setAccessibleName("smooth")
        self.strength = STRENGTHS[0]
        self._changed = changed
        self.strengths = QMenu(self)
        self.strengths.setAccessibleName("Smoothing")
        self._group = QActionGroup(self)
        for strength in STRENGTHS:
            action = QAction(_said(strength), self._group)
            action.setCheckable(True)
            action.setChecked(strength is self.strength)
            action.triggered.connect(lambda _=False, chosen=strength: self.choose(chosen))
            self.strengths.addAction(action)
        self.clicked.connect(self.open_menu)

    def choose(self, strength: Strength) -> None:
        """Smooth so strongly."""
        if strength is not self.strength:
            self.strength = strength
            self._group.actions()[STRENGTHS.index(strength)].setChecked(True)
            self.setChecked(strength.share > 0)
            self.setAccessibleDescription(_said(strength))
            self._changed(strength)

    def open_menu(self) -> None:
        """Open the menu below the pill, or, where the header has no room for it, at the pointer."""
        self.strengths.popup(self.mapToGlobal(self.rect().bottomLeft()) if self.isVisible() else QCursor.pos())

    def nextCheckState(self) -> None:
        """Leave it to the menu whether the pill is on."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.open_menu()
        else:
            super().keyPressEvent(event)


def _said(strength: Strength) -> str:
    if not strength.share:
        return f"{strength.title}: every evaluation as it is"
    return f"{strength.title}: over ±{100 * strength.share:g}% of the curve"
