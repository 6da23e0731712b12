"""Colors of a map: class probabilities blended, values as levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.panels import ranges
from gui.panels.samples import rgb
from gui.theme import Theme

FloatArray = NDArray[np.float64]


def blended(probabilities: FloatArray, colors: tuple[str, ...], theme: Theme) -> NDArray[np.uint8]:
    """Return a color [K, 3] for class probabilities [K, classes]: their colors mixed, fading where undecided."""
    classes = len(colors)
    p = np.nan_to_num(probabilities, nan=1.0 / classes)
    ground = rgb(theme.surface)
    tints = np.stack([rgb(color) for color in colors]) - ground
    sure = (p.max(axis=1, keepdims=True) - 1.0 / classes) / max(1.0 - 1.0 / classes, 1e-9)
    strength = (0.10 + 0.52 * np.clip(sure, 0.0, 1.0)) if theme.dark else (0.06 + 0.40 * np.clip(sure, 0.0, 1.0))
    return np.clip(ground + strength * (p @ tints), 0, 255).astype(np.uint8)


def level(values: FloatArray, limits: ranges.Limits, levels: int) -> NDArray[np.int64]:
    """Return which of so many levels between the limits each value has; NaN the lowest."""
    low, high = limits
    share = np.nan_to_num((values - low) / (high - low), nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(share * (levels - 1), 0, levels - 1).round().astype(np.int64)
