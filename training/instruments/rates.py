"""How fast a sequence of losses or gradient norms converges: sublinearly, linearly, superlinearly or quadratically."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.instruments.rate_models import Fit, Window, fits

if TYPE_CHECKING:
    from training.history import Evaluations

FloatArray = NDArray[np.float64]
Kind = Literal["sublinear", "linear", "superlinear", "quadratic", "none"]

MOST_POINTS = 256
"""Longer sequences are looked at in so many parts, of each its median."""
FEWEST = 5
TAIL = 0.25
"""The last part of a sequence, which tells whether it still falls."""
RESTING = 1e-3
"""It has come to rest where the tail's fall is a smaller part than this of that of the later part."""
LATE = 0.6
"""The last part of the fall, which is fitted: how it began says little about how it goes on."""
LEAST_LATE = 5
"""Points it has at least, if there are so many."""
CLEAR = 3.0
"""A slope of so many standard errors is a slope, and a distance of so many standard deviations a distance."""
MOST_POWER = 10.0
"""A power law beyond it is an exponential by another name."""
LEAST_ORDER = 1.05
"""Nothing below it is called superlinear."""
QUADRATIC = 0.15
"""An order this close to 2 is called quadratic."""
FEW = 20
"""Of fewer points it is not told what is noise and what is the curve."""
STANDS_OUT = 25.0
"""The later part of a fall is enough where it is so many times as large as the noise of a single value."""
CLEAN = 1e-3
"""Noise around the final level, as a part of the fall that is fitted, below which that level is the limit."""
ROUNDING = 8.0 * float(np.finfo(float).eps)

QUANTITIES = {"train_loss": "training loss", "grad_norm": "gradient norm"}
"""What a rate is told of: columns of the evaluations, as people call them."""


@dataclass(frozen=True, eq=False)
class RateEstimate:
    """How a sequence converges.

    Attributes
    ----------
    kind
        Of the distance e to the limit: "sublinear" e ∝ (t + t₀)^−p; "linear" e ∝ cᵗ; "superlinear" and "quadratic"
        e(t + 1) ∝ e(t)^q with q > 1 and q about 2 (Nocedal & Wright 2006, appendix A.2); "none".
    order
        p where it is sublinear, else q, which is 1 where it is linear; NaN for "none".
    interval
        95 % interval: of the order, or, where it is linear, of the rate.
    rate
        c where it is linear: what is left of the distance after a step; else NaN.
    limit
        What is approached.
    sentence
        All that in words.
    last_step
        Last step of the sequence.
    """

    kind: Kind
    order: float
    interval: tuple[float, float]
    rate: float
    limit: float
    sentence: str
    last_step: float = 0.0
    fit: Fit | None = None

    def steps_to(self, target: float) -> float:
        """Return how many more steps it takes from the last one to come down to a value, if it goes on like this.

        Zero where it is there already, infinite where it never comes there; NaN where there is no rate.
        """
        if self.fit is None:
            return math.nan
        if target <= self.fit.limit:
            return math.inf
        return max(0.0, _step_at(self.fit, math.log(target - self.fit.limit)) - self.last_step)


def sequence(evaluations: Evaluations, quantity: str, *, replica: int = 0) -> tuple[FloatArray, FloatArray]:
    """Return the steps and values ``[K]`` of one of `QUANTITIES` at all evaluations of a run."""
    return evaluations.column("step")[:, replica].astype(np.float64), evaluations.column(quantity)[:, replica]


def estimates(evaluations: Evaluations, *, replica: int = 0) -> dict[str, RateEstimate]:
    """Return how each of `QUANTITIES` converges; nothing where a run is too short to say so of any."""
    sequences = {quantity: sequence(evaluations, quantity, replica=replica) for quantity in QUANTITIES}
    if all(len(_usable(*each)[0]) < FEWEST for each in sequences.values()):
        return {}
    return {quantity: estimate(*each) for quantity, each in sequences.items()}


