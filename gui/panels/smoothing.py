"""Smoothing of curves for the eye: plain numbers in, plain numbers out, no Qt.

A running mean, taken twice (so with triangular weights): it does not lag behind as an exponential mean
does, and never leaves the values it is taken of. Toward an end, or a gap, the windows shrink evenly on both
sides; so a straight line stays one up to its last point, and the newest value is never invented.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LARGE = 1e290
"""Beyond this, values are scaled down before they are added up."""

FORMULA = (
    "s = M(M(y)) with M(y)ᵢ = mean of yᵢ₋ₖ … yᵢ₊ₖ; toward the ends and gaps the windows shrink evenly, "
    "so that nothing lags. What was measured stays behind it, faint, from smallest to largest."
)


@dataclass(frozen=True)
class Strength:
    """One row of the table of strengths.

    Attributes
    ----------
    share
        How much of the curve the windows reach over, to either side.
    """

    name: str
    title: str
    share: float


STRENGTHS = (
    Strength("off", "Off", 0.0),
    Strength("light", "Light", 0.01),
    Strength("medium", "Medium", 0.03),
    Strength("strong", "Strong", 0.1),
)


def half_width(share: float, points: int) -> int:
    """Return k of the running mean for curves of so many points: a power of two, so that it seldom changes; or 0.

    Examples
    --------
    >>> [half_width(0.1, points) for points in (10, 20, 400, 500)]
    [0, 1, 16, 16]
    """
    wanted = share * points / 2
    return 2 ** math.floor(math.log2(wanted)) if wanted >= 1 else 0


def smoothed(values: FloatArray, half: int) -> FloatArray:
    """Return the running mean over ± `half` neighbors, taken twice; where a value is not finite, NaN.

    Values that are not finite are gaps: no window reaches across them.

    Parameters
    ----------
    values
        Shape ``[K]``.
    half
        Neighbors to either side; 0 changes nothing but the gaps.

    Examples
    --------
    >>> smoothed(np.array([0.0, 0.0, 9.0, 0.0, 0.0]), 1)
    array([0., 2., 3., 2., 0.])
    """
    made = np.full(len(values), np.nan)
    for start, end in _stretches(np.isfinite(values)):
        made[start:end] = _running_mean(_running_mean(values[start:end], half), half)
    return made


def _running_mean(values: FloatArray, half: int) -> FloatArray:
    half = min(half, (len(values) - 1) // 2)
    if half < 1:
        return values
    # A power of two changes no digit; and a mean lies between the extremes, also where it was rounded.
    scale = 2.0 ** np.ceil(np.log2(2 * half + 1)) if np.abs(values).max() > LARGE else 1.0
    values = values / scale
    # No sum of all values is taken and subtracted from: after one large value, small ones would be lost in it.
    sizes = np.arange(1.0, 2 * half, 2.0)
    rising = np.cumsum(values[: 2 * half - 1])[::2] / sizes
    falling = np.cumsum(values[: -2 * half : -1])[::2] / sizes
    inner = np.convolve(values, np.full(2 * half + 1, 1.0 / (2 * half + 1)), "valid")
    means = np.concatenate([rising, inner, falling[::-1]])
    return scale * (np.clip(means, values.min(), values.max()) if scale > 1.0 else means)


def _stretches(there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first index and end of every unbroken stretch."""
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
