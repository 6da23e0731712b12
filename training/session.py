"""A run under way: play, pause, step, stop and edit it from another thread. No Qt here."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from training.engine import MAX_CHUNK_STEPS, Engine, next_chunk
from training.errors import InputError
from training.progress import Edit, Progress
from training.snapshot import Snapshot

State = Literal["paused", "playing", "finished", "closed"]

RATE_MEMORY = 0.9
"""Weight of the past in the smoothed number of steps per second."""


@dataclass(frozen=True)
class Rejected:
    """An edit that was not allowed."""

    key: str
    value: Any
    message: str


@dataclass(frozen=True)
class Failure:
    """An exception while training; the run has ended as failed."""

    message: str
    details: str


Event = Progress | Snapshot | Edit | Rejected | Failure


class Session:
    """Drives an `Engine` in the thread that calls `run`; every other method may be called from any thread.

    States::

                     play, step_once, run_epoch, run_to_epoch
            paused ──────────────────────────────────────────► playing
               ▲ ◄──────────────── pause, target reached ───────┤
               │ edit that lets it go on                        │ the run ends
               └──────────────────── finished ◄─────────────────┘
            close() from any state ──► closed

    Commands take effect between two chunks of steps, that is at a step boundary. What happens is
    appended to `outbox`, which one other thread drains.

    Attributes
    ----------
    outbox
        `Progress`, `Snapshot`, `Edit`, `Rejected` and `Failure` in the order they happened.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.outbox: deque[Event] = deque()
        self._changed = threading.Condition()
        self._state: State = "paused"
        self._target: int | float | None = None  # steps (int) or epochs (float) to run to; None: to the end
        self._target_is_epoch = False
        self._edits: list[tuple[str, Any]] = []
        self._applying_edits = False
        self._go_when_reopened = False
        self._stop_asked = False
        self._snapshot_asked = False
        self._chunk = 1
        self._steps_per_second = 0.0

    # --------------------------------------------------------------------- from any thread

    @property
    def state(self) -> State:
        """Where the run stands."""
        return self._state

    @property
    def steps_per_second(self) -> float:
        """Smoothed speed while playing; 0 before the first step."""
        return self._steps_per_second

    def play(self) -> None:
        """Train until paused or to the end."""
        self._go(None)

    def pause(self) -> None:
        """Stop training after the current chunk; nothing is lost."""
        with self._changed:
            self._go_when_reopened = False
            if self._state == "playing":
                self._state = "paused"

    def step_once(self) -> None:
        """Do one step, then pause."""
        with self._changed:
            base = self.engine.step if self._state != "playing" or self._target is None else self._target
            target = self.engine.step if self._target_is_epoch else int(base)
            self._go_locked(target + 1, is_epoch=False)

    def run_epoch(self) -> None:
        """Run to the end of the current epoch, then pause."""
        with self._changed:
            self._go_locked(int(self.engine.epoch) + 1, is_epoch=True)

    def run_to_epoch(self, epoch: int) -> None:
        """Run until so many epochs are done, then pause; the past is no target."""
        with self._changed:
            if epoch > self.engine.epoch:
                self._go_locked(epoch, is_epoch=True)

    def stop(self) -> None:
        """End the run, as stopped by the user."""
        with self._changed:
            self._stop_asked = True
            self._changed.notify_all()

    def edit(self, key: str, value: Any) -> None:
        """Change a setting at the next step boundary; an `Edit` or a `Rejected` follows in the outbox."""
        with self._changed:
            self._edits.append((key, value))
            self._changed.notify_all()

    def request_snapshot(self) -> None:
        """Ask for a `Snapshot` of the first replica in the outbox."""
        with self._changed:
            self._snapshot_asked = True
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
            while self._state in ("paused", "finished") and not self._has_requests():
                self._changed.wait()
            return self._state != "closed"

    def _has_requests(self) -> bool:
        return bool(self._edits) or self._stop_asked or self._snapshot_asked

    def _work(self) -> None:
        with self._changed:
            edits, self._edits = self._edits, []
            self._applying_edits = bool(edits)
            stop, self._stop_asked = self._stop_asked, False
            snapshot, self._snapshot_asked = self._snapshot_asked, False
        try:
            for key, value in edits:
                self._apply(key, value)
        finally:
            self._reopen()
        if stop:
            self._stop()
        if self._state == "playing":
            self._train()
        if snapshot:
            self.outbox.append(self.engine.snapshot())

    def _apply(self, key: str, value: Any) -> None:
        try:
            edit = self.engine.edit(key, value)
        except InputError as error:
            self.outbox.append(Rejected(key, value, str(error)))
            return
        self.outbox.append(edit)
        self._report_and_settle(self.engine.advance(0))

    def _reopen(self) -> None:
        """Let a finished run go on if the edits allow it, at once if that was asked for since."""
        with self._changed:
            if self._state == "finished" and not self.engine.finished:
                self._state = "playing" if self._go_when_reopened else "paused"
            self._applying_edits = self._go_when_reopened = False

    def _stop(self) -> None:
        self.engine.stop()
        self._report_and_settle(self.engine.advance(0))

    def _train(self) -> None:
        steps = self._steps_allowed()
        if steps == 0:
            self._pause_at_target()
            return
        progress = self.engine.advance(steps)
        self._chunk = next_chunk(self._chunk, progress)
        self._measure_speed(progress)
        self._report_and_settle(progress)
        self._pause_at_target()

    def _pause_at_target(self) -> None:
        with self._changed:  # asked again under the lock: another target may have been set meanwhile
            if self._steps_allowed() == 0:
                self.pause()

    def _steps_allowed(self) -> int:
        engine = self.engine
        with self._changed:
            target, is_epoch = self._target, self._target_is_epoch
        if target is None:
            return min(self._chunk, MAX_CHUNK_STEPS)
        if not is_epoch:
            return max(0, min(self._chunk, int(target) - engine.step))
        if engine.epoch >= target:
            return 0
        return max(1, min(self._chunk, engine.steps_left_in_epoch))

    def _report_and_settle(self, progress: Progress) -> None:
        self.outbox.append(progress)
        if progress.finished:
            with self._changed:
                if self._state != "closed":
                    self._state = "finished"

    def _measure_speed(self, progress: Progress) -> None:
        if progress.seconds > 0 and len(progress.records):
            now = len(progress.records) / progress.seconds
            past = self._steps_per_second
            self._steps_per_second = now if past == 0 else RATE_MEMORY * past + (1 - RATE_MEMORY) * now

    def _fail(self, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        details = "".join(traceback.format_exception(error))
        try:
            self.engine.fail(message)
        except Exception as second:  # a device that is lost fails again when asked for its weights
            details = "".join(traceback.format_exception(second))  # names both
        self.outbox.append(Failure(message, details))
        with self._changed:
            if self._state != "closed":
                self._state = "finished"

    def _go(self, target: int | None) -> None:
        with self._changed:
            self._go_locked(target, is_epoch=False)

    def _go_locked(self, target: int | None, *, is_epoch: bool) -> None:
        if self._state in ("paused", "playing"):
            self._target, self._target_is_epoch = target, is_epoch
            self._state = "playing"
            self._changed.notify_all()
        elif self._state == "finished" and (self._edits or self._applying_edits):
            # An edit on its way may let the run go on: remember the command until then.
            self._target, self._target_is_epoch = target, is_epoch
            self._go_when_reopened = True
