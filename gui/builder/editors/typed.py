"""A line of text of the form."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.builder.editors.base import Editor
from gui.builder.editors.undo_keys import wish
from gui.builder.fields import Field
from gui.panels.painting import painter_on
from gui.panels.panel import scale


class Typed(Editor, QLineEdit):
    """A line of text that says when it changes and when the change is meant.

    ``edited`` comes with every keystroke; ``committed`` with Enter, on leaving the field and with
    the arrow keys. Escape asks for what stood there before the typing began.
    """

    abandoned = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark, self._mark_color, self._mark_quiet = "", QColor(), False
        self._changed = False
        self._entered = False
        self.take(field)
        self.textEdited.connect(self._on_text)
        self.returnPressed.connect(self._enter)

    def value(self) -> Any:
        """Return what the text says."""
        return self.text()

    def show_value(self, value: Any) -> None:
        """Show a value, unless it is what the text already says."""
        text = "" if value is None else str(value)
        if text != self.text():
            self._changed = False
            self.setText(text)
            self.setCursorPosition(0)

    def set_mark(self, text: str, color: QColor, *, quiet: bool = False) -> None:
        """Write a word at the right end of the field, such as "live"; a quiet one only under the mouse or the focus."""
        if (text, color, quiet) == (self._mark, self._mark_color, self._mark_quiet):
            return
        self._mark, self._mark_color, self._mark_quiet = text, color, quiet
        width = self._mark_width()
        self.setTextMargins(0, 0, width + 4 if width else 0, 0)
        self.update()

    def _mark_width(self) -> int:
        return QFontMetrics(self._mark_font()).horizontalAdvance(self._mark) if self._mark else 0

    def _mark_font(self) -> QFont:
        font = QFont(self.font())
        font.setItalic(True)
        font.setPixelSize(max(8, round(font.pixelSize() * 0.86)) if font.pixelSize() > 0 else 11)
        return font

    def _enter(self) -> None:
        self._entered = True
        self._commit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            asked = wish(event)
            if asked:
                event.setAccepted(self._answers(asked))
                return event.isAccepted()
            # After Enter the typing is over: keys that are no text here are left to the window's shortcuts.
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and self._is_for_the_window(event.key()):
                event.ignore()
                return False
        return super().event(event)

    def _answers(self, asked: str) -> bool:
        """Tell whether undo or redo is about what was typed here and is not meant yet."""
        return self._changed and (self.isUndoAvailable() if asked == "undo" else self.isRedoAvailable())

    def _is_for_the_window(self, key: int) -> bool:
        return self._entered and key == Qt.Key.Key_Space

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._entered = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._entered = False

    def _on_text(self) -> None:
        self._entered = False
        self._changed = True
        self.edited.emit(self.value())

    def _commit(self) -> None:
        if self._changed:
            self._changed = False
            self.committed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._commit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._changed = False
            self.abandoned.emit()
            self.clearFocus()
            return
        asked = wish(event)
        if asked:
            self._go_through_typing(asked, event)
            return
        super().keyPressEvent(event)

    def _go_through_typing(self, asked: str, event: QKeyEvent) -> None:
        if not self._answers(asked):
            event.ignore()
        elif asked == "undo":
            self.undo()
            self._changed = self.isUndoAvailable() or self.isRedoAvailable()
        else:
            self.redo()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._mark or (self._mark_quiet and not (self.hasFocus() or self.underMouse())):
            return
        with painter_on(self) as painter:
            painter.setFont(self._mark_font())
            painter.setPen(self._mark_color)
            room = self.rect().adjusted(0, 0, -round(8 * scale()), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._mark)


class TextField(Typed):
    """A line of free text."""
