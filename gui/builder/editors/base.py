"""What all controls of the form share: a field they edit, and two signals."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.builder.fields import Field


class Editor:
    """Mixed into a widget, makes it the control of a field.

    ``edited`` comes with every change, ``committed`` when a change is meant. A setter shows a value
    and never reports it as edited.
    """

    edited = Signal(object)
    committed = Signal()
    field: Field

    def take(self, field: Field) -> None:
        """Edit this field from now on, and say so to pointers and screen readers."""
        assert isinstance(self, QWidget)
        self.field = field
        self.setToolTip(field.tip)
        self.setAccessibleName(field.label)

    def value(self) -> Any:
        """Return what the control says."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def report(self) -> None:
        """Report a change that is meant the moment it is made."""
        self.edited.emit(self.value())
        self.committed.emit()
