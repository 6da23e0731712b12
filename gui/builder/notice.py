"""The line above the cards: what waits for a reset, with the button that does it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from gui.tips import plain_label


class Notice(QFrame):
    """A text, and "Reset" beside it where that helps; hidden while there is nothing to say."""

    reset_wanted = Signal()

    def __init__(self, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.text = plain_label(parent=self)
        self.text.setWordWrap(True)
        self.text.setProperty("role", "caption")
        self.button = QToolButton(self)
        self.button.setText("Reset")
        self.button.setToolTip("Start over with these settings (R)")
        self.button.clicked.connect(self.reset_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(*(round(margin * scale) for margin in (10, 5, 5, 5)))
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.hide()

    def say(self, text: str, *, reset: bool = True) -> None:
        """Show a text; an empty one hides the notice."""
        self.text.setText(text)
        self.button.setVisible(reset)
        self.setVisible(bool(text))
