"""A panel that shows a race."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from gui.panels.panel import Panel
from gui.panels.panel_menu import PanelMenu
from gui.race.race_view import RaceView


class RaceMenu(PanelMenu):
    """The menu of a panel that has one place only."""

    def _list_places(self) -> None:
        text = "Restore" if self._panel.maximized else "Maximize"
        self.addAction(f"{text}\tF9").triggered.connect(lambda: self._panel.maximize_wanted.emit())


class RacePanel(Panel):
    """A view of several runs; what it is handed is a `RaceView`."""

    def __init__(self) -> None:
        super().__init__()
        self.race: RaceView | None = None
        self._race_menu: RaceMenu | None = None

    def begin(self, run: RaceView) -> None:  # type: ignore[override]
        self.resting = False
        self._show_rest()
        self.attempt(self.start, run)
        self.fit_header()

    def open_menu(self, at: QPoint) -> None:
        if self._race_menu is None:
            self._race_menu = RaceMenu(self)
        self._race_menu.open_at(at)


