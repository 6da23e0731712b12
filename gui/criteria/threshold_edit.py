"""The line in which a threshold is typed, right on its card."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.builder.editors.number_text import parse_number
from gui.builder.wording import number

SMALLEST = 1e-12  # the first step up from zero


class ThresholdEdit(QLineEdit):
    """A number under way: ``typed`` comes with every change, ``entered`` with Enter, ``left`` when it is over.

    Arrow keys go through 1, 2, 5, 10, …, a whole number goes up and down by one; with Shift by a factor of ten.
    """

    typed = Signal(object)
    entered = Signal()
    left = Signal(bool)

    def __init__(self, *, whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = whole
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setToolTip("Enter applies, Esc takes back, ↑ and ↓ change it step by step (Shift: ten times)")
        self.textEdited.connect(lambda: self.typed.emit(self.value()))

    def value(self) -> Any:
        """Return the number that is typed, or the text where it is none."""
        return parse_number(self.text(), whole=self.whole)

    def begin(self, value: float) -> None:
        """Show a value, all of it selected: typing replaces it."""
        self.setText(number(int(value) if self.whole else value))
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        # Space runs and pauses wherever the focus is, and is no part of a number.
        if (
            event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit(False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()  # and no further: the card would begin to edit again
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._step(1 if key == Qt.Key.Key_Up else -1, large=large)
        elif key == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.left.emit(True)

    def _step(self, direction: int, *, large: bool) -> None:
        value = self.value()
        if isinstance(value, str) or not math.isfinite(value):
            return
        if self.whole:
            stepped = max(1, value + direction * (10 if large else 1))
        else:
            stepped = stepped_threshold(value, direction, large=large)
        self.setText(number(stepped))
        self.typed.emit(stepped)


def stepped_threshold(value: float, direction: int, *, large: bool = False) -> float:
    """Return the next of …, 1, 2, 5, 10, … up or down; ten times as much, or a tenth, where `large`."""
    if value <= 0:
        return SMALLEST if direction > 0 else 0.0
    if large:
        digits, _, exponent = f"{value:.6e}".partition("e")  # in decimal notation 2e-5 stays 2e-4, not 0.00019999…
        return float(f"{digits}e{int(exponent) + direction}")
    power = math.floor(math.log10(value))
    candidates = [float(f"{digit}e{power + up}") for up in (-1, 0, 1, 2) for digit in (1, 2, 5)]
    if direction > 0:
        return min(candidate for candidate in candidates if candidate > value * (1 + 1e-9))
    return max(candidate for candidate in candidates if candidate < value * (1 - 1e-9))

