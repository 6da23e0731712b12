"""What can be said of a stretch of a curve in one number: how noisy it is, and how fast it falls or grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.scenarios.curves import Stretch

FloatArray = NDArray[np.float64]

FEWEST = 3
"""A line through fewer points says nothing."""


def noise(stretch: Stretch) -> float:
    """Return the standard deviation; +inf where a value is infinite."""
    return float(stretch.values.std()) if np.isfinite(stretch.values).all() else float(np.abs(stretch.values).max())


def oscillation(stretch: Stretch) -> float:
    """Return 1 − |net change| / total variation of the finite values: 0 if they only fall, or do not change."""
    values = stretch.finite().values
    if len(values) < 2:
        return float("nan")
    walked = np.abs(np.diff(values)).sum()
    return float(1.0 - abs(values[-1] - values[0]) / walked) if walked > 0 else 0.0


def rises(stretch: Stretch) -> float:
    """Return the share of the successive changes that go up, of the finite values."""
    changes = np.diff(stretch.finite().values)
    return float((changes > 0).mean()) if len(changes) else float("nan")


def growth(along: FloatArray, values: FloatArray, limit: float = 0.0) -> float:
    """Return c of a least-squares fit of C·cᵗ to the values less `limit`, t being `along`.

    >>> round(growth(np.arange(5.0), 3.0 * 0.5 ** np.arange(5.0)), 6)
    0.5
    """
    return float(np.exp(_slope(along, values - limit)))


def fitted_order(stretch: Stretch, limit: float = 0.0) -> float:
    """Return p of a least-squares fit of C/tᵖ to the values less `limit`, t being steps."""
    after = stretch.steps > 0
    return -_slope(np.log(stretch.steps[after]), stretch.values[after] - limit)


def _slope(along: FloatArray, values: FloatArray) -> float:
    """Return the slope of the logarithm of those values that have one."""
    usable = np.isfinite(values) & (values > 0)
    if usable.sum() < FEWEST:
        return float("nan")
    x, y = along[usable], np.log(values[usable])
    x = x - x.mean()
    return float((x * (y - y.mean())).sum() / (x * x).sum())
