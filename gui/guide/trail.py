"""The steps of a lab in a row: which is shown, which are done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui.guide.journey import State
from gui.tips import plain_tip

MARKS: dict[State, str] = {"done": "✓", "begun": " ·", "open": ""}
WORDS: dict[State, str] = {"done": "done", "begun": "begun", "open": "not begun"}


class Trail(QWidget):
    """One small button for each step, and one for the end; ``chosen`` carries the number from 0."""

    chosen = Signal(int)

    def __init__(self, titles: Sequence[str], scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = [*titles, "The end: an overview, and the file to hand in"]
        self.buttons: list[QToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(3 * scale))
        for number, _ in enumerate(self._titles):
            made = QToolButton(self)
            made.setProperty("role", "pill")
            made.setCheckable(True)
            made.setMinimumWidth(round(27 * scale))
            made.clicked.connect(lambda _=False, number=number: self.chosen.emit(number))
            self.buttons.append(made)
            row.addWidget(made)
        row.addStretch(1)

    def show_states(self, states: Sequence[State], at: int) -> None:
        """Show how far each step is, and which one is in sight."""
        for number, (made, title) in enumerate(zip(self.buttons, self._titles, strict=True)):
            made.setChecked(number == at)
            if number < len(states):
                made.setText(f"{number + 1}{MARKS[states[number]]}")
                told = f"Step {number + 1}: {title} ({WORDS[states[number]]})"
            else:
                made.setText("⚑")
                told = title
            made.setToolTip(plain_tip(told))
            made.setAccessibleName(told)
