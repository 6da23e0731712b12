"""The thread that computes loss landscapes: the last one asked for, from coarse to fine, until it is given up."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QThread

from gui.trainer import STACK_BYTES
from training.instruments.landscape import Kind, Landscape, path_of, survey
from training.session import Failure

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData
    from training.experiment import Experiment
    from training.snapshot import Snapshot
    from training.timeline.checkpoints import Checkpoints

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """A landscape asked for: of which run, seen from where.

    Attributes
    ----------
    view
        The run it is of, to tell answers about another apart.
    center
        The weights in its middle, with the step at which they stood.
    """

    view: RunView
    kind: Kind
    experiment: Experiment
    data: PreparedData
    center: Snapshot
    beginning: Snapshot | None
    checkpoints: Checkpoints | None

    @classmethod
    def of(cls, view: RunView, kind: Kind) -> Asked | None:
        """Ask for one around the weights of now; None where nothing is known of them."""
        if view.snapshot is None:
            return None
        return cls(view, kind, view.experiment, view.data, view.snapshot, view.beginning, view.checkpoints)


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a landscape by now; `done` when nothing more comes."""

    asked: Asked
    landscape: Landscape | None
    done: bool


class SurveyThread(QThread):
    """Answers in ``outbox`` with `Answer`, or with a `Failure`; the window's timer takes them from there."""

    def __init__(self) -> None:
        super().__init__()
        self.setStackSize(STACK_BYTES)
        self.setObjectName("landscape")
        self.outbox: deque[Answer | Failure] = deque()
        self._changed = threading.Condition()
        self._wanted: Asked | None = None
        self._given_up = False
        self._closed = False

    # ------------------------------------------------------------------------------ from the window's thread

    def ask(self, asked: Asked) -> None:
        """Ask for a landscape, in the place of the one under way."""
        with self._changed:
            self._wanted = asked
            self._given_up = True
            self._changed.notify_all()

    def give_up(self) -> None:
        """Leave the one under way as it is."""
        with self._changed:
            self._wanted = None
            self._given_up = True

    def close(self) -> None:
        """Ask the thread to end; it does so after the part in hand."""
        with self._changed:
            self._closed = self._given_up = True
            self._changed.notify_all()

    # ------------------------------------------------------------------------------ the thread

    def run(self) -> None:
        """Answer until closed; the body of the thread."""
        torch.set_flush_denormal(True)  # as in training
        while (asked := self._next()) is not None:
            try:
                self._answer(asked)
            except Exception as error:  # nobody is above a thread: what is not reported here is lost
                details = "".join(traceback.format_exception(error))
                self.outbox.append(Failure(f"{type(error).__name__}: {error}", details))
                self.outbox.append(Answer(asked, None, done=True))

    def _next(self) -> Asked | None:
        with self._changed:
            while not (self._closed or self._wanted):
                self._changed.wait()
            asked, self._wanted = self._wanted, None
            self._given_up = self._closed
            return None if self._closed else asked

    def _answer(self, asked: Asked) -> None:
        center = np.asarray(asked.center.params, dtype=np.float64)
        known: Landscape | None = None
        if np.isfinite(center).all():
            start = np.asarray(asked.beginning.params, dtype=np.float64) if asked.beginning is not None else None
            end = asked.center.step, center
            path = path_of(asked.checkpoints, start=start, end=end) if asked.checkpoints is not None else [end]
            for known in survey(asked.experiment, asked.data, asked.center.architecture, path, center, asked.kind):
                if self._given_up:
                    break
                self.outbox.append(Answer(asked, known, done=False))
        self.outbox.append(Answer(asked, known, done=True))
