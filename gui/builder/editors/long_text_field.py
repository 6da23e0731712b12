"""Several lines of free text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gui.builder.editors.base import Editor
from gui.builder.editors.undo_keys import wish
from gui.builder.fields import Field
from gui.panels.panel import scale


class LongTextField(Editor, QPlainTextEdit):
    """A box for text; the change is meant when the box is left."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._showing = False
        self._changed = False
        self.take(field)
        self.setTabChangesFocus(True)
        self.setPlaceholderText("What this experiment is meant to show")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.textChanged.connect(self._on_text)

    def value(self) -> Any:
        return self.toPlainText()

    def show_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if text != self.toPlainText():
            self._showing = True
            self._changed = False
            self.setPlainText(text)
            self._showing = False

    def sizeHint(self) -> QSize:
        return QSize(120, 64) * scale()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            asked = wish(event)
            if asked:
                event.setAccepted(self._answers(asked))
                return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asked = wish(event)
        if not asked:
            super().keyPressEvent(event)
        elif not self._answers(asked):
            event.ignore()
        elif asked == "undo":
            self.undo()
        else:
            self.redo()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._changed:
            self._changed = False
            self.committed.emit()

    def _answers(self, asked: str) -> bool:
        """Tell whether undo or redo is about what was typed here and is not meant yet."""
        document = self.document()
        return self._changed and (document.isUndoAvailable() if asked == "undo" else document.isRedoAvailable())

    def _on_text(self) -> None:
        if not self._showing:
            self._changed = True
            self.edited.emit(self.toPlainText())
