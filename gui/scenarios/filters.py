"""At the left of the gallery: search, chapter and level, and other ways to come by a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.scenarios.card import LEVELS
from gui.scenarios.library import Entry
from gui.tips import plain_label
from training.scenarios.scenario import GROUPS

ALL = ""


class Search(QLineEdit):
    """A field that Esc empties."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class Filters(QWidget):
    """``changed`` when other scenarios are to be shown; the rest asks for what its name says."""

    changed = Signal()
    file_wanted = Signal()
    line_wanted = Signal()
    cards_wanted = Signal()

    def __init__(self, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self.search = Search(self)
        self.search.setPlaceholderText("Search titles, tags and stories")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the scenarios")
        self.search.setToolTip("Each word must begin one of the title, summary, tags or story; titles come first")
        self.search.textChanged.connect(lambda _: self.changed.emit())
        self.search.returnPressed.connect(self.cards_wanted)
        self._groups, self._levels = QButtonGroup(self), QButtonGroup(self)
        self.chapters = {group: self._chapter(group) for group in (ALL, *GROUPS)}
        self.levels = {level: self._level(level) for level in (ALL, *LEVELS)}
        self.chapters[ALL].setChecked(True)
        self.levels[ALL].setChecked(True)
        self.file = QPushButton("Open a scenario file…", self)
        self.file.setToolTip("Open a scenario, a recorded run or a lab from a file; or drop one on the window")
        self.file.clicked.connect(lambda _=False: self.file_wanted.emit())
        self.line = QPushButton("Paste a line", self)
        self.line.setToolTip("Open a scenario or a run that was copied as one line of text (Ctrl+Shift+V)")
        self.line.clicked.connect(lambda _=False: self.line_wanted.emit())
        self._lay_out()

    def _chapter(self, group: str) -> QPushButton:
        button = QPushButton(group.capitalize() or "All chapters", self)
        button.setProperty("role", "chapter")
        button.setCheckable(True)
        button.setToolTip(f"Show only the chapter on {group}" if group else "Show the scenarios of all chapters")
        self._groups.addButton(button)
        button.clicked.connect(lambda _=False: self.changed.emit())
        return button

    def _level(self, level: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "pill")
        button.setCheckable(True)
        button.setText(level.capitalize() if level else "Any")
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setAccessibleName(f"Level: {level or 'any'}")
        button.setToolTip(f"Show only {level} scenarios" if level else "Show scenarios of any level")
        self._levels.addButton(button)
        button.clicked.connect(lambda _=False: self.changed.emit())
        return button

    def _lay_out(self) -> None:
        def px(size: float) -> int:
            return round(size * self._scale)

        box = QVBoxLayout(self)
        box.setContentsMargins(px(10), px(2), px(12), px(10))
        box.setSpacing(px(2))
        box.addWidget(self.search)
        box.addSpacing(px(10))
        box.addWidget(self._heading("Chapter"))
        for button in self.chapters.values():
            box.addWidget(button)
        box.addSpacing(px(10))
        box.addWidget(self._heading("Level"))
        levels = QGridLayout()
        levels.setSpacing(px(4))
        for index, button in enumerate(self.levels.values()):
            levels.addWidget(button, index // 2, index % 2)
        box.addLayout(levels)
        box.addStretch(1)
        hint = plain_label("A scenario is an experiment with a story: read it, predict, run, and see why.", self)
        hint.setProperty("role", "caption")
        hint.setWordWrap(True)
        box.addWidget(hint)
        box.addSpacing(px(6))
        box.addWidget(self.file)
        box.addWidget(self.line)

    def _heading(self, text: str) -> QWidget:
        heading = plain_label(text, self)
        heading.setProperty("role", "title")
        return heading

    @property
    def chapter(self) -> str:
        """The chapter chosen, or "" for all."""
        return next(group for group, button in self.chapters.items() if button.isChecked())

    @property
    def level(self) -> str:
        """The level chosen, or "" for any."""
        return next(level for level, button in self.levels.items() if button.isChecked())

    def wants(self, entry: Entry) -> bool:
        """Tell whether a scenario is to be shown."""
        scenario = entry.scenario
        return (
            self.chapter in (ALL, scenario.group) and self.level in (ALL, scenario.level)
            and entry.matches(self.search.text())
        )  # fmt: skip

    def is_called(self, entry: Entry) -> bool:
        """Tell whether what is searched for is in the title of a scenario."""
        return entry.is_called(self.search.text())

    def show_counts(self, entries: Sequence[Entry], finished: Sequence[Entry]) -> None:
        """Say how many scenarios each chapter has, and how many of them are finished."""
        have, did = Counter(entry.scenario.group for entry in entries), Counter(e.scenario.group for e in finished)
        have[ALL], did[ALL] = len(entries), len(finished)
        for group, button in self.chapters.items():
            name = group.capitalize() if group else "All chapters"
            count = f"{did[group]} of {have[group]}" if did[group] else str(have[group])
            button.setText(f"{name}  ·  {count}")
            button.setAccessibleName(f"{name}: {have[group]} scenarios, {did[group]} of them finished")
            button.setVisible(have[group] > 0 or not group)

    def search_on(self, text: str) -> None:
        """Go on with the search where something was typed on a card."""
        self.search.setFocus()
        self.search.end(False)
        self.search.insert(text)

    def clear(self) -> None:
        """Show everything again."""
        self.search.clear()
        self.chapters[ALL].setChecked(True)
        self.levels[ALL].setChecked(True)
        self.changed.emit()

    def take(self, other: Filters) -> None:
        """Choose what another one had chosen."""
        self.search.setText(other.search.text())
        self.chapters[other.chapter].setChecked(True)
        self.levels[other.level].setChecked(True)
