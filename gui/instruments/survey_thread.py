"""The thread that computes loss landscapes: the last one asked for, from coarse to fine, until it is given up.

Beside a run that trains it computes part by part, as the instruments' budget pays for them, and waits in between.
"""

from __future__ import annotations

import math
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QThread

from gui.trainer import STACK_BYTES
from training.instruments.instruments import COLD, clock
from training.instruments.landscape import FIRST_PLACES, Kind, Landscape, survey
from training.instruments.run_landscape import in_bounds, whole_path
from training.session import Failure

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData
    from training.experiment import Experiment
    from training.instruments.aside import Aside
    from training.progress import Edit
    from training.snapshot import Snapshot
    from training.timeline.checkpoints import Checkpoints

FloatArray = NDArray[np.float64]

LOOK_SECONDS = 0.1
"""While it waits for its turn it looks so often whether the run still trains."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A landscape asked for: of which run, seen from where.

    Attributes
    ----------
    view
        The run it is of, to tell answers about another apart.
    center
        The weights in its middle, with the step at which they stood.
    aside
        What pays for it while the run trains; None: nothing needs to.
    at_once
        Whether the user waits for it: then it is computed as fast as can be, and paid for later.
    like
        Directions of the landscape before, to be seen from the same side.
    edits
        Of the run so far.
    """

    view: RunView
    kind: Kind
    experiment: Experiment
    data: PreparedData
    center: Snapshot
    beginning: Snapshot | None
    checkpoints: Checkpoints | None
    aside: Aside | None = None
    at_once: bool = False
    like: FloatArray | None = None
    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(
        cls, view: RunView, kind: Kind, aside: Aside | None = None, *, at_once: bool = False,
        like: FloatArray | None = None,
    ) -> Asked | None:
        """Ask for one around the weights of now; None where nothing is known of them."""
        if view.snapshot is None:
            return None
        return cls(
            view, kind, view.experiment, view.data, view.snapshot, view.beginning, view.checkpoints, aside, at_once,
            like, tuple(view.edits),
        )

    @property
    def waits(self) -> bool:
        """Whether it is computed as its budget allows; a run that stands still loses nothing."""
        return self.aside is not None and self.view.playing and not self.at_once


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a landscape by now; `done` when nothing more comes.

    Attributes
    ----------
    picture_in
        Seconds until the first picture, if the run goes on training; NaN while that is not known.
    """

    asked: Asked
    landscape: Landscape | None
    done: bool
    picture_in: float = math.nan


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
            self._changed.notify_all()

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
        began, known = clock(), None
        for known in _parts(asked, lambda: self._given_up):
            seconds = clock() - began
            if asked.aside is not None and asked.view.playing:
                asked.aside.spend(COLD * seconds)
            self.outbox.append(Answer(asked, known, False, _picture_in(asked, known, COLD * seconds)))
            self._wait_for_turn(asked)
            if self._given_up:
                break
            began = clock()
        self.outbox.append(Answer(asked, known, done=True))

    def _wait_for_turn(self, asked: Asked) -> None:
        """Wait while the run trains and what has been spent is not paid for."""
        with self._changed:
            while asked.waits and not self._given_up and asked.aside is not None and asked.aside.owed:
                self._changed.wait(min(LOOK_SECONDS, max(0.005, asked.aside.wait_for(0.0))))


def _parts(asked: Asked, given_up: Callable[[], bool]) -> Iterator[Landscape]:
    """Compute the landscape around where the run stands; of one that blew up, around where it last was in bounds."""
    path = in_bounds(_path(asked, given_up))
    if path and not given_up():
        yield from survey(
            asked.experiment, asked.data, asked.center.architecture, path, path[-1][1], asked.kind,
            goes_on=asked.view.playing, like=asked.like,
        )


def _path(asked: Asked, given_up: Callable[[], bool]) -> list[tuple[int, FloatArray]]:
    """Return where the run has been, as far as that is known while it goes on."""
    start = asked.beginning.params.astype(np.float64) if asked.beginning is not None else None
    end = asked.center.step, asked.center.params.astype(np.float64)
    if asked.checkpoints is None:
        return [end]
    alone = not asked.view.playing and asked.view.history.replicas == 1
    original = asked.view.original if alone else None
    return whole_path(original, asked.data, asked.checkpoints, start, end, asked.edits, given_up=given_up)


def _picture_in(asked: Asked, known: Landscape, seconds: float) -> float:
    """Return the seconds until the first picture, from what the last part took of them."""
    if asked.aside is None or not asked.waits:
        return math.nan
    places = int(np.count_nonzero(~np.isnan(known.losses)))
    parts_left = math.ceil((FIRST_PLACES - places) / places) if places else math.nan
    return asked.aside.wait_for(max(0.0, parts_left) * seconds) if places else math.nan
