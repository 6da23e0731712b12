"""The window's run made again in a thread beside it, to have all of it to measure: exactly what grading will see.

What the window keeps of a run is thinned, to be drawn. What a task asks for is measured on every step.
"""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QThread

from gui.run_view import RunView
from gui.trainer import STACK_BYTES
from training.data.prepare import PreparedData
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.progress import Edit, Progress
from training.scenarios.record import RunRecord
from training.scenarios.script import Script
from training.scenarios.trial import run_recorded
from training.session import Failure


@dataclass(frozen=True)
class RunSoFar:
    """What tells a run of the window up to now: its experiment, the edits made to it, and how far it got."""

    experiment: Experiment
    edits: tuple[Edit, ...]
    steps: int
    data: PreparedData

    @classmethod
    def of(cls, view: RunView) -> RunSoFar:
        """Return the run that a view shows, as it stands now."""
        return cls(view.original or view.experiment, tuple(view.edits), view.history.step, view.data)


class RecordMaker(QThread):
    """Makes the record of a run; ``outbox`` then holds a `RunRecord`, an `InputError` or a `Failure`.

    Nothing is signalled: look into the outbox with the window's timer. It ends early once `close` is called.
    """

    def __init__(self, run: RunSoFar) -> None:
        super().__init__()
        self.setStackSize(STACK_BYTES)
        self.setObjectName("record maker")
        self.run_so_far = run
        self.outbox: deque[RunRecord | InputError | Failure] = deque()
        self._closed = False

    def close(self) -> None:
        """Let it end at the next chunk of steps."""
        self._closed = True

    def run(self) -> None:
        try:
            self.outbox.append(self._record(self.run_so_far))
        except _Closed:
            return
        except InputError as error:
            self.outbox.append(error)
        except Exception as error:  # nobody is above a thread: what is not reported here is lost
            self.outbox.append(Failure(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))))

    def _record(self, run: RunSoFar) -> RunRecord:
        engine = Engine(run.experiment, run.data)
        return run_recorded(engine, Script.of_edits(run.edits), steps=run.steps, watch=self._watch)

    def _watch(self, _: Progress) -> None:
        if self._closed:
            raise _Closed


class _Closed(Exception):
    """The record is not wanted any more."""
