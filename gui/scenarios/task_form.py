"""The form while a task is being done: a strip above it, and every field locked that the task leaves as it is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.builder.form import Builder
from gui.builder.form_lock import FormLock
from gui.scenarios.task_bar import TaskBar
from gui.theme import Theme
from training.experiment import Experiment
from training.scenarios.mistakes import allowed_by
from training.scenarios.scenario import Task


class TaskForm(QObject):
    """One form with one task; it goes with the form, or with `close`.

    ``check_wanted`` asks for the goals to be checked, ``back_wanted`` for what is asked, ``leave_wanted`` for a form in
    which everything can be changed; ``taken_back`` carries what was changed and may not be.
    """

    check_wanted = Signal()
    back_wanted = Signal()
    leave_wanted = Signal()
    taken_back = Signal(str)

    def __init__(
        self, task: Task, start: Experiment, builder: Builder, theme: Theme, scale: float, *, place: str, keys: str
    ) -> None:
        super().__init__(builder)
        self._task, self._builder = task, builder
        self._holder = QWidget(builder)
        self.bar = TaskBar(task, theme, scale, self._holder, place=place, keys=keys)
        row = QHBoxLayout(self._holder)
        row.setContentsMargins(round(10 * scale), 0, round(12 * scale), 0)
        row.addWidget(self.bar)
        layout = builder.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self._holder)
        self.bar.check_wanted.connect(self.check_wanted)
        self.bar.back_wanted.connect(self.back_wanted)
        self.bar.leave_wanted.connect(self.leave_wanted)
        self.lock = FormLock(builder, start, task.controls)
        self.lock.taken_back.connect(self.taken_back)

    def point_out(self) -> None:
        """Bring what may be changed into sight."""
        keys = [key for card in self._builder.cards.values() for key in card.rows]
        allowed = [key for key in keys if allowed_by(key, self._task.controls)]
        if allowed:
            self._builder.point_out(allowed[0])

    def close(self) -> None:
        """Let everything be changed again."""
        self.lock.release()
        self._holder.hide()
        self._holder.deleteLater()
        self.deleteLater()
