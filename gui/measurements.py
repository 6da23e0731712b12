"""Runs of the window being measured, each in a thread of its own; what comes of them is picked up by the timer."""

from __future__ import annotations

from typing import Any

from gui.run_record import RecordMaker, RunSoFar
from gui.threads import EndingThreads
from training.errors import InputError
from training.scenarios.record import RunRecord
from training.session import Failure

CLOSE_SECONDS = 1.0


class Measurements:
    """`begin` one and look for it with `taken`: one at a time, the last that was begun."""

    def __init__(self) -> None:
        self._current: tuple[RecordMaker, Any] | None = None
        self._ending = EndingThreads()

    @property
    def busy(self) -> bool:
        """Whether anything is being measured."""
        return self._current is not None

    @property
    def running(self) -> bool:
        """Whether a thread is still at work."""
        return self._ending.running or (self._current is not None and self._current[0].isRunning())

    def begin(self, run: RunSoFar, about: Any) -> None:
        """Measure a run; `about` is handed back with it. What was begun before is not waited for any more."""
        self.forget()
        maker = RecordMaker(run)
        self._current = maker, about
        maker.start()

    def forget(self) -> None:
        """Nobody waits for what is being measured."""
        if self._current is not None:
            maker, self._current = self._current[0], None
            maker.close()
            self._ending.add(maker)

    def taken(self) -> list[tuple[Any, RunRecord | InputError | Failure]]:
        """Return what has come, with what it was about."""
        self._ending.look()
        if self._current is None or not self._current[0].isFinished():
            return []
        (maker, about), self._current = self._current, None
        return [(about, maker.outbox.popleft())] if maker.outbox else []

    def close(self) -> None:
        """End all of it, and wait."""
        self.forget()
        self._ending.wait(CLOSE_SECONDS)
