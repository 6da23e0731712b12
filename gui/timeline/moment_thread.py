"""The thread that goes to past moments of a run: the last one asked for is the one that is answered."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QThread

from gui.trainer import STACK_BYTES
from training.data.prepare import PreparedData
from training.errors import InputError
from training.experiment import Experiment
from training.progress import Edit
from training.session import Failure
from training.timeline.checkpoints import Checkpoints
from training.timeline.moments import Moments

PATIENCE_SECONDS = 0.15
"""So long the way to a moment is gone to its end, even if another is asked for meanwhile: dragging shows something."""


@dataclass(frozen=True)
class Asked:
    """A moment asked for; with `since`, to fork there (see `Moments.fork`)."""

    step: int
    edits: tuple[Edit, ...]
    since: int | None = None


class MomentThread(QThread):
    """Answers in ``outbox``: a `Moment`, a `Fork`, `InputError` or `Failure`; the window's timer takes them from there.

    A fork asked for is made whatever else is asked for.
    """

    def __init__(self, experiment: Experiment, data: PreparedData, checkpoints: Checkpoints) -> None:
        super().__init__()  # no parent: with one it would stay, and the checkpoints with it, as long as the window
        self.setStackSize(STACK_BYTES)
        self.setObjectName("moments")
        self.outbox: deque[Any] = deque()
        self._origin = experiment, data, checkpoints
        self._changed = threading.Condition()
        self._moment: Asked | None = None
        self._fork: Asked | None = None
        self._closed = False
        self._begun = 0.0

    # ------------------------------------------------------------------------------ from the window's thread

    def ask(self, step: int, edits: Sequence[Edit]) -> None:
        """Ask for a moment, in the place of one that was asked for before."""
        with self._changed:
            self._moment = Asked(step, tuple(edits))
            self._changed.notify_all()

    def ask_fork(self, step: int, edits: Sequence[Edit], since: int) -> None:
        """Ask for what it takes to go on from a moment in another way."""
        with self._changed:
            self._fork = Asked(step, tuple(edits), since)
            self._changed.notify_all()

    def close(self) -> None:
        """Ask the thread to end; it does so after the next few steps."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # ------------------------------------------------------------------------------ the thread

    def run(self) -> None:
        """Answer until closed; the body of the thread."""
        try:
            asked = self._next()
            moments = Moments(*self._origin) if asked is not None else None
            while asked is not None and moments is not None:
                self._answer(asked, moments)
                asked = self._next()
        except InputError as error:  # such as too little memory for a second network
            self.outbox.append(error)
        except Exception as error:  # nobody is above a thread: what is not reported here is lost
            details = "".join(traceback.format_exception(error))
            self.outbox.append(Failure(f"{type(error).__name__}: {error}", details))

    def _next(self) -> Asked | None:
        with self._changed:
            while not (self._closed or self._moment or self._fork):
                self._changed.wait()
            if self._closed:
                return None
            asked, self._fork = self._fork, None
            if asked is None:
                asked, self._moment = self._moment, None
            return asked

    def _answer(self, asked: Asked, moments: Moments) -> None:
        if asked.since is not None:
            self.outbox.append(moments.fork(asked.step, asked.edits, since=asked.since))
            return
        self._begun = time.monotonic()
        moment = moments.at(asked.step, asked.edits, given_up=self._is_given_up)
        if moment is not None:
            self.outbox.append(moment)

    def _is_given_up(self) -> bool:
        another = self._moment is not None or self._fork is not None
        return self._closed or (another and time.monotonic() - self._begun > PATIENCE_SECONDS)
