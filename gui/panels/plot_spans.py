"""Parts of an axis that something is said about: a quiet ground, a line where it begins, and a label on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gui.panels.plot_marks import veil
from gui.panels.plot_view import PlotView
from gui.theme import Theme, pen

GROUND, STRONG_GROUND = 0.07, 0.16
EDGE, STRONG_EDGE = 0.45, 0.9
LEAST = 3.0
"""Pixels that even a single moment takes."""
NEAR = 6.0
"""Pixels from its beginning within which a span is asked about."""


@dataclass(frozen=True)
class Span:
    """A part of the axis from `left` to `right`, in view coordinates; NaN at the left: from its beginning.

    Attributes
    ----------
    label, tip
        What stands at its top, and what it tells the pointer.
    strong
        Whether it is pointed at.
    """

    left: float
    right: float
    color: str
    label: str = ""
    tip: str = ""
    strong: bool = False


def spans_in(spans: Sequence[Span], view: PlotView) -> list[tuple[Span, QRectF]]:
    """Return the spans that reach into the view, each with its place in pixels."""
    found = []
    for span in spans:
        px, _ = view.to_pixels(np.array([span.left, span.right]), np.zeros(2))
        left = view.box.left() if math.isnan(px[0]) else min(max(float(px[0]), view.box.left()), view.box.right())
        right = min(max(float(px[1]), left + LEAST), view.box.right())
        if px[1] >= view.box.left() and (math.isnan(px[0]) or px[0] <= view.box.right()):
            found.append((span, QRectF(left, view.box.top(), max(right - left, 1.0), view.box.height())))
    return found


def draw_spans(painter: QPainter, spans: Sequence[Span], view: PlotView, theme: Theme) -> None:
    """Draw the grounds and the lines at which they begin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for span, place in spans_in(spans, view):
        painter.fillRect(place, _through(span.color, STRONG_GROUND if span.strong else GROUND))
        line = pen(span.color, width=2.0 if theme.bold else 1.0)
        line.setColor(_through(span.color, STRONG_EDGE if span.strong else EDGE))
        painter.setPen(line)
        x = round(place.left())
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))


def draw_span_labels(
    painter: QPainter, spans: Sequence[Span], view: PlotView, theme: Theme, taken: QRectF | None = None
) -> None:
    """Write the labels at the top of the spans, as far as they have room, below what is `taken` there."""
    metrics = QFontMetricsF(painter.font())
    for span, place in spans_in(spans, view):
        if not span.label:
            continue
        width = metrics.horizontalAdvance(span.label) + 6
        left = min(place.left() + 3, view.box.right() - width)
        if left < view.box.left():
            continue  # the tooltip has it
        room = QRectF(left, view.box.top() + 2, width, metrics.height())
        if taken is not None and room.intersects(taken):
            room.moveTop(taken.bottom() + 1)
        painter.fillRect(room, veil(theme))
        painter.setPen(QColor(span.color))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, span.label)


def span_tips(spans: Sequence[Span], view: PlotView, x: float) -> list[str]:
    """Return what the spans have to say that begin at a pixel; further in, nothing is to hide the curves."""
    return [span.tip for span, place in spans_in(spans, view) if span.tip and abs(place.left() - x) <= NEAR]


def _through(color: str, share: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(share)
    return made
