"""The race as a feature of the window: started, driven by the bar while it is on the stage, shown, and closed."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from gui.actions import Act
from gui.builder.schedule_preview import total_steps
from gui.end_banner import EndBanner
from gui.feature import Feature
from gui.narrator import Words
from gui.panels.panel import Panel
from gui.race.race_board import RaceBoard
from gui.race.race_control import RaceControl, RaceNews
from gui.race.race_view import Runner
from gui.race.waiting import WaitingNotice
from gui.race.wording import in_common, parted, standing
from gui.run_control import News
from gui.run_figures import EPOCH_ROUNDING
from gui.session_control import Phase
from gui.stage import BOARD
from gui.theme import Theme
from gui.transport import Transport
from gui.workspace import Workspace
from training.experiment import Experiment
from training.progress import Edit
from training.race import Entry
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Scenario, ScriptedEdit

if TYPE_CHECKING:
    from gui.window import MainWindow

PAGE = "race"
CLOSE_SECONDS = 1.0
SEEDS = 1_000
JUDGED = "Space races again, N from other weights; Esc leads back."
AGAIN = "Race again from the same weights (Space)"

Edits = Sequence[ScriptedEdit | Edit]


class Races(Feature):
    """One race at a time. While it is on the stage, the bar and the keys of the window drive it.

    ``advanced`` comes whenever there is something new of it, ``ended`` once when every run has ended and `records` can
    be asked for.

    Attributes
    ----------
    control
        The race itself.
    scenario
        The one that is raced, or None.
    purpose
        What whoever started the race knows it by, or None.
    story
        What whoever started it says of it from the start, or None.
    outcome
        What whoever started it says in the end of what has come of it, or None.
    """

    advanced = Signal()
    ended = Signal()

    page = PAGE
    modified = False

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.control = self.followed = RaceControl()
        self.scenario: Scenario | None = None
        self.purpose: object = None
        self.story: Words | None = None
        self.outcome: Words | None = None
        self.board: RaceBoard | None = None
        self._notes: EndBanner | None = None
        self._records: dict[str, RunRecord] = {}
        self._proposed: tuple[Scenario, tuple[str, ...] | None] | None = None
        self._workspace: Workspace | None = None
        self._shown_phase = ""
        self._hidden: set[str] = set()
        self._waiting = WaitingNotice()

    # ------------------------------------------------------------------------------ what others ask for

    def start(self, scenario: Scenario, names: Sequence[str] | None = None, *, play: bool = False) -> None:
        """Race the base and the variants of a scenario, or those of them that are named."""
        chosen = list(scenario.runs()) if names is None else list(names)
        self.start_runs(
            scenario.title,
            {name: (scenario.title_of(name), scenario.run(name), scenario.edits_of(name)) for name in chosen},
            play=play,
        )
        self.scenario = scenario

    def start_runs(
        self, title: str, runs: Mapping[str, tuple[str, Experiment, Edits]], *, play: bool = False,
        purpose: object = None, story: Words | None = None,
    ) -> None:
        """Race any runs, each with its title and what is changed in it on the way; the first is what others meet."""
        self.scenario, self.purpose, self.story, self._hidden = None, purpose, story, set()
        self._start(title, [Entry(name, *run) for name, run in runs.items()], play=play)

    def propose(self, scenario: Scenario | None, names: Sequence[str] | None = None) -> None:
        """Say which scenario Ctrl+R starts, as long as there is no race."""
        self._proposed = None if scenario is None else (scenario, None if names is None else tuple(names))

    def close_race(self) -> None:
        """End the race, let go all that is recorded of it, and go back to the run."""
        if not self.open:
            return
        if self._workspace is not None and self._workspace.stage.shown == PAGE:
            self._workspace.stage.show_only(BOARD)
        self._waiting.take_back(self.window.banner)
        self.control.close()
        self.scenario, self.purpose, self.story, self.outcome, self._records = None, None, None, None, {}
        if self.board is not None:
            self.board.clear()

    @property
    def open(self) -> bool:
        """Whether there is a race, even if something else is on the stage."""
        return bool(self.control.entries)

    @property
    def on_stage(self) -> bool:
        """Whether the race is what is seen."""
        return self.window.hosting.guest is self

    @property
    def entrants(self) -> Sequence[Runner]:
        """The runs of the race, each with its history and how it ended."""
        return self.control.view.runners if self.control.view is not None else ()

    def records(self) -> dict[str, RunRecord]:
        """Return every run of a race that is over, to be measured; empty if it was too long to keep every step."""
        return dict(self._records)

    # ------------------------------------------------------------------------------ as a feature

    def adopt(self, workspace: Workspace) -> None:
        self._workspace, self.board, self._notes = workspace, None, None
        workspace.stage.changed.connect(self._stage_changed)
        if self.open:
            shown = self.on_stage
            self._make_board(workspace)
            self._begin()
            if shown:
                workspace.stage.show_only(PAGE)

    def meet(self) -> None:
        self.window.files.opened.connect(lambda *_: self.close_race())  # another experiment is what is wanted now

    def acts(self) -> list[Act]:
        return [Act("Run", "Start the race, or start it over", ("Ctrl+R",), self.again, works=self._may_race)]

    def look(self, news: News, now: float) -> None:
        arrived = self.control.drain()
        if arrived.started:
            self._begin()
        for error in arrived.refused:
            self.close_race()
            self.window.banner.show_error(f"The race cannot start: {error.message()}")
        for failure in arrived.failures:
            self.window.errors.training_failed(failure.message, failure.details)
            if self.control.session is None:
                self.close_race()
        self._take(arrived)
        if self.on_stage and (arrived.changed or self.control.phase != self._shown_phase):
            self._shown_phase = self.control.phase
            self.window.frames.changed()
            if arrived.started or arrived.ended or not self._playing:
                self.window.show_soon()

    def _take(self, arrived: RaceNews) -> None:
        if arrived.changed:
            self.advanced.emit()
        for result in arrived.results:
            self._records = dict(result.records)
            for runner in self.entrants:
                runner.run.snapshot = result.results[runner.name].final[0]
            self.ended.emit()

    def restyle(self, theme: Theme) -> None:
        if self.board is not None and self._notes is not None:
            self.board.restyle(theme)
            self._notes.restyle(theme)

    def close(self) -> None:
        self.control.shut_down(CLOSE_SECONDS)

    @property
    def running(self) -> bool:
        return self.control.running

    # ------------------------------------------------------------------------------ on the stage

    def _start(self, title: str, entries: Sequence[Entry], *, play: bool) -> None:
        assert self._workspace is not None
        self._records, self.outcome = {}, None
        self.window.banner.hide()
        self.control.limit_speed(self.window.control.speed_limit)
        self.control.start(title, entries, play=play)
        if self.board is None:
            self._make_board(self._workspace)
        assert self.board is not None
        self.board.clear()
        self.board.show_title(title)
        if self._workspace.stage.shown == PAGE:
            self.window.show_soon()
        else:
            self._workspace.stage.show_only(PAGE)

    def _make_board(self, workspace: Workspace) -> None:
        board = self.board = RaceBoard(workspace.theme, workspace.scale)
        board.close_wanted.connect(self.close_race)
        board.export_wanted.connect(self.window.export)
        board.standings.toggled.connect(self._toggled)
        for panel in board.panels:
            panel.failed.connect(self.window.errors.view_failed)
        board.show_title(self.control.title)
        workspace.stage.add(PAGE, board)
        self._notes = EndBanner(workspace.theme)
        self._notes.setObjectName("bottomLeft")
        workspace.below.add(PAGE, self._notes)

    def _begin(self) -> None:
        """Show the race from its beginning."""
        view = self.control.view
        if self.board is None or view is None:
            return
        for runner in view.runners:
            runner.shown = runner.shown and runner.name not in self._hidden
        self._hidden = set()  # from now on it is the user who says
        self.board.start(view)
        self.window.frames.begin(self.board.panels, view)

    def _stage_changed(self, name: str) -> None:
        if name == PAGE:
            self._waiting.take_back(self.window.banner)
            self.window.hosting.welcome(self)
            if self.board is not None:
                self.board.setFocus()
        elif self.on_stage:
            self.control.pause()
            self.window.hosting.see_off()
            over = self.control.phase == "finished"
            self._waiting.give(self.window.banner, self.title, over=over, back=self.again, close=self.close_race)

    def _toggled(self) -> None:
        self.window.frames.changed()
        view = self.control.view
        if view is not None and self.board is not None:
            for panel in self.board.panels:
                panel.follow(view)

    def again(self) -> None:
        """Bring the race back onto the stage, or start it over there; without one, start the one proposed."""
        if self.open and not self.on_stage and self._workspace is not None:
            self._workspace.stage.show_only(PAGE)
        elif self.open:
            self.reset()
        elif self._proposed is not None:
            self.start(*self._proposed)

    def _may_race(self) -> bool:
        return self.open or self._proposed is not None

    # ------------------------------------------------------------------------------ as a guest

    @property
    def title(self) -> str:
        """What is raced."""
        return self.control.title

    @property
    def phase(self) -> Phase:
        """Where the race stands."""
        return self.control.phase

    @property
    def share_done(self) -> float | None:
        """How much of the race is done, 0 to 1; None before its first step."""
        view, entries = self.control.view, self.control.entries
        if view is None or view.step == 0:
            return None
        return min(1.0, view.epoch / max(entry.experiment.epochs for entry in entries))

    @property
    def panels(self) -> Sequence[Panel]:
        """The panels of the race."""
        return self.board.panels if self.board is not None else ()

    @property
    def rests(self) -> Mapping[Hashable, int]:
        """How often each is drawn."""
        return {self.board.maps: 4} if self.board is not None else {}

    @property
    def _playing(self) -> bool:
        return self.control.phase == "playing"

    def toggle(self) -> None:
        if self.control.phase == "finished":
            self._start_over(play=True)
        else:
            self.control.toggle()
        self.window.show_soon()

    def may_step(self) -> bool:
        return self.control.phase in ("ready", "paused")

    def may_stop(self) -> bool:
        return self.control.phase in ("loading", "paused", "playing")

    def has_ended(self) -> bool:
        return False  # no race is made longer

    def step_once(self) -> None:
        if self.may_step() and self.control.session is not None:
            self.control.session.step_once()

    def run_epoch(self) -> None:
        if self.may_step() and self.control.session is not None:
            self.control.session.run_epoch()

    def run_epochs(self, count: int) -> None:
        if self.control.view is not None:
            self.run_to_epoch(int(self.control.view.epoch + EPOCH_ROUNDING) + count)

    def run_to_epoch(self, epoch: int) -> None:
        if self.may_step() and self.control.session is not None:
            self.control.session.run_to_epoch(epoch)

    def stop(self) -> None:
        if self.control.session is None:
            self.close_race()
        else:
            self.control.stop()
        self.window.show_soon()

    def reset(self) -> None:
        self._start_over(play=False)

    def new_seed(self) -> None:
        """Race again from other weights, the same for all that started from the same."""
        before = {entry.experiment.seed for entry in self.control.entries}
        seed = secrets.choice([seed for seed in range(1, SEEDS) if seed not in before])
        self._start_over(play=self._playing, seed=seed)

    def _start_over(self, *, play: bool, seed: int | None = None) -> None:
        entries = self.control.entries
        if seed is not None:
            entries = tuple(_seeded(entry, seed) for entry in entries)
        self._hidden = {runner.name for runner in self.entrants if not runner.shown}
        self._start(self.control.title, entries, play=play)

    def extend_by_half(self) -> None:
        """No race is made longer."""

    def be_twice_as_patient(self) -> None:
        """No race is made longer."""

    def limit_speed(self, steps_per_second: float | None) -> None:
        self.control.limit_speed(steps_per_second)

    def panel_in_use(self) -> Panel | None:
        return self.board.in_use() if self.board is not None else None

    def toggle_maximized(self) -> None:
        if self.board is not None:
            self.board.toggle_maximized()

    def escape(self) -> bool:
        if self.board is not None and self.board.maximized is not None:
            self.board.restore()
        else:
            self.close_race()
        return True

    # ------------------------------------------------------------------------------ figures and words

    def show_figures(self, transport: Transport) -> None:
        view, session = self.control.view, self.control.session
        if view is None or session is None:
            transport.figures.show_figures(0, 0, 0.0)
            return
        engines = [entrant.engine for entrant in session.engine.entrants]
        steps = max(total_steps(engine.experiment, engine.steps_per_epoch) for engine in engines)
        transport.figures.show_totals(engines[0].experiment.epochs, steps)
        transport.figures.show_figures(view.epoch, view.step, session.steps_per_second if self._playing else 0.0)
        transport.device.show_busy(self._playing)
        if self.board is not None and self._notes is not None:
            self.board.standings.refresh()
            watch = [f"• {line}" for line in self.scenario.watch] if self.scenario is not None else ()
            shared = f"{in_common(view)} {parted(view)}".strip()
            if self.story is not None:
                self._notes.say(*self.story, also=(shared, *watch))
            else:
                self._notes.say("What they share, and where they part", shared, also=watch)

    def show_state(self, transport: Transport, banner: EndBanner) -> None:
        phase = self.control.phase
        transport.show_state(phase, tip=AGAIN if phase == "finished" else "")
        if self.control.entries:
            transport.show_seed(self.control.entries[0].experiment.seed)
        banner.say(*self.words())

    def words(self) -> Words:
        """Return where the race stands."""
        view, phase = self.control.view, self.control.phase
        if view is None:
            share = self.control.loaded
            return Words("Preparing the race…", f"Loading the data: {share:.0%}." if 0 < share < 1 else "")
        if phase == "finished":
            return Words("● The race is over", standing(view) if self.outcome is None else JUDGED, "ok")
        if phase == "ready":
            count = len(view.runners)
            return Words(f"{count} runs at the start", "Press Space to race. They advance together, step by step.")
        return Words("Racing" if phase == "playing" else "Race paused", standing(view))


def _seeded(entry: Entry, seed: int) -> Entry:
    return Entry(entry.name, entry.title, entry.experiment.model_copy(update={"seed": seed}), entry.edits)
