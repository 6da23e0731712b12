"""The hidden layers one by one: width and activation of each, added and removed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.builder.editors import ChoiceField, NumberField
from gui.builder.fields import Field, Option
from gui.builder.row import ROW_HEIGHT
from training.experiment import MAX_LAYERS, MAX_WIDTH


class LayerList(QWidget):
    """A row for each hidden layer. Reports the whole list: widths, and activations (one name if all agree)."""

    edited = Signal(object, object)
    committed = Signal()

    def __init__(self, activations: tuple[Option, ...], scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = activations
        self._scale = scale
        self._rows: list[_LayerRow] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(3)
        self.add = QToolButton(self)
        self.add.setText("+ Add layer")
        self.add.setProperty("role", "quiet")
        self.add.setToolTip("Add a layer like the last one, before the output")
        self.add.clicked.connect(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(3)
        layout.addLayout(self._list)
        layout.addWidget(self.add)

    def show_layers(self, widths: Any, activation: Any) -> None:
        """Show the layers; nothing is reported as edited."""
        names = [activation] * len(widths) if isinstance(activation, str) else list(activation)
        names += ["relu"] * (len(widths) - len(names))
        while len(self._rows) > len(widths):
            row = self._rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(widths):
            self._append_row()
        for index, row in enumerate(self._rows):
            row.number.setText(str(index + 1))
            row.width.show_value(widths[index])
            row.activation.show_value(names[index])
        self.add.setEnabled(len(widths) < MAX_LAYERS)

    def values(self) -> tuple[list[Any], Any]:
        """Return the widths, and the activation(s)."""
        names = [row.activation.value() for row in self._rows]
        return [row.width.value() for row in self._rows], names[0] if len(set(names)) == 1 else names

    def _append_row(self) -> None:
        row = _LayerRow(self._options, self._scale, self)
        row.width.edited.connect(self._report)
        row.width.committed.connect(self.committed)
        row.activation.edited.connect(self._report)
        row.activation.committed.connect(self.committed)
        row.remove.clicked.connect(lambda _=False, row=row: self._remove(row))
        row.duplicate.clicked.connect(lambda _=False, row=row: self._duplicate(row))
        self._rows.append(row)
        self._list.addWidget(row)

    def _report(self) -> None:
        self.edited.emit(*self.values())

    def _change(self, widths: list[Any], names: list[str]) -> None:
        activation: Any = names[0] if len(set(names)) == 1 else names
        self.show_layers(widths, activation if names else "relu")
        self.edited.emit(widths, activation if names else "relu")
        self.committed.emit()

    def _parts(self) -> tuple[list[Any], list[str]]:
        return [row.width.value() for row in self._rows], [row.activation.value() for row in self._rows]

    def _add(self) -> None:
        widths, names = self._parts()
        self._change([*widths, widths[-1] if widths else 16], [*names, names[-1] if names else "relu"])

    def _duplicate(self, row: _LayerRow) -> None:
        widths, names = self._parts()
        at = self._rows.index(row)
        self._change([*widths[: at + 1], *widths[at:]], [*names[: at + 1], *names[at:]])

    def _remove(self, row: _LayerRow) -> None:
        widths, names = self._parts()
        at = self._rows.index(row)
        self._change(widths[:at] + widths[at + 1 :], names[:at] + names[at + 1 :])


class _LayerRow(QWidget):
    def __init__(self, options: tuple[Option, ...], scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = QLabel(self)
        self.number.setProperty("role", "caption")
        self.number.setFixedWidth(round(18 * scale))
        self.width = NumberField(
            Field("width", "Width", f"Units of this layer, 1 to {MAX_WIDTH:,}", "integer", low=1, high=MAX_WIDTH), self
        )
        self.activation = ChoiceField(
            Field("network.activation", "Activation", "Activation of this layer", "choice", options), self
        )
        self.duplicate = _small_button("+", "Duplicate this layer", self)
        self.remove = _small_button("×", "Remove this layer", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget, stretch in (
            (self.number, 0), (self.width, 2), (self.activation, 4), (self.duplicate, 0), (self.remove, 0),
        ):
            if widget is not self.number:
                widget.setFixedHeight(round(ROW_HEIGHT * scale))
            row.addWidget(widget, stretch)


def _small_button(text: str, tip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setProperty("role", "quiet")
    return button
