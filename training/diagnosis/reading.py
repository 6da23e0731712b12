"""What is read off a curve: whether it has leveled off, bounces, or has lain flat, and since when."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST = 8
"""A curve of fewer points tells nothing of its shape."""
POINTS = 400


@dataclass(frozen=True)
class Shape:
    """The second half of a curve of a loss.

    Attributes
    ----------
    rises
        Share of its changes that go up.
    spread
        Distance between its 10th and its 90th percentile, as a share of the middle one.
    fallen
        By what share its last quarter lies below the one before it, in the middle; negative where it rose.
    swing
        Mean size of its changes, as a share of its mean.
    level
        Middle of the last quarter.
    begin
        Index where the half begins.
    """

    rises: float
    spread: float
    fallen: float
    swing: float
    level: float
    begin: int

    @property
    def bounces(self) -> bool:
        """Whether it goes up about as often as down, by much, and gets no further."""
        return self.rises >= 0.3 and self.spread >= 0.1 and self.swing >= 0.05 and self.fallen < 0.15

    @property
    def flat(self) -> bool:
        """Whether it neither falls nor bounces much any more."""
        return abs(self.fallen) < 0.03


def shape_of(curve: FloatArray) -> Shape | None:
    """Return the shape of a curve ``[E]``; None where it is too short to have one, or not finite."""
    begin = len(curve) // 2
    half = curve[begin:]
    if len(curve) < FEWEST or not np.isfinite(half).all():
        return None
    low, middle, high = np.percentile(half, (10, 50, 90))
    before, after = (float(np.median(part)) for part in np.array_split(half, 2))
    scale = middle if middle > 0 else 1.0
    fallen = 1.0 - after / before if before > 0 else 0.0
    change = np.diff(half)
    swing = float(np.abs(change).mean() / (half.mean() or 1.0))
    return Shape(float((change > 0).mean()), float((high - low) / scale), fallen, swing, after, begin)


def smoothed(curve: FloatArray) -> FloatArray:
    """Return the median of each value and its two neighbors on either side, ``[E]``."""
    if len(curve) < 5:
        return curve
    padded = np.concatenate([curve[:1], curve[:1], curve, curve[-1:], curve[-1:]])
    middle: FloatArray = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return middle


def first_at(curve: FloatArray, level: float) -> int:
    """Return the first index at which a curve has come down to a level; 0 if it never has."""
    below = curve <= level
    return int(below.argmax()) if below.any() else 0


def since(holds: NDArray[np.bool_]) -> int:
    """Return the index since which something has held to the end; the length if it does not hold now."""
    broken = np.flatnonzero(~holds)
    return int(broken[-1]) + 1 if len(broken) else 0


def longest_flat(curve: FloatArray, within: float) -> tuple[int, int]:
    """Return the first and last index of the longest stretch whose largest value is within a share of its smallest.

    `curve` is best smoothed before. Long ones are looked at in `POINTS` points.
    """
    stride = max(1, len(curve) // POINTS)
    values = curve[::stride].tolist()
    best, first = (0, 0), 0
    highest: deque[int] = deque()
    lowest: deque[int] = deque()
    for last, value in enumerate(values):
        while highest and values[highest[-1]] <= value:
            highest.pop()
        while lowest and values[lowest[-1]] >= value:
            lowest.pop()
        highest.append(last)
        lowest.append(last)
        while values[highest[0]] > (1.0 + within) * values[lowest[0]]:
            first += 1
            if highest[0] < first:
                highest.popleft()
            if lowest[0] < first:
                lowest.popleft()
        if last - first > best[1] - best[0]:
            best = (first, last)
    return best[0] * stride, best[1] * stride
