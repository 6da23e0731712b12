"""Editing in the diagram: what pointer and keys do to the layers. It asks for changes; the form makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from gui.panels.network.controls import InsertButton, LayerBar, WidthField, activation_menu
from gui.panels.network.structure import RefusedEdit, Structure, next_width
from gui.panels.panel import scale
from gui.theme import pen

if TYPE_CHECKING:
    from gui.panels.network.diagram import NetworkDiagram

APPEAR_MS = 90
"""The controls of a layer appear when the pointer has been on it for so long, not while it passes."""

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Editing(QObject):
    """Selecting, dragging, scrolling by hand, and the controls and keys of the layers."""

    def __init__(self, diagram: NetworkDiagram) -> None:
        super().__init__(diagram)
        self.diagram = diagram
        self.bar = LayerBar(diagram)
        self.insert = InsertButton(diagram)
        self.width_field = WidthField(diagram)
        self.menu: QMenu | None = None
        self.dragged: int | None = None
        self.drop: int | None = None
        self._at = QPointF(-1, -1)
        self._pressed: QPointF | None = None
        self._panned_from: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(APPEAR_MS)
        self._timer.timeout.connect(self._show_controls)
        bar = self.bar
        bar.narrower.clicked.connect(lambda: self.step_width(bar.layer, -1))
        bar.wider.clicked.connect(lambda: self.step_width(bar.layer, 1))
        bar.width_button.clicked.connect(lambda: self.ask_width(bar.layer))
        bar.activation.clicked.connect(lambda: self._open_activations(bar.layer))
        bar.more.clicked.connect(lambda: self._open_menu(bar.layer + 1, _below(bar)))
        self.insert.clicked.connect(lambda: self.add(self.insert.gap))
        self.width_field.chosen.connect(self._set_width)

    # -- the changes

    def add(self, at: int) -> None:
        """Put a layer in at a place among the hidden layers."""
        self._edit(lambda structure: structure.with_layer(at), at)

    def duplicate(self, layer: int) -> None:
        """Put a copy of a layer in behind it."""
        self._edit(lambda structure: structure.with_copy(layer), layer + 1)

    def remove(self, layer: int) -> None:
        """Take a layer out; the one that takes its place is selected."""
        left = len(self.diagram.structure or ()) - 1
        self._edit(lambda structure: structure.without(layer), min(layer, left - 1) if left > 0 else None)

    def shift(self, layer: int, to: int) -> None:
        """Move a layer to another place."""
        self._edit(lambda structure: structure.moved(layer, to), to)

    def step_width(self, layer: int, direction: int) -> None:
        """Make a layer a little wider or narrower."""
        self._edit(
            lambda structure: structure.with_width(layer, next_width(structure.hidden[layer], direction)), layer
        )

    def set_activation(self, layer: int, name: str) -> None:
        """Give a layer another activation."""
        self._edit(lambda structure: structure.with_activation(layer, name), layer)

    def ask_width(self, layer: int) -> None:
        """Have a width typed at a layer's column."""
        structure = self.diagram.structure
        if structure is None or not self._is_hidden(layer):
            self._say_why_not()
            return
        self.hide_controls()
        x = self.diagram.in_widget(self.diagram.layout_now().columns[layer + 1].x)
        self.width_field.ask(layer, structure.hidden[layer], QPoint(round(x), round(2 * scale())))

    def _set_width(self, layer: int, width: int) -> None:
        if self._is_hidden(layer):  # the network may have become another one meanwhile
            self._edit(lambda structure: structure.with_width(layer, width), layer)

    def _edit(self, change: Callable[[Structure], Structure], selected: int | None) -> None:
        before = self.diagram.structure
        if before is None:
            self._say_why_not()
            return
        try:
            after = change(before)
        except RefusedEdit as refusal:
            self._say(str(refusal))
            return
        if after != before:
            self.diagram.edited.emit(after, selected)
        else:  # a layer moved past one like it
            self.diagram.layer_wanted.emit(selected)

    def _is_hidden(self, layer: int | None) -> bool:
        structure = self.diagram.structure
        return layer is not None and structure is not None and 0 <= layer < len(structure)

    def _say_why_not(self) -> None:
        if self.diagram.architecture is not None:
            self._say("The form has another network by now: choose “draft” above to go on with that one.")

    def _say(self, text: str) -> None:
        at = self._at if self.diagram.rect().contains(self._at.toPoint()) else QPointF(self.diagram.rect().center())
        QToolTip.showText(self.diagram.mapToGlobal(at.toPoint()), text, self.diagram)

    # -- the pointer

    def press(self, event: QMouseEvent) -> None:
        """Begin a click, a drag of a layer, or scrolling."""
        if self.diagram.architecture is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._at = self._pressed = event.position()
        self._timer.stop()
        if self._column_at(event.position()) is None and self.diagram.scroll_bar.isVisibleTo(self.diagram):
            self._panned_from = self.diagram.offset

    def move(self, event: QMouseEvent) -> None:
        """Go on with a drag, or prepare the controls of what is under the pointer."""
        self._at = event.position()
        if self.diagram.architecture is None:
            return
        if self._pressed is None:
            self._point()
        elif self._panned_from is not None:
            self.diagram.scroll_bar.setValue(self._panned_from - round(self._at.x() - self._pressed.x()))
        elif self.dragged is not None:
            self._drag()
        elif abs(self._at.x() - self._pressed.x()) >= QApplication.startDragDistance():
            self._begin_drag()

    def release(self, event: QMouseEvent) -> None:
        """End a drag, or take it for a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        pressed, dragged, drop, panned = self._pressed, self.dragged, self.drop, self._panned_from
        self.cancel()
        if dragged is not None and drop is not None and drop != dragged:
            self.shift(dragged, drop)
        elif dragged is None and panned is None and self.diagram.architecture is not None:
            column = self._column_at(pressed)
            if column is not None and column > 0 and column == self._column_at(event.position()):
                self.diagram.layer_pressed.emit(column - 1)

    def leave(self) -> None:
        """Take the controls away, as the pointer has gone."""
        self._at = QPointF(-1, -1)
        if self._pressed is None:
            self.hide_controls()

    def cancel(self) -> None:
        """Let everything be as before the button was pressed."""
        self._pressed, self.dragged, self.drop, self._panned_from = None, None, None, None
        self.diagram.unsetCursor()
        self.diagram.update()

    def look_again(self) -> None:
        """Fit to another network: nothing is dragged any more, and the controls show what there is now."""
        self.cancel()
        self.width_field.close_with(take=False)
        if self.bar.isVisible() or self.insert.isVisible():
            self._show_controls()

    def hide_controls(self) -> None:
        """Take the small controls away."""
        self._timer.stop()
        self.bar.hide()
        self.insert.hide()

    def _column_at(self, at: QPointF) -> int | None:
        return self.diagram.layout_now().column_at(self.diagram.in_diagram(at).x())

    def _point(self) -> None:
        if self.diagram.structure is None:
            self.hide_controls()
        elif not self._controls_fit():
            self._timer.start()

    def _controls_fit(self) -> bool:
        """Tell whether the controls shown belong to what is under the pointer."""
        column, gap = self._column_at(self._at), self._gap_at(self._at)
        if column is not None and self._is_hidden(column - 1):
            return self.bar.isVisible() and self.bar.layer == column - 1
        if gap is not None:
            return self.insert.isVisible() and self.insert.gap == gap
        return not self.bar.isVisible() and not self.insert.isVisible()

    def _gap_at(self, at: QPointF) -> int | None:
        return self.diagram.layout_now().gap_at(self.diagram.in_diagram(at).x())

    def _show_controls(self) -> None:
        diagram = self.diagram
        self.hide_controls()
        structure = diagram.structure
        if structure is None or diagram.architecture is None or not diagram.rect().contains(self._at.toPoint()):
            return
        column, gap, layout = self._column_at(self._at), self._gap_at(self._at), diagram.layout_now()
        if column is not None and self._is_hidden(column - 1):
            layer = column - 1
            self.bar.restyle(diagram.theme)
            self.bar.show_layer(layer, structure.hidden[layer], structure.activations[layer])
            self.bar.place(diagram.in_widget(layout.columns[column].x), diagram.width())
        elif gap is not None:
            self.insert.restyle(diagram.theme)
            self.insert.place(gap, diagram.in_widget(layout.middle_of_gap(gap)))

    # -- dragging

    def _begin_drag(self) -> None:
        assert self._pressed is not None
        column = self._column_at(self._pressed)
        if column is None or not self._is_hidden(column - 1):
            return
        self.hide_controls()
        self.dragged = column - 1
        self.diagram.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._drag()

    def _drag(self) -> None:
        assert self.dragged is not None
        x = self.diagram.in_diagram(self._at).x()
        self.drop = self.diagram.layout_now().drop_at(x, self.dragged)
        self.diagram.bring_into_view(x)
        self.diagram.update()

    def paint(self, painter: QPainter) -> None:
        """Draw what is being dragged, and where it would go, in the coordinates of the layout."""
        if self.dragged is None or self.drop is None:
            return
        diagram, layout = self.diagram, self.diagram.layout_now()
        theme = diagram.theme
        frame = diagram.column_frame(self.dragged + 1)
        ground = QColor(theme.surface)
        ground.setAlphaF(0.7)
        painter.fillRect(frame, ground)
        moving = QRectF(frame)
        moving.moveLeft(diagram.in_diagram(self._at).x() - frame.width() / 2)
        ground = QColor(theme.accent)
        ground.setAlphaF(0.25)
        painter.setPen(pen(theme.accent))
        painter.setBrush(ground)
        painter.drawRoundedRect(moving, 5, 5)
        if self.drop != self.dragged:
            x = layout.middle_of_gap(layout.gap_of_drop(self.drop, self.dragged))
            line = QRectF(x - 1.5 * scale(), layout.node_top - 3, 3 * scale(), layout.bar_bottom - layout.node_top + 3)
            painter.fillRect(line, QColor(theme.accent))

    # -- the menu

    def open_menu_at(self, at: QPointF | None) -> None:
        """Open the menu of the layer at a point of the diagram; None: of the selected one."""
        if at is not None:
            column: int | None = self.diagram.layout_now().nearest(self.diagram.in_diagram(at).x())
            place = at.toPoint()
        else:
            column = self.diagram.selected + 1 if self.diagram.selected is not None else None
            layout = self.diagram.layout_now()
            x = self.diagram.in_widget(layout.columns[column or 0].x)
            place = QPoint(round(x), round(layout.node_top))
        if column is None:
            self._say("Select a layer first: click it, or press Ctrl+→.")
        elif self.diagram.structure is None:
            self._say_why_not()
        else:
            self._open_menu(column, self.diagram.mapToGlobal(place))

    def _open_menu(self, column: int, at: QPoint) -> None:
        if not (self.menu is not None and self.menu.isVisible()):
            self._pop_up(self.layer_menu(column), at)

    def _open_activations(self, layer: int) -> None:
        structure = self.diagram.structure
        if structure is not None:
            menu = QMenu(self.diagram)
            activation_menu(menu, structure.activations[layer], lambda name: self.set_activation(layer, name))
            self._pop_up(menu, _below(self.bar.activation))

    def _pop_up(self, menu: QMenu, at: QPoint) -> None:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = menu
        menu.popup(at)

    def layer_menu(self, column: int) -> QMenu:
        """Return a menu with all that can be done at a column: the input, a layer, or the output."""
        structure = self.diagram.structure
        assert structure is not None
        menu = QMenu(self.diagram)
        layer, last = column - 1, len(structure) - 1

        def entry(text: str, act: Callable[[], object], possible: bool = True) -> None:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False: act())
            action.setEnabled(possible)

        if column > 0:
            entry("Add layer before", lambda: self.add(layer))
        if layer <= last:
            entry("Add layer after\tIns", lambda: self.add(layer + 1))
        if 0 <= layer <= last:
            entry("Duplicate\tCtrl+D", lambda: self.duplicate(layer))
            entry("Remove\tDel", lambda: self.remove(layer))
            menu.addSeparator()
            entry("Move left\tCtrl+Shift+←", lambda: self.shift(layer, layer - 1), layer > 0)
            entry("Move right\tCtrl+Shift+→", lambda: self.shift(layer, layer + 1), layer < last)
            menu.addSeparator()
            entry("Width…\tEnter", lambda: self.ask_width(layer))
            names = menu.addMenu("Activation")
            activation_menu(names, structure.activations[layer], lambda name: self.set_activation(layer, name))
        return menu

    # -- keys

    def knows(self, event: QKeyEvent) -> bool:
        """Tell whether a key means something to the diagram now."""
        return self._action(event) is not None

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key means; return whether it means something."""
        act = self._action(event)
        if act is not None:
            act()
        return act is not None

    def _action(self, event: QKeyEvent) -> Callable[[], object] | None:
        if self.diagram.architecture is None:
            return None
        key = event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Escape and modifiers == NONE:
            return self._escape()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and modifiers in (NONE, SHIFT):
            return lambda: self._with_selected(lambda layer: self.step_width(layer, 1))
        if key == Qt.Key.Key_Insert and modifiers == NONE:
            return self._insert
        if (key, modifiers) in ((Qt.Key.Key_Menu, NONE), (Qt.Key.Key_F10, SHIFT)):
            return lambda: self.open_menu_at(None)
        if modifiers == CTRL and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return lambda: self._select_next(1 if key == Qt.Key.Key_Right else -1)
        acts: dict[tuple[int, Qt.KeyboardModifier], Callable[[int], object]] = {
            (Qt.Key.Key_Minus, NONE): lambda layer: self.step_width(layer, -1),
            (Qt.Key.Key_D, CTRL): self.duplicate,
            (Qt.Key.Key_Delete, NONE): self.remove,
            (Qt.Key.Key_Return, NONE): self.ask_width,
            (Qt.Key.Key_Enter, NONE): self.ask_width,
            (Qt.Key.Key_Left, CTRL | SHIFT): lambda layer: self.shift(layer, layer - 1),
            (Qt.Key.Key_Right, CTRL | SHIFT): lambda layer: self.shift(layer, layer + 1),
        }
        act = acts.get((key, modifiers))
        return None if act is None else lambda: self._with_selected(act)

    def _escape(self) -> Callable[[], object] | None:
        if self._pressed is not None:
            return self.cancel
        if self.diagram.selected is not None:
            return lambda: self.diagram.layer_wanted.emit(None)
        return None

    def _insert(self) -> None:
        layer, structure = self.diagram.selected, self.diagram.structure
        end = len(structure) if structure is not None else 0
        self.add(layer + 1 if layer is not None and layer < end else end)

    def _select_next(self, direction: int) -> None:
        layers = len(self.diagram.names)
        now = self.diagram.selected
        start = -1 if direction > 0 else layers
        self.diagram.layer_wanted.emit(min(max(0, (start if now is None else now) + direction), layers - 1))

    def _with_selected(self, act: Callable[[int], object]) -> None:
        layer = self.diagram.selected
        if self.diagram.structure is None:
            self._say_why_not()
        elif layer is None:
            self._say("Select a layer first: click it, or press Ctrl+→.")
        elif not self._is_hidden(layer):
            self._say("The output has as many units as the task asks for; it stays as it is.")
        else:
            act(layer)


def _below(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(QPoint(0, widget.height()))
