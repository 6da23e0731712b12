"""One hidden layer in the list: its number to drag it by, its width and its activation."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gui.builder.editors import ChoiceField, NumberField
from gui.builder.fields import Field, Option
from gui.builder.row import ROW_HEIGHT
from training.experiment import MAX_WIDTH


class LayerRow(QWidget):
    """Number, width, activation, and the buttons that duplicate and remove.

    ``move`` asks for another place, one up (-1) or down (1); ``dragged`` says where on the screen the
    pointer has taken the row, ``dropped`` that it was let go there.
    """

    move = Signal(int)
    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self, options: tuple[Option, ...], scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = Handle(self)
        self.number.setFixedWidth(round(24 * scale))
        self.number.dragged.connect(self.dragged)
        self.number.dropped.connect(self.dropped)
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
        row.setSpacing(round(4 * scale))
        for widget, stretch in (
            (self.number, 0), (self.width, 2), (self.activation, 4), (self.duplicate, 0), (self.remove, 0),
        ):
            if widget is not self.number:
                widget.setFixedHeight(round(ROW_HEIGHT * scale))
            row.addWidget(widget, stretch)
        for keys, by in (("Alt+Up", -1), ("Alt+Down", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.move.emit(by))

    def show_number(self, number: int) -> None:
        """Say which layer this is."""
        self.number.setText(f"⠿ {number}")
        self.number.setAccessibleName(f"Layer {number}; Alt with the arrow keys moves it")
        self.width.setAccessibleName(f"Width of layer {number}")
        self.activation.setAccessibleName(f"Activation of layer {number}")
        self.duplicate.setAccessibleName(f"Duplicate layer {number}")
        self.remove.setAccessibleName(f"Remove layer {number}")


class Handle(QLabel):
    """The number of a layer, by which it is dragged."""

    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._held = False
        self.setProperty("role", "caption")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to move this layer (Alt+↑, Alt+↓)")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.button() == Qt.MouseButton.LeftButton
        if self._held:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.dropped.emit()


def _small_button(text: str, tip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(tip)
    button.setProperty("role", "quiet")
    return button
