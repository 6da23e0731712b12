"""A task: what is to be reached, with which controls, and how far the run at hand has got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.builder import wording
from gui.markdown import MarkdownView
from gui.theme import Theme
from gui.tips import plain_label
from gui.toned import Toned
from training.scenarios.scenario import Task

SECTIONS = {
    "data": "Data", "network": "Network", "loss": "Loss", "optimizer": "Optimizer", "schedule": "Schedule",
    "regularization": "Regularization", "stopping": "Stopping", "evaluation": "Evaluation",
}  # fmt: skip


@dataclass(frozen=True)
class GoalState:
    """A goal as it stands.

    Attributes
    ----------
    text
        The goal in words, with the value wanted.
    found
        The value found, as shown; empty before there is one.
    met
        Whether it is met; None before that can be said.
    """

    text: str
    found: str = ""
    met: bool | None = None


class TaskView(QFrame):
    """A task with its controls, goals and hints.

    ``start_wanted`` asks for the task's run in the form, ``check_wanted`` for the goals to be checked on the
    run there is; ``hint_shown`` carries how many hints are in sight now.
    """

    start_wanted = Signal()
    check_wanted = Signal()
    hint_shown = Signal(int)

    def __init__(self, task: Task, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.task, self._theme, self._scale = task, theme, scale
        self._toned = Toned(theme)
        self.setProperty("role", "card")
        self.setAccessibleName(f"Task: {task.title}")
        self.title = plain_label(task.title, self)
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.done = plain_label("", self)
        self.text = MarkdownView(theme, scale, self)
        self.text.show_markdown(task.text)
        self.controls = self._caption(f"You may change: {', '.join(control_names(task.controls))}.")
        self.goals_box = QVBoxLayout()
        self.goals_box.setSpacing(round(3 * scale))
        self.goal_labels: list[QLabel] = []
        self.message = self._caption("")
        self.message.hide()
        self.hints_box = QVBoxLayout()
        self.hints_box.setSpacing(round(4 * scale))
        self.hints: list[MarkdownView] = []
        self.start = self._button("Start", "Put the task's experiment into the form", self.start_wanted.emit)
        self.check = self._button("Check", "Check the goals on the run there is", self.check_wanted.emit)
        self.hint = self._button("Hint", "Show the first hint", self.show_hint)
        self._lay_out()
        self.show_goals([])
        self._name_hint()

    def _button(self, text: str, tip: str, pressed: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAccessibleName(f"{text}: {self.task.title}")
        button.clicked.connect(lambda _=False: pressed())
        return button

    def _caption(self, text: str) -> QLabel:
        label = plain_label(text, self)
        label.setProperty("role", "caption")
        label.setWordWrap(True)
        return label

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.done)
        buttons = QHBoxLayout()
        buttons.setSpacing(round(6 * self._scale))
        for button in (self.start, self.check, self.hint):
            buttons.addWidget(button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(round(px * self._scale) for px in (10, 9, 10, 10)))
        box.setSpacing(round(6 * self._scale))
        box.addLayout(head)
        box.addWidget(self.text)
        box.addWidget(self.controls)
        box.addLayout(self.goals_box)
        box.addWidget(self.message)
        box.addLayout(self.hints_box)
        box.addLayout(buttons)

    # ------------------------------------------------------------------------------ what it shows

    def show_goals(self, goals: Sequence[GoalState]) -> None:
        """Show how far each goal is."""
        while len(self.goal_labels) < len(goals):
            label = plain_label(parent=self)
            label.setWordWrap(True)
            self.goal_labels.append(label)
            self.goals_box.addWidget(label)
        for index, label in enumerate(self.goal_labels):
            label.setVisible(index < len(goals))
            if index < len(goals):
                self._show_goal(label, goals[index])

    def _show_goal(self, label: QLabel, goal: GoalState) -> None:
        mark, word = {True: ("✓", "met"), False: ("✗", "not yet"), None: ("○", "")}[goal.met]
        found = f" — found {goal.found}" + (f", {word}" if word else "") if goal.found else ""
        label.setText(f"{mark} {goal.text}{found}")
        self._toned.tone(label, "ok" if goal.met else "text")

    def show_message(self, text: str, *, warn: bool = False) -> None:
        """Say what keeps the run from counting, or what came out; an empty text says nothing."""
        self.message.setText(text)
        self._toned.tone(self.message, "warn" if warn else "")
        self.message.setVisible(bool(text))

    def show_done(self, done: bool) -> None:
        """Say whether the task is done."""
        self.done.setText("✓ reached" if done else "")
        self._toned.tone(self.done, "ok", "font-weight: 600;")

    # ------------------------------------------------------------------------------ hints

    def show_hint(self) -> None:
        """Show the next hint."""
        if len(self.hints) < len(self.task.hints):
            self.show_hints(len(self.hints) + 1)
            self.hint_shown.emit(len(self.hints))

    def show_hints(self, count: int) -> None:
        """Have so many hints in sight."""
        for number in range(len(self.hints), min(count, len(self.task.hints))):
            view = MarkdownView(self._theme, self._scale, self)
            view.show_markdown(f"**Hint {number + 1}.** {self.task.hints[number]}")
            self.hints.append(view)
            self.hints_box.addWidget(view)
        self._name_hint()

    def _name_hint(self) -> None:
        total, shown = len(self.task.hints), len(self.hints)
        self.hint.setVisible(total > 0)
        self.hint.setEnabled(shown < total)
        self.hint.setText(f"Hint {shown + 1} of {total}" if shown < total else "No more hints")
        self.hint.setToolTip("Show the next hint: each says more than the one before")

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        for part in (self.text, *self.hints, self._toned):
            part.restyle(theme)


def control_names(controls: Sequence[str]) -> list[str]:
    """Return what the form calls the controls a task allows."""
    return [_group_name(control) if control.endswith(".") else wording.label(control) for control in controls]


def _group_name(prefix: str) -> str:
    """Return what the form calls everything below a key, such as "network.initialization."."""
    key = prefix.rstrip(".")
    if "." in key:
        return f"everything about {key.rpartition('.')[2].replace('_', ' ')}"
    return f"everything in {SECTIONS.get(key, key)}"
