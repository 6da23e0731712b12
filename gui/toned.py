"""Labels whose color says something: good, doubtful, or plain text on a ground of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from gui.theme import Theme


class Toned:
    """Colors labels, and does so again when the theme changes. A tone is the name of a color of the theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._styles: dict[QLabel, tuple[str, str]] = {}

    def tone(self, label: QLabel, tone: str, more: str = "") -> None:
        """Give a label a tone, or with "" the color that labels have; `more` is more of its style."""
        self._styles[label] = tone, more
        self._show(label)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        for label in self._styles:
            self._show(label)

    def _show(self, label: QLabel) -> None:
        tone, more = self._styles[label]
        label.setStyleSheet(f"color: {getattr(self._theme, tone)};{more}" if tone else more)
