"""Runs of the window being measured, each in a thread of its own; what comes of them is picked up by the timer."""

from __future__ import annotations

from typing import Any

from gui.run_record import RecordMaker, RunSoFar, wait_for
from training.errors import InputError
from training.scenarios.record import RunRecord
from training.session import Failure

CLOSE_MS = 5_000


class Measurements:
    """`begin` one and look for it with `taken`. Threads are kept until they have ended, as Qt asks for."""

    def __init__(self) -> None:
        self._makers: list[tuple[RecordMaker, Any]] = []

    @property
    def busy(self) -> bool:
        """Whether anything is being measured."""
        return bool(self._makers)

    def begin(self, run: RunSoFar, about: Any) -> None:
        """Measure a run; `about` is handed back with it. What was begun before is not waited for any more."""
        self.forget()
        maker = RecordMaker(run)
        self._makers.append((maker, about))
        maker.start()

    def forget(self) -> None:
        """Nobody waits for what is being measured."""
        for maker, _ in self._makers:
            maker.close()

    def taken(self) -> list[tuple[Any, RunRecord | InputError | Failure]]:
        """Return what has come, with what it was about."""
        finished = [pair for pair in self._makers if pair[0].isFinished()]
        self._makers = [pair for pair in self._makers if pair not in finished]
        return [(about, maker.outbox.popleft()) for maker, about in finished if maker.outbox]

    def close(self) -> None:
        """End all of it, and wait."""
        wait_for([maker for maker, _ in self._makers], CLOSE_MS)
        self._makers = []
