"""Recorded runs at the window: every run is kept, listed, replayed, copied, and made into a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from gui.actions import Act
from gui.documents import Document
from gui.feature import Feature
from gui.file_actions import OF_A_LINE
from gui.planned import plan_for
from gui.recordings.kept import Kept, KeptRuns
from gui.recordings.making import recording_of
from gui.recordings.page import RunsPage
from gui.recordings.replay import Replay
from gui.run_control import News
from gui.run_view import RunView
from gui.scenarios.scenarios import Scenarios
from gui.theme import Theme
from gui.threads import EndingThreads
from gui.workspace import Workspace
from training import file_kinds
from training.errors import InputError
from training.recordings.recording import Recording
from training.recordings.recording_file import SUFFIX, dumps, load, loads, save
from training.scenarios import scenario_file
from training.text_line import from_line, is_line, to_line
from training.toml_file import parse

if TYPE_CHECKING:
    from gui.window import MainWindow

TITLE = "Runs"
CLOSE_SECONDS = 1.0
PASTED = "pasted line"
NO_LINE = (
    "The clipboard holds no line of the lab. Copy one whole, from its beginning “lab1:” to its end, and paste again."
)


class Runs(Feature):
    """Keeps a recording of every run that has trained, and makes recorded ones again."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.kept = KeptRuns(window.folder)
        self._view: RunView | None = None
        self._recorded: Kept | None = None
        self._recorded_at: tuple[int, int] | None = None
        self._replay: Replay | None = None
        self._following: Replay | None = None  # what the run that is shown replays
        self._deleted: tuple[Kept, int] | None = None
        self._told_full = False
        self._trials = EndingThreads()
        self._scenario = ""  # the title of the one that the run which is shown belongs to

    # ------------------------------------------------------------------------------ widgets

    def adopt(self, workspace: Workspace) -> None:
        self.workspace = workspace
        page = self.page = RunsPage(workspace.theme, workspace.scale)
        workspace.left.add_page(TITLE, page)
        workspace.left.page_shown.connect(self._page_shown)
        page.replay_wanted.connect(lambda: self._with_chosen(self.replay))
        page.load_wanted.connect(lambda: self._with_chosen(self.load))
        page.save_wanted.connect(lambda: self._with_chosen(self.save_as))
        page.copy_wanted.connect(lambda: self._with_chosen(self.copy))
        page.scenario_wanted.connect(lambda: self._with_chosen(self.make_scenario))
        page.delete_wanted.connect(self._delete)
        page.undo_wanted.connect(self._undo)
        page.paste_wanted.connect(self.paste)
        page.open_wanted.connect(self._ask_open)

    def meet(self) -> None:
        scenarios = self.window.feature(Scenarios)
        scenarios.line_wanted.connect(self.paste)
        scenarios.copy_wanted.connect(self.copy_current)

    def acts(self) -> list[Act]:
        return [
            Act("Edit", "Paste a line", ("Ctrl+Shift+V",), self.paste),
            Act("Edit", "Copy as a line", ("Ctrl+Shift+L",), self.copy_current, works=self._has_something_to_copy),
        ]

    def restyle(self, theme: Theme) -> None:
        self.page.restyle(theme)

    def _page_shown(self, title: str) -> None:
        if title == TITLE:
            self._list()

    def _list(self, chosen: Kept | None = None) -> None:
        """Show the runs there are, where anyone sees them."""
        if self.workspace.left.current == TITLE:
            self.page.list.show_runs(self.kept.runs, chosen)

    def _with_chosen(self, do: object) -> None:
        chosen = self.page.list.chosen
        if chosen is not None:
            do(chosen.recording)

    # ------------------------------------------------------------------------------ recording

    def look(self, news: News, now: float) -> None:
        view = self.window.control.view
        if view is not self._view:
            self._keep(ended=False)
            self._view, self._recorded, self._recorded_at = view, None, None
            self._scenario = self.window.feature(Scenarios).title_of_run
            replay = self._replay
            self._following = replay if replay is not None and self.window.files.document is replay.document else None
        if news.ended and self._has_ended():
            self._keep(ended=True)
            self._compare()

    def read_ahead(self) -> None:
        self.kept.read()

    def close(self) -> None:
        self._keep(ended=False)
        self._trials.wait(CLOSE_SECONDS)

    @property
    def running(self) -> bool:
        return self._trials.running

    def _has_ended(self) -> bool:
        control = self.window.control
        return control.phase == "finished" and not control.editing

    def _keep(self, *, ended: bool) -> None:
        """Record the run that is shown, unless it is as it was recorded already, or nothing was trained."""
        view = self._view
        if view is None or view.history.step == 0:
            return
        at = (view.history.step, len(view.edits))
        if at == self._recorded_at or (self._following is not None and self._following.is_faithful(view)):
            return  # what a replay comes to is kept already
        try:
            recording = recording_of(view, self.window.control.session if ended else None, self._scenario)
            if self._recorded is None:
                self._recorded = self.kept.add(recording)
            else:
                self._recorded = self.kept.replace(self._recorded, recording)
        except InputError as error:
            self._say_not_kept(error)
            return
        self._recorded_at = at
        self._list()

    def _say_not_kept(self, error: InputError) -> None:
        if not self._told_full:  # a full disk must not be told with every run
            self._told_full = True
            self.window.log.add("warning", f"Runs are not kept: {error.message()}")
            self.window.status.say(f"This run is not kept among the runs: {error.message()}", "warn")

    # ------------------------------------------------------------------------------ replaying

    def replay(self, recording: Recording) -> None:
        """Make a recorded run again before everyone's eyes: the same changes at the same steps."""
        window = self.window
        if not self._may_replace():
            return
        document = Document(recording.experiment)
        replay = self._replay = Replay(recording, document)
        plan_for(window, document, replay.plan)
        window.show_document(document)
        window.control.toggle()
        window.status.say(f"Replaying “{recording.name}” …")

    def load(self, recording: Recording) -> None:
        """Put the experiment of a recorded run into the form."""
        if self._may_replace():
            self.window.show_document(Document(recording.experiment))
            self.workspace.left.show_page("Experiment")

    def _may_replace(self) -> bool:
        """Ask about unsaved changes, but for those that are kept here with a run."""
        files = self.window.files
        replays = self._replay is not None and files.document is self._replay.document
        return replays or self._holds_the_form() or files.may_replace()

    def _holds_the_form(self) -> bool:
        """Keep the run that is shown, and tell whether that holds all there is in the form."""
        view, draft = self._view, self.window.builder.draft
        if view is None or not draft.valid or draft.experiment != view.experiment:
            return False
        self._keep(ended=self._has_ended())
        return self._recorded is not None and self._recorded_at == (view.history.step, len(view.edits))

    def _compare(self) -> None:
        """Say whether the replay that has ended came to the same result."""
        replay, view, session = self._following, self._view, self.window.control.session
        if replay is None or view is None or session is None:
            return
        sentence, same = replay.outcome(view, session)
        self.window.log.add("info" if same else "warning", sentence)
        if same:
            self.window.status.say(sentence, "ok")
        self.window.banner.show_notice(sentence)

    # ------------------------------------------------------------------------------ files

    def _ask_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.window, "Open a recorded run", "", f"Recorded runs (*{SUFFIX})")
        if path:
            self.open_file(Path(path))

    def takes(self, kind: str) -> bool:
        return kind == "run"

    def open_file(self, path: Path) -> None:
        """Open a recorded run from a file: it is listed with the others."""
        try:
            recording = load(path)
        except InputError as error:
            self.window.files.say_not_opened(error)
            return
        self.take_in(recording)

    def take_in(self, recording: Recording) -> None:
        """List a run that came from elsewhere, and show it there."""
        try:
            kept = self.kept.add(recording)
        except InputError as error:
            self.window.banner.show_error(f"Not kept: {error.message()}")
            return
        self.workspace.left.show_page(TITLE)
        self._list(kept)
        self.page.list.setFocus()
        self.window.status.say(f"“{recording.name}” is among the runs: replay it, or load its experiment.", "ok")

    def save_as(self, recording: Recording) -> None:
        """Ask for a file, and save a recorded run there."""
        name = recording.name.replace("/", "-").replace("\\", "-")
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Save the run", f"{name}{SUFFIX}", f"Recorded runs (*{SUFFIX})"
        )
        if not path:
            return
        file = Path(path) if Path(path).suffix else Path(path).with_suffix(SUFFIX)
        try:
            save(recording, file)
        except InputError as error:
            self.window.banner.show_error(f"Not saved: {error.message()}")
            return
        self.window.status.say(f"Saved as {file.name}.", "ok")

    def make_scenario(self, recording: Recording) -> None:
        """Make a scenario of a recorded run, in a dialog."""
        from gui.recordings.scenario_dialog import ScenarioDialog

        dialog = ScenarioDialog(recording, self.window.builder.draft.experiment, self._trials, self.window)
        dialog.exec()
        if dialog.saved is not None:
            self.window.status.say(f"Saved as {dialog.saved.name}.", "ok")
            self.window.feature(Scenarios).open_file(dialog.saved)
        dialog.deleteLater()

    def _delete(self) -> None:
        chosen = self.page.list.chosen
        if chosen is not None:
            self._deleted = (chosen, self.kept.runs.index(chosen))
            self.kept.delete(chosen)
            self._list()
            self.page.deleted.show()

    def _undo(self) -> None:
        if self._deleted is None:
            return
        (kept, place), self._deleted = self._deleted, None
        self.page.deleted.hide()
        try:
            self.kept.restore(kept, place)
        except InputError as error:
            self.window.banner.show_error(f"Not kept: {error.message()}")
        self._list(kept)

    # ------------------------------------------------------------------------------ lines of text

    def copy(self, recording: Recording) -> None:
        """Copy a recorded run as one line of text."""
        self._copy(lambda: dumps(recording), f"“{recording.name}”")

    def copy_current(self) -> None:
        """Copy as one line what is at hand: the scenario that is open before one's eyes, or else the run."""
        scenarios = self.window.feature(Scenarios)
        if scenarios.visit is not None and self.workspace.left.current == "Scenarios":
            scenario = scenarios.visit.scenario
            self._copy(lambda: scenario_file.dumps(scenario), f"The scenario “{scenario.title}”")
            return
        view = self.window.control.view
        if view is None or view.history.step == 0:
            self.window.status.say("Nothing has been trained yet, so there is no run to copy.", "warn")
            return
        session = self.window.control.session if self._has_ended() else None
        name = f"“{self.window.builder.draft.experiment.name}”"
        self._copy(lambda: dumps(recording_of(view, session, self._scenario)), name)

    def _has_something_to_copy(self) -> bool:
        view = self.window.control.view
        scenario = self.window.feature(Scenarios).visit is not None and self.workspace.left.current == "Scenarios"
        return scenario or (view is not None and view.history.step > 0)

    def _copy(self, text: object, what: str) -> None:
        try:
            line = to_line(text())
        except InputError as error:
            self.window.banner.show_error(f"Not copied: {error.message()}")
            return
        QGuiApplication.clipboard().setText(line)
        self.window.status.say(f"{what} is on the clipboard as one line of {len(line):,} characters.", "ok")

    def paste(self) -> None:
        """Open what the clipboard holds as one line: a scenario, a run."""
        self.open_line(QGuiApplication.clipboard().text())

    def open_line(self, line: str) -> None:
        """Open a document that came as one line of text; what is wrong with it is said."""
        if not is_line(line):
            self.window.banner.show_error(NO_LINE)
            return
        try:
            text = from_line(line)
            kind = file_kinds.kind_of(parse(text, PASTED)).name
            if kind == "run":
                self.take_in(loads(text, where=PASTED))
            elif kind == "scenario":
                self.window.feature(Scenarios).open_scenario(scenario_file.loads(text, where=PASTED))
            else:
                raise InputError(f"this is {file_kinds.KINDS[kind].what}, not a scenario or a run", where=PASTED)
        except InputError as error:
            self.window.files.say_not_opened(error, OF_A_LINE)
