"""The pill that says which layer a panel shows, and opens a menu of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction

from gui.panels.menu_pill import MenuPill


class LayerPill(MenuPill):
    """Opens a menu of layers; `chosen` is called with the index of the one that is picked."""

    def __init__(self, chosen: Callable[[int], object]) -> None:
        tip = "Which layer is shown: the one selected in all views; click for the others"
        super().__init__("layer ▾", tip, "layer", "Layers")
        self._chosen = chosen
        self._names: tuple[str, ...] = ()

    def show_layers(self, names: Sequence[str], shown: int) -> None:
        """Say which layer is shown, of these."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.menu.clear()
            for index, name in enumerate(self._names):
                action = QAction(name, self.group)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False, index=index: self._chosen(index))
                self.menu.addAction(action)
        if self._names:
            self.menu.actions()[shown].setChecked(True)
            self.setText(f"{self._names[shown]} ▾")
            self.setAccessibleDescription(self._names[shown])
