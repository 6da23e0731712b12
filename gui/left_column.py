"""The left column: pages under tabs, of which one is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

WIDTH = 304


class LeftColumn(QFrame):
    """Pages under tabs.

    ``page_shown`` carries the title of the page that has come to the front.
    """

    page_shown = Signal(str)

    def __init__(self, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leftColumn")
        self.setFixedWidth(round(WIDTH * scale))
        self.tabs = QTabBar(self)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)  # all of them fit at every size
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName("What the left column shows")
        self.pages = QStackedWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(8)
        tab_row = QHBoxLayout()
        tab_row.setContentsMargins(10, 0, 10, 0)
        tab_row.addWidget(self.tabs)
        tab_row.addStretch(1)
        column.addLayout(tab_row)
        column.addWidget(self.pages, 1)
        self.tabs.currentChanged.connect(self._show_index)

    def add_page(self, title: str, page: QWidget) -> None:
        """Add a page behind the others."""
        self.pages.addWidget(page)
        self.tabs.addTab(title)

    @property
    def titles(self) -> list[str]:
        """What stands on the tabs, from left to right."""
        return [self.tabs.tabText(index) for index in range(self.tabs.count())]

    @property
    def current(self) -> str:
        """Title of the page that is shown."""
        return self.tabs.tabText(self.tabs.currentIndex())

    def show_page(self, title: str) -> None:
        """Bring a page to the front."""
        self.tabs.setCurrentIndex(self.titles.index(title))

    def _show_index(self, index: int) -> None:
        if 0 <= index < self.pages.count():
            self.pages.setCurrentIndex(index)
            self.page_shown.emit(self.tabs.tabText(index))
