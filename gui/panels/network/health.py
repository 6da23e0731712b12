"""How a layer's gradient norm compares with those of the others, and how high its bar stands. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gui.panels import ranges
from gui.theme import Theme

FloatArray = NDArray[np.float64]

SMALL, VANISHED, LARGE = 1e-2, 1e-4, 1e2
NEAR_THE_LOSS = 3
"""So many layers next to the loss are what the others are compared with."""


class Health(Enum):
    """What is said of a layer's gradient, and the mark beside the color that says the same."""

    FINE = "in line with the others"
    SMALL = "small"
    VANISHED = "vanished"
    LARGE = "large"
    NOT_FINITE = "not finite"
    UNKNOWN = "not known yet"


MARKS = {Health.SMALL: "▾", Health.VANISHED: "▾▾", Health.LARGE: "▴", Health.NOT_FINITE: "!"}

RULE = (
    "Compared with the layers next to the loss:\n"
    "▾ small: at most 1/100 · ▾▾ vanished: at most 1/10 000, or 0\n"
    "▴ large: at least 100 times · ! not finite"
)


@dataclass(frozen=True)
class Verdict:
    """What is said of one layer: its health, and its norm as a multiple of what it was compared with."""

    health: Health
    ratio: float


def judged(norms: FloatArray) -> tuple[Verdict, ...]:
    """Compare the gradient norm of each layer with those of the layers next to the loss.

    Backpropagation starts at the output, so what arrives there is the measure: the middle one of the
    last three layers' norms (of fewer layers, the output's), so that one odd layer does not decide.
    A layer at 1/100 of it or below counts as small, at 1/10,000 or below, or exactly 0, as vanished,
    at 100 times or above as large. Where no layer next to the loss has a positive norm, the largest
    of all is the measure. The median of all layers would not do: in a deep network whose gradient
    fades, it fades too, and healthy layers near the output would look too large.
    """
    reference = _reference(norms)
    return tuple(_verdict(norm, reference) for norm in norms.tolist())


def _reference(norms: FloatArray) -> float:
    usable = np.isfinite(norms) & (norms > 0)
    near = norms[-NEAR_THE_LOSS:] if len(norms) >= NEAR_THE_LOSS else norms[-1:]
    near = np.sort(near[np.isfinite(near) & (near > 0)])
    if len(near):
        return float(near[len(near) // 2])
    return float(norms[usable].max()) if usable.any() else math.nan


def _verdict(norm: float, reference: float) -> Verdict:
    if math.isnan(norm) or math.isinf(norm):
        return Verdict(Health.NOT_FINITE, math.nan)
    if norm <= 0.0:
        return Verdict(Health.VANISHED, 0.0)
    ratio = norm / reference
    if ratio <= VANISHED:
        return Verdict(Health.VANISHED, ratio)
    if ratio <= SMALL:
        return Verdict(Health.SMALL, ratio)
    return Verdict(Health.LARGE if ratio >= LARGE else Health.FINE, ratio)


def health_color(health: Health, theme: Theme) -> str:
    """Return the color of a bar: green, orange, vermilion and pink of a palette that is safe for color blindness."""
    return {
        Health.FINE: theme.ok, Health.SMALL: theme.warn, Health.VANISHED: theme.error,
        Health.LARGE: theme.series[3], Health.NOT_FINITE: theme.error, Health.UNKNOWN: theme.faint,
    }[health]


def bar_limits(norms: FloatArray, shown: ranges.Limits | None) -> ranges.Limits | None:
    """Return whole decades around the norms, at least three, kept while they suit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponents = np.log10(norms)
    exponents = exponents[np.isfinite(exponents)]
    if not len(exponents):
        return shown
    low, high = float(exponents.min()), float(exponents.max())
    if shown is not None and shown[0] + 0.2 <= low and high <= shown[1]:
        if high - low + 3.0 > 0.5 * (shown[1] - shown[0]):
            return shown
    top = math.ceil(high + 0.2)
    return min(math.floor(low - 0.4), top - 3.0), float(top)


def bar_share(norm: float, limits: ranges.Limits) -> float:
    """Return the height of a bar as a share of the room: none for zero, all for what is not finite."""
    if math.isnan(norm) or norm == math.inf:
        return 1.0
    if norm <= 0.0:
        return 0.0
    low, high = limits
    return min(1.0, max(0.0, (math.log10(norm) - low) / (high - low)))
