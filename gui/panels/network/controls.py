"""Small controls that appear in the diagram: for the layer under the pointer, between layers, and for a width typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSpinBox, QToolButton, QWidget

from gui.panels.panel import scale
from gui.theme import Theme, mix
from gui.tips import plain_tip
from models.activations import ACTIVATIONS
from training.experiment import MAX_WIDTH


class LayerBar(QFrame):
    """Width and activation of one hidden layer, and a menu with everything else."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("layerBar")
        self.layer = 0
        self.narrower = self._button("−", "One unit less (−)", "Fewer units")
        self.width_button = self._button("", "Type a width (Enter)", "Width")
        self.wider = self._button("+", "One unit more (+)", "More units")
        self.activation = self._button("", "Choose the activation", "Activation")
        self.more = self._button("⋯", "Add, duplicate, move or remove (right click, or Menu)", "More for this layer")
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        for button in (self.narrower, self.width_button, self.wider, self.activation, self.more):
            row.addWidget(button)
        self.hide()

    def _button(self, text: str, tip: str, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(name)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the diagram keeps it, and has a key for each
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        return button

    def show_layer(self, layer: int, width: int, activation: str) -> None:
        """Show what a layer has."""
        self.layer = layer
        info = ACTIVATIONS[activation]
        self.width_button.setText(f"{width:,}")
        self.activation.setText(info.title)
        self.activation.setToolTip(plain_tip(f"{info.formula}\n{info.note}\nClick to choose another activation"))

    def place(self, x: float, room: int) -> None:
        """Appear above a column at `x`, inside of `room`."""
        self.ensurePolished()
        for button in self.findChildren(QToolButton):
            button.ensurePolished()  # else it is measured with another font
        self.adjustSize()
        self.move(min(max(0, round(x - self.width() / 2)), max(0, room - self.width())), 0)
        self.show()
        self.raise_()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.setStyleSheet(_style("#layerBar", theme))


class InsertButton(QToolButton):
    """A + between two layers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("insertLayer")
        self.gap = 0
        self.setText("+")
        self.setToolTip("Add a layer here (Insert adds one behind the selected layer)")
        self.setAccessibleName("Add a layer here")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def place(self, gap: int, x: float) -> None:
        """Appear above the gap whose middle is at `x`."""
        self.gap = gap
        self.ensurePolished()
        self.adjustSize()
        self.move(round(x - self.width() / 2), 0)
        self.show()
        self.raise_()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.setStyleSheet(_style("#insertLayer", theme))


class WidthField(QSpinBox):
    """A width being typed: Enter takes it, Esc takes it back, and going elsewhere takes it too."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.layer = 0
        self._open = False
        self.setRange(1, MAX_WIDTH)
        self.setAccessibleName("Units of the layer")
        self.setToolTip(f"Units of the layer, 1 to {MAX_WIDTH:,}: Enter to apply, Esc to leave it")
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.hide()

    def ask(self, layer: int, width: int, at: QPoint) -> None:
        """Appear with the width of a layer, its middle at a point."""
        self.layer = layer
        self.setValue(width)
        self.setFixedWidth(round(78 * scale()))
        self.adjustSize()
        room = self._parent.width() - self.width()
        self.move(min(max(0, at.x() - self.width() // 2), max(0, room)), at.y())
        self._open = True
        self.show()
        self.raise_()
        self.selectAll()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_with(self, *, take: bool) -> None:
        """Go away, and give the width back if it is to be taken."""
        if not self._open:
            return
        self._open = False
        self.interpretText()
        had_focus = self.hasFocus()
        self.hide()
        if had_focus:
            self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
        if take:
            self.chosen.emit(self.layer, self.value())

    def event(self, event: QEvent) -> bool:
        # Space runs and pauses here as everywhere.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_with(take=True)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_with(take=False)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.close_with(take=True)


def activation_menu(menu: QMenu, now: str, choose: Callable[[str], object]) -> None:
    """Fill a menu with all activations; the one there is now is checked."""
    menu.setToolTipsVisible(True)
    for name, info in ACTIVATIONS.items():
        action = menu.addAction(info.title)
        action.setCheckable(True)
        action.setChecked(name == now)
        action.setToolTip(plain_tip(f"{info.formula}\n{info.note}"))
        action.triggered.connect(lambda _=False, name=name: choose(name))


def _style(name: str, theme: Theme) -> str:
    side, font = round(4 * scale()), round(11 * scale())
    hover = mix(theme.raised, theme.text, 0.12)
    ground = f"background: {theme.raised}; border: 1px solid {theme.border}; border-radius: {side}px;"
    button = f"padding: {max(1, side // 4)}px {side + 1}px; font-size: {font}px; font-weight: 600; color: {theme.text};"
    return (
        f"{name} {{ {ground} }}"
        f"QToolButton {{ border: none; border-radius: {side}px; background: transparent; {button} }}"
        f"QToolButton#insertLayer {{ {ground} {button} }}"
        f"QToolButton:hover, QToolButton#insertLayer:hover {{ background: {hover}; }}"
    )
