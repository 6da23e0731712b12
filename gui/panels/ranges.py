"""Where axes begin and end, where their ticks are and how numbers on them read. Plain functions, no Qt.

Ranges grow in steps, so that an axis is laid out anew a few times in a run and not at every frame.
On log axes everything is in decades (log10 of the value).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Limits = tuple[float, float]

MAX_DECADES = 12.0
"""More decades than this on one axis leave no detail to see; what lies further out is drawn at the edge."""
FEW_ROWS = 64
"""Up to so many moments (as many as the last steps that are kept), each counts: none of them is an outlier."""
FURTHEST = 308.0
"""Log axes reach no further than 10 to this, up or down: there the numbers end."""
HUGE = 1e15
"""Linear axes reach no further; an exploding loss belongs on a log axis."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def stepped_end(value: float, shown: float, *, exact: bool) -> float:
    """Return where an axis that starts at 0 ends: at `value` if `exact`, else at `shown` or a step beyond it.

    Parameters
    ----------
    value
        The last value there is.
    shown
        Where the axis ends now; kept while `value` fits and fills most of it.
    exact
        Whether the axis shall end right at `value`, as it does when nothing is added any more.
    """
    value = max(value, 1e-9)
    if exact:
        return value
    return shown if 0.6 * shown <= value <= shown else value * 1.2


def linear_limits(values: FloatArray, shown: Limits | None = None, *, zero: bool = False) -> Limits:
    """Return round limits around the finite `values`; `shown` is kept while it still suits.

    One far outlier does not flatten the rest: beyond the bulk of the values by 20 times its width, it is left out.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return shown or (0.0, 1.0)
    finite = np.clip(finite, -HUGE, HUGE)
    low, high = bulk(finite, 20.0)
    if zero:
        low = min(low, 0.0)
    if not high > low:
        margin = max(abs(high) * 0.1, 1e-6)
        low, high = low - margin, high + margin
    step = nice_step((high - low) / 8)
    wanted = (math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)
    return shown if shown is not None and _suits(shown, (low, high)) else wanted


def log_limits(values: FloatArray, shown: Limits | None = None, *, decades: float = MAX_DECADES) -> Limits:
    """Return limits in decades around the positive finite `values`; `shown` is kept while it still suits.

    At most `decades` are shown: those around the bulk of the values.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return limits_of_decades(np.log10(values), shown, decades=decades)


def limits_of_decades(
    exponents: FloatArray, shown: Limits | None = None, *, decades: float = MAX_DECADES, end: float = math.nan
) -> Limits:
    """Return what `log_limits` does, given log10 of the values (±inf and NaN are left out).

    `end` is a value that the axis reaches in any case, if need be at the cost of the lower ones: where a run blew up.
    """
    exponents = np.clip(exponents[np.isfinite(exponents)], -FURTHEST, FURTHEST)
    if not exponents.size:
        return shown or (-3.0, 0.0)
    low, high = bulk(exponents, 3.0)
    if math.isfinite(end):
        high = min(max(high, end), FURTHEST)
        low = max(low, high - decades)
    elif high - low > decades:
        middle = float(np.median(exponents))
        low, high = max(low, middle - decades / 2), min(high, middle + decades / 2)
    if high - low < 0.1:
        middle = (low + high) / 2
        low, high = middle - 0.05, middle + 0.05
    wanted = (_log_floor(low), _log_ceil(high))
    return shown if shown is not None and _suits(shown, (low, high)) else wanted


def limits_around(exponents: FloatArray) -> Limits:
    """Return limits in decades around what must be seen [..., moments, curves], however many decades that takes.

    Of few moments that is every value, of many the bulk; where there is no finite value, limits that hold nothing.
    """
    finite = exponents[np.isfinite(exponents)]
    if not finite.size:
        return math.inf, -math.inf
    ends = bulk(finite, 3.0) if exponents.shape[-2] > FEW_ROWS else (float(finite.min()), float(finite.max()))
    return limits_of_decades(np.array(ends), decades=2 * FURTHEST)


