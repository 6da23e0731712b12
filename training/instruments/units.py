"""Hidden units that are copies of each other, as after a symmetric start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.architecture import Architecture
from training.instruments.columns import has_hidden_layers, of_hidden_layers
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]

SAME = 1e-5
"""Two units have the same incoming weights where they differ by less than this part of their norm."""


class UnitSimilarity:
    """Share of the hidden units of each layer whose incoming weights and bias equal those of another unit."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the share in every hidden layer, ``[H]``; 0 for a layer of one unit."""
        return shares_of_copies(probe.bench.architecture, probe.params.double().numpy())


def shares_of_copies(architecture: Architecture, params: FloatArray) -> FloatArray:
    """Return the share of copies in every hidden layer, ``[H]``, from all parameters in one row."""
    slots = {slot.name: slot for slot in architecture.slots}
    shares = []
    for index in range(len(architecture.hidden)):
        weight, bias = slots[f"blocks.{index}.linear.weight"], slots[f"blocks.{index}.linear.bias"]
        shares.append(share_of_copies(np.vstack([params[weight.span].reshape(weight.shape), params[bias.span]])))
    return np.array(shares)


def share_of_copies(units: FloatArray) -> float:
    """Return the share of columns of ``[F, U]`` that equal another one up to `SAME`; NaN if any is not finite.

    Copies lie side by side once the columns are sorted by what they come to on one fixed direction, so that it is
    enough to compare neighbors.
    """
    if not np.isfinite(units).all():
        return float("nan")
    direction = np.random.default_rng(0).standard_normal(len(units))
    ordered = units[:, np.argsort(direction @ units)]
    norms = np.linalg.norm(ordered, axis=0)
    apart = np.linalg.norm(np.diff(ordered, axis=1), axis=0)
    same = apart <= SAME * np.maximum(norms[1:], norms[:-1])
    copies = np.append(same, False) | np.insert(same, 0, False)
    return float(copies.mean())


ROWS = (
    InstrumentInfo(
        "unit_similarity", "Equal units", "", "share of units with wᵢ = wⱼ for some j ≠ i",
        "Units that start alike get the same gradient and stay alike: the layer is as good as one unit.",
        "Goodfellow et al. 2016, sec. 8.4", UnitSimilarity, of_hidden_layers, suits=has_hidden_layers,
        passes=0.2,
    ),
)  # fmt: skip
