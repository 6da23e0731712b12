"""A fix in the panel that says why: a button that races it, one that applies it, and why it should help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.tips import button_text, plain_label, plain_tip
from training.diagnosis.finding import Fix

TIP = "Race the run as it is against the same run with this change"


class ShrinkingButton(QPushButton):
    """A button as wide as its text, which it cuts where there is less room."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(button_text(text), parent)
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics, whole = self.fontMetrics(), super().sizeHint()
        beside = whole.width() - metrics.horizontalAdvance(self.text())
        return QSize(beside + metrics.horizontalAdvance(button_text(self._text)), whole.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self.sizeHint().width()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        room = self.width() - (super().sizeHint().width() - metrics.horizontalAdvance(self.text()))
        cut = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, room)
        shown = button_text(self._text if self.width() >= self.sizeHint().width() else cut)
        if shown != self.text():
            self.setText(shown)


def button_title(title: str) -> str:
    """Return the title of a fix as it stands on a button."""
    return f"{title[:1].upper()}{title[1:]}"


class FixRow(QWidget):
    """``try_wanted`` asks for a race, ``apply_wanted`` for the change without one."""

    try_wanted = Signal()
    apply_wanted = Signal()

    def __init__(self, fix: Fix, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = ShrinkingButton(button_title(fix.title), self)
        self.button.setAccessibleName(f"Try {fix.title}")
        self.button.setToolTip(plain_tip(f"{fix.title}\n{TIP}"))
        self.button.clicked.connect(self.try_wanted)
        self.apply = QToolButton(self)
        self.apply.setProperty("role", "quiet")
        self.apply.setText("apply")
        self.apply.setAccessibleName(f"Apply {fix.title} without a race")
        self.apply.setToolTip("Put this change into the form, without a race")
        self.apply.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.apply.clicked.connect(self.apply_wanted)
        self.why = plain_label(fix.why, self)
        self.why.setProperty("role", "muted")
        self.why.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(round(4 * scale))
        row.addWidget(self.button)
        row.addWidget(self.apply)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, round(4 * scale))
        box.setSpacing(round(3 * scale))
        box.addLayout(row)
        box.addWidget(self.why)