def share_limits(values: FloatArray, shown: Limits | None = None) -> Limits:
    """Return limits for shares such as an accuracy: up to 1, down to a round share below the bulk of the values."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return shown or (0.0, 1.0)
    low = min(max(bulk(finite, 20.0)[0], 0.0), 0.999)
    wanted = max(room for room in (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99) if room <= low)
    return shown if shown is not None and shown[1] == 1.0 and _suits(shown, (low, 1.0)) else (wanted, 1.0)


def bulk(values: FloatArray, reach: float) -> Limits:
    """Return minimum and maximum, but no further from the middle 96 % than `reach` times its width."""
    low, high = float(values.min()), float(values.max())
    if len(values) < 8:
        return low, high
    ordered = np.sort(values)  # a quantile by numpy takes several times as long, and this is asked in every frame
    inner_low, inner_high = _at_share(ordered, 0.02), _at_share(ordered, 0.98)
    width = inner_high - inner_low
    if width <= 0.0:
        return low, high
    return max(low, inner_low - reach * width), min(high, inner_high + reach * width)


def _at_share(ordered: FloatArray, share: float) -> float:
    """Return the value below which so much of some ordered values lies, linear between two of them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    return low + (place - below) * (high - low)


def _suits(shown: Limits, needed: Limits) -> bool:
    low, high = shown
    inside = low <= needed[0] and needed[1] <= high
    return inside and needed[1] - needed[0] > 0.45 * (high - low)


def _log_floor(decades: float) -> float:
    """Return the next of …, 1, 2, 5, 10, … below, in decades."""
    whole = math.floor(decades + 1e-9)
    return whole + max(part for part in (0.0, math.log10(2), math.log10(5)) if whole + part <= decades + 1e-9)


def _log_ceil(decades: float) -> float:
    whole = math.floor(decades)
    return whole + min(part for part in (0.0, math.log10(2), math.log10(5), 1.0) if whole + part >= decades - 1e-9)


def nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at or above `rough`."""
    if not (math.isfinite(rough) and rough > 0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough * (1 - 1e-9))


def linear_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Return at most `at_most` round values between `low` and `high`."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    step = nice_step((high - low) / (max(1, at_most) + 0.99))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)][: at_most + 2]


def log_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Return at most `at_most` ticks in decades: whole decades, with 2 and 5 between where there are few."""
    low, high = max(low, -FURTHEST), min(high, FURTHEST)  # the user may zoom to anywhere
    if not high > low:
        return []
    whole = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if high - low > 2.0 and len(whole) >= 2:
        stride = max(1, -(-len(whole) // max(1, at_most)))
        return [float(decade) for decade in whole if decade % stride == 0]
    parts: tuple[float, ...] = (1, 2, 5)
    if high - low < 0.8:
        return [math.log10(v) for v in linear_ticks(10.0**low, 10.0**high, at_most) if v > 0]
    ticks = [decade + math.log10(part) for decade in range(math.floor(low), math.ceil(high) + 1) for part in parts]
    inside = [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]
    if len(inside) <= at_most + 1:
        return inside
    return [tick for tick in inside if abs(tick - round(tick)) < 1e-9] or inside[::2]


def plain(value: float) -> str:
    """Return a number on an axis: ``0.25``, ``1 500``, ``2e-05`` as ``2e-5``."""
    if value == 0 or abs(value) < 10.0**-FURTHEST:
        return "0"
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        return short_exponent(f"{value:.3g}" if abs(value) < 1e5 else f"{value:.3e}")
    return f"{value:.10g}" if abs(value) < 10_000 else f"{value:,.0f}".replace(",", "\u2009")


def count(value: float) -> str:
    """Return a number of steps or epochs on an axis: ``800``, ``12k``, ``1.5M``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and size > 1e3):
            return f"{value / size:.6g}{letter}"
    return f"{value:.6g}"


def decade(exponent: float) -> str:
    """Return the label of a log axis at `exponent` decades: ``0.25`` near one, ``1e-4`` further off."""
    value = 10.0 ** min(max(exponent, -FURTHEST), FURTHEST)
    if -3.001 < exponent < 3.999:
        return f"{value:.4g}"
    return short_exponent(f"{value:.0e}")


def scientific(value: float) -> str:
    """Return a norm in two figures: ``3.2e-3``, ``0.25``; ``0`` and ``–`` for none."""
    if value == 0:
        return "0"
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:#.2g}".removesuffix(".") if 0.01 <= abs(value) < 99 else short_exponent(f"{value:.1e}")


def rounded_power(value: float) -> str:
    """Return a norm in one figure: ``3e-5``, ``0.2``."""
    if value == 0 or not math.isfinite(value):
        return scientific(value)
    return f"{value:.1g}" if 0.095 <= abs(value) < 9.5 else short_exponent(f"{value:.0e}")


def short_exponent(text: str) -> str:
    """Return ``1e-05`` as ``1e-5`` and ``1.500e+06`` as ``1.5e6``."""
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".") if mantissa[-3:] == "000" or len(mantissa) > 4 else mantissa
    return f"{mantissa}e{int(exponent)}"
