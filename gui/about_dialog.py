"""What this program is, and what it is made of: to read, and to copy into a report."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.icons import pixmap
from gui.panels.panel import scale
from gui.tall_content import TallContent
from gui.theme import Theme
from gui.tips import plain_label


class AboutDialog(QDialog):
    """A name, a sentence, and rows of (what, version)."""

    def __init__(
        self, name: str, sentence: str, versions: Sequence[tuple[str, str]], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle(f"About {name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = "\n".join([name, *(f"{what}: {version}" for what, version in versions)])
        size = scale()
        content = QWidget()
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, round(12 * size), 0)
        box.setSpacing(round(10 * size))
        box.addLayout(_heading(name, theme, size))
        what_it_is = plain_label(sentence)
        what_it_is.setProperty("role", "muted")
        what_it_is.setWordWrap(True)
        what_it_is.setFixedWidth(round(430 * size))
        box.addWidget(what_it_is)
        box.addLayout(_rows(versions, size))
        self.copy_button = QPushButton("Copy", self)
        self.copy_button.setToolTip("Copy the versions, for a report")
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self.copy)
        self.close_button = QPushButton("Close", self)
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*(round(margin * size) for margin in (22, 18, 14, 14)))
        outer.setSpacing(round(14 * size))
        outer.addWidget(TallContent(content, self.copy_button.sizeHint().height() + round(50 * size), self), 1)
        outer.addLayout(buttons)
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def copy(self) -> None:
        """Put the versions on the clipboard, and say so."""
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText("Copied")
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText("Copy"))


def _heading(name: str, theme: Theme, size: float) -> QHBoxLayout:
    logo = plain_label()
    logo.setPixmap(pixmap("logo", theme.accent, px=round(22 * size), ratio=2))
    heading = plain_label(name)
    heading.setProperty("role", "heading")
    row = QHBoxLayout()
    row.setSpacing(round(8 * size))
    row.addWidget(logo)
    row.addWidget(heading)
    row.addStretch(1)
    return row


def _rows(versions: Sequence[tuple[str, str]], size: float) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(round(20 * size))
    grid.setVerticalSpacing(round(4 * size))
    grid.setColumnStretch(1, 1)
    for index, (what, version) in enumerate(versions):
        left, right = plain_label(what), plain_label(version)
        left.setProperty("role", "label")
        right.setProperty("role", "figures")
        right.setWordWrap(True)
        right.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(left, index, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(right, index, 1)
    return grid
