"""The tasks of a scenario at the window: put into the form with what may be changed, and checked on the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.run_record import RunSoFar
from gui.scenarios.left_page import FORM, TITLE
from gui.scenarios.task_form import TaskForm
from gui.scenarios.visit import Visit, goal_states, not_counted
from gui.theme import Theme
from training.labs.bounds import changes_between
from training.progress import STOP
from training.scenarios.expectations import check_goals
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Task

if TYPE_CHECKING:
    from gui.scenarios.scenarios import Scenarios


class Tasks:
    """Starts, checks and leaves the tasks of the scenario that is open.

    Attributes
    ----------
    form
        What holds the form to the task that is being done, or None.
    """

    def __init__(self, scenarios: Scenarios) -> None:
        self._scenarios = scenarios
        self.form: TaskForm | None = None

    def start(self, name: str) -> None:
        """Put the run of a task into the form."""
        scenarios, visit = self._scenarios, self._scenarios.visit
        if visit is None:
            return
        task = visit.task_named(name)
        if not scenarios.load_run(task.start, task=name):
            return
        form = self._hold(task)
        visit.goals.pop(name, None)
        visit.told[name] = "It is in the form now: change what you may, and run it (Space)."
        scenarios.refresh()
        scenarios.workspace.left.show_page(FORM)
        form.point_out()

    def _hold(self, task: Task) -> TaskForm:
        """Say above the form what the task is, and let only those fields be changed that it allows."""
        scenarios, workspace = self._scenarios, self._scenarios.workspace
        assert scenarios.document is not None
        form = self.form = TaskForm(task, scenarios.document.start, workspace.builder, workspace.theme,
                                    workspace.scale, place="Scenario", keys="Ctrl+Alt+2")  # fmt: skip
        form.check_wanted.connect(self.check)
        form.back_wanted.connect(lambda: self._show(task.id))
        form.leave_wanted.connect(self.leave)
        form.taken_back.connect(
            lambda names: scenarios.window.status.say(f"{names}: this task leaves that as it is.", "warn")
        )
        return form

    def free(self) -> None:
        """Let everything in the form be changed."""
        if self.form is not None:
            self.form.close()
            self.form = None

    def follow(self) -> None:
        """Free the form once it has something else than the task."""
        visit = self._scenarios.visit
        if self.form is not None and not (self._scenarios.owns_document and visit is not None and visit.task):
            self.free()

    def adopt_form(self) -> None:
        """Hold the form that was made anew as the one before it was held."""
        visit = self._scenarios.visit
        if self.form is not None:
            self.form = None  # it has gone with the form
            if visit is not None and visit.task:
                self._hold(visit.task_named(visit.task))
                self._scenarios.refresh()

    def say(self, visit: Visit) -> None:
        """Say above the form what came of the task."""
        if self.form is not None and visit.task:
            self.form.bar.say(*visit.told_of_task())

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        if self.form is not None:
            self.form.bar.restyle(theme)

    def leave(self) -> None:
        """Let everything be changed again; what is run from now on does not count."""
        scenarios, visit = self._scenarios, self._scenarios.visit
        self.free()
        if visit is not None:
            visit.told.pop(visit.task, None)
            visit.task = ""
        scenarios.document = None
        scenarios.window.status.say("The task is left: everything can be changed again.")
        scenarios.refresh()

    def _show(self, name: str) -> None:
        """Bring what a task asks for into sight."""
        self._scenarios.workspace.left.show_page(TITLE)
        page = self._scenarios.page
        if page is not None:
            page.show_part(page.tasks[name])

    def check(self) -> bool:
        """Check the goals of the task that is being done; return whether there is one."""
        visit = self._scenarios.visit
        if visit is None or self.form is None:
            return False
        self.check_goals_of(visit.task)
        return True

    def hint(self) -> bool:
        """Show the next hint for the task that is being done; return whether there is one."""
        visit, page = self._scenarios.visit, self._scenarios.page
        if visit is None or page is None or self.form is None:
            return False
        view = page.tasks[visit.task]
        self._scenarios.workspace.left.show_page(TITLE)
        view.show_hint()
        page.show_part(view.hint)  # it stands below them
        return True

    def check_goals_of(self, name: str) -> None:
        """Check the goals of a task on the run there is, if it is the task's."""
        scenarios = self._scenarios
        visit, view = scenarios.visit, scenarios.window.control.view
        if visit is None or view is None or not scenarios.owns_document or visit.task != name:
            return
        if view.history.step == 0:
            visit.told[name] = "Nothing has been trained yet: run it first (Space)."
        elif why := self._outside(visit, name):
            visit.told[name] = f"Not counted: {why}."
        else:
            visit.told[name] = "Checking this run …"
            scenarios.measurements.begin(RunSoFar.of(view), (visit, name, visit.loaded))
        scenarios.refresh()

    def _outside(self, visit: Visit, name: str) -> str:
        """Return what was changed that the task does not allow, in words."""
        view = self._scenarios.window.control.view
        task = visit.task_named(name)
        assert view is not None
        assert view.original is not None
        changes = changes_between(visit.scenario.run(task.start), view.original)
        keys = [*changes, *(edit.key for edit in view.edits if edit.key != STOP)]
        return not_counted([key for key in keys if key != "device"], task.controls)

    def measured(self, visit: Visit, name: str, record: RunRecord) -> None:
        """Say whether a run that was measured reaches the goals."""
        scenarios, task = self._scenarios, visit.task_named(name)
        found = check_goals(task.goals, record)
        reached = all(bool(each.held[0]) for each in found)
        visit.goals[name] = goal_states(task.goals, found)
        visit.told[name] = "Reached." if reached else "Not reached yet. Change something, and run again (Space)."
        if reached:
            scenarios.learned.reach(visit.entry.key, name)
            scenarios.window.status.say(f"Task “{task.title}” is reached.", "ok")
        scenarios.refresh()
