"""The gradient noise scale: the batch size beyond which larger batches stop paying."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.architecture import Architecture
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]

BATCHES = 8
"""So many batches are compared; a reading scatters by about √(2 / 7) where the noise has but one direction."""
VALUES_AT_ONCE = 2_000_000
"""Parameters of all batches computed side by side."""


class NoiseScale:
    """The simple noise scale B = tr Σ / |G|² of McCandlish et al. 2018, eq. 2.9.

    Σ is the covariance of the gradients of single samples, G their mean, both over the training samples. Some batches
    without a common sample are drawn, and their gradients gᵢ compared (as in app. A.1, with k batches of size b for
    the small and their union for the large batch): s² = Σ |gᵢ − ḡ|² / (k − 1) estimates tr Σ / b without bias, and
    |ḡ|² − tr Σ (1 / (k b) − 1 / N) estimates |G|²; the 1 / N stands for drawing from N samples without replacement.
    """

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def measure(self, probe: Probe) -> FloatArray:
        """Return B in samples, tr Σ and |G|², ``[3]``; B is NaN where the estimate of |G|² is not positive."""
        bench = probe.bench
        samples, size = len(bench.data.x_train), len(bench.few[0]) // BATCHES
        if size < 2:  # batch normalization needs two, and so does a variance
            return np.full(3, np.nan)
        rows = self._random.choice(samples, BATCHES * size, replace=False)
        x, target = (part.view(BATCHES, size, -1) for part in bench.samples(rows))
        at_once = max(1, min(BATCHES, VALUES_AT_ONCE // probe.params.numel()))
        total, squares = torch.zeros_like(probe.params, dtype=torch.float64), 0.0
        for first in range(0, BATCHES, at_once):
            some = slice(first, first + at_once)
            _, gradients = bench.gradients(probe.params.expand(len(x[some]), -1), x[some], target[some])
            total += gradients.sum(0)
            squares += gradients.square().sum().item()
        return estimate(total / BATCHES, squares / BATCHES, size, samples)


def estimate(mean: torch.Tensor, mean_square: float, size: int, samples: int) -> FloatArray:
    """Return B, tr Σ and |G|², ``[3]``, from the gradients gᵢ of `BATCHES` batches of `size` out of so many samples.

    Parameters
    ----------
    mean
        ḡ, ``[P]``.
    mean_square
        Mean of the |gᵢ|².
    """
    square_of_mean = mean.square().sum().item()
    variance = size * (mean_square - square_of_mean) * BATCHES / (BATCHES - 1)
    square = square_of_mean - variance * (1 / (BATCHES * size) - 1 / samples)
    return np.array([variance / square if square > 0 else np.nan, variance, square])


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return ("noise_scale", "variance", "gradient_square")


ROWS = (
    InstrumentInfo(
        "noise_scale", "Gradient noise scale", "samples", "B = tr Σ / |G|²",
        "Well below it, a larger batch allows a proportionally larger rate; well above it, a larger batch is wasted.",
        "McCandlish et al. 2018, eq. 2.9 and app. A.1", NoiseScale, _columns, passes=1.5,
    ),
)  # fmt: skip
