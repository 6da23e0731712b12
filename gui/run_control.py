"""Runs as the window holds them: started, followed through their outboxes, and ended without a trace. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from typing import Any

from gui.measuring import Measuring
from gui.run_view import RunView
from gui.session_control import MAX_EVENTS, SessionControl
from gui.timeline.continued import Later, after
from gui.trainer import Ready, Refused, Trainer
from training.data.prepare import PreparedData
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.instruments.instruments import Instruments
from training.progress import STOP, Edit, Progress
from training.result import Result
from training.session import Failure, Plan, Rejected
from training.snapshot import Snapshot
from training.timeline.moments import Fork
from training.validation import replace

SNAPSHOT_SECONDS = 0.08
SNAPSHOT_SHARE = 0.02  # part of a core that copying weights may take

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
    results: list[Result] = field(default_factory=list)


class RunControl(SessionControl[Trainer]):
    """The current run, and the ones before it whose threads are still ending.

    Attributes
    ----------
    view
        The run as the panels see it, or None while there is none.
    asked
        The experiment with every edit sent to the run, whether or not it has arrived.
    refused_edits
        Live changes that the run did not take, by dotted key: only a reset brings them into effect.
    keep_ghost
        Whether the run that is replaced stays to be seen behind the next one.
    measuring
        Which instruments are read, and how much of the training time they get; see `measure`.
    instruments
        What measures the current run, or None while there is none.
    planned
        Asked when a run is started: what is to be changed on the way, or None. The form knows nothing of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.view: RunView | None = None
        self.asked: Experiment | None = None
        self.refused_edits: dict[str, Any] = {}
        self.keep_ghost = True
        self.measuring = Measuring()
        self.instruments: Instruments | None = None
        self.planned: Callable[[Experiment], Plan | None] = lambda _: None
        self._plan: Plan | None = None
        self._ghost: RunView | None = None
        self._forked: tuple[RunView, Fork] | None = None
        self._in_flight: list[dict[str, Any]] = []  # groups of edits sent, not yet answered
        self._arriving: dict[str, Any] = {}  # edits that have arrived without the rest of their group
        self._snapshot_seconds = 0.0
        self._snapshot_asked = False

    # ------------------------------------------------------------------------------ commands

    def start(
        self, experiment: Experiment, data: PreparedData | None = None, *, play: bool = False, ghost: bool | None = None
    ) -> None:
        """Begin a new run in a thread of its own; the one before it ends.

        The view of the old run stays until the new one is ready, so that nothing flickers. `ghost` says
        whether the old run is seen behind the new one (None: as `keep_ghost` says).
        """
        if data is None and self.view is not None and self.view.experiment.data == experiment.data:
            data = self.view.data
        wanted = self.keep_ghost if ghost is None else ghost
        self._ghost = self._ghost_of(self.view) if wanted and self.view is not None else None
        self._plan = self.planned(experiment)
        self._prepare(experiment, Trainer(experiment, data, measuring=self.measuring), play=play)

    def fork(self, fork: Fork) -> Experiment:
        """Begin a run that goes on from a moment of this one, which stays to be seen behind it.

        Returns
        -------
        The experiment as it is there, edits included.
        """
        before = self.view
        assert before is not None
        assert before.original is not None
        plan = self.planned(before.original)
        self._plan = Later(plan) if plan is not None else None
        self._ghost = self._ghost_of(before)
        experiment = after(before.original, fork.edits)
        self._prepare(experiment, self._going_on(before, fork), play=False)
        self._forked = before, fork
        return experiment

    def _prepare(self, experiment: Experiment, trainer: Trainer, *, play: bool) -> None:
        """Let a thread prepare a run, in the place of the one there was."""
        self.asked = experiment
        self._forked = None
        self.refused_edits, self._in_flight, self._arriving = {}, [], {}
        self._snapshot_asked = False
        self._prepare_in(trainer, play=play)

    def _going_on(self, before: RunView, fork: Fork) -> Trainer:
        assert before.original is not None
        return Trainer(before.original, before.data, fork=fork, measuring=self.measuring)

    def measure(self, measuring: Measuring) -> None:
        """Read other instruments, or spend more or less on them, from now on."""
        self.measuring = measuring
        if self.instruments is not None and self.session is not None:
            measuring.apply(self.instruments, self.session.engine.architecture)

    @staticmethod
    def _ghost_of(view: RunView) -> RunView | None:
        """Return what stays of a run, or, if it has not trained, the run before it."""
        if view.history.step == 0:
            return view.ghost
        return replace_fields(view, ghost=None, snapshot=None, moment=None, checkpoints=None, playing=False)

    def forget_ghost(self) -> None:
        """Let the run before go."""
        self._ghost = None
        if self.view is not None:
            self.view.ghost = None

    def step_once(self) -> None:
        if self.session is not None:
            self.session.step_once()

    def run_epoch(self) -> None:
        if self.session is not None:
            self.session.run_epoch()

    def run_to_epoch(self, epoch: int) -> None:
        if self.session is not None:
            self.session.run_to_epoch(epoch)

    def edit(self, changes: dict[str, Any]) -> None:
        """Send live changes to the run, which makes all of them at the same step or none."""
        if self.session is None or self.asked is None or not changes:
            return
        try:
            self.asked = replace(self.asked, changes)
        except InputError:  # they fit the form, but not the run, whose other settings are older
            self.refused_edits.update(changes)
            return
        for key in changes:
            self.refused_edits.pop(key, None)
        self._in_flight.append(dict(changes))
        self.session.edit(changes)

    def ask_snapshot(self) -> None:
        """Ask for the weights, unless they are already on their way, or nobody looks at those of now."""
        if self.view is not None and self.view.moment is not None:
            return
        if self.session is not None and not self._snapshot_asked and self.session.state != "closed":
            self._snapshot_asked = True
            self.session.request_snapshot()

    def ask_result(self) -> None:
        """Ask for all that the files of the run need."""
        if self.session is not None:
            self.session.request_result()

    # ------------------------------------------------------------------------------ state

    @property
    def begun(self) -> bool:
        return self.view is not None and self.view.history.step > 0

    @property
    def editing(self) -> bool:
        """Whether edits are on their way to the run."""
        return bool(self._in_flight)

    @property
    def snapshot_pause(self) -> float:
        """Seconds to leave between two snapshots, so that copying weights takes a small part of a core."""
        return max(SNAPSHOT_SECONDS, self._snapshot_seconds / SNAPSHOT_SHARE)

    @property
    def will_play(self) -> bool:
        """Whether the run being prepared starts by itself."""
        return self._play_when_ready

    # ------------------------------------------------------------------------------ outboxes

    def drain(self) -> News:
        """Take over what has arrived since the last look."""
        news = News()
        self._ending.look()
        trainer = self._thread
        if trainer is None:
            return news
        while trainer.outbox:
            self._prepared(trainer.outbox.popleft(), news)
        if self.session is not None and self.view is not None:
            for _ in range(MAX_EVENTS):
                if not self.session.outbox:
                    break
                event = self.session.outbox.popleft()
                self._happened(event, self.view, news)
                if isinstance(event, Result):
                    break  # the history must be taken as it stands now
            self._take_readings(self.view, news)
            playing = self.session.state == "playing"
            if playing != self.view.playing:
                self.view.playing = playing
                news.changed = True
        return news

    def _take_readings(self, view: RunView, news: News) -> None:
        if self.instruments is None:
            return
        outbox = self.instruments.outbox
        readings = [outbox.popleft() for _ in range(len(outbox))]
        view.instruments.take(readings)
        news.changed = news.changed or bool(readings)

    def _prepared(self, event: Ready | Refused | Failure, news: News) -> None:
        if isinstance(event, Ready):
            self._take_over(event)
            news.started = True
        elif isinstance(event, Refused):
            self._refused = self.session is None
            news.refused.append(event.error)
        else:
            self._refused = self.session is None
            news.failures.append(event)

    def _take_over(self, ready: Ready) -> None:
        assert self.asked is not None
        engine = ready.session.engine
        self._take_session(ready.session)
        if self._plan is not None:
            ready.session.plan(self._plan)
        self._snapshot_seconds = ready.snapshot_seconds
        self.instruments = ready.instruments
        self.measuring.apply(ready.instruments, engine.architecture)  # it may have changed while the run was prepared
        view = RunView(
            experiment=self.asked,
            data=engine.data,
            history=History(engine.replicas, engine.architecture.layers),
            layer_names=engine.layer_names,
            snapshot=ready.snapshot,
            outcomes=(None,) * engine.replicas,
            ghost=self._ghost if self._ghost is not None and _comparable(self._ghost, self.asked) else None,
            checkpoints=ready.checkpoints,
            beginning=ready.snapshot,
        )
        if self._forked is not None:
            before, fork = self._forked
            view.original, view.edits = before.original, list(fork.edits)
            view.history = before.history.until(fork.moment.step, fork.rest, fork.latest)
            view.outcomes = fork.moment.outcomes
            view.forked_at = fork.moment.step
            view.beginning = before.beginning
            view.instruments = before.instruments.until(fork.moment.step)
        self.view, self._ghost, self._forked = view, None, None

    def _happened(self, event: Any, view: RunView, news: News) -> None:
        if isinstance(event, Progress):
            had_ended = all(outcome is not None for outcome in view.outcomes)
            view.history.extend(event)
            view.outcomes = event.outcomes
            view.reopened = not event.finished and not len(event.records) and (had_ended or view.reopened)
            news.ended = news.ended or (event.finished and not had_ended)
            news.changed = True
        elif isinstance(event, Snapshot):
            view.snapshot = event
            self._snapshot_asked = False
            news.changed = True
        elif isinstance(event, Result):
            news.results.append(event)
        elif isinstance(event, Edit):
            self._edit_arrived(event, view)
            news.edits.append(event)
            news.changed = True
        elif isinstance(event, Rejected):
            self._edits_refused(dict(event.changes), view)
            news.rejected.append(event)
        elif isinstance(event, Failure):
            self._snapshot_asked = False
            self._in_flight, self._arriving = [], {}
            if self.session is not None:
                view.outcomes = tuple(self.session.engine.outcomes)
            news.failures.append(event)
            news.changed = True

    def _edit_arrived(self, edit: Edit, view: RunView) -> None:
        """Take an edit over into the view, as soon as it fits: the rest of its group may have to come first."""
        view.edits.append(edit)
        if edit.key == STOP:
            return
        self._arriving[edit.key] = edit.value
        group = next((group for group in self._in_flight if group.get(edit.key, ...) == edit.value), None)
        if group is not None:
            del group[edit.key]
            self._in_flight = [group for group in self._in_flight if group]
        try:
            view.experiment = replace(view.experiment, self._arriving)
        except InputError:
            return
        self._arriving = {}

    def _edits_refused(self, changes: dict[str, Any], view: RunView) -> None:
        """Forget refused edits; others on their way stay."""
        if changes in self._in_flight:
            self._in_flight.remove(changes)
        self.refused_edits.update(changes)
        under_way = dict(self._arriving)
        for group in self._in_flight:
            under_way.update(group)
        try:
            self.asked = replace(view.experiment, under_way)
        except InputError:  # what is still on its way does not fit without the refused ones, and will be refused too
            self.asked = view.experiment


def _comparable(ghost: RunView, experiment: Experiment) -> bool:
    """Tell whether the curves of two runs mean the same: a mean squared error says nothing beside a cross-entropy."""
    return ghost.experiment.loss == experiment.loss
