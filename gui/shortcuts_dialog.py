"""Every key and what it does, in groups, with a field to search them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.panels.panel import scale
from gui.tall_content import TallContent
from gui.tips import plain_label

Groups = Mapping[str, Sequence[tuple[str, str]]]


class ShortcutsDialog(QDialog):
    """Groups of (keys, what they do) in columns; the search keeps what holds all of its words."""

    def __init__(self, groups: Groups, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        size = self._size = scale()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search a key or an action")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the shortcuts")
        self.search.setToolTip("Show only what holds all of these words (Ctrl+F)")
        self.search.textChanged.connect(self._filter)
        self.groups = [_Group(heading, rows, self) for heading, rows in groups.items()]
        keys = max((group.keys_width() for group in self.groups), default=0)
        for group in self.groups:
            group.grid.setColumnMinimumWidth(0, keys)
        self.nothing = plain_label("No shortcut holds these words.", self)
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.setToolTip("Close (Esc, F1)")
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(round(margin * size) for margin in (20, 16, 14, 14)))
        box.setSpacing(round(10 * size))
        beside = self.search.sizeHint().height() + close.sizeHint().height() + round(50 * size)
        self.content = TallContent(self._place(), beside, self)
        box.addWidget(self.search)
        box.addWidget(self.content, 1)
        box.addLayout(bottom)
        for keys, slot in (("F1", self.accept), ("Ctrl+F", self.search.setFocus)):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        self.resize(self.sizeHint())

    def _place(self) -> QWidget:
        """Make as many columns as there is room for."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, round(12 * self._size), 0)
        row.setSpacing(round(32 * self._size))
        window = self.parentWidget()
        room = window.window().width() if window is not None else self.screen().availableGeometry().width()
        widest = max((group.sizeHint().width() for group in self.groups), default=0)
        two = 2 * widest + round(120 * self._size) <= room
        self._columns = [QVBoxLayout() for _ in range(2 if two else 1)]
        for column in self._columns:
            column.setSpacing(round(14 * self._size))
            row.addLayout(column, 1)
        self._columns[0].addWidget(self.nothing)
        self._arrange(self.groups)
        return holder

    def _arrange(self, groups: Sequence[_Group]) -> None:
        """Fill the columns one after the other, to about the same height."""
        for column in self._columns:
            for index in reversed(range(column.count())):
                if column.itemAt(index).widget() is not self.nothing:
                    column.takeAt(index)
        height = sum(group.lines() for group in groups) / len(self._columns)
        at, filled = 0, 0.0
        for group in groups:
            if filled and filled + group.lines() / 2 > height and at + 1 < len(self._columns):
                at, filled = at + 1, 0.0
            self._columns[at].addWidget(group)
            filled += group.lines()
        for column in self._columns:
            column.addStretch(1)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        found = [group for group in self.groups if group.show_only(words)]
        self._arrange(found)
        self.nothing.setVisible(not found)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)


class _Group(QWidget):
    """A heading, and rows of keys and what they do."""

    def __init__(self, heading: str, rows: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, QLabel, QLabel]] = []
        size = scale()
        self.grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(round(14 * size))
        grid.setVerticalSpacing(round(5 * size))
        title = plain_label(heading, self)
        title.setProperty("role", "title")
        grid.addWidget(title, 0, 0, 1, 2)
        for index, (keys, text) in enumerate(rows, start=1):
            left, right = plain_label(keys, self), plain_label(text, self)
            left.setProperty("role", "figures")
            right.setWordWrap(True)
            right.setMinimumWidth(round(170 * size))
            right.setBuddy(left)
            grid.addWidget(left, index, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(right, index, 1)
            self.rows.append((f"{heading} {keys} {text}".casefold(), left, right))
        grid.setColumnStretch(1, 1)

    def keys_width(self) -> int:
        """Return the width its keys need."""
        return max((left.sizeHint().width() for _, left, _ in self.rows), default=0)

    def lines(self) -> int:
        """Return how high it is, in lines."""
        return 2 + sum(not left.isHidden() for _, left, _ in self.rows)

    def show_only(self, words: Sequence[str]) -> bool:
        """Show the rows that hold all words; return whether there are any."""
        found = False
        for text, left, right in self.rows:
            wanted = all(word in text for word in words)
            left.setVisible(wanted)
            right.setVisible(wanted)
            found = found or wanted
        self.setVisible(found)
        return found
