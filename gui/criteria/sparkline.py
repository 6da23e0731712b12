"""A small curve without axes: where a criterion came from, and how far it is from its threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPolygonF

from gui.theme import Theme, pen

FloatArray = NDArray[np.float64]

DECADES = 12  # further from the threshold, or from the largest value, nothing is drawn to scale


@dataclass(frozen=True)
class Sparkline:
    """Heights of the points and of the threshold, from 0 (bottom) to 1 (top).

    Attributes
    ----------
    x, y
        Points that can be drawn, shape ``[K]``; what is not known, or below zero on a log scale, is left out.
    threshold
        Height of the threshold; None if it cannot be drawn.
    """

    x: FloatArray
    y: FloatArray
    threshold: float | None


EMPTY = Sparkline(np.empty(0), np.empty(0), None)


def log_sparkline(values: FloatArray, threshold: float) -> Sparkline:
    """Return the curve of positive values on a log scale in whole decades, which holds the threshold too.

    Zero is drawn at the bottom and infinity at the top.
    """
    drawable = values >= 0  # false for NaN
    at, shown = np.flatnonzero(drawable), values[drawable]
    with np.errstate(divide="ignore"):
        decades = np.log10(shown)
    known = decades[np.isfinite(decades)]
    ends = [*((float(known.min()), float(known.max())) if len(known) else ())]
    line = math.log10(threshold) if threshold > 0 else None
    if line is not None:
        ends.append(line)
    if not ends:
        return Sparkline(_positions(at, len(values)), np.zeros(len(at)), None)
    low, high = math.floor(min(ends)), math.ceil(max(ends))
    low = max(low, high - DECADES)
    height = max(1, high - low)
    heights = np.clip((decades - low) / height, 0.0, 1.0)
    return Sparkline(_positions(at, len(values)), heights, None if line is None else max(0.0, (line - low) / height))


def linear_sparkline(values: FloatArray, threshold: float) -> Sparkline:
    """Return the curve of a count that climbs towards its threshold."""
    at = np.flatnonzero(np.isfinite(values))
    shown = values[at]
    top = max(float(threshold), float(shown.max()) if len(shown) else 0.0, 1.0)
    return Sparkline(_positions(at, len(values)), shown / top, threshold / top)


def _positions(at: NDArray[np.int64], points: int) -> FloatArray:
    return at / max(1, points - 1)


def draw(painter: QPainter, line: Sparkline, box: QRectF, theme: Theme, *, faint: bool) -> None:
    """Draw a curve and its threshold into a box: thin lines, which cost a third of thicker ones."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if line.threshold is not None:
        height = box.bottom() - line.threshold * box.height()
        painter.setPen(pen(theme.faint if faint else theme.warn, width=2.0 if theme.bold else 1.0, dash=(2.0, 3.0)))
        painter.drawLine(QLineF(box.left(), height, box.right(), height))
    if not len(line.x):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = pen(theme.faint if faint else theme.accent, width=2.0 if theme.bold else 1.0)
    painter.setPen(ink)
    xs = (box.left() + line.x * box.width()).tolist()
    ys = (box.bottom() - line.y * box.height()).tolist()
    if len(xs) > 1:
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs, ys, strict=True)]))
    size = 5.0 if theme.bold else 3.0
    painter.fillRect(QRectF(xs[-1] - size / 2, ys[-1] - size / 2, size, size), ink.color())
