"""The pill that smooths curves as strongly as its menu says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction

from gui.panels.menu_pill import MenuPill
from gui.panels.smoothing import FORMULA, STRENGTHS, Strength
from gui.tips import plain_tip


class SmoothingPill(MenuPill):
    """Opens a menu of strengths; `changed` is called with each choice. It is on while curves are smoothed."""

    def __init__(self, changed: Callable[[Strength], object]) -> None:
        tip = f"Smoothing of the lines, for the eye only: off, light, medium, strong\n{FORMULA}"
        super().__init__("smooth ▾", plain_tip(tip), "smooth", "Smoothing")
        self.strength = STRENGTHS[0]
        self._changed = changed
        for strength in STRENGTHS:
            action = QAction(_said(strength), self.group)
            action.setCheckable(True)
            action.setChecked(strength is self.strength)
            action.triggered.connect(lambda _=False, chosen=strength: self.choose(chosen))
            self.menu.addAction(action)

    def choose(self, strength: Strength) -> None:
        """Smooth so strongly."""
        if strength is not self.strength:
            self.strength = strength
            self.group.actions()[STRENGTHS.index(strength)].setChecked(True)
            self.setChecked(strength.share > 0)
            self.setAccessibleDescription(_said(strength))
            self._changed(strength)


def _said(strength: Strength) -> str:
    if not strength.share:
        return f"{strength.title}: every evaluation as it is"
    return f"{strength.title}: over ±{100 * strength.share:g}% of the curve"
