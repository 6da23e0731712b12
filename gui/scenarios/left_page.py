"""The left column's page of scenarios: the filters of the gallery, or the scenario that is open."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from gui.scenarios.filters import Filters

TITLE = "Scenarios"
FORM = "Experiment"


class LeftPage(QStackedWidget):
    """One of the two at a time."""

    def __init__(self, filters: Filters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = QScrollArea(self)
        self._filters.setWidget(filters)
        self._filters.setWidgetResizable(True)
        self._filters.setFrameShape(QFrame.Shape.NoFrame)
        self._filters.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._filters.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.addWidget(self._filters)

    def show_filters(self) -> None:
        """Show the filters; the scenario's page goes."""
        self._drop()
        self.setCurrentWidget(self._filters)

    def show_scenario(self, page: QWidget) -> None:
        """Show the page of a scenario in place of what was shown."""
        self._drop()
        self.addWidget(page)
        self.setCurrentWidget(page)

    def _drop(self) -> None:
        for index in range(self.count() - 1, 0, -1):
            page = self.widget(index)
            self.removeWidget(page)
            page.hide()
            page.deleteLater()
