"""Runs as the window holds them: started, followed through their outboxes, and ended without a trace. No widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from gui.run_view import RunView
from gui.trainer import Ready, Refused, Trainer
from training.data.prepare import PreparedData
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.progress import Edit, Progress
from training.session import Failure, Rejected, Session
from training.snapshot import Snapshot
from training.validation import replace

Phase = Literal["none", "loading", "ready", "paused", "playing", "finished", "refused"]

MAX_EVENTS = 512  # taken from the outbox at once: a window that was blocked catches up in several turns


@dataclass
class News:
    """What a look into the outboxes brought."""

    started: bool = False
    changed: bool = False
    ended: bool = False
    refused: list[InputError] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


class RunControl:
    """The current run, and the ones before it whose threads are still ending.

    Attributes
    ----------
    view
        The run as the panels see it, or None while there is none.
    asked
        The experiment with every edit sent to the run, whether or not it has arrived.
    """

    def __init__(self) -> None:
        self.view: RunView | None = None
        self.session: Session | None = None
        self.asked: Experiment | None = None
        self._trainer: Trainer | None = None
        self._retired: list[Trainer] = []
        self._play_when_ready = False
        self._snapshot_asked = False
        self._refused = False

    # ------------------------------------------------------------------------------ commands

    def start(self, experiment: Experiment, data: PreparedData | None = None, *, play: bool = False) -> None:
        """Begin a new run in a thread of its own; the one before it ends.

        The view of the old run stays until the new one is ready, so that nothing flickers.
        """
        if data is None and self.view is not None and self.view.experiment.data == experiment.data:
            data = self.view.data
        self._retire()
        self.session = None
        self.asked = experiment
        self._play_when_ready = play
        self._snapshot_asked = False
        self._refused = False
        self._trainer = Trainer(experiment, data)
        self._trainer.start()

    def toggle(self) -> None:
        """Play or pause; while the run is being prepared, play as soon as it is ready."""
        if self.session is None:
            self._play_when_ready = not self._play_when_ready and self.phase == "loading"
        elif self.session.state == "playing":
            self.session.pause()
        else:
            self.session.play()

    def step_once(self) -> None:
        if self.session is not None:
            self.session.step_once()

    def run_epoch(self) -> None:
        if self.session is not None:
            self.session.run_epoch()

    def stop(self) -> None:
        """End the run, or the preparation of one."""
        if self.session is not None:
            self.session.stop()
        elif self.phase == "loading":
            self._retire()

    def edit(self, key: str, value: Any) -> None:
        """Send a live change to the run."""
        if self.session is not None and self.asked is not None:
            self.asked = replace(self.asked, {key: value})
            self.session.edit(key, value)

    def ask_snapshot(self) -> None:
        """Ask for the weights, unless they are already on their way."""
        if self.session is not None and not self._snapshot_asked and self.session.state != "closed":
            self._snapshot_asked = True
            self.session.request_snapshot()

    # ------------------------------------------------------------------------------ state

    @property
    def phase(self) -> Phase:
        """Where the run stands."""
        if self._refused:
            return "refused"
        if self.session is None:
            return "loading" if self._trainer is not None else "none"
        state = self.session.state
        if state == "playing":
            return "playing"
        if state == "finished":
            return "finished"
        return "ready" if self.view is None or self.view.history.step == 0 else "paused"

    @property
    def loaded(self) -> float:
        """Share of the data that is loaded while a run is being prepared."""
        return self._trainer.loaded if self._trainer is not None else 0.0

    @property
    def will_play(self) -> bool:
        """Whether the run being prepared starts by itself."""
        return self._play_when_ready

    # ------------------------------------------------------------------------------ outboxes

    def drain(self) -> News:
        """Take over what has arrived since the last look."""
        news = News()
        self._retired = [trainer for trainer in self._retired if not trainer.isFinished()]
        trainer = self._trainer
        if trainer is None:
            return news
        while trainer.outbox:
            self._prepared(trainer.outbox.popleft(), news)
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

    def _prepared(self, event: Ready | Refused | Failure, news: News) -> None:
        if isinstance(event, Ready):
            self._take_over(event.session)
            news.started = True
        elif isinstance(event, Refused):
            self._refused = self.session is None
            news.refused.append(event.error)
        else:
            self._refused = self.session is None
            news.failures.append(event)

    def _take_over(self, session: Session) -> None:
        engine = session.engine
        self.session = session
        self.view = RunView(
            experiment=engine.experiment,
            data=engine.data,
            history=History(engine.replicas, engine.architecture.layers),
            layer_names=engine.layer_names,
            snapshot=engine.initial_snapshot(),
            outcomes=(None,) * engine.replicas,
        )
        if self._play_when_ready:
            self._play_when_ready = False
            session.play()

    def _happened(self, event: Any, view: RunView, news: News) -> None:
        if isinstance(event, Progress):
            had_ended = all(outcome is not None for outcome in view.outcomes)
            view.history.extend(event)
            view.outcomes = event.outcomes
            news.ended = news.ended or (event.finished and not had_ended)
            news.changed = True
        elif isinstance(event, Snapshot):
            view.snapshot = event
            self._snapshot_asked = False
            news.changed = True
        elif isinstance(event, Edit):
            view.edits.append(event)
            view.experiment = replace(view.experiment, {event.key: event.value})
            news.edits.append(event)
            news.changed = True
        elif isinstance(event, Rejected):
            self.asked = view.experiment
            news.rejected.append(event)
        elif isinstance(event, Failure):
            self._snapshot_asked = False
            if self.session is not None:
                view.outcomes = tuple(self.session.engine.outcomes)
            news.failures.append(event)
            news.changed = True

    # ------------------------------------------------------------------------------ ending

    def _retire(self) -> None:
        """Let the current thread end by itself; it is kept until it has (dropping it would abort the program)."""
        if self._trainer is not None:
            self._trainer.close()
            self._retired.append(self._trainer)
            self._trainer = None

    def shut_down(self, seconds: float) -> bool:
        """End every thread and wait for them; return whether all of them ended in time."""
        self._retire()
        self.session = None
        deadline = time.monotonic() + seconds
        ended = [
            trainer.wait(max(1, round(1000 * (deadline - time.monotonic())))) for trainer in self._retired
        ]
        if all(ended):
            self._retired = []
        return all(ended)

    @property
    def threads(self) -> int:
        """Number of threads not yet ended."""
        return len(self._retired) + (self._trainer is not None)
