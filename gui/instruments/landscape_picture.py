"""A loss landscape as a picture: as far as it is known, smooth between its points, bright where the loss is low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.panels import ranges

FloatArray = NDArray[np.float64]

LEVELS = 256
HIGH = 0.97
"""Losses beyond this share of all are drawn like it: one 1e30 would leave no detail."""
COARSEST = 8


@dataclass(frozen=True, eq=False)
class Heights:
    """The losses on the finest grid all of which is known: every `stride`-th point of it, ``[ny, nx]``."""

    stride: int
    losses: FloatArray


def known_heights(losses: FloatArray) -> Heights | None:
    """Return what is known of a landscape all over; None while there is nothing."""
    stride = 1
    while stride <= COARSEST:
        part = losses[::stride, ::stride]
        if not np.isnan(part).any():
            return Heights(stride, part)
        stride *= 2
    return None


def shades(losses: FloatArray) -> tuple[FloatArray, tuple[str, str, str]]:
    """Return how bright each loss is (1: the lowest, 0: high), and what bright, middle and dark mean.

    Even in the logarithm, where all losses are positive.
    """
    finite = losses[np.isfinite(losses)]
    if not finite.size:
        return np.zeros(losses.shape), ("", "", "∞")
    low, high = float(finite.min()), float(np.quantile(finite, HIGH))
    log = low > 0.0
    heights, ends = (np.log10(np.maximum(losses, low)), np.log10([low, max(high, low)])) if log else (
        losses, np.array([low, high])
    )
    span = max(float(ends[1] - ends[0]), 1e-12)
    share = np.nan_to_num(np.clip((heights - ends[0]) / span, 0.0, 1.0), nan=1.0)
    middle = 10.0 ** float(ends.mean()) if log else float(ends.mean())
    return 1.0 - share, (ranges.scientific(low), ranges.scientific(middle), f"≥ {ranges.scientific(high)}")


def between(values: FloatArray, times: int) -> FloatArray:
    """Return values on a grid so many times as fine, linear between those known; the ends stay where they are."""
    if times == 1:
        return values
    return _along_rows(_along_rows(values, times).T, times).T


def _along_rows(values: FloatArray, times: int) -> FloatArray:
    known = np.arange(values.shape[1])
    wanted = np.arange((values.shape[1] - 1) * times + 1) / times
    return np.stack([np.interp(wanted, known, row) for row in values])


def levels(bright: FloatArray) -> NDArray[np.uint8]:
    """Return brightness as rows of a table of `LEVELS` colors."""
    return (bright * (LEVELS - 1)).astype(np.uint8)
