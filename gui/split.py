"""Widgets beside or below each other, with handles between: their sizes always follow their shares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

HANDLE = 8


class Split(QSplitter):
    """A splitter that divides whatever room it has by shares, so that the same room gives the same sizes again.

    ``dragged`` says that the user has moved a handle; `shares` are then the sizes in pixels.

    Attributes
    ----------
    level
        What the parts are: ``"columns"``, ``"rows"`` or ``"cells"``.
    names
        A name for each part.
        """

    dragged = Signal()

    def __init__(self, level: str, orientation: Qt.Orientation, scale: float, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.level = level
        self.names: list[str] = []
        self.shares: list[float] = []
        self.setHandleWidth(round(HANDLE * scale))
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._moved)

    def add(self, name: str, part: QWidget, share: float) -> None:
        """Add a part, named for the board, at the end."""
        self.names.append(name)
        self.shares.append(share)
        self.addWidget(part)

    def set_shares(self, shares: Sequence[float]) -> None:
        """Divide the room anew."""
        if list(shares) != self.shares:
            self.shares = list(shares)
            self.fit()

    def fit(self) -> None:
        """Give each part its share of the room, rounded so that none is lost."""
        if self.count() != len(self.shares):
            return  # parts are being taken away
        along = self.width() if self.orientation() == Qt.Orientation.Horizontal else self.height()
        seen = [not self.widget(index).isHidden() for index in range(self.count())]
        room = along - self.handleWidth() * max(0, sum(seen) - 1)
        total = sum(share for share, shown in zip(self.shares, seen, strict=True) if shown)
        if room <= 0 or total <= 0:
            return
        sizes, done, end = [], 0.0, 0
        for share, shown in zip(self.shares, seen, strict=True):
            done += share if shown else 0.0
            sizes.append(round(room * done / total) - end)
            end += sizes[-1]
        self.setSizes(sizes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _moved(self) -> None:
        self.shares = [float(size) for size in self.sizes()]
        self.dragged.emit()
