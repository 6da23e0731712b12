"""The small toggles in the headers of panels."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QToolButton

from gui.panels.printing import is_printing
from gui.panels.scale import scale
from gui.theme import Theme, mix

ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class Pill(QToolButton):
    """A small toggle in a panel's header; given a color, it is the key to a curve too."""

    def __init__(self, text: str, tip: str, *, checked: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._color: Callable[[Theme], str] = lambda theme: theme.accent

    def color_by(self, color: Callable[[Theme], str]) -> Pill:
        """Show the pill, while on, in a color of the theme."""
        self._color = color
        return self

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        color = self._color(theme)
        self.setStyleSheet(
            f"QToolButton {{ padding: {round(2 * scale())}px {round(5 * scale())}px; }}"
            f"QToolButton:checked {{ color: {color}; border-color: {mix(theme.border, color, 0.35)}; }}"
            f"QToolButton:disabled {{ color: {theme.faint}; border-color: transparent; }}"
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._walks(event):
            event.accept()  # arrows choose among pills of which one is on, whatever they do in the window
            return True
        return bool(super().event(event))

    def _walks(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return plain and event.key() in ARROWS and self.group() is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isChecked() or not is_printing():  # in a file, what is on tells what is shown; the rest is no use
            super().paintEvent(event)
