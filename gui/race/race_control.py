"""The race as the window holds it: prepared in a thread, followed through its outbox, ended without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.race.race_view import RaceView, Runner
from gui.run_view import RunView
from gui.session_control import MAX_EVENTS, SessionControl
from gui.trainer import Refused, SessionThread
from training.errors import InputError
from training.history import History
from training.progress import STOP
from training.race import Entrant, Entry, Race, RaceProgress, RaceResult, prepare
from training.session import Failure, Session
from training.validation import replace


@dataclass(frozen=True)
class RaceReady:
    """The race stands at step 0 and takes commands."""

    session: Session[Race]


class RaceThread(SessionThread):
    """Loads the data of a race, builds its engines and runs them."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.setObjectName("race")
        self._entries = tuple(entries)

    def prepare(self) -> RaceReady:
        race = prepare(self._entries, report=self.report, cancelled=lambda: self.closed)
        return RaceReady(Session(race))


@dataclass
class RaceNews:
    """What a look into the outboxes brought."""

    started: bool = False
    changed: bool = False
    ended: bool = False
    refused: list[InputError] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    results: list[RaceResult] = field(default_factory=list)


class RaceControl(SessionControl[RaceThread]):
    """The current race, and the threads of those before it that are still ending.

    Attributes
    ----------
    view
        The race as the panels see it, or None while there is none.
    entries
        What was asked to race.
    """

    snapshot_pause = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.view: RaceView | None = None
        self.title = ""
        self.entries: tuple[Entry, ...] = ()

    # ------------------------------------------------------------------------------ commands

    def start(self, title: str, entries: Sequence[Entry], *, play: bool = False) -> None:
        """Prepare a race in a thread of its own; the one before it ends."""
        self.close()
        self.title, self.entries = title, tuple(entries)
        self._prepare_in(RaceThread(entries), play=play)

    def ask_snapshot(self) -> None:
        """Nothing of a race draws weights."""

    def close(self) -> None:
        """Let the race go, with all that is recorded of it; its thread ends by itself."""
        self._retire()
        self.view, self.session, self.entries = None, None, ()
        self._refused = self._play_when_ready = False

    # ------------------------------------------------------------------------------ state

    @property
    def begun(self) -> bool:
        return self.view is not None and self.view.step > 0

    # ------------------------------------------------------------------------------ outboxes

    def drain(self) -> RaceNews:
        """Take over what has arrived since the last look."""
        news = RaceNews()
        self._ending.look()
        thread = self._thread
        while thread is not None and thread.outbox:
            self._prepared(thread.outbox.popleft(), news)
        if self.session is not None and self.view is not None:
            for _ in range(MAX_EVENTS):
                if not self.session.outbox:
                    break
                self._happened(self.session.outbox.popleft(), self.view, news)
            playing = self.session.state == "playing"
            if playing != self.view.playing:
                self.view.playing = playing
                news.changed = True
        return news

    def _prepared(self, event: RaceReady | Refused | Failure, news: RaceNews) -> None:
        if isinstance(event, RaceReady):
            self._take_session(event.session)
            entrants = event.session.engine.entrants
            self.view = RaceView(self.title, tuple(_runner(place, one) for place, one in enumerate(entrants)))
            news.started = True
            self.play_if_wanted()
        elif isinstance(event, Refused):
            self._refused = self.session is None
            news.refused.append(event.error)
        else:
            self._refused = self.session is None
            news.failures.append(event)

    def _happened(self, event: Any, view: RaceView, news: RaceNews) -> None:
        if isinstance(event, RaceProgress):
            had_ended = view.over
            _extend(view, event)
            news.changed = True
            if event.finished and not had_ended and self.session is not None:
                news.ended = True
                self.session.request_result()
        elif isinstance(event, RaceResult):
            news.results.append(event)
        elif isinstance(event, Failure):
            news.failures.append(event)
            news.changed = True

    # ------------------------------------------------------------------------------ ending

    def shut_down(self, seconds: float) -> bool:
        self.close()
        return super().shut_down(seconds)


def _runner(place: int, entrant: Entrant) -> Runner:
    engine = entrant.engine
    run = RunView(
        experiment=engine.experiment,
        data=engine.data,
        history=History(1, engine.architecture.layers),
        layer_names=engine.layer_names,
        outcomes=(None,),
    )
    return Runner(place, entrant.entry.name, entrant.entry.title, run, entrant.likeness, entrant.difference)


def _extend(view: RaceView, progress: RaceProgress) -> None:
    view.step, view.epoch = progress.step, progress.epoch
    arrived = zip(view.runners, progress.parts, progress.edits, progress.differences, strict=True)
    for runner, part, edits, difference in arrived:
        run = runner.run
        run.history.extend(part)
        run.outcomes = part.outcomes
        runner.difference = difference
        run.edits.extend(edits)
        made: dict[str, Any] = {edit.key: edit.value for edit in edits if edit.key != STOP}
        if made:
            run.experiment = replace(run.experiment, made)
