"""Predictions made piece by piece on the GUI thread, so that even a huge network never holds the window up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

WORK_PER_TURN = 25_000_000
"""Multiplications in one turn of the event loop, a few milliseconds."""
ACTIVATION_WORK = 16
"""An activation costs about as much as so many multiplications of a matrix product."""
PAUSE_MS = 30
"""Between two turns; so predictions take a tenth of the time at most, however large the network."""


class Prediction(QObject):
    """Runs inputs through snapshots of the network, and hands each result over when it is whole.

    Parameters
    ----------
    ready
        Called with the inputs [K, F] and their outputs [K, outputs].

    Attributes
    ----------
    snapshot
        The network that the last result came from.
    """

    def __init__(self, ready: Callable[[FloatArray, FloatArray], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ready = ready
        self.snapshot: Snapshot | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._go_on)
        self._now: tuple[Snapshot, FloatArray] | None = None
        self._next: tuple[Snapshot, FloatArray] | None = None
        self._pieces: list[FloatArray] = []
        self._done = 0

    @property
    def busy(self) -> bool:
        """Whether a prediction is under way."""
        return self._now is not None

    def ask(self, snapshot: Snapshot, x: FloatArray) -> None:
        """Predict inputs [K, F], at once if possible; of what is asked meanwhile, only the last is done."""
        if not len(x):
            return
        self._next = (snapshot, x)
        if not self.busy:
            self._go_on()

    def cancel(self) -> None:
        """Forget what was asked."""
        self._timer.stop()
        self._now, self._next, self._pieces = None, None, []

    def finish(self) -> None:
        """Do all that is left now."""
        while self.busy or self._next is not None:
            self._go_on()

    def _go_on(self) -> None:
        if self._now is None:
            self._now, self._next, self._pieces, self._done = self._next, None, [], 0
        if self._now is None:
            return
        snapshot, x = self._now
        rows = max(8, WORK_PER_TURN // work_per_row(snapshot))
        piece = x[self._done : self._done + rows]
        self._pieces.append(np.asarray(snapshot.predict(piece), dtype=np.float64))
        self._done += len(piece)
        if self._done == len(x):
            outputs = np.concatenate(self._pieces)
            self._now, self._pieces = None, []
            self.snapshot = snapshot
            self._ready(x, outputs)
        if self.busy or self._next is not None:
            self._timer.start()


def predict_all(snapshot: Snapshot, x: FloatArray) -> FloatArray:
    """Return the outputs for inputs [K, F] at once, however long it takes; in pieces, so that memory stays small."""
    rows = max(8, WORK_PER_TURN // work_per_row(snapshot))
    pieces = [np.asarray(snapshot.predict(x[at : at + rows]), dtype=np.float64) for at in range(0, len(x), rows)]
    return np.concatenate(pieces) if pieces else np.empty((0, snapshot.architecture.n_outputs))


def work_per_row(snapshot: Snapshot) -> int:
    """Return about how many multiplications one input costs."""
    shape = snapshot.architecture
    return max(1, shape.n_parameters + ACTIVATION_WORK * sum(shape.widths))
