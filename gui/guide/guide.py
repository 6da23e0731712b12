"""The Guide at the window: leads a learner through a lab, checks what was reached, and keeps the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from gui.actions import Act
from gui.documents import Document
from gui.feature import Feature
from gui.guide.choose_page import ChoosePage
from gui.guide.end_page import EndPage
from gui.guide.instructor_dialog import InstructorDialog
from gui.guide.journey import Journey
from gui.guide.lab_page import LabPage
from gui.guide.shelf import Kept, Shelf, labs_here
from gui.guide.step_page import StepPage
from gui.guide.task_run import NO_TASK, TaskRun
from gui.planned import plan_for
from gui.race.races import Races
from gui.run_control import News
from gui.scenarios.scenarios import Scenarios
from gui.theme import Theme
from gui.workspace import Workspace
from training.errors import InputError
from training.labs import lab_file, learner
from training.labs.lab import OpenLab
from training.labs.learner import SUFFIX
from training.progress import STOP
from training.scenarios.scenario import BASE
from training.scenarios.script import Script
from training.shown_path import shown_path

if TYPE_CHECKING:
    from gui.window import MainWindow

TITLE = "Guide"
CUT_SHORT = "The run was ended before its time. Run it to its end to see what comes out."


class Guide(Feature):
    """Opens labs, and follows a learner through one.

    Attributes
    ----------
    journey
        The lab that is open, or None: then the page has the labs to choose from.
    task_run
        The run that is to reach a goal.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.shelf = Shelf(window.folder)
        self.journey: Journey | None = None
        self.task_run = TaskRun(window)
        self.labs: tuple[OpenLab, ...] = ()
        self.page: LabPage | ChoosePage | None = None
        self.instructor: InstructorDialog | None = None
        self._faults: tuple[str, ...] = ()
        self._looked = False
        self._base: Document | None = None  # the only run of a step without variants
        self._beside: Document | None = None  # what a step is about, to be looked at while its story is read
        self.task_run.tried.connect(self._tried)
        self.task_run.told.connect(self._show)
        self.task_run.guide_wanted.connect(self.show)

    # ------------------------------------------------------------------------------ widgets

    def adopt(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.stack = QStackedWidget()
        workspace.left.add_page(TITLE, self.stack)
        workspace.left.page_shown.connect(self._page_shown)
        self.page = None
        if self.journey is not None:
            self._show_lab(self.journey)
        elif self._looked:
            self._show_labs()
        self.task_run.adopt(workspace)

    def meet(self) -> None:
        self.window.feature(Races).ended.connect(self._race_ended)

    def acts(self) -> list[Act]:
        return [
            Act("Help", "Guide: labs, step by step", ("Ctrl+H",), self.show),
            Act("Help", "Hint for the task", ("H",), self.hint, works=self._has_task),
            Act("Help", "Check the task", ("Ctrl+K",), self.check, works=self._has_task),
            Act("Help", "Save the lab’s result…", ("Ctrl+Alt+S",), self.save, works=lambda: self.journey is not None),
            Act("Help", "Instructor’s page", ("Ctrl+Alt+I",), self.show_instructor_of_open,
                works=lambda: self.journey is not None),
        ]  # fmt: skip

    def restyle(self, theme: Theme) -> None:
        if isinstance(self.page, LabPage):
            self.page.restyle(theme)
        if self.instructor is not None:
            self.instructor.restyle(theme)
        self.task_run.restyle(theme)

    def close(self) -> None:
        self.task_run.close()

    @property
    def running(self) -> bool:
        return self.task_run.running

    def read_ahead(self) -> None:
        labs_here()

    def show(self) -> None:
        """Bring the Guide to the front."""
        self.window.workspace.show_form(True)
        self.workspace.left.show_page(TITLE)

    def _page_shown(self, title: str) -> None:
        if title != TITLE:
            return
        if not self._looked:
            self._look_around()
        if self.page is None:
            self._show_labs()

    def _look_around(self) -> None:
        """Read the labs there are, and go on where the program was closed: only now, as it takes a moment."""
        self._looked = True
        self.labs, self._faults = labs_here()
        open_before = self.shelf.open
        if open_before is None or self.journey is not None:
            return
        try:
            self._resume(self.shelf.load(open_before))
        except InputError as error:
            self.window.banner.show_error(f"Your progress cannot be gone on with: {error.message()}")
            self.shelf.remember_open(None)

    def _put(self, page: LabPage | ChoosePage) -> None:
        while self.stack.count():
            old: QWidget = self.stack.widget(0)
            self.stack.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.page = page
        self.stack.addWidget(page)

    # ------------------------------------------------------------------------------ choosing a lab

    def _show_labs(self) -> None:
        page = ChoosePage(self.labs, self.shelf.kept(), self._faults, self.workspace.scale)
        page.start_wanted.connect(self.start)
        page.resume_wanted.connect(self._resume)
        page.instructor_wanted.connect(self.show_instructor)
        page.file_wanted.connect(self._ask_file)
        self._put(page)

    def start(self, lab: OpenLab, name: str) -> None:
        """Begin a lab, or go on with it where this learner has begun it before."""
        try:
            self._open(lab, self.shelf.new(lab, name))
        except InputError as error:
            if isinstance(self.page, ChoosePage):
                self.page.say_problem(error.message())

    def _resume(self, kept: Kept) -> None:
        lab = next((lab for lab in self.labs if lab.name == kept.result.lab), None)
        if lab is None:
            self.window.banner.show_error(f"There is no lab “{kept.result.lab}” here, so it cannot be gone on with.")
            return
        self._open(lab, kept)

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Go on from a learner’s file", "", f"Learners’ files (*{SUFFIX})"
        )
        if path:
            self.open_file(Path(path))

    def takes(self, kind: str) -> bool:
        return kind in ("lab", "result")

    def open_file(self, path: Path) -> None:
        """Go on with a learner's file from elsewhere, or choose a lab that does not ship with the program."""
        self.show()
        try:
            if path.suffix == SUFFIX:
                self._resume(self.shelf.taken_in(path))
            else:
                self._add(lab_file.load(path))
        except InputError as error:
            self.window.files.say_not_opened(error)

    def _add(self, lab: OpenLab) -> None:
        self.labs = (*(other for other in self.labs if other.name != lab.name), lab)
        if self.journey is not None:
            self.leave()
        self._show_labs()

    def _open(self, lab: OpenLab, kept: Kept) -> None:
        self.journey = Journey.of(lab, kept)
        if kept.result.lab_digest != lab.digest:
            self.window.banner.show_notice("This lab has changed since you began it. What you reached is kept, and "
                                           "is checked against the lab as it is now.")  # fmt: skip
        self.shelf.remember_open(kept.path)
        self._keep()
        self._show_lab(self.journey)
        self._set_the_stage(self.journey)

    def leave(self) -> None:
        """Close the lab; what was done is kept."""
        self.task_run.leave()
        self.journey = None
        self.shelf.remember_open(None)
        self._show_labs()

    def _keep(self) -> None:
        """Keep the progress, after every change of it."""
        journey = self.journey
        if journey is None:
            return
        try:
            journey.result = self.shelf.save(Kept(journey.path, journey.result)).result
        except InputError as error:
            self.window.banner.show_error(f"Your progress is not kept: {error.message()}. Save the result in another "
                                          "folder before you close the program.")  # fmt: skip

    # ------------------------------------------------------------------------------ going through it

    def _show_lab(self, journey: Journey) -> None:
        page = LabPage(journey, self.workspace.theme, self.workspace.scale)
        page.leave_wanted.connect(self.leave)
        page.step_wanted.connect(self.go_to)
        page.page_made.connect(self._connect_page)
        self._put(page)
        page.show_step()

    def _connect_page(self, page: StepPage | EndPage) -> None:
        if isinstance(page, EndPage):
            page.save_wanted.connect(self.save)
            page.step_wanted.connect(self.go_to)
            return
        page.answered.connect(self._answered)
        page.run_wanted.connect(self.run)
        page.task_start.connect(self._start_task)
        page.task_check.connect(lambda _: self.task_run.check())
        page.hint_shown.connect(self._hint_shown)

    def go_to(self, step: int) -> None:
        """Show another step of the lab, or its end."""
        if self.journey is None:
            return
        self.task_run.leave()
        self.journey.go_to(step)
        self._keep()
        if isinstance(self.page, LabPage):
            self.page.show_step()
        self._set_the_stage(self.journey)

    def _set_the_stage(self, journey: Journey) -> None:
        """Put what the step is about beside its story, unless something else is being done there."""
        ours = self.window.files.document in (self._beside, self._base, self.task_run.own)
        if journey.at_end or self.window.control.phase == "playing" or (self.window.files.modified and not ours):
            return
        self._beside = Document(journey.scenario.run(BASE))
        self.window.show_document(self._beside)

    def _show(self) -> None:
        if isinstance(self.page, LabPage):
            self.page.show_journey()

    def _answered(self, question: int, choice: str) -> None:
        journey = self.journey
        if journey is not None and not journey.seen(journey.at):
            journey.answer(question, choice)
            self._keep()
            self._show()

    # ------------------------------------------------------------------------------ the run of a step

    def run(self) -> None:
        """Show what the step is about: its runs side by side, or its only one."""
        journey = self.journey
        if journey is None or not journey.may_run:
            return
        self.task_run.leave()
        journey.message = ""
        if journey.scenario.variants:
            self.window.feature(Races).start(journey.scenario, play=True)
        elif self._may_replace():
            document = self._base = Document(journey.scenario.run(BASE))
            edits = journey.scenario.edits_of(BASE)
            plan_for(self.window, document, lambda _: Script.of_scenario(edits) if edits else None)
            self.window.show_document(document)
            self.window.control.toggle()
        self._show()

    def _may_replace(self) -> bool:
        """Tell whether the form may be filled anew: with what is not the lab's own it is asked first."""
        ours = self.window.files.document in (self._beside, self._base, self.task_run.own)
        return ours or self.window.files.may_replace()

    def _race_ended(self) -> None:
        races, journey = self.window.feature(Races), self.journey
        if journey is None or journey.at_end or races.scenario != journey.scenario:
            return
        if any(outcome.reason == "stopped" for record in races.records().values() for outcome in record.outcomes):
            self._say(journey, CUT_SHORT)
        else:
            self._seen(journey)

    def _say(self, journey: Journey, text: str) -> None:
        journey.message = text
        self._show()

    def _seen(self, journey: Journey) -> None:
        first = not journey.seen(journey.at)
        journey.see()
        self._keep()
        self._show()
        if first and isinstance(self.page, LabPage) and isinstance(self.page.page, StepPage):
            step = self.page.page
            step.show_part(step.questions[0] if step.questions else step.why)

    def look(self, news: News, now: float) -> None:
        self.task_run.look(news)
        view, journey = self.window.control.view, self.journey
        if not news.ended or journey is None or view is None or self.window.files.document is not self._base:
            return
        if any(edit.key == STOP for edit in view.edits):
            self._say(journey, CUT_SHORT)
        else:
            self._seen(journey)

    # ------------------------------------------------------------------------------ tasks

    def _start_task(self, name: str) -> None:
        journey = self.journey
        if journey is None or not self._may_replace():
            return
        self.task_run.start(journey, name)
        self._show()

    def _tried(self) -> None:
        self._keep()
        self._show()

    def _has_task(self) -> bool:
        return self.task_run.task is not None or self._scenarios.task_form is not None

    @property
    def _scenarios(self) -> Scenarios:
        """Where tasks are done outside of a lab."""
        return self.window.feature(Scenarios)

    def check(self) -> None:
        """Check the task that is being done, of a lab or of a scenario."""
        if self.task_run.task is not None or not self._scenarios.check():
            self.task_run.check()

    def hint(self) -> None:
        """Show the next hint for the task that is being done."""
        task = self.task_run.task
        if task is None and self._scenarios.hint():
            return
        if task is None or not isinstance(self.page, LabPage) or not isinstance(self.page.page, StepPage):
            self.window.status.say(NO_TASK)
            return
        self.show()
        view = self.page.page.tasks[task.id]
        view.show_hint()
        self.page.page.show_part(view.hint)  # it stands below them

    def _hint_shown(self, task: str) -> None:
        if self.journey is not None:
            self.journey.take_hint(task)
            self._keep()

    # ------------------------------------------------------------------------------ the file, and the instructor

    def save(self) -> None:
        """Ask where the result goes, and write it there as one file."""
        journey = self.journey
        if journey is None:
            self.window.status.say("There is no lab under way: open the Guide (Ctrl+H) and start one.")
            return
        name = learner.file_name(journey.result.learner, journey.lab.name)
        suggestion = str(Path.home() / name)
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Save the result", suggestion, f"Learners’ files (*{SUFFIX})"
        )
        if path:
            self.save_to(Path(path) if path.endswith(SUFFIX) else Path(f"{path}{SUFFIX}"))

    def save_to(self, path: Path) -> None:
        """Write the result to a file."""
        assert self.journey is not None
        try:
            learner.save(self.journey.result, path)
        except InputError as error:
            self.window.banner.show_error(f"Not saved: {error.message()}")
            return
        text = f"Result saved as {shown_path(path)}"
        self.window.status.say(text, "ok")
        self.window.log.add("info", text)
        if isinstance(self.page, LabPage) and isinstance(self.page.page, EndPage):
            self.page.page.show_saved(f"✓ {text}. Hand in this file.")

    def show_instructor_of_open(self) -> None:
        """Show the instructor's page of the lab under way."""
        if self.journey is not None:
            self.show_instructor(self.journey.lab)
        else:
            self.window.status.say("There is no lab under way: the Guide (Ctrl+H) has the page of each lab.")

    def show_instructor(self, lab: OpenLab) -> None:
        """Show the page for whoever leads the workshop, in a window of its own."""
        if self.instructor is not None:
            self.instructor.close()
        dialog = self.instructor = InstructorDialog(lab, self.workspace.theme, self.workspace.scale, self.window)
        dialog.destroyed.connect(lambda: self._instructor_gone(dialog))
        dialog.show()

    def _instructor_gone(self, dialog: InstructorDialog) -> None:
        if self.instructor is dialog:
            self.instructor = None
