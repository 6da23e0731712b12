"""A number of the form."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.builder import wording
from gui.builder.editors.number_text import next_number, parse_number
from gui.builder.editors.typed import Typed
from gui.builder.fields import Field

NO_NUMBER_BEGINS_WITH = (
    Qt.Key.Key_R, Qt.Key.Key_S, Qt.Key.Key_E, Qt.Key.Key_N, Qt.Key.Key_G, Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight, Qt.Key.Key_Right,
)  # fmt: skip
"""Keys that do something in the window, and nothing sensible in a number that was just entered."""


class NumberField(Typed):
    """A number, typed in any notation; shows words for zero and units while it is not edited."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.whole = field.kind in ("integer", "count_or_word")
        self.unit = ""
        self.stepping = False
        self._value: Any = None
        zero = wording.ZERO.get(field.key, "")
        self._zero_words = tuple(word for word in {zero, "off", "none"} if word) if zero else ()

    def value(self) -> Any:
        return parse_number(self.text(), whole=self.whole, zero_words=self._zero_words)

    def show_value(self, value: Any) -> None:
        if self.hasFocus() and self.value() == value and self.text().strip():
            self._value = value
            return
        self._changed = False
        self._value = value
        text = wording.number(value) if self.hasFocus() else wording.at_rest(self.field.key, value, self.unit)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def set_unit(self, unit: str) -> None:
        """Say what lengths are counted in ("epoch" or "step")."""
        if unit != self.unit:
            self.unit = unit
            if not self.hasFocus() and not isinstance(self._value, str):
                self.show_value(self._value)

    def _is_for_the_window(self, key: int) -> bool:
        if key == Qt.Key.Key_Space:
            return True
        begins_a_word = any(word.startswith(chr(key).lower()) for word in self._zero_words if key < 128)
        return self._entered and key in NO_NUMBER_BEGINS_WITH and not begins_a_word

    def _enter(self) -> None:
        super()._enter()
        self.selectAll()  # the next number replaces this one

    def _on_text(self) -> None:
        self._value = self.value()
        super()._on_text()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not isinstance(self._value, str):
            self.setText(wording.number(self._value))
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        had_focus = self.hasFocus()
        super().mousePressEvent(event)
        if not had_focus:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not isinstance(self._value, str) and self._value is not None and not self.property("invalid"):
            self.setText(wording.at_rest(self.field.key, self._value, self.unit))
            self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if event.key() == Qt.Key.Key_Up else -1)
            return
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
            return
        super().keyPressEvent(event)

    def _step(self, direction: int) -> None:
        value = self.value()
        if isinstance(value, str):
            return
        stepped = next_number(value, direction, whole=self.whole, low=self.field.low, high=self.field.high)
        self.setText(wording.number(stepped))
        self.stepping = True
        self._on_text()
        self._commit()
        self.stepping = False
