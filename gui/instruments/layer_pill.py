"""The pill that says which layer a panel shows, and opens a menu of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QCursor, QKeyEvent
from PySide6.QtWidgets import QMenu

from gui.panels.pill import Pill


class LayerPill(Pill):
    """Opens a menu of layers; `chosen` is called with the index of the one that is picked."""

    def __init__(self, chosen: Callable[[int], object]) -> None:
        super().__init__("layer ▾", "Which layer is shown: the one selected in all views; click for the others")
        self.setAccessibleName("layer")
        self._chosen = chosen
        self._names: tuple[str, ...] = ()
        self.layers = QMenu(self)
        self.layers.setAccessibleName("Layers")
        self._group = QActionGroup(self)
        self.clicked.connect(self.open_menu)

    def show_layers(self, names: Sequence[str], shown: int) -> None:
        """Say which layer is shown, of these."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.layers.clear()
            for index, name in enumerate(self._names):
                action = QAction(name, self._group)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False, index=index: self._chosen(index))
                self.layers.addAction(action)
        if self._names:
            self.layers.actions()[shown].setChecked(True)
            self.setText(f"{self._names[shown]} ▾")
            self.setAccessibleDescription(self._names[shown])

    def open_menu(self) -> None:
        """Open the menu below the pill, or, where the header has no room for it, at the pointer."""
        self.layers.popup(self.mapToGlobal(self.rect().bottomLeft()) if self.isVisible() else QCursor.pos())

    def nextCheckState(self) -> None:
        """Never on: it is a menu."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.open_menu()
        else:
            super().keyPressEvent(event)
