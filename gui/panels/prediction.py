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
PAUSE_MS = 15


class Prediction(QObject):
    """Runs inputs through a snapshot of the network, and hands the result over when it is whole.

    Parameters
    ----------
    ready
        Called with the outputs [K, outputs], once for each `ask` that was taken on.
    """

    def __init__(self, ready: Callable[[FloatArray], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ready = ready
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._go_on)
        self._snapshot: Snapshot | None = None
        self._x: FloatArray = np.empty((0, 0))
        self._pieces: list[FloatArray] = []
        self._done = 0

    @property
    def busy(self) -> bool:
        """Whether a prediction is under way."""
        return self._snapshot is not None

    def ask(self, snapshot: Snapshot, x: FloatArray) -> bool:
        """Begin on inputs [K, F]; return False (and do nothing) while another prediction is under way."""
        if self.busy or not len(x):
            return False
        self._snapshot, self._x, self._pieces, self._done = snapshot, x, [], 0
        self._go_on()
        return True

    def cancel(self) -> None:
        """Forget the prediction under way."""
        self._timer.stop()
        self._snapshot, self._pieces = None, []

    def finish(self) -> None:
        """Do all that is left now."""
        while self.busy:
            self._go_on()

    def _go_on(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        rows = max(8, WORK_PER_TURN // work_per_row(snapshot))
        piece = self._x[self._done : self._done + rows]
        self._pieces.append(np.asarray(snapshot.predict(piece), dtype=np.float64))
        self._done += len(piece)
        if self._done < len(self._x):
            self._timer.start()
            return
        self._timer.stop()
        whole = np.concatenate(self._pieces)
        self._snapshot, self._pieces = None, []
        self._ready(whole)


def work_per_row(snapshot: Snapshot) -> int:
    """Return about how many multiplications one input costs."""
    shape = snapshot.architecture
    return max(1, shape.n_parameters + ACTIVATION_WORK * sum(shape.widths))
