"""Units that learn no more: dead ones, and activations at the flat ends of their function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.activations import ACTIVATIONS
from models.architecture import Architecture
from training.instruments.columns import of_hidden_layers
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe
from training.layer_statistics import dead_share, saturated_share

FloatArray = NDArray[np.float64]


class DeadUnits:
    """Share of units whose activation function has slope 0 for every sample looked at."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the share in every hidden layer, ``[H]``; NaN where units cannot die."""
        names = probe.bench.architecture.activations
        blocks = probe.inside[0]
        return np.array([dead_share(ACTIVATIONS[name], block) for name, block in zip(names, blocks, strict=True)])


class Saturation:
    """Share of activations, over units and samples, where the slope is below 5 % of its largest value."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the share in every hidden layer, ``[H]``; NaN where the function is not flat at both ends."""
        names = probe.bench.architecture.activations
        blocks = probe.inside[0]
        return np.array([saturated_share(ACTIVATIONS[name], block) for name, block in zip(names, blocks, strict=True)])


def _may_die(architecture: Architecture) -> bool:
    return any(ACTIVATIONS[name].dies for name in architecture.activations)


def _may_saturate(architecture: Architecture) -> bool:
    return any(ACTIVATIONS[name].steepest is not None for name in architecture.activations)


ROWS = (
    InstrumentInfo(
        "dead_units", "Dead units", "", "share of units with φ′(z) = 0 for all samples",
        "Nothing reaches the weights of a dead unit: it learns no more, whatever the rate.",
        "Maas et al. 2013, sec. 2; Lu et al. 2020", DeadUnits, of_hidden_layers, suits=_may_die,
        passes=0.3,
    ),
    InstrumentInfo(
        "saturation", "Saturation", "", "share of activations with φ′(z) < 0.05 max φ′",
        "Where units sit at the flat ends of their function, little of the gradient passes through them.",
        "Glorot & Bengio 2010, sec. 3", Saturation, of_hidden_layers, suits=_may_saturate,
        passes=0.3,
    ),
)  # fmt: skip
