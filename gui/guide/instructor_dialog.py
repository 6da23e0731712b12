"""The page for whoever leads the workshop: a window of its own, apart from what learners see."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.guide.parts import label, margins
from gui.markdown import MarkdownView
from gui.theme import Theme
from gui.tips import title_text
from training.labs.lab import OpenLab


class InstructorDialog(QDialog):
    """Timing, expected results and discussion of a lab."""

    def __init__(self, lab: OpenLab, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("instructorDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title_text(f"For the instructor: {lab.lab.title}"))
        self.view = MarkdownView(theme, scale, self, whole=False)
        self.view.show_markdown(lab.lab.instructor)
        self.view.setAccessibleName("Instructor’s page")
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.setToolTip("Close (Esc)")
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(*margins(scale, 20, 16, 14, 14))
        box.setSpacing(round(10 * scale))
        box.addWidget(label("This page tells the answers: not for the projector.", "muted", self))
        box.addWidget(self.view, 1)
        box.addLayout(bottom)
        self.resize(round(820 * scale), round(680 * scale))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.view.restyle(theme)
