"""The curves that a converging sequence may follow, and their fits.

All are of the form value = limit + exp(α + shape(t)), fitted in logarithms, as what counts are factors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

INDISTINCT = 0.005
"""Misfits below this part of the whole fall, in logarithms, are not held against a curve."""
LEAST_MISFIT = 1e-6
TRUSTED = 0.05
"""Noise of a value relative to itself from which on noise of a known size counts."""
CONFIDENCE = 0.95
MOST_REFINED = 4
FARTHEST = 1e4
"""What was the origin of a power law may lie so many times the window's length before it; else it is an exponential."""


@dataclass(frozen=True, eq=False)
class Window:
    """The part of a sequence that is fitted.

    Attributes
    ----------
    steps, values
        ``[n]``; positive.
    floor
        The level where the sequence has come to rest; None where it still falls.
    noise
        Standard deviation of the values around the floor.
    fall
        So many of the points are above the floor; None: all, and the floor is as good as the limit. Otherwise the
        limit is fitted, starting from the floor.
    """

    steps: FloatArray
    values: FloatArray
    floor: float | None = None
    noise: float = 0.0
    fall: int | None = None

    @property
    def elapsed(self) -> FloatArray:
        """Steps since the first, ``[n]``."""
        elapsed: FloatArray = self.steps - self.steps[0]
        return elapsed

    @property
    def falling(self) -> Window:
        """The part of it that is above the floor."""
        if self.fall is None:
            return self
        return Window(self.steps[: self.fall], self.values[: self.fall], self.floor, self.noise)

    @property
    def tolerance(self) -> float:
        """A misfit that says nothing, in logarithms."""
        limit = 0.0 if self.floor is None or self.fall is not None else self.floor
        return INDISTINCT * float(np.ptp(np.log(self.values - limit))) + LEAST_MISFIT


@dataclass(frozen=True)
class Shape:
    """One family of curves.

    Attributes
    ----------
    kind
        "sublinear", "linear" or "superlinear".
    bend
        Whether it has a second parameter, besides the strength that multiplies `basis`.
    basis
        Given a window and bends ``[m]``: −strength times this ``[m, n]`` is the shape.
    bends
        Given a window: where to look for the second parameter, ``[m]``.
    """

    kind: str
    bend: bool
    basis: Callable[[Window, FloatArray], FloatArray]
    bends: Callable[[Window], FloatArray]


def _log_steps(window: Window, bends: FloatArray) -> FloatArray:
    return np.log(np.maximum(window.steps, 1.0))[None]


def _log_shifted(window: Window, bends: FloatArray) -> FloatArray:
    return np.log(window.elapsed + np.exp(bends)[:, None])


def _elapsed(window: Window, bends: FloatArray) -> FloatArray:
    return window.elapsed[None]


def _powers(window: Window, bends: FloatArray) -> FloatArray:
    exponent = np.minimum(np.exp(bends)[:, None] * window.elapsed, 300.0)
    return np.expm1(exponent)


def _origins(window: Window) -> FloatArray:
    span = float(window.elapsed[-1])
    return np.log(np.geomspace(1e-3 * span, FARTHEST * span, 29))


def _orders(window: Window) -> FloatArray:
    return np.log(np.log(np.geomspace(1.02, 4.0, 25)))


def _nothing(window: Window) -> FloatArray:
    return np.zeros(1)


SHAPES = (
    Shape("linear", False, _elapsed, _nothing),
    Shape("sublinear", False, _log_steps, _nothing),
    Shape("sublinear", True, _log_shifted, _origins),
    Shape("superlinear", True, _powers, _orders),
)
"""e ∝ cᵗ; e ∝ t^−p; e ∝ (t + t₀)^−p; log e = a − b qᵗ, which is e(t + 1) = K e(t)^q."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A curve fitted to a window.

    Attributes
    ----------
    shape
        Its family.
    height
        α: logarithm of the distance to the limit where the shape is zero.
    strength, bend
        Parameters of the shape; `bend` as the family has it.
    limit
        What is approached.
    criterion
        Bayesian information criterion (Schwarz 1978): the lowest is the best.
    errors
        Half widths of the 95 % intervals of strength and bend.
    """

    shape: Shape
    window: Window
    height: float
    strength: float
    bend: float
    limit: float
    criterion: float
    errors: tuple[float, float] = (np.inf, np.inf)


def fits(window: Window) -> list[Fit]:
    """Return the fits of all families, the best first; only the most likely ones are refined."""
    known = window.floor is not None
    starts = [
        _searched(window.falling, shape, free) for shape in SHAPES for free in ((False,) if known else (False, True))
    ]
    likely = sorted((fit for fit in starts if fit is not None), key=_criterion)[:MOST_REFINED]
    refined = [_refined(window, fit) for fit in likely]
    return sorted((fit for fit in refined if fit.strength > 0.0), key=_criterion)


def _criterion(fit: Fit) -> float:
    return fit.criterion


