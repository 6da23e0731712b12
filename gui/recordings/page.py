"""The page of recorded runs: the list, and what can be done with the one chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.recordings.run_list import RunList
from gui.theme import Theme
from gui.tips import plain_label

NOTHING = (
    "Every run is kept here by itself, as its experiment and what was changed on the way. Train something: it "
    "appears when the run ends, or another one begins."
)


class RunsPage(QWidget):
    """Asks for everything by signals; each is about the run chosen in `list`."""

    replay_wanted = Signal()
    load_wanted = Signal()
    save_wanted = Signal()
    copy_wanted = Signal()
    scenario_wanted = Signal()
    delete_wanted = Signal()
    undo_wanted = Signal()
    paste_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self.list = RunList(theme, scale, self)
        self.nothing = plain_label(NOTHING, self)
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.deleted = QToolButton(self)
        self.deleted.setProperty("role", "quiet")
        self.deleted.setText("Deleted. Undo")
        self.deleted.setToolTip("Keep the deleted run again")
        self.deleted.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.deleted.clicked.connect(lambda _=False: self.undo_wanted.emit())
        self.deleted.hide()
        self.buttons = {
            name: self._button(text, tip, signal) for name, text, tip, signal in (
                ("replay", "Replay", "Run it again: the same changes at the same steps, to the same result (Enter)",
                 self.replay_wanted),
                ("load", "Load", "Put its experiment into the form, without the changes on the way", self.load_wanted),
                ("save", "Save as…", "Save it as a file (.labrun) that replays anywhere", self.save_wanted),
                ("copy", "Copy as a line", "Copy it as one line of text, to be pasted into another lab "
                 "(Ctrl+Shift+L copies the run at hand)", self.copy_wanted),
                ("scenario", "Save as scenario…", "Make a scenario of it: a story, and what must come out",
                 self.scenario_wanted),
                ("delete", "Delete", "Keep it no longer (Delete)", self.delete_wanted),
            )
        }  # fmt: skip
        self.buttons["replay"].setProperty("role", "primary")
        self.open = self._button("Open a file…", "Open a recorded run (.labrun)", self.open_wanted)
        self.paste = self._button("Paste a line", "Open what was copied as one line of text (Ctrl+Shift+V)",
                                  self.paste_wanted)  # fmt: skip
        self._lay_out()
        self.list.wanted.connect(lambda _: self.replay_wanted.emit())
        self.list.delete_wanted.connect(self.delete_wanted)
        self.list.chosen_changed.connect(self.look)
        self.look()

    def _button(self, text: str, tip: str, signal: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda _=False: signal.emit())
        return button

    def _lay_out(self) -> None:
        def px(size: float) -> int:
            return round(size * self._scale)

        grid = QGridLayout()
        grid.setSpacing(px(6))
        for index, button in enumerate((*self.buttons.values(), self.open, self.paste)):
            grid.addWidget(button, index // 2, index % 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(px(10), 0, px(6), px(10))
        box.setSpacing(px(6))
        box.addWidget(self.nothing, 1)
        box.addWidget(self.list, 1)
        box.addWidget(self.deleted, 0, Qt.AlignmentFlag.AlignLeft)
        box.addLayout(grid)

    def look(self) -> None:
        """Show what can be done now."""
        empty = self.list.runs.rowCount() == 0
        self.nothing.setVisible(empty)
        self.list.setVisible(not empty)
        for button in self.buttons.values():
            button.setVisible(not empty)
            button.setEnabled(self.list.chosen is not None)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.list.restyle(theme)