def estimate(steps: ArrayLike, values: ArrayLike) -> RateEstimate:
    """Estimate how a sequence converges, from the later part of its fall.

    The curves of `training.instruments.rate_models` are fitted in logarithms and the best is chosen by the Bayesian
    information criterion. Where the sequence has come to rest, its level is the limit and only the fall before it is
    looked at; where it still falls, the limit is fitted, too, unless zero does as well. What the sequence was before
    its highest value is left out.

    Parameters
    ----------
    steps
        ``[K]``, increasing.
    values
        Losses, gradient norms or errors ``[K]``; those that are not positive and finite are left out.
    """
    steps, values = _usable(np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64))
    last = float(steps[-1]) if len(steps) else 0.0
    if len(steps) < FEWEST:
        return _none("There are too few points to tell a rate from.", last)
    window = _falling(*_medians(steps, values))
    if window is None:
        return _none("It does not fall: there is no rate to tell.", last)
    if len(window.falling.steps) < FEWEST:
        return _none("It falls too quickly to tell the rate from so few points.", last)
    found = [fit for fit in fits(window) if _is_what_it_says(fit)]
    return _told(found[0], last) if found else _none("It falls too unevenly to tell a rate.", last)


def _is_what_it_says(fit: Fit) -> bool:
    if fit.shape.kind == "superlinear":
        return _order(fit.bend) >= LEAST_ORDER
    return fit.shape.kind == "linear" or fit.strength <= MOST_POWER


# ---------------------------------------------------------------------------------------- what is looked at


