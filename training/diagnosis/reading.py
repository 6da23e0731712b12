"""What is read off a curve: whether it has leveled off, bounces, or has lain flat, and since when."""

from __future__ import annotations

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
    swing, swing_now
        Mean size of its changes, as a share of its mean; the same of its last quarter.
    level
        Middle of the last quarter.
    begin
        Index where the half begins.
    points
        Number of values in its last quarter.
    """

    rises: float
    spread: float
    fallen: float
    swing: float
    swing_now: float
    level: float
    begin: int
    points: int

    @property
    def fall_by_chance(self) -> float:
        """By what share the last quarter lies below the one before it where swings alone make the difference.

        Independent values of standard deviation σ differ by 2σ/√π on average, and the medians of two times n of them
        by √π σ/√n, in the root mean square.
        """
        return float(np.pi / 2 * self.swing / np.sqrt(self.points))

    @property
    def bounces(self) -> bool:
        """Whether it goes up about as often as down, by much and still, and gets no further."""
        by_much = self.spread >= 0.1 and self.swing >= 0.05 and self.swing_now >= self.swing / 5
        return 0.3 <= self.rises <= 0.9 and by_much and self.fallen < max(0.15, self.fall_by_chance)

    @property
    def jumps(self) -> bool:
        """Whether it goes up and down by so much, and still, that it hardly matters whether it falls meanwhile."""
        return 0.3 <= self.rises <= 0.9 and min(self.swing, self.swing_now) >= 0.2

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
    rises = float((np.diff(half) > 0).mean())
    last = half[-(len(half) // 2) :]
    return Shape(rises, float((high - low) / scale), fallen, _swing(half), _swing(last), after, begin, len(last))


def _swing(curve: FloatArray) -> float:
    return float(np.abs(np.diff(curve)).mean() / (curve.mean() or 1.0))


def smoothed(curve: FloatArray) -> FloatArray:
    """Return the median of each value and its two neighbors on either side, ``[E]``."""
    if len(curve) < 5:
        return curve
    padded = np.concatenate([curve[:1], curve[:1], curve, curve[-1:], curve[-1:]])
    return _middle_of_five(*(padded[shift : shift + len(curve)] for shift in range(5)))


def _middle_of_five(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, e: FloatArray) -> FloatArray:
    """Return the medians of five values each, by comparing them in pairs: many times faster than sorting each five.

    NaN where one of the five is.
    """
    a, b = np.minimum(a, b), np.maximum(a, b)
    c, d = np.minimum(c, d), np.maximum(c, d)
    low, high = np.maximum(a, c), np.minimum(b, d)  # neither the least nor the largest of the four is the middle
    middle: FloatArray = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
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
    values = curve[::stride]
    tops, bottoms = [values], [values]  # largest and smallest of every 1, 2, 4, … values
    while 2 ** len(tops) <= len(values):
        half = 2 ** (len(tops) - 1)
        tops.append(np.maximum(tops[-1][:-half], tops[-1][half:]))
        bottoms.append(np.minimum(bottoms[-1][:-half], bottoms[-1][half:]))
    first, length, top, bottom = 0, 1, values, values
    for power in reversed(range(len(tops))):  # part of a flat stretch is flat, so its length is found bit by bit
        stretches = len(values) - length - 2**power + 1
        if stretches <= 0:
            continue
        longer_top = np.maximum(top[:stretches], tops[power][length : length + stretches])
        longer_bottom = np.minimum(bottom[:stretches], bottoms[power][length : length + stretches])
        flat = longer_top <= (1.0 + within) * longer_bottom
        if flat.any():
            first, length, top, bottom = int(flat.argmax()), length + 2**power, longer_top, longer_bottom
    return first * stride, (first + length - 1) * stride
