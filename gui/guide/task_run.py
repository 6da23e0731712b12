"""The run with which a learner tries to reach the goals of a task: put into the form, kept to the rules, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.documents import Document
from gui.guide.journey import Journey
from gui.measurements import Measurements
from gui.run_control import News
from gui.run_record import RunSoFar
from gui.scenarios.task_bar import TaskBar
from gui.scenarios.task_form import TaskForm
from gui.scenarios.task_view import control_names
from gui.scenarios.visit import goal_states
from gui.theme import Theme
from gui.workspace import Workspace
from training.errors import InputError
from training.labs.bounds import changes_between, refusal
from training.labs.learner import attempt_of
from training.scenarios.expectations import check_goals
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Scenario, Task
from training.session import Failure

if TYPE_CHECKING:
    from gui.window import MainWindow

FORM = "Experiment"
TRY_AGAIN = "Change something, and run again (Space)."
NO_TASK = "There is no task being done: start one in the Guide (Ctrl+H) or on a scenario’s page."
CHECKING = "Checking this run …"


class TaskRun(QObject):
    """One task at a time.

    ``tried`` comes when a try was checked, ``told`` when there is something else to be said, ``guide_wanted`` when
    the learner wants back to the Guide.

    Attributes
    ----------
    document
        The task's experiment in the form, or None while no task is being done.
    own
        The experiment that the last task has put into the form: no one's work, so nobody is asked about it.
    """

    tried = Signal()
    told = Signal()
    guide_wanted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.document: Document | None = None
        self.own: Document | None = None
        self.form: TaskForm | None = None
        self._journey: Journey | None = None
        self._measurements = Measurements()

    @property
    def bar(self) -> TaskBar | None:
        """The strip above the form, while a task is being done."""
        return self.form.bar if self.form is not None else None

    @property
    def task(self) -> Task | None:
        """The task being done."""
        return self._journey.active_task if self._journey is not None and self.document is not None else None

    # ------------------------------------------------------------------------------ beginning and leaving

    def start(self, journey: Journey, name: str) -> None:
        """Put the run that a task starts from into the form, and let nothing be changed but what the task allows."""
        self.leave()
        task = journey.lab.task(journey.at, name)
        if task is None:
            return
        self._journey, journey.active = journey, (journey.at, name)
        journey.goals.pop(journey.active, None)
        journey.told[journey.active] = "It is in the form now: change what you may, and run it (Space)."
        window = self.window
        document = self.document = self.own = Document(journey.scenario.run(task.start))
        window.control.planned = lambda _: None  # a task is for the learner to change things
        window.show_document(document)
        self.adopt(window.workspace)
        window.workspace.left.show_page(FORM)
        if self.form is not None:
            self.form.point_out()

    def leave(self) -> None:
        """Do no task any more: everything can be changed again."""
        self._measurements.forget()
        if self.form is not None:
            self.form.close()
        self.form = None
        if self._journey is not None and self._journey.active is not None:
            self._journey.told.pop(self._journey.active, None)
            self._journey.active = None
        self._journey = self.document = None

    def adopt(self, workspace: Workspace) -> None:
        """Put the strip above the form of a workspace, and lock its form, if a task is being done."""
        self.form = None  # that of another workspace goes with it
        task, journey = self.task, self._journey
        if task is None or journey is None:
            return
        assert journey.active is not None
        start = journey.lab.scenarios[journey.active[0]].run(task.start)
        form = self.form = TaskForm(
            task, start, workspace.builder, workspace.theme, workspace.scale, place="Guide", keys="Ctrl+H"
        )
        form.check_wanted.connect(self.check)
        form.back_wanted.connect(self.guide_wanted)
        form.leave_wanted.connect(self._unlock)
        form.taken_back.connect(self._taken_back)

    def _unlock(self) -> None:
        self.leave()
        self.own = None  # from here on it is the learner's
        self.window.status.say("The task is left: everything can be changed again.")
        self.told.emit()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        if self.bar is not None:
            self.bar.restyle(theme)

    def close(self) -> None:
        """End what is being checked."""
        self._measurements.close()

    @property
    def running(self) -> bool:
        """Whether a check is still at work."""
        return self._measurements.running

    def _taken_back(self, names: str) -> None:
        task = self.task
        if task is not None:
            self._say(f"{names}: taken back. This task lets you change {', '.join(control_names(task.controls))}.",
                      "warn")  # fmt: skip

    # ------------------------------------------------------------------------------ checking

    def look(self, news: News) -> None:
        """Check a run that has ended, and take over what was checked; called with every turn of the timer."""
        if self.document is not None and self.window.files.document is not self.document:
            self._unlock()  # another experiment was opened over the task's
        if news.ended and self.task is not None:
            self.check()
        for (key, run), came in self._measurements.taken():
            if self._journey is not None and self._journey.active == key:
                self._measured(run, came)

    def check(self) -> None:
        """Check the goals on the run there is."""
        view, task = self.window.control.view, self.task
        if task is None or self._journey is None:
            self.window.status.say(NO_TASK)
            return
        if view is None or view.original is None or view.history.step == 0:
            self._say("Nothing has been trained yet: run it first (Space).")
            return
        run = RunSoFar.of(view)
        why = refusal(self._scenario(), task, self._changes(run), run.edits, run.steps)
        if why:
            self._say(f"Not counted: the run {why}. Start over to try again.", "warn")
            return
        self._say(CHECKING)
        self._measurements.begin(run, (self._journey.active, run))

    def _scenario(self) -> Scenario:
        assert self._journey is not None
        assert self._journey.active is not None
        return self._journey.lab.scenarios[self._journey.active[0]]

    def _changes(self, run: RunSoFar) -> dict[str, object]:
        task = self.task
        assert task is not None
        return changes_between(self._scenario().run(task.start), run.experiment)

    def _measured(self, run: RunSoFar, came: RunRecord | InputError | Failure) -> None:
        journey, task = self._journey, self.task
        assert journey is not None
        assert journey.active is not None
        assert task is not None
        if not isinstance(came, RunRecord):
            self._say(f"Not checked: {came.message() if isinstance(came, InputError) else came.message}", "warn")
            return
        found = check_goals(task.goals, came)
        reached = all(bool(each.held[0]) for each in found)
        journey.goals[journey.active] = goal_states(task.goals, found)
        try:
            journey.try_made(attempt_of(
                journey.active[0] + 1, task.id, self._changes(run), run.edits, run.steps,
                [float(each.values[0]) for each in found], reached=reached,
            ))  # fmt: skip
        except InputError as error:
            self._say(f"Not counted: {error.message()}", "warn")
            return
        self._say_found(task, reached)
        self.tried.emit()

    def _say_found(self, task: Task, reached: bool) -> None:
        assert self._journey is not None
        assert self._journey.active is not None
        goals = self._journey.goals[self._journey.active]
        marks = "\n".join(f"{'✓' if goal.met else '✗'} {goal.text} — found {goal.found}" for goal in goals)
        if reached:
            self._say(f"Reached.\n{marks}", "ok")
            self.window.status.say(f"Task “{task.title}” is reached.", "ok")
        else:
            self._say(f"Not reached yet.\n{marks}\n{TRY_AGAIN}", "warn")
        self._journey.told[self._journey.active] = "Reached." if reached else f"Not reached yet. {TRY_AGAIN}"

    def _say(self, text: str, tone: str = "") -> None:
        """Say something above the form and in the Guide."""
        if self._journey is not None and self._journey.active is not None:
            self._journey.told[self._journey.active] = text
        if self.bar is not None:
            self.bar.say(text, tone)
        self.told.emit()

