"""Scenarios at the window: the gallery on the stage, and the page of the one that is open in the left column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal

from gui.actions import Act
from gui.dialogs import Banner
from gui.documents import Document
from gui.feature import Feature
from gui.measurements import Measurements
from gui.planned import plan_for
from gui.race.races import Races
from gui.run_control import News
from gui.run_record import RunSoFar
from gui.scenarios.filters import Filters
from gui.scenarios.gallery import Gallery
from gui.scenarios.learned import Learned
from gui.scenarios.left_page import FORM, TITLE, LeftPage
from gui.scenarios.library import Entry, entry_of, shipped
from gui.scenarios.page import ScenarioPage
from gui.scenarios.task_form import TaskForm
from gui.scenarios.tasks import Tasks
from gui.scenarios.visit import Visit, not_counted
from gui.stage import BOARD
from gui.theme import Theme
from gui.workspace import Workspace
from training.errors import InputError
from training.labs.bounds import changes_between
from training.progress import STOP
from training.scenarios.record import RunRecord
from training.scenarios.scenario import BASE, Scenario
from training.scenarios.scenario_file import load
from training.scenarios.script import Script

if TYPE_CHECKING:
    from gui.window import MainWindow

GALLERY = "gallery"
NONE_FOUND = "No scenario matches. Search for other words, or choose all chapters and any level."
UNASKED = "This run came before your prediction. Answer the questions, or skip them, and press Run: then it is checked."
UNFINISHED = "The run was ended before its time, so nothing is checked yet. Run it to its end."
RACE_CLOSED = "The race was closed before its end, so nothing of it is checked. Race once more, to the end."


class Scenarios(Feature):
    """Opens scenarios, runs them, and says what came out.

    ``line_wanted`` asks for the line on the clipboard to be opened, ``copy_wanted`` for the scenario as a line.

    Attributes
    ----------
    visit
        The scenario that is open, or None: then the left page has the filters of the gallery.
    """

    line_wanted = Signal()
    copy_wanted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.learned = Learned(window.folder)
        self.visit: Visit | None = None
        self.page: ScenarioPage | None = None
        self.measurements = Measurements()
        self.document: Document | None = None  # the one that has a run of the visit
        self.tasks = Tasks(self)
        self._adopted = self._filled = self._played = False

    # ------------------------------------------------------------------------------ widgets

    def adopt(self, workspace: Workspace) -> None:
        before = self.filters if self._adopted else None
        showed_gallery = self._adopted and self.workspace.stage.shown == GALLERY
        self._adopted, self.workspace = True, workspace
        theme, scale = workspace.theme, workspace.scale
        self.gallery = Gallery(theme, scale)
        self.filters = Filters(scale)
        if before is not None:
            self.filters.take(before)
        self.left = LeftPage(self.filters)
        self._filled = False
        workspace.stage.add(GALLERY, self.gallery)
        workspace.left.add_page(TITLE, self.left)
        workspace.left.page_shown.connect(self._page_shown)
        workspace.stage.changed.connect(self._stage_changed)
        self.filters.changed.connect(self._filter)
        self.filters.cards_wanted.connect(self.gallery.focus_first)
        self.filters.file_wanted.connect(lambda: self.window.files.ask_open())
        self.filters.line_wanted.connect(self.line_wanted)
        self.gallery.opened.connect(self.open)
        self.gallery.typed.connect(self.filters.search_on)
        if self.visit is not None:
            place = self.page.place if self.page is not None else 0.0
            self._show_page(self.visit).go_to(place)
        self.tasks.adopt_form()
        if showed_gallery:
            self.show_gallery()

    def meet(self) -> None:
        self.races.ended.connect(self._race_ended)

    def acts(self) -> list[Act]:
        return [Act("View", "Scenarios", ("Ctrl+G",), self.show_gallery)]

    def restyle(self, theme: Theme) -> None:
        self.gallery.restyle(theme)
        if self.page is not None:
            self.page.restyle(theme)
        self.tasks.restyle(theme)

    def read_ahead(self) -> None:
        shipped()

    def close(self) -> None:
        self.measurements.close()

    @property
    def running(self) -> bool:
        return self.measurements.running

    @property
    def banner(self) -> Banner:
        """Where what goes wrong is said."""
        return self.window.banner

    @property
    def owns_document(self) -> bool:
        """Whether the form has a run of the scenario that is open."""
        return self.document is not None and self.window.files.document is self.document

    @property
    def task_form(self) -> TaskForm | None:
        """What holds the form to the task that is being done, or None."""
        return self.tasks.form

    def check(self) -> bool:
        """Check the goals of the task that is being done; return whether there is one."""
        return self.tasks.check()

    def hint(self) -> bool:
        """Show the next hint for the task that is being done; return whether there is one."""
        return self.tasks.hint()

    @property
    def title_of_run(self) -> str:
        """Title of the scenario that the form has a run of, or an empty text."""
        return self.visit.scenario.title if self.visit is not None and self.owns_document else ""

    # ------------------------------------------------------------------------------ gallery

    def show_gallery(self) -> None:
        """Leave the scenario that is open, if any, and show all of them."""
        self._leave()
        self.workspace.left.show_page(TITLE)
        self._fill()
        self.workspace.stage.show_only(GALLERY)
        self.filters.search.setFocus()

    def _fill(self) -> None:
        if not self._filled:
            self._filled = True
            self.gallery.fill(shipped(), self.done)
            self._filter()
        self.gallery.show_done(self.done)
        finished = [entry for entry in shipped() if self.done(entry).startswith("✓")]
        self.filters.show_counts(shipped(), finished)

    def _filter(self) -> None:
        self.gallery.show_only(self.filters.wants, self.filters.is_called, NONE_FOUND)

    def done(self, entry: Entry) -> str:
        """Return in a few words what was done of a scenario; beginning with ✓ if all of it."""
        tasks, reached = len(entry.scenario.tasks), len(self.learned.tasks(entry.key))
        if self.learned.revealed(entry.key):
            return "✓ done" if reached >= tasks else f"run · {reached} of {tasks} tasks"
        return "opened" if self.learned.seen(entry.key) else ""

    def _page_shown(self, title: str) -> None:
        """Follow the tabs: without an open scenario, the page and the gallery belong together."""
        stage = self.workspace.stage
        if title == TITLE and self.visit is None:
            self._fill()
            stage.show_only(GALLERY)
        elif title != TITLE and stage.shown == GALLERY:
            stage.show_only(BOARD)

    def _stage_changed(self, shown: str) -> None:
        """Leave the room below, which is about the run, to the cards."""
        self.workspace.bottom.setVisible(shown != GALLERY)
        if shown == BOARD and self.visit is None and self.workspace.left.current == TITLE:
            self.workspace.left.show_page(FORM)  # without the gallery its filters have nothing to show

    # ------------------------------------------------------------------------------ opening

    def takes(self, kind: str) -> bool:
        return kind == "scenario"

    def open_file(self, path: Path) -> None:
        """Open a scenario from a file; what is wrong with it is told line by line."""
        try:
            scenario = load(path)
        except InputError as error:
            self.window.files.say_not_opened(error)
            return
        self.open(next((entry for entry in shipped() if entry.path == path.resolve()), entry_of(scenario, path)))

    def open_scenario(self, scenario: Scenario) -> None:
        """Open a scenario that came without a file."""
        self.open(entry_of(scenario))

    def open(self, entry: Entry) -> None:
        """Show the page of a scenario, as it was left the last time."""
        key = entry.key
        questions = entry.scenario.questions
        answers = {
            number: text for number, text in self.learned.answers(key).items()
            if number < len(questions) and text in questions[number].choices
        }
        revealed = self.learned.revealed(key)
        self.learned.see(key)
        self.document = None  # what is in the form now belongs to no visit but the one before
        self.visit = Visit(entry, answers, revealed=revealed, locked=revealed)
        self._show_page(self.visit)
        self.workspace.left.show_page(TITLE)
        self.window.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.workspace.stage.shown == GALLERY:
            self.workspace.stage.show_only(BOARD)
        if not self.window.files.modified and self.window.control.phase != "playing":
            self.load_run(BASE)  # so that the network the story is about is seen beside it
        else:
            self.visit.beside = True
            self.refresh()

    def _show_page(self, visit: Visit) -> ScenarioPage:
        page = self.page = ScenarioPage(visit, self.workspace.theme, self.workspace.scale)
        self.left.show_scenario(page)
        page.back.connect(self.show_gallery)
        page.copy_wanted.connect(self.copy_wanted)
        page.run_wanted.connect(self.run)
        page.race_wanted.connect(self.race)
        page.skip_wanted.connect(self._skip)
        page.again_wanted.connect(self._again)
        page.reveal_wanted.connect(self._reveal)
        page.load_wanted.connect(lambda name: self.load_run(name))
        page.answered.connect(self._answered)
        page.task_start.connect(self.tasks.start)
        page.task_check.connect(self.tasks.check_goals_of)
        page.hints_shown.connect(visit.hints.__setitem__)
        self.refresh()
        return page

    def _leave(self) -> None:
        self.visit, self.page = None, None
        self.races.propose(None)
        self.measurements.forget()
        self.left.show_filters()

    def refresh(self) -> None:
        visit = self.visit
        if self.page is not None and visit is not None:
            self.page.show_visit(self.learned.tasks(visit.entry.key))
            self.races.propose(visit.scenario if visit.may_run and visit.scenario.variants else None)
            self.tasks.say(visit)

    # ------------------------------------------------------------------------------ prediction

    def _answered(self, number: int, choice: str) -> None:
        visit = self.visit
        if visit is None or visit.locked:
            return
        visit.answers[number] = choice
        visit.message = ""
        self.refresh()

    def _skip(self) -> None:
        if self.visit is not None:
            self.visit.skipped = True
            self.refresh()

    def _again(self) -> None:
        if self.visit is not None:
            self.visit.begin_again()
            self.document = None  # running it once more must not give the answers away
            self.learned.keep_answers(self.visit.entry.key, {})
            self.learned.reveal(self.visit.entry.key, False)
            self.refresh()
            if self.page is not None:
                self.page.scroll.verticalScrollBar().setValue(0)

    # ------------------------------------------------------------------------------ running

    def run(self) -> None:
        """Put the scenario's experiment into the form, and train it."""
        visit = self.visit
        if visit is not None and visit.may_run and self.load_run(BASE, play=True):
            self._lock(visit)

    def race(self) -> None:
        """Train all variants side by side."""
        visit = self.visit
        if visit is not None and visit.may_run:
            visit.message = ""
            self._lock(visit)
            self.races.start(visit.scenario, play=True)

    @property
    def races(self) -> Races:
        """The races of the window."""
        return self.window.feature(Races)

    def _hear_of_race(self) -> None:
        """Take notice of a race of this scenario that was begun by its key, or closed before its end."""
        visit, races = self.visit, self.races
        if visit is None:
            return
        there = races.open and races.scenario == visit.scenario
        if there and races.control.phase == "playing" and not visit.racing:
            visit.racing = True
            self._lock(visit)
        elif there and not visit.locked:
            self._lock(visit)
        elif visit.racing and not there:
            visit.racing = False
            self._tell(RACE_CLOSED)

    def _race_ended(self) -> None:
        """Take over what came of a race of this scenario."""
        visit, records = self.visit, self.races.records()
        if visit is None or self.races.scenario != visit.scenario:
            return
        visit.racing = False
        if any(outcome.reason == "stopped" for record in records.values() for outcome in record.outcomes):
            self._tell(UNFINISHED)
        elif records:
            visit.records.update(records)
            self._reveal()
        else:
            self._reveal()
            self._tell("The race was too long to keep every step of it, so nothing is checked.", warn=True)

    def _lock(self, visit: Visit) -> None:
        visit.locked, visit.beside = True, False
        self.learned.keep_answers(visit.entry.key, visit.answers)
        self.refresh()

    def load_run(self, name: str, *, play: bool = False, task: str = "") -> bool:
        """Put a run of the scenario into the form, as a document of its own; return whether that was done."""
        visit, window = self.visit, self.window
        if visit is None:
            return False
        own = self.owns_document  # what was tried in it is among the runs that are kept
        if not own and not window.files.may_replace():
            return False
        self.tasks.free()
        visit.loaded, visit.task = name, task
        visit.message, visit.beside = "", False
        scenario = visit.scenario
        document = self.document = window.files.as_new(scenario.run(name))
        edits = () if task else scenario.edits_of(name)  # a task is for the learner to change things
        plan_for(window, document, lambda _: Script.of_scenario(edits) if edits else None)
        window.show_document(document)
        if play:
            window.control.toggle()
        self.refresh()
        return True

    def look(self, news: News, now: float) -> None:
        self._hear_of_race()
        playing = self.window.control.phase == "playing"
        if playing and not self._played and self.workspace.stage.shown == GALLERY:
            self.workspace.left.show_page(FORM)  # what was started is to be seen
        self._played = playing
        self.tasks.follow()
        if news.ended and self.visit is not None and self.owns_document:
            self._run_ended(self.visit)
        for (visit, task, name), came in self.measurements.taken():
            if visit is self.visit:
                self._measured(visit, task, name, came)

    def _run_ended(self, visit: Visit) -> None:
        view = self.window.control.view
        if view is None or view.original is None:
            return
        if visit.task:
            self.tasks.check_goals_of(visit.task)
            return
        if not visit.may_run:
            self._tell(UNASKED)
            return
        changed = changes_between(visit.scenario.run(visit.loaded), view.original)
        if any(edit.key == STOP for edit in view.edits):
            self._tell(UNFINISHED)
        elif changed.keys() - {"device"}:
            self._tell(f"This run is not the scenario's own ({not_counted(changed)}), so it is not checked.")
        else:
            self._tell("Checking this run …")
            self.measurements.begin(RunSoFar.of(view), (visit, "", visit.loaded))

    def _measured(self, visit: Visit, task: str, name: str, came: object) -> None:
        if not isinstance(came, RunRecord):
            text = f"Not checked: {came.message() if isinstance(came, InputError) else getattr(came, 'message', came)}"
            if task:
                visit.told[task] = text
                self.refresh()
            else:
                self._tell(text, warn=True)
        elif task:
            self.tasks.measured(visit, task, came)
        else:
            visit.records[name] = came
            self._reveal()

    def _reveal(self) -> None:
        """Say what was right, what came out, and why."""
        visit = self.visit
        if visit is None:
            return
        first = not visit.revealed
        visit.revealed = visit.locked = True
        visit.message = ""
        self.learned.reveal(visit.entry.key)
        self.refresh()
        if first and self.page is not None:
            self.page.course.go("Predict" if self.page.questions else "Why")

    def _tell(self, text: str, *, warn: bool = False) -> None:
        if self.page is not None:
            self.page.show_message(text, warn=warn)
