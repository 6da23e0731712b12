"""A sample of the window's look, at any theme and scale, before it is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.theme import Theme, stylesheet, text_font
from gui.tips import plain_label


class LookSample(QFrame):
    """A panel's title, a figure and a button, as they would be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sample of the chosen look")
        self.setToolTip("How the window will look")
        self.card = QFrame(self)
        self.card.setProperty("role", "panel")
        self.title = plain_label("Learning curves", self.card)
        self.title.setProperty("role", "title")
        self.figure = plain_label("loss 0.042", self.card)
        self.figure.setProperty("role", "figures")
        self.button = QPushButton("Run", self.card)
        self.button.setProperty("role", "primary")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self.card)
        for widget in (self.title, self.figure, self.button):
            self._row.addWidget(widget)
        self._row.insertStretch(2, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.card, 0, Qt.AlignmentFlag.AlignVCenter)
        self._shown: tuple[Theme, float] | None = None

    def show_look(self, theme: Theme, scale: float) -> None:
        """Take on a look."""
        if (theme, scale) == self._shown:
            return
        self._shown = (theme, scale)
        self._row.setContentsMargins(*(round(size * scale) for size in (10, 6, 8, 6)))
        self._row.setSpacing(round(10 * scale))
        font = text_font(scale)
        for widget in (self.card, self.title, self.figure, self.button):
            widget.setFont(font)
        self.card.setStyleSheet(stylesheet(theme, scale))
