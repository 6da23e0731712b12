"""The few dialogs: what went wrong (with the traceback to copy), and what to do with unsaved changes."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.icons import icon
from gui.theme import Theme, mono_font
from gui.tips import plain_label

MOST_DETAILS = 20  # different errors whose tracebacks are kept

Answer = Literal["save", "discard", "cancel"]


class ErrorDialog(QDialog):
    """An unexpected error: what happened, what was kept, and the details to pass on."""

    def __init__(self, title: str, message: str, kept: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName("errorDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(QSize(620, 380))
        self.details = details
        self.messages = {message: 1}
        heading = _label(title, "heading")
        what = _label(message)
        self.more = _label("", "muted")
        self.more.hide()
        what.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = QPlainTextEdit(details, self)
        self.text.setReadOnly(True)
        self.text.setFont(mono_font(px=11.5))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy_button = QPushButton("Copy details", self)
        self.copy_button.clicked.connect(self.copy)
        close = QPushButton("Close", self)
        close.setProperty("role", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 14)
        box.setSpacing(8)
        box.addWidget(heading)
        box.addWidget(what)
        box.addWidget(self.more)
        box.addWidget(_label(kept, "muted"))
        box.addWidget(self.text, 1)
        box.addLayout(buttons)

    def add(self, message: str, details: str) -> None:
        """Count another error; the details of one not met before are put below the others."""
        known = message in self.messages
        self.messages[message] = self.messages.get(message, 0) + 1
        if not known and len(self.messages) <= MOST_DETAILS:
            self.details = f"{self.details.rstrip()}\n\n{details}"
            self.text.setPlainText(self.details)
        self.more.setText(f"{sum(self.messages.values()):,} errors so far, {len(self.messages):,} of them different.")
        self.more.show()

    def copy(self) -> None:
        """Put the details on the clipboard, and say so."""
        QGuiApplication.clipboard().setText(self.details)
        self.copy_button.setText("Copied")
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText("Copy details"))


class UnsavedDialog(QDialog):
    """Asks what becomes of unsaved changes before another experiment takes their place."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved changes")
        self.setObjectName("unsavedDialog")
        self.answer: Answer = "cancel"
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 14)
        box.setSpacing(10)
        box.addWidget(_label(f"Save the changes to “{name}”?", "heading"))
        box.addWidget(_label("Another experiment is about to take its place.", "muted"))
        buttons = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for answer, text in (("discard", "Discard"), ("cancel", "Cancel"), ("save", "Save")):
            button = QPushButton(text, self)
            button.clicked.connect(lambda _=False, answer=answer: self._choose(answer))
            self.buttons[answer] = button
            buttons.addWidget(button)
            if answer == "discard":
                buttons.addStretch(1)
        self.buttons["save"].setProperty("role", "primary")
        self.buttons["save"].setDefault(True)
        box.addLayout(buttons)
        self.setMinimumWidth(420)

    def _choose(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()


class Banner(QFrame):
    """A message above the panels that stays until it is dealt with; it never stands in the way."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._theme = theme
        self.text = plain_label(parent=self)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(6)
        self.close_button = QToolButton(self)
        self.close_button.setProperty("role", "quiet")
        self.close_button.setToolTip("Dismiss")
        self.close_button.setAccessibleName("Dismiss this message")
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 8, 7)
        row.addWidget(self.text, 1)
        row.addLayout(self.buttons)
        row.addWidget(self.close_button)
        self.hide()
        self.restyle(theme)

    def show_error(self, text: str) -> None:
        """Show something that has to be put right."""
        self._show("banner", text)

    def show_notice(self, text: str, *actions: tuple[str, object]) -> None:
        """Show something worth knowing, with buttons; each hides the message and calls its action."""
        self._show("notice", text)
        for label, action in actions:
            button = QPushButton(label, self)
            button.clicked.connect(self.hide)
            button.clicked.connect(action)
            self.buttons.addWidget(button)
            QWidget.setTabOrder(self.close_button, button)  # to where the banner's turn is …
            QWidget.setTabOrder(button, self.close_button)  # … and as they are read

    def _show(self, role: str, text: str) -> None:
        while self.buttons.count():
            item = self.buttons.takeAt(0)
            if item is not None and item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
        self.text.setText(text)
        self.setAccessibleName(text)
        self.show()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.close_button.setIcon(icon("close", theme.muted))


def ask_unsaved(name: str, parent: QWidget | None = None) -> Answer:
    """Ask what becomes of unsaved changes."""
    dialog = UnsavedDialog(name, parent)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer


def _label(text: str, role: str = "") -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    if role:
        label.setProperty("role", role)
    return label
