"""What the hidden units do: dead, saturated or copies of each other, by instruments or by the weights at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.activations import ACTIVATIONS
from training.instruments.log import InstrumentLog
from training.instruments.units import shares_of_copies
from training.layer_statistics import dead_share, saturated_share
from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

ROWS = 256
"""So many training samples are passed through the network where no instrument has been read."""


@dataclass(frozen=True, eq=False)
class UnitShares:
    """A share of units (or of their activations) in every hidden layer, followed over the run.

    Attributes
    ----------
    steps
        When it was measured, ``[K]``.
    shares
        ``[K, H]``; NaN for a layer where there is nothing to measure.
    """

    steps: NDArray[np.int64]
    shares: FloatArray

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.shares.size > 0 and bool(np.isfinite(self.shares[-1]).any())

    @property
    def now(self) -> FloatArray:
        """The last measurement, ``[H]``, with 0 for what is not known."""
        shares: FloatArray = np.nan_to_num(self.shares[-1])
        return shares

    @property
    def worst(self) -> int:
        """The layer with the largest share now, from 0."""
        return int(self.now.argmax())

    def since(self, limit: float) -> int:
        """Return the step since which the largest share has been at least `limit`; that of the last one if never."""
        largest = np.nan_to_num(self.shares).max(1)
        below = np.flatnonzero(largest < limit)
        row = int(below[-1]) + 1 if len(below) else 0
        return int(self.steps[min(row, len(self.steps) - 1)])


NOTHING = UnitShares(np.empty(0, np.int64), np.empty((0, 0)))


def measured(name: str, instruments: InstrumentLog, snapshot: Snapshot | None, inputs: FloatArray) -> UnitShares:
    """Return ``dead_units``, ``saturation`` or ``unit_similarity``.

    Parameters
    ----------
    instruments
        What the instrument of that name has said counts, where it has said anything.
    snapshot, inputs
        Else it is computed from these weights with the first `ROWS` of the prepared inputs ``[N, F]``.
    """
    series = instruments[name]
    if len(series):
        return UnitShares(series.steps, series.values)
    if snapshot is None or not snapshot.architecture.hidden or not np.isfinite(snapshot.params).all():
        return NOTHING
    return UnitShares(np.array([snapshot.step]), _of_snapshot(name, snapshot, inputs[:ROWS])[None])


def _of_snapshot(name: str, snapshot: Snapshot, inputs: FloatArray) -> FloatArray:
    if name == "unit_similarity":
        return shares_of_copies(snapshot.architecture, snapshot.params.astype(np.float64))
    names = snapshot.architecture.activations
    which, possible = (0, _dies) if name == "dead_units" else (1, _flat)
    if not any(possible(activation) for activation in names):
        return np.full(len(names), np.nan)
    return np.array([shares[which] for shares in _shares(snapshot, inputs)])


def _dies(name: str) -> bool:
    return ACTIVATIONS[name].dies


def _flat(name: str) -> bool:
    return ACTIVATIONS[name].steepest is not None


@torch.inference_mode()
def _shares(snapshot: Snapshot, inputs: FloatArray) -> list[tuple[float, float]]:
    """Return the dead and the saturated share of every hidden layer."""
    blocks, _ = snapshot.inside(inputs)
    named = zip((ACTIVATIONS[name] for name in snapshot.architecture.activations), blocks, strict=True)
    return [(dead_share(activation, block), saturated_share(activation, block)) for activation, block in named]
