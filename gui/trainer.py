"""The threads besides the window's: each prepares something to train, and then is the body of its session."""

from __future__ import annotations

import time
import traceback
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread

from gui.measuring import Measuring
from training.data.load import Cancelled, load_prepared
from training.data.prepare import PreparedData
from training.diagnosis.facts import facts_of
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.instruments.instruments import Instruments
from training.progress import Progress
from training.session import Failure, Session
from training.snapshot import Snapshot
from training.timeline.checkpoints import Checkpoints
from training.timeline.moments import Fork

STACK_BYTES = 16 * 1024 * 1024  # macOS gives secondary threads 512 KiB, too little for torch


@dataclass(frozen=True)
class Ready:
    """The run stands where it begins and takes commands.

    Attributes
    ----------
    snapshot
        The weights it starts from.
    snapshot_seconds
        Processor time it took to copy them.
    checkpoints
        What will be kept of it, to go back to.
    instruments
        What measures it on the way.
    """

    session: Session[Engine]
    snapshot: Snapshot
    snapshot_seconds: float
    checkpoints: Checkpoints
    instruments: Instruments


@dataclass(frozen=True)
class Refused:
    """The run cannot be made from what the user gave."""

    error: InputError


class SessionThread(QThread):
    """Prepares something to train, then runs its session until that is closed.

    ``outbox`` holds what happened on the way (what `prepare` returned, `Refused` or `Failure`); the window reads it
    with the timer that drains the session's own outbox. Nothing is signalled in either direction.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setStackSize(STACK_BYTES)
        self.setObjectName("trainer")
        self.outbox: deque[Any] = deque()
        self.loaded = 0.0
        self.closed = False
        self._session: Session | None = None

    def prepare(self) -> Any:
        """Return what is ready, with its `session`, or raise `InputError`, or `Cancelled` once this is closed."""
        raise NotImplementedError

    def before_first_step(self, ready: Any) -> None:
        """Do what takes a moment and can wait until the window shows what is ready."""

    def run(self) -> None:
        """Prepare and run; the body of the thread."""
        ready = self._prepared()
        if ready is None:
            return
        session = self._session = ready.session
        if self.closed:  # closed while the engine was being built
            session.close()
        self.outbox.append(ready)
        try:
            self.before_first_step(ready)
            session.run()
        except Exception as error:  # nobody is above a thread: what is not reported here is lost
            self.outbox.append(_failure(error))

    def _prepared(self) -> Any:
        try:
            return self.prepare()
        except Cancelled:
            return None
        except InputError as error:
            self.outbox.append(Refused(error))
        except Exception as error:  # not the user's mistake, so not an InputError: shown with its traceback
            self.outbox.append(_failure(error))
        return None

    def report(self, share: float) -> None:
        """Note how much of the data is loaded."""
        self.loaded = share

    def close(self) -> None:
        """Ask the thread to end; it does so at the next step or row. Called from the window's thread."""
        self.closed = True
        if self._session is not None:
            self._session.close()


class Trainer(SessionThread):
    """Loads the data of one experiment, builds its engine and runs that, from its start or from where it was forked."""

    def __init__(
        self, experiment: Experiment, data: PreparedData | None = None, parent: QObject | None = None,
        *, fork: Fork | None = None, measuring: Measuring | None = None,
    ) -> None:
        super().__init__(parent)
        self.experiment = experiment
        self._measuring = measuring or Measuring()
        self._data = data
        self._fork = fork

    def prepare(self) -> Ready:
        data = self._data
        if data is None:
            data = load_prepared(self.experiment.data, report=self.report, cancelled=lambda: self.closed)
        engine, checkpoints = Engine(self.experiment, data), Checkpoints()
        if self._fork is not None:
            engine.load_state(dict(self._fork.state))
            checkpoints = self._fork.checkpoints
        started = time.thread_time()
        snapshot = engine.snapshot()
        seconds = time.thread_time() - started
        instruments = self._measuring.start(engine)

        def watch(progress: Progress) -> None:
            checkpoints.follow(engine, progress)
            instruments.follow(progress)

        return Ready(Session(engine, watch), snapshot, seconds, checkpoints, instruments)

    def before_first_step(self, ready: Ready) -> None:
        if not self.closed:
            with suppress(Exception):  # the rule that asks for them will say so
                facts_of(ready.session.engine.data)  # known by the first look, which the window takes in its own thread


def _failure(error: Exception) -> Failure:
    return Failure(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))
