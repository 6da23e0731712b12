"""The strip above the form while a task is being done: what may be changed, the check, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.scenarios.task_view import control_names
from gui.theme import Theme
from gui.tips import plain_label
from training.scenarios.scenario import Task


class TaskBar(QFrame):
    """Says what the task lets one change.

    ``check_wanted`` asks for the goals to be checked, ``back_wanted`` for what is asked, ``leave_wanted`` for
    a form in which everything can be changed again.
    """

    check_wanted = Signal()
    back_wanted = Signal()
    leave_wanted = Signal()

    def __init__(
        self, task: Task, theme: Theme, scale: float, parent: QWidget | None = None, *, place: str, keys: str
    ) -> None:
        super().__init__(parent)
        self.setObjectName("taskBar")
        self.setProperty("role", "notice")
        self.setAccessibleName(f"Task: {task.title}")
        self._theme, self._tone = theme, ""
        self.title = plain_label(task.title, self)
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.controls = plain_label(f"This task lets you change: {', '.join(control_names(task.controls))}.", self)
        self.controls.setProperty("role", "caption")
        self.controls.setWordWrap(True)
        self.message = plain_label("", self)
        self.message.setWordWrap(True)
        self.message.hide()
        self.check = QPushButton("Check", self)
        self.check.setToolTip("Check the goals on the run there is (Ctrl+K)")
        self.check.setAccessibleName(f"Check: {task.title}")
        self.check.clicked.connect(lambda _=False: self.check_wanted.emit())
        self.back = QPushButton(place, self)
        self.back.setToolTip(f"Back to what is asked for, and to the hints ({keys})")
        self.back.clicked.connect(lambda _=False: self.back_wanted.emit())
        self.leave = QToolButton(self)
        self.leave.setText("Unlock")
        self.leave.setProperty("role", "quiet")
        self.leave.setToolTip("Leave the task: everything can be changed again, and the run does not count any more")
        self.leave.clicked.connect(lambda _=False: self.leave_wanted.emit())
        row = QHBoxLayout()
        row.setSpacing(round(6 * scale))
        row.addWidget(self.check)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.leave)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(round(px * scale) for px in (10, 7, 8, 8)))
        box.setSpacing(round(4 * scale))
        for part in (self.title, self.controls, self.message):
            box.addWidget(part)
        box.addLayout(row)

    def say(self, text: str, tone: str = "") -> None:
        """Say what came of the last check, or what was taken back; `tone`: "ok" or "warn"."""
        self._tone = tone
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.restyle(self._theme)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        color = {"ok": theme.ok, "warn": theme.warn}.get(self._tone, theme.text)
        self.message.setStyleSheet(f"color: {color};")
