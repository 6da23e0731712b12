"""Hidden units that are copies of each other, as after a symmetric start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
        architecture = probe.bench.architecture
        slots = {slot.name: slot for slot in architecture.slots}
        flat = probe.params.double().numpy()
        shares = []
        for index in range(len(architecture.hidden)):
            weight, bias = slots[f"blocks.{index}.linear.weight"], slots[f"blocks.{index}.linear.bias"]
            incoming = np.vstack([flat[weight.span].reshape(weight.shape), flat[bias.span]])
            shares.append(share_of_copies(incoming))
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
