"""Histograms of the weights, gradients and activations of every layer.

A histogram of a layer is `BINS` + 2 values: the smallest and the largest value, and the share of the values that lies
in each of `BINS` bins of equal width between them. As in `numpy.histogram` with its default range, the last bin is
closed on both sides, and where all values are equal they are in the middle of a range of half a unit to either side.
Values that are not finite are in no bin, so that the shares then add up to less than 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.architecture import Architecture, Slot
from training.instruments.columns import of_layers
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]

BINS = 32
VALUES_EACH = 4_096
"""Values of a layer that are looked at, at most: where there are more, evenly spread ones."""


@dataclass(frozen=True, eq=False)
class LayerHistograms:
    """A reading taken apart.

    Attributes
    ----------
    low, high
        Smallest and largest value of each layer, ``[L]``; NaN where none is finite.
    shares
        Share of its values in each bin, ``[L, BINS]``.
    """

    low: FloatArray
    high: FloatArray
    shares: FloatArray

    @classmethod
    def of(cls, values: FloatArray) -> LayerHistograms:
        """Take a reading ``[L · (BINS + 2)]`` apart."""
        rows = values.reshape(-1, BINS + 2)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2:])

    def edges(self, layer: int) -> FloatArray:
        """Return the edges of the bins of a layer, ``[BINS + 1]``."""
        low, high = self.low[layer], self.high[layer]
        return np.linspace(low, high, BINS + 1) if low < high else np.linspace(low - 0.5, high + 0.5, BINS + 1)


class WeightHistogram:
    """Of the weight matrix of every layer."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the histograms, ``[L · (BINS + 2)]``."""
        return _of_matrices(probe.params.numpy(), probe.bench.architecture)


class GradientHistogram:
    """Of the gradient of the weight matrix of every layer in the last step, as the optimizer got it."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the histograms, ``[L · (BINS + 2)]``; NaN before the first step."""
        if probe.gradient is None:
            return np.full(probe.bench.architecture.layers * (BINS + 2), np.nan)
        return _of_matrices(probe.gradient.numpy(), probe.bench.architecture)


class ActivationHistogram:
    """Of what the activation function of every hidden layer gives, and of the outputs of the network."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the histograms, ``[L · (BINS + 2)]``."""
        blocks, output = probe.inside
        return histograms([_some(values.numpy()) for values in (*(block.a for block in blocks), output)])


def histograms(parts: Sequence[NDArray[np.floating]]) -> FloatArray:
    """Return the histogram of each of some flat arrays, none of them empty: ``[len(parts) · (BINS + 2)]``."""
    values = np.concatenate(parts).astype(np.float64, copy=False)
    sizes = np.array([len(part) for part in parts])
    owner = np.repeat(np.arange(len(parts)), sizes)
    finite = np.isfinite(values)
    if not finite.all():
        values, owner = values[finite], owner[finite]
    low, high = np.full(len(parts), np.inf), np.full(len(parts), -np.inf)
    present, starts = np.unique(owner, return_index=True)
    if len(present):
        low[present] = np.minimum.reduceat(values, starts)
        high[present] = np.maximum.reduceat(values, starts)
    with np.errstate(all="ignore"):
        place = (values - low[owner]) / (high - low)[owner] * BINS
    bins = np.clip(np.where(np.isnan(place), BINS // 2, place), 0, BINS - 1).astype(np.int64)
    counts = np.bincount(owner * BINS + bins, minlength=len(parts) * BINS).reshape(-1, BINS)
    none = np.isinf(low)
    low[none] = high[none] = np.nan
    return np.column_stack([low, high, counts / sizes[:, None]]).reshape(-1)


def _of_matrices(flat: NDArray[np.floating], architecture: Architecture) -> FloatArray:
    return histograms([_some(_matrix(flat, slot)) for slot in architecture.weight_slots])


def _matrix(flat: NDArray[np.floating], slot: Slot) -> NDArray[np.floating]:
    return flat[slot.span].reshape(slot.shape)


def _some(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return values of a matrix, `VALUES_EACH` at most; all columns have their part in them."""
    stride = max(1, -(-matrix.size // VALUES_EACH))
    while math.gcd(stride, matrix.shape[1]) > 1:
        stride += 1
    return matrix.reshape(-1)[::stride]


def _columns(architecture: Architecture) -> tuple[str, ...]:
    parts = ("low", "high", *(f"bin_{index}" for index in range(1, BINS + 1)))
    return tuple(f"{layer}_{part}" for layer in of_layers(architecture) for part in parts)


ROWS = (
    InstrumentInfo(
        "weight_histogram", "Weights", "", "share of wᵢⱼ in 32 bins from min to max",
        "How far the weights have moved from where they began; a layer that stays as it was does not learn.",
        "Glorot & Bengio 2010, sec. 4", WeightHistogram, _columns, passes=0.2,
    ),
    InstrumentInfo(
        "gradient_histogram", "Gradients", "", "share of ∂L/∂wᵢⱼ in 32 bins from min to max",
        "A range that narrows toward the input tells of vanishing, one that widens of exploding gradients.",
        "Glorot & Bengio 2010, fig. 7", GradientHistogram, _columns, passes=0.2,
    ),
    InstrumentInfo(
        "activation_histogram", "Activations", "", "share of aᵢ in 32 bins from min to max",
        "Peaks at the ends tell of saturation, one peak at zero of dead units or of a signal that fades.",
        "Glorot & Bengio 2010, figs. 4, 6", ActivationHistogram, _columns, passes=0.3,
    ),
)  # fmt: skip
