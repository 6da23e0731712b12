"""The pill that smooths curves: on or off at a click from the menu, and as strongly as its menu says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gui.panels.panel import Pill
from gui.panels.smoothing import FORMULA, STRENGTHS, Strength
from gui.tips import plain_tip

USUAL = STRENGTHS[2]


class SmoothingPill(Pill):
    """Opens a menu of strengths; `changed` is called with each choice."""

    def __init__(self, changed: Callable[[Strength], object], parent: QWidget | None = None) -> None:
        super().__init__("smooth ▾", "")
        self.setParent(parent)
        self.setAccessibleName("smooth")
        self.setToolTip(plain_tip(f"Smoothing of the lines, for the eye only\n{FORMULA}"))
        self.strength = STRENGTHS[0]
        self._changed = changed
        self._last = USUAL
        self._group = QActionGroup(self)
        menu = QMenu(self)
        for strength in STRENGTHS:
            reach = f"over ± {100 * strength.share:g} % of the curve" if strength.share else "every evaluation as it is"
            action = QAction(f"{strength.title} ({reach})", self._group)
            action.setCheckable(True)
            action.setChecked(strength is self.strength)
            action.triggered.connect(lambda _, chosen=strength: self.choose(chosen))
            menu.addAction(action)
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.toggled.connect(self._toggled)

    def choose(self, strength: Strength) -> None:
        """Smooth so strongly."""
        if strength is self.strength:
            return
        self.strength = strength
        if strength.share:
            self._last = strength
        self._group.actions()[STRENGTHS.index(strength)].setChecked(True)
        self.setChecked(strength.share > 0)
        self._changed(strength)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.showMenu()
        else:
            super().keyPressEvent(event)

    def _toggled(self, on: bool) -> None:
        if on != (self.strength.share > 0):
            self.choose(self._last if on else STRENGTHS[0])