def _usable(steps: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept = np.isfinite(values) & (values > 0.0)
    return steps[kept], values[kept]


def _medians(steps: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the medians of parts of an odd length, which lie on any falling curve that the points lie on."""
    each = 2 * (-(-len(steps) // MOST_POINTS) // 2) + 1
    first = len(steps) % each
    return (
        np.median(steps[first:].reshape(-1, each), axis=1),
        np.median(values[first:].reshape(-1, each), axis=1),
    )


def _falling(steps: FloatArray, values: FloatArray) -> Window | None:
    """Return the later part of the fall; None where there is none."""
    start = int(np.argmax(values))
    steps, values = steps[start:], values[start:]
    if len(steps) < FEWEST:
        return None
    tail = values[-max(4, round(TAIL * len(values))) :]
    if _falls(tail) and _fall(tail) >= RESTING * _fall(values[-round(LATE * len(values)) :]):
        first = _begin(steps, values)
        return Window(steps[first:], values[first:]) if _falls(values) else None
    floor = float(np.median(tail))
    noise = max(1.4826 * float(np.median(np.abs(tail - floor))), ROUNDING * floor)
    end = int(np.argmax(values <= floor + CLEAR * noise))
    if end < 2:
        return None
    first = _begin(steps[:end], values[:end])
    if noise <= CLEAN * (values[first] - floor):
        return Window(steps[first:end], values[first:end], floor, noise)
    # The level is not known well: it is fitted, and what came after the fall tells of it.
    return Window(steps[first:], values[first:], floor, noise, end - first)


def _fall(values: FloatArray) -> float:
    return float(np.log(values[0]) - np.log(values[-1]))


def _falls(values: FloatArray) -> bool:
    """Tell whether a line through the logarithms falls clearly, or each value lies below the one before."""
    z = np.log(values)
    if (np.diff(z) < -ROUNDING).all():
        return True
    along = np.arange(len(z)) - (len(z) - 1) / 2.0
    slope = float(along @ z) / float(along @ along)
    left = z - z.mean() - slope * along
    error = math.sqrt(float(left @ left) / max(1, len(z) - 2) / float(along @ along))
    return slope < -max(CLEAR * error, ROUNDING)


def _begin(steps: FloatArray, values: FloatArray) -> int:
    """Return where the later part of a fall begins: at its start, where only all of it stands out of the noise."""
    begin = steps[-1] - LATE * (steps[-1] - steps[0])
    first = min(int(np.searchsorted(steps, begin)), max(0, len(steps) - LEAST_LATE))
    if len(steps) < FEW:
        return first
    z = np.log(values)
    noise = float(np.median(np.abs(np.diff(z, 2)))) * 1.4826 / math.sqrt(6.0)
    return first if z[first] - z[-1] >= STANDS_OUT * noise else 0


# -------------------------------------------------------------------------------------------- what is told


def _told(fit: Fit, last: float) -> RateEstimate:
    if fit.shape.kind == "linear":
        return _linear(fit, last)
    if fit.shape.kind == "sublinear":
        return _sublinear(fit, last)
    return _superlinear(fit, last)


def _linear(fit: Fit, last: float) -> RateEstimate:
    rate = math.exp(-fit.strength)
    interval = math.exp(-fit.strength - fit.errors[0]), math.exp(min(0.0, fit.errors[0] - fit.strength))
    shares = -100.0 * math.expm1(-fit.strength), 100.0 * (1.0 - interval[1]), 100.0 * (1.0 - interval[0])
    if shares[1] <= 0.0:
        return _none("It falls too unevenly to tell a rate.", last)
    share, low, high = (f"{value:.3g}" for value in shares)
    sentence = (
        f"Linear convergence: the distance to {fit.limit:.3g} shrinks by {share} % a step (95 % interval {low} to "
        f"{high} %), by half every {_count(math.log(2.0) / fit.strength)} steps."
    )
    return RateEstimate("linear", 1.0, interval, rate, fit.limit, sentence, last, fit)


def _sublinear(fit: Fit, last: float) -> RateEstimate:
    interval = max(0.0, fit.strength - fit.errors[0]), fit.strength + fit.errors[0]
    sentence = (
        f"Sublinear convergence: the distance to {fit.limit:.3g} falls as 1/t^{fit.strength:.3g} (95 % interval of the "
        f"exponent {interval[0]:.3g} to {interval[1]:.3g}); every further digit takes more steps than the one before."
    )
    return RateEstimate("sublinear", fit.strength, interval, math.nan, fit.limit, sentence, last, fit)


def _superlinear(fit: Fit, last: float) -> RateEstimate:
    order = _order(fit.bend)
    interval = _order(fit.bend - fit.errors[1]), _order(fit.bend + fit.errors[1])
    kind: Kind = "quadratic" if abs(order - 2.0) <= QUADRATIC else "superlinear"
    what = "about doubles" if kind == "quadratic" else f"grows by a factor of {order:.3g}"
    sentence = (
        f"{kind.capitalize()} convergence of order {order:.3g} (95 % interval {interval[0]:.3g} to {interval[1]:.3g}): "
        f"the number of right digits {what} at every step."
    )
    return RateEstimate(kind, order, interval, math.nan, fit.limit, sentence, last, fit)


def _count(steps: float) -> str:
    """Return a number of steps in three figures, without an exponent where that can be read."""
    return f"{steps:.3g}" if not 100 <= steps < 1e9 else f"{float(f'{steps:.3g}'):,.0f}".replace(",", "\u2009")


def _none(sentence: str, last: float) -> RateEstimate:
    nan = math.nan
    return RateEstimate("none", nan, (nan, nan), nan, nan, sentence, last)


def _order(bend: float) -> float:
    return math.exp(min(math.exp(min(bend, 5.0)), 5.0))


def _step_at(fit: Fit, distance: float) -> float:
    """Return the step at which the logarithm of the distance to the limit has come down to a value."""
    first = float(fit.window.steps[0])
    fallen = (fit.height - distance) / fit.strength
    if fit.shape.kind == "linear":
        return first + fallen
    if fit.shape.kind == "superlinear":
        return first + (math.log1p(fallen) / math.exp(fit.bend) if fallen > -1.0 else -math.inf)
    steps = math.exp(min(fallen, 700.0))
    return first + steps - math.exp(fit.bend) if fit.shape.bend else steps
