"""One choice of a question: a radio button whose text may take several lines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from gui.tips import plain_label


class Choice(QWidget):
    """A radio button and the text that it stands for; a click on the text chooses it too."""

    def __init__(self, text: str, group: QButtonGroup, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = text
        self.button = QRadioButton(self)
        self.button.setAccessibleName(text)
        self.button.setToolTip("Choose this answer (↑ ↓ for the others)")
        group.addButton(self.button)
        self.label = plain_label(text, self)
        self.label.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(7 * scale))
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.label, 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.button.isEnabled() and event.button() == Qt.MouseButton.LeftButton:
            self.button.setFocus(Qt.FocusReason.MouseFocusReason)
            self.button.click()
        super().mousePressEvent(event)
