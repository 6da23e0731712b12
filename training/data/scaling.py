"""Scaling of columns: fitted on some rows, applied to any, and undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.data.dataset import FloatArray


@dataclass(frozen=True, eq=False)
class Scaling:
    """The map (x − center) / scale of each column.

    Attributes
    ----------
    center, scale
        One value for each column [F]; `scale` is positive and 1 for a column that does not vary.
    """

    center: FloatArray
    scale: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Scale the columns of x [K, F]; the result is a new array."""
        scaled: FloatArray = x - self.center
        scaled /= self.scale
        return scaled

    def undo(self, x: FloatArray) -> FloatArray:
        """Return scaled columns [K, F] to their original units."""
        restored: FloatArray = x * self.scale
        restored += self.center
        return restored


def fit(kind: Literal["none", "standardize", "minmax"], x: FloatArray) -> Scaling:
    """Fit a scaling to x [N, F].

    Parameters
    ----------
    kind
        none: leave as is; standardize: mean 0 and (population) standard deviation 1; minmax: onto [0, 1].
        A column with one value only becomes 0.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    if kind == "none":
        return Scaling(np.zeros_like(low), np.ones_like(low))
    if kind == "minmax":
        return Scaling(low, np.where(high > low, high - low, 1.0))
    # In units of the largest value, so that the squares of huge or tiny numbers stay in range.
    unit = np.maximum(np.abs(low), np.abs(high))
    unit[unit == 0] = 1.0
    relative = x / unit
    # The mean of equal numbers may differ from them in the last bit: take the number itself.
    varies = high > low
    center = np.where(varies, relative.mean(axis=0) * unit, low)
    deviation = relative.std(axis=0) * unit
    return Scaling(center, np.where(varies & (deviation > 0), deviation, 1.0))
