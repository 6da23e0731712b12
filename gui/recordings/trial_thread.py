"""A scenario's run made on several seeds, in a thread of its own, to see what comes out on any of them."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QThread

from gui.trainer import STACK_BYTES
from training.errors import InputError
from training.progress import Progress
from training.scenarios.record import RunRecord
from training.scenarios.scenario import BASE, Scenario
from training.scenarios.trial import run_variants


class TrialThread(QThread):
    """Runs the base of a scenario; `records` or `error` is there when it has finished, `epoch` tells how far it is."""

    def __init__(self, scenario: Scenario, seeds: int) -> None:
        super().__init__()
        self.setStackSize(STACK_BYTES)
        self.setObjectName("trial")
        self._scenario, self._seeds = scenario, seeds
        self._closed = False
        self.records: dict[str, RunRecord] = {}
        self.error = ""
        self.details = ""
        self.epoch = 0.0

    def run(self) -> None:
        """Train; the body of the thread."""
        try:
            self.records = run_variants(self._scenario, self._seeds, [BASE], self._watch)
        except _Closed:
            return
        except InputError as error:
            self.error = error.message()
        except Exception as error:  # nobody is above a thread: what is not kept here is lost
            self.error = f"{type(error).__name__}: {error}"
            self.details = "".join(traceback.format_exception(error))

    def _watch(self, progress: Progress) -> None:
        self.epoch = progress.epoch
        if self._closed:
            raise _Closed

    def close(self) -> None:
        """Let it end soon."""
        self._closed = True


class _Closed(Exception):
    """Nobody waits for it any more."""
