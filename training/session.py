"""A run under way: play, pause, step, stop and edit it from another thread. No Qt here."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from training.engine import MAX_CHUNK_STEPS, next_chunk
from training.errors import InputError
from training.pace import Pace
from training.progress import Edit, Report

Goal = tuple[Literal["end", "step", "epoch", "to epoch"], int]
State = Literal["paused", "playing", "finished", "closed"]

RATE_MEMORY = 0.9
"""Weight of the past in the smoothed number of steps per second."""


@dataclass(frozen=True)
class Rejected:
    """Changes that were not allowed; none of them was made."""

    changes: Mapping[str, Any]
    message: str


@dataclass(frozen=True)
class Failure:
    """An exception while training; the run has ended as failed."""

    message: str
    details: str


class Trainable(Protocol):
    """What a session can drive: an `Engine`, or several in step with each other (`training.race.Race`).

    Every method means what it means for an engine.
    """

    @property
    def step(self) -> int:
        """Steps done."""

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the current one."""

    @property
    def steps_left_in_epoch(self) -> int:
        """Steps to the end of the current epoch."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do."""

    def advance(self, at_most: int) -> Report:
        """Do up to so many steps."""

    def edit(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        """Change settings, or raise `InputError`."""

    def stop(self) -> tuple[Edit, ...]:
        """End what has not ended, as stopped by the user."""

    def fail(self, message: str) -> None:
        """End what has not ended, as failed."""

    def snapshot(self) -> object:
        """Return a copy of the weights."""

    def result(self) -> object:
        """Return what it has come to by now."""


Driven = TypeVar("Driven", bound=Trainable)


class Plan(Protocol):
    """Changes to be made on the way, each at its step: `training.scenarios.script.Script` is one."""

    def make_next(self, engine: Any) -> tuple[Edit, ...]:
        """Make the first changes that are due where the run stands; what `InputError` refuses is not asked again."""

    def steps_until_next(self, engine: Any) -> float:
        """Return how many steps may be done before the next ones are due."""


class Session(Generic[Driven]):
    """Drives what is `Trainable`, such as an `Engine`, in the thread that calls `run`.

    Every other method may be called from any thread.

    States::

                     play, step_once, run_epoch, run_to_epoch
            paused ──────────────────────────────────────────► playing
               ▲ ◄──────────────── pause, target reached ───────┤
               │ edit that lets it go on                        │ the run ends
               └──────────────────── finished ◄─────────────────┘
            close() from any state ──► closed

    Commands take effect between two chunks of steps, that is at a step boundary. With a speed limit the
    chunks are small and the thread waits between them, for the clock or for a command. What happens is
    appended to `outbox`, which one other thread drains.

    Attributes
    ----------
    outbox
        What happened, in order: `Edit`, `Rejected`, `Failure`, and what the engine reports: of a single one that is
        `Progress`, `Snapshot` and `Result`.

    Parameters
    ----------
    engine
        What to drive; it may have begun already.
    watch
        Called in the training thread with every report, before anything else happens.
    """

    def __init__(self, engine: Driven, watch: Callable[[Any], object] = lambda report: None) -> None:
        self.engine = engine
        self._watch = watch
        self.outbox: deque[Any] = deque()
        self._changed = threading.Condition()
        self._state: State = "finished" if engine.finished else "paused"
        self._goals: list[Goal] = []  # commands to run on, made out at the next step boundary
        self._last_step: int | None = None  # where to pause; None with no last epoch: run to the end
        self._last_epoch: int | None = None
        self._idle = True  # no goal is being pursued
        self._edits: list[dict[str, Any]] = []
        self._plan: Plan | None = None
        self._applying_edits = False
        self._go_when_reopened = False
        self._stop_asked = False
        self._snapshot_asked = False
        self._result_asked = False
        self._chunk = 1
        self._pace = Pace()
        self._steps_per_second = 0.0
        self._measured_at: float | None = None  # end of the chunk before, while one follows the other
        self._measure_anew = True

    # --------------------------------------------------------------------- from any thread

    @property
    def state(self) -> State:
        """Where the run stands."""
        return self._state

    @property
    def steps_per_second(self) -> float:
        """Smoothed speed while playing, the waits for a speed limit included; 0 before the first step."""
        limit = self._pace.limit
        return self._steps_per_second if limit is None else min(self._steps_per_second, limit)

    @property
    def speed_limit(self) -> float | None:
        """Steps per second at the most; None: as fast as it goes."""
        return self._pace.limit

    def set_speed_limit(self, steps_per_second: float | None) -> None:
        """Slow training down from now on, or let it go as fast as it can; what it computes stays the same.

        Raises
        ------
        ValueError
            If it is less than one step a second, or not finite.
        """
        with self._changed:
            self._pace.limit = steps_per_second
            self._measure_anew = True
            self._changed.notify_all()

    def plan(self, plan: Plan) -> None:
        """Have changes made on the way, each exactly at its step; to be said before anything is trained."""
        self._plan = plan

    def play(self) -> None:
        """Train until paused or to the end."""
        self._go("end")

    def pause(self) -> None:
        """Stop training after the current chunk; nothing is lost."""
        with self._changed:
            self._goals.clear()
            self._idle = True
            self._go_when_reopened = False
            if self._state == "playing":
                self._state = "paused"

    def step_once(self) -> None:
        """Do one step (one more, while single steps are being done), then pause."""
        self._go("step")

    def run_epoch(self) -> None:
        """Run to the end of the current epoch, then pause."""
        self._go("epoch")

    def run_to_epoch(self, epoch: int) -> None:
        """Run until so many epochs are done, then pause; the past is no target."""
        self._go("to epoch", epoch)

    def stop(self) -> None:
        """End the run, as stopped by the user."""
        with self._changed:
            self._stop_asked = True
            self._changed.notify_all()

    def edit(self, changes: Mapping[str, Any]) -> None:
        """Change settings together at the next step boundary; their `Edit`s or a `Rejected` follow in the outbox."""
        with self._changed:
            self._edits.append(dict(changes))
            self._changed.notify_all()

    def request_snapshot(self) -> None:
        """Ask for a `Snapshot` of the first replica in the outbox."""
        with self._changed:
            self._snapshot_asked = True
            self._changed.notify_all()

    def request_result(self) -> None:
        """Ask for a `Result` in the outbox: with what came before it there, all that the files of the run need."""
        with self._changed:
            self._result_asked = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let `run` return after the current chunk."""
        with self._changed:
            self._state = "closed"
            self._changed.notify_all()

    # ----------------------------------------------------------------- the training thread

    def run(self) -> None:
        """Train as told until closed: the body of the training thread."""
        while self._wait_for_work():
            try:
                self._work()
            except Exception as error:  # everything that can go wrong while training must reach the user
                self._fail(error)

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._state == "closed" or self._has_requests() or self._is_due()):
                self._changed.wait(self._time_left())
            return self._state != "closed"

    def _has_requests(self) -> bool:
        waiting = self._state == "playing" and bool(self._goals)
        return bool(self._edits) or self._stop_asked or self._snapshot_asked or self._result_asked or waiting

    def _is_due(self) -> bool:
        return self._time_left() == 0.0

    def _time_left(self) -> float | None:
        """Return the seconds until the next steps are due; None where none are to be done."""
        return self._pace.wait(time.monotonic()) if self._state == "playing" else None

    def _work(self) -> None:
        with self._changed:
            edits, self._edits = self._edits, []
            self._applying_edits = bool(edits)
            stop, self._stop_asked = self._stop_asked, False
            snapshot, self._snapshot_asked = self._snapshot_asked, False
            result, self._result_asked = self._result_asked, False
        try:
            for changes in edits:
                self._apply(changes)
        finally:
            self._reopen()
        if stop:
            self._stop()
        if self._state == "playing":
            self._train()
        if snapshot:
            self.outbox.append(self.engine.snapshot())
        if result:
            self.outbox.append(self.engine.result())

    def _apply(self, changes: dict[str, Any]) -> None:
        try:
            made = self.engine.edit(changes)
        except InputError as error:
            self.outbox.append(Rejected(changes, str(error)))
            return
        self.outbox.extend(made)
        self._report_and_settle(self.engine.advance(0))

    def _reopen(self) -> None:
        """Let a finished run go on if the edits allow it, at once if that was asked for since."""
        with self._changed:
            if self._state == "finished" and not self.engine.finished:
                self._state = "playing" if self._go_when_reopened else "paused"
            self._applying_edits = self._go_when_reopened = False

    def _stop(self) -> None:
        self.outbox.extend(self.engine.stop())
        self._report_and_settle(self.engine.advance(0))

    def _train(self) -> None:
        if self._make_planned() and self.engine.finished:
            return
        with self._changed:
            self._take_goals()
            steps = self._steps_allowed()
            if steps and self._plan is not None:
                steps = int(min(steps, self._plan.steps_until_next(self.engine)))
            if steps:
                if not self._is_due():
                    return
                steps = min(steps, self._pace.chunk or steps)
                self._pace.begin(time.monotonic(), steps)
        if steps:
            progress = self.engine.advance(steps)
            self._chunk = next_chunk(self._chunk, progress)
            self._measure_speed(progress)
            self._report(progress)
            if not self._make_planned():  # one of them may let a run go on that has just ended
                self._settle(progress)
        with self._changed:  # another goal may have been set meanwhile
            if not self._goals and self._steps_allowed() == 0:
                self.pause()

    def _make_planned(self) -> bool:
        """Make the planned changes that are due; return whether there were any."""
        if self._plan is None or self._plan.steps_until_next(self.engine) > 0:
            return False
        while self._plan.steps_until_next(self.engine) <= 0:
            try:
                self.outbox.extend(self._plan.make_next(self.engine))
            except InputError as error:
                self.outbox.append(Rejected({}, str(error)))
            progress = self.engine.advance(0)
            self._report(progress)  # settled below, as the next change may let a run go on that this one has ended
        self._settle(progress)
        return True

    def _take_goals(self) -> None:
        """Turn commands into where to pause, seen from the step boundary where the run stands now."""
        for kind, epoch in self._goals:
            if kind == "to epoch" and epoch <= self.engine.epoch and not self._idle:
                continue
            stepping = not self._idle and self._last_step is not None
            step = max(self._last_step or 0, self.engine.step) if stepping else self.engine.step
            self._last_step = self._last_epoch = None
            self._idle = False
            if kind == "step":
                self._last_step = step + 1
            elif kind == "epoch":
                self._last_epoch = int(self.engine.epoch) + 1
            elif kind == "to epoch":
                self._last_epoch = epoch
        self._goals.clear()

    def _steps_allowed(self) -> int:
        engine = self.engine
        if self._last_step is not None:
            return max(0, min(self._chunk, self._last_step - engine.step))
        if self._last_epoch is None:
            return min(self._chunk, MAX_CHUNK_STEPS)
        if engine.epoch >= self._last_epoch:
            return 0
        return max(1, min(self._chunk, engine.steps_left_in_epoch))

    def _report_and_settle(self, progress: Report) -> None:
        self._report(progress)
        self._settle(progress)

    def _report(self, progress: Report) -> None:
        self._watch(progress)
        self.outbox.append(progress)

    def _settle(self, progress: Report) -> None:
        if progress.finished:
            with self._changed:
                if self._state != "closed":
                    self._state = "finished"

    def _measure_speed(self, progress: Report) -> None:
        before, self._measured_at = self._measured_at, time.monotonic()
        limited = self._pace.limit is not None
        seconds = self._measured_at - before if limited and before is not None else progress.seconds
        if seconds > 0 and progress.steps_done:
            now = progress.steps_done / seconds
            past = now if self._measure_anew else self._steps_per_second
            self._measure_anew = limited and before is None  # the first of limited chunks has had no wait
            self._steps_per_second = RATE_MEMORY * past + (1 - RATE_MEMORY) * now

    def _fail(self, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        details = "".join(traceback.format_exception(error))
        try:
            self.engine.fail(message)
            self.outbox.append(self.engine.advance(0))
        except Exception as second:  # a device that is lost fails again when asked for its weights
            details = "".join(traceback.format_exception(second))  # names both
        self.outbox.append(Failure(message, details))
        with self._changed:
            if self._state != "closed":
                self._state = "finished"

    def _go(self, kind: Literal["end", "step", "epoch", "to epoch"], epoch: int = 0) -> None:
        with self._changed:
            if self._state in ("paused", "playing"):
                if self._state == "paused":
                    self._measured_at = None
                self._goals.append((kind, epoch))
                self._state = "playing"
                self._changed.notify_all()
            elif self._state == "finished" and (self._edits or self._applying_edits):
                # An edit on its way may let the run go on: remember the command until then.
                self._goals.append((kind, epoch))
                self._go_when_reopened = True
