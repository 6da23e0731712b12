"""Any of a few values."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui.builder.editors.base import Editor
from gui.builder.fields import Field


class FlagsField(Editor, QWidget):
    """Any of a few values, as buttons that stay down."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.take(field)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for option in field.options:
            button = QToolButton(self)
            button.setText(option.title)
            button.setCheckable(True)
            button.setProperty("role", "pill")
            button.setToolTip(option.tip)
            button.setAccessibleName(f"{field.label}: {option.title}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(self.report)
            self.buttons[option.value] = button
            row.addWidget(button)
        row.addStretch(1)

    def value(self) -> Any:
        return [name for name, button in self.buttons.items() if button.isChecked()]

    def show_value(self, value: Any) -> None:
        for name, button in self.buttons.items():
            button.setChecked(name in (value or ()))
