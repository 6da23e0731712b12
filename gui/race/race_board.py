"""The race on the stage: its runs with their figures, their curves overlaid, their gradients side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.icons import icon
from gui.panels.panel import Panel
from gui.race.race_curves import RaceCurves
from gui.race.race_maps import RaceMaps
from gui.race.race_view import RaceView
from gui.race.standings import Standings
from gui.selection import Selection
from gui.theme import Theme
from gui.tips import plain_label, plain_tip

SHARES = (55, 45)


class RaceBoard(QWidget):
    """What is seen of a race.

    ``close_wanted`` asks to go back to the run; ``export_wanted`` carries a panel and what to make of it.
    """

    close_wanted = Signal()
    export_wanted = Signal(object, str)

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self.setAccessibleName("Race")
        self.heading = plain_label("Race")
        self.heading.setProperty("role", "heading")
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Leave the race and go back to the run (Esc)")
        self.close_button.setAccessibleName("Close the race")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.close_wanted)
        self.standings = Standings(theme)
        self.curves, self.maps = RaceCurves(), RaceMaps()
        self.panels: tuple[Panel, ...] = (self.curves, self.maps)
        self.selection = Selection(self)
        self.maximized: Panel | None = None
        self._lay_out()
        for panel in self.panels:
            panel.share(self.selection)
            panel.maximize_wanted.connect(lambda panel=panel: self.toggle_maximized(panel))
            panel.export_wanted.connect(lambda kind, panel=panel: self.export_wanted.emit(panel, kind))
        self.restyle(theme)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(self.heading, 1)
        head.addWidget(self.close_button)
        self.card = QFrame()
        self.card.setProperty("role", "panel")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(*(round(px * self._scale) for px in (9, 7, 9, 5)))
        inside.setSpacing(round(4 * self._scale))
        inside.addLayout(head)
        inside.addWidget(self.standings)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(round(8 * self._scale))
        self.split.setChildrenCollapsible(False)
        for panel, share in zip(self.panels, SHARES, strict=True):
            panel.setMinimumWidth(round(180 * self._scale))
            self.split.addWidget(panel)
            self.split.setStretchFactor(self.split.indexOf(panel), share)
        self.split.setSizes([10 * share for share in SHARES])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(8 * self._scale))
        column.addWidget(self.card)
        column.addWidget(self.split, 1)

    def show_title(self, title: str) -> None:
        """Say what is raced."""
        self.heading.setText(title)
        self.heading.setToolTip(plain_tip(title))

    def start(self, race: RaceView) -> None:
        """Show a race from its beginning; its panels are begun by themselves."""
        self.show_title(race.title)
        self.standings.start(race)
        QWidget.setTabOrder(self.close_button, self.standings.keys[0])

    def clear(self) -> None:
        """Show no race, and keep nothing of one."""
        self.restore()
        self.standings.clear()
        for panel in self.panels:
            panel.attempt(panel.clear)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.close_button.setIcon(icon("close", theme.text))
        self.standings.restyle(theme)
        for panel in self.panels:
            panel.attempt(panel.restyle, theme)

    # -- one panel before the others

    def toggle_maximized(self, panel: Panel | None = None) -> None:
        """Let a panel take all the room, or put it back; without one, the panel in use."""
        before, panel = self.maximized, panel or self.maximized or self.in_use()
        self.maximized = None if panel is before else panel
        self.card.setVisible(self.maximized is None)
        for one in self.panels:
            one.setVisible(self.maximized in (None, one))
            one.show_maximized(one is self.maximized)
        if self.maximized is not None:
            self.maximized.header_row.setFocus(Qt.FocusReason.OtherFocusReason)

    def restore(self) -> None:
        """Put the panel that takes all the room back to its place."""
        if self.maximized is not None:
            self.toggle_maximized(self.maximized)

    def in_use(self) -> Panel:
        """Return the panel with the focus, or under the pointer, or else the first."""
        for widget in (QApplication.focusWidget(), QApplication.widgetAt(QCursor.pos())):
            for panel in self.panels:
                if widget is not None and (widget is panel or panel.isAncestorOf(widget)):
                    return panel
        return self.panels[0]
