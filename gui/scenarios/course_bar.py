"""The way through a scenario's page: a pill for each of its parts, and a mark on the one that is in sight."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QToolButton, QWidget

REACHED = 0.3  # a part is where one is once it begins in this upper share of the page
LAID_OUT_MS = 60  # text has its height only when it is laid out


class CourseBar(QWidget):
    """Scrolls `scroll` to each of its parts, by their names in the order of the page."""

    def __init__(
        self, parts: Mapping[str, QWidget], scroll: QScrollArea, scale: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parts, self._scroll = dict(parts), scroll
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(3 * scale))
        self.pills = {name: self._pill(name) for name in parts}
        for pill in self.pills.values():
            row.addWidget(pill)
        row.addStretch(1)
        scroll.verticalScrollBar().valueChanged.connect(lambda _: self.mark())
        scroll.verticalScrollBar().rangeChanged.connect(lambda *_: self.mark())
        self.mark()

    def _pill(self, name: str) -> QToolButton:
        pill = QToolButton(self)
        pill.setProperty("role", "pill")
        pill.setCheckable(True)
        pill.setText(name)
        pill.setToolTip(f"Go to “{name}” on this page")
        pill.setAccessibleName(f"Go to “{name}”")
        pill.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._group.addButton(pill)
        pill.clicked.connect(lambda _=False: self._scroll_to(name))
        return pill

    @property
    def at(self) -> str:
        """The part where one is."""
        return next((name for name, pill in self.pills.items() if pill.isChecked()), "")

    def show_there(self, name: str, there: bool) -> None:
        """Say whether a part is on the page now."""
        if name in self.pills:
            self.pills[name].setVisible(there)
            self.mark()

    def go(self, name: str) -> None:
        """Bring a part to the top, once it has its place; one that is not there is passed over."""
        if name not in self.pills:
            return
        QTimer.singleShot(LAID_OUT_MS, self, lambda: self._scroll_to(name))

    def _scroll_to(self, name: str) -> None:
        self._scroll.verticalScrollBar().setValue(self._top(name))
        self.pills[name].setChecked(True)  # even where the page ends before it can come to the top

    def _top(self, name: str) -> int:
        return self._parts[name].mapTo(self._scroll.widget(), QPoint(0, 0)).y()

    def mark(self) -> None:
        """Mark the part where one is: the last that begins in the upper part of what is seen; at the ends, the ends."""
        bar = self._scroll.verticalScrollBar()
        there = [name for name, pill in self.pills.items() if not pill.isHidden()]
        line = bar.value() + round(REACHED * self._scroll.viewport().height())
        begun = [name for name in there if self._top(name) <= line]
        if bar.value() == 0 or not begun:
            at = there[0]
        else:
            at = there[-1] if bar.value() == bar.maximum() else begun[-1]
        self.pills[at].setChecked(True)
