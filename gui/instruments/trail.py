"""Where a run has been since its landscape was computed: the weights seen on the way, as places in its plane. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.instruments.landscape import Landscape
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

MOST = 256
BYTES = 32_000_000


@dataclass(eq=False)
class Plane:
    """Tells where weights lie in the plane of a landscape."""

    center: FloatArray
    inverse: FloatArray

    @classmethod
    def of(cls, landscape: Landscape) -> Plane:
        """Return the plane of a landscape, whose directions need not be orthogonal."""
        return cls(landscape.center, np.linalg.pinv(landscape.directions.T))

    def place(self, params: NDArray[np.floating]) -> FloatArray | None:
        """Return the nearest place ``[2]``; None for other numbers of weights, or some that are not finite."""
        if params.shape != self.center.shape:
            return None
        with np.errstate(invalid="ignore", over="ignore"):  # of a run that has blown up
            at: FloatArray = self.inverse @ (params.astype(np.float64) - self.center)
        return at if np.isfinite(at).all() else None


class Trail:
    """Snapshots in order of their steps, every second one dropped where there are too many."""

    def __init__(self) -> None:
        self._snapshots: list[Snapshot] = []
        self._places: list[FloatArray | None] = []
        self._plane: Plane | None = None

    def clear(self) -> None:
        """Forget where the run has been."""
        self._snapshots, self._places = [], []

    def add(self, snapshot: Snapshot) -> None:
        """Take note of where the run stands, if it is further than before."""
        if self._snapshots and snapshot.step <= self._snapshots[-1].step:
            return
        self._snapshots.append(snapshot)
        self._places.append(self._plane.place(snapshot.params) if self._plane is not None else None)
        if len(self._snapshots) > max(2, min(MOST, BYTES // max(1, snapshot.params.nbytes))):
            self._snapshots, self._places = self._snapshots[::2], self._places[::2]

    def see_in(self, plane: Plane, since: int) -> None:
        """Look at it in another plane, and forget what came before a step: the path of the landscape has that."""
        kept = [snapshot for snapshot in self._snapshots if snapshot.step > since]
        self._plane, self._snapshots = plane, kept
        self._places = [plane.place(snapshot.params) for snapshot in kept]

    def until(self, step: int) -> FloatArray:
        """Return the places up to a step, ``[K, 2]``."""
        known = [
            place for snapshot, place in zip(self._snapshots, self._places, strict=True)
            if place is not None and snapshot.step <= step
        ]
        return np.array(known).reshape(-1, 2)
