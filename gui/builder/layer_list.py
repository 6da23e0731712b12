"""The hidden layers one by one: width and activation of each, added, removed and moved."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from gui.builder.fields import Option
from gui.builder.layer_row import LayerRow
from gui.tab_order import order_tabs
from training.experiment import MAX_LAYERS


class LayerList(QWidget):
    """A row for each hidden layer. Reports the whole list: widths, and activations (one name if all agree)."""

    edited = Signal(object, object)
    committed = Signal()

    def __init__(self, activations: tuple[Option, ...], scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = activations
        self._scale = scale
        self._rows: list[LayerRow] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(round(3 * scale))
        self.add = QToolButton(self)
        self.add.setText("+ Add layer")
        self.add.setProperty("role", "quiet")
        self.add.setToolTip("Add a layer like the last one, before the output")
        self.add.clicked.connect(self._add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(round(3 * scale))
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
        if len(self._rows) < len(widths):
            while len(self._rows) < len(widths):
                self._append_row()
            order_tabs(self)
        for index, row in enumerate(self._rows):
            row.show_number(index + 1)
            row.width.show_value(widths[index])
            row.activation.show_value(names[index])
        self.add.setEnabled(len(widths) < MAX_LAYERS)

    def values(self) -> tuple[list[Any], Any]:
        """Return the widths, and the activation(s)."""
        names = [row.activation.value() for row in self._rows]
        return [row.width.value() for row in self._rows], names[0] if len(set(names)) == 1 else names

    def _append_row(self) -> None:
        row = LayerRow(self._options, self._scale, self)
        row.width.edited.connect(self._report)
        row.width.committed.connect(self.committed)
        row.activation.edited.connect(self._report)
        row.activation.committed.connect(self.committed)
        row.remove.clicked.connect(lambda _=False, row=row: self._remove(row))
        row.duplicate.clicked.connect(lambda _=False, row=row: self._duplicate(row))
        row.move.connect(lambda by, row=row: self._move(row, by))
        row.dragged.connect(lambda at, row=row: self._drag(row, at))
        row.dropped.connect(self._drop)
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

    def _duplicate(self, row: LayerRow) -> None:
        widths, names = self._parts()
        at = self._rows.index(row)
        self._change([*widths[: at + 1], *widths[at:]], [*names[: at + 1], *names[at:]])

    def _remove(self, row: LayerRow) -> None:
        widths, names = self._parts()
        at = self._rows.index(row)
        self._change(widths[:at] + widths[at + 1 :], names[:at] + names[at + 1 :])

    def _move(self, row: LayerRow, by: int) -> None:
        """Move a layer up or down, its controls and the focus with it."""
        to = self._rows.index(row) + by
        if 0 <= to < len(self._rows):
            self._put(row, to)
            self._drop()

    def _drag(self, row: LayerRow, at: QPoint) -> None:
        """Let a layer follow the pointer: it takes the place of the one whose middle it has passed."""
        y = self.mapFromGlobal(at).y()
        others = [other for other in self._rows if other is not row]
        self._put(row, sum(y > other.geometry().center().y() for other in others))

    def _put(self, row: LayerRow, to: int) -> None:
        if self._rows.index(row) == to:
            return
        self._rows.remove(row)
        self._rows.insert(to, row)
        self._list.removeWidget(row)
        self._list.insertWidget(to, row)
        self._list.activate()
        order_tabs(self)
        for index, other in enumerate(self._rows):
            other.show_number(index + 1)

    def _drop(self) -> None:
        """Report the new order; where it is the old one, the form takes no notice."""
        self._report()
        self.committed.emit()
