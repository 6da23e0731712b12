"""One of a few named values."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from gui.builder.editors.base import Editor
from gui.builder.editors.combo import Combo
from gui.builder.fields import Field
from gui.panels.panel import scale


class ChoiceField(Editor, Combo):
    """One of a few named values; each says in its tooltip what it does."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.take(field)
        for option in field.options:
            self.addItem(option.title, option.value)
            self.setItemData(self.count() - 1, option.tip or None, Qt.ItemDataRole.ToolTipRole)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setMaxVisibleItems(20)
        self.activated.connect(self._on_activated)
        self._describe()

    def value(self) -> Any:
        return self.currentData()

    def show_value(self, value: Any) -> None:
        index = self.findData(value)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self._describe()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the form; it must not change an experiment in passing

    def showPopup(self) -> None:
        # The field is narrow, its list need not be.
        wanted = max(self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count()))
        self.view().setMinimumWidth(max(self.width(), wanted + round(40 * scale())))
        super().showPopup()

    def _on_activated(self) -> None:
        self._describe()
        self.report()

    def _describe(self) -> None:
        tip = self.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self.setToolTip(f"{self.field.tip}<br><br>{tip}" if tip else self.field.tip)


class ActivationField(ChoiceField):
    """The activation of all hidden layers; says "Per layer" where they differ."""

    PER_LAYER = "per layer"

    def show_value(self, value: Any) -> None:
        mixed = not isinstance(value, str)
        index = self.findData(self.PER_LAYER)
        if mixed and index < 0:
            self.addItem("Per layer", self.PER_LAYER)
        elif not mixed and index >= 0:
            self.removeItem(index)
        super().show_value(self.PER_LAYER if mixed else value)

    def _on_activated(self) -> None:
        if self.value() != self.PER_LAYER:
            super()._on_activated()