def _searched(window: Window, shape: Shape, free: bool) -> Fit | None:
    """Return the best of a grid of limits and bends: straight lines in logarithms."""
    parameters = 2 + shape.bend + free
    if len(window.steps) < parameters + 2:
        return None
    bends = shape.bends(window)
    basis = shape.basis(window, bends)
    found: Fit | None = None
    for limit in _limits(window, free):
        height, strength, squares = _lines(basis, *_logarithms(window, limit))
        best = int(np.argmin(np.where(strength > 0.0, squares, np.inf)))
        criterion = _information(window, float(squares[best]), parameters)
        if strength[best] > 0.0 and (found is None or criterion < found.criterion):
            found = Fit(
                shape, window, float(height[best]), float(strength[best]), float(bends[best]), limit, criterion
            )
    return found


def _limits(window: Window, free: bool) -> FloatArray:
    if not free:
        return np.array([window.floor or 0.0])
    lowest, span = float(window.values.min()), float(np.ptp(window.values))
    limits = lowest - span * np.geomspace(1e-4, 30.0, 33)
    return limits[(limits > 0.0) & (limits < lowest)]  # of a span near rounding, some come to the lowest itself


def _logarithms(window: Window, limit: float) -> tuple[FloatArray, FloatArray]:
    """Return the logarithms of the distances to a limit, and their weights ``[n]``."""
    distance = window.values - limit
    weights = distance / window.values if window.floor is None else _trust(window)
    return np.log(distance), weights**2


def _trust(window: Window) -> FloatArray:
    distance = window.values - (window.floor or 0.0)
    trust: FloatArray = 1.0 / np.sqrt(1.0 + (window.noise / (TRUSTED * distance)) ** 2)
    return trust


def _lines(basis: FloatArray, z: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return height, strength and weighted squares of the lines z = height − strength · basis, ``[m]`` each."""
    total = weights.sum()
    middle, level = basis @ weights / total, float(z @ weights / total)
    aside = basis - middle[:, None]
    spread = np.maximum((aside**2) @ weights, np.finfo(float).tiny)
    strength = -(aside @ (weights * (z - level))) / spread
    height = level + strength * middle
    misfit = z - height[:, None] + strength[:, None] * basis
    return height, strength, (misfit**2) @ weights


def _information(window: Window, squares: float, parameters: int) -> float:
    count = len(window.steps)
    return float(count * np.log(squares / count + window.tolerance**2) + parameters * np.log(count))


def _refined(window: Window, fit: Fit) -> Fit:
    """Improve all parameters together, and tell how well they are known."""
    from scipy import optimize  # 0.2 s that the start of the program need not wait for

    shape = fit.shape
    free = window.fall is not None or (window.floor is None and fit.limit > 0.0)
    start = [fit.height, fit.strength]
    start += [fit.bend] if shape.bend else []
    start += [np.log(fit.limit)] if free else []

    def parts(values: FloatArray) -> tuple[float, float, float, float]:
        bend = float(values[2]) if shape.bend else 0.0
        return float(values[0]), float(values[1]), bend, float(np.exp(values[-1])) if free else fit.limit

    def misfits(values: FloatArray) -> FloatArray:
        height, strength, bend, limit = parts(values)
        distance = height - strength * shape.basis(window, np.array([bend]))[0]
        if window.floor is not None and not free:
            found: FloatArray = _trust(window) * (np.log(window.values - limit) - distance)
        else:
            found = np.log(window.values) - np.logaddexp(np.log(limit), distance)
        return found

    scale = np.maximum(np.abs(start), 1e-12)
    with np.errstate(all="ignore"):  # the logarithm of no limit, and steps on the way that lead nowhere
        solved = optimize.least_squares(misfits, start, method="lm", x_scale=scale, max_nfev=500)
    height, strength, bend, limit = parts(solved.x)
    squares = float((solved.fun**2).sum())
    criterion = _information(window, squares, len(start))
    errors = _errors(window, solved.jac, solved.fun)
    return Fit(
        shape, window, height, strength, bend, limit, criterion,
        (float(errors[1]), float(errors[2]) if shape.bend else 0.0),
    )


def _errors(window: Window, slopes: FloatArray, misfits: FloatArray) -> FloatArray:
    """Return half widths of the intervals of all parameters; misfits that hang together count for fewer."""
    from scipy import special  # its quantiles of Student's t are those of scipy.stats, which takes 0.4 s to import

    count, parameters = slopes.shape
    free = max(1, count - parameters)
    variance = max(float((misfits**2).sum()) / free, window.tolerance**2)
    total = float((misfits**2).sum())
    alike = float(np.clip((misfits[1:] * misfits[:-1]).sum() / total, 0.0, 0.9)) if total > 0.0 else 0.0
    size = np.linalg.norm(slopes, axis=0)
    size[size == 0.0] = 1.0
    covariance = np.linalg.pinv((slopes / size).T @ (slopes / size)) / np.outer(size, size)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0) * variance * (1.0 + alike) / (1.0 - alike))
    errors: FloatArray = float(special.stdtrit(free, 0.5 + CONFIDENCE / 2.0)) * spread
    return errors
