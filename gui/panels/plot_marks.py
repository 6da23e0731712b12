"""Marks across a plot and labels at the ends of its curves, placed so that none hides another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF, QStaticText

from gui.panels.plot_view import PlotView
from gui.theme import Theme, pen

FloatArray = NDArray[np.float64]

ALWAYS = 100.0
"""Labels of this weight are always shown, moved apart where they would overlap."""
FEW_LABELS = 3
"""So many labels are moved apart where they would overlap; of more, the less weighty are left out."""


@dataclass(frozen=True)
class Mark:
    """A vertical line across the plot, or with `tick` a small triangle at its foot."""

    x: float
    color: str
    label: str = ""
    tip: str = ""
    tick: bool = False


@dataclass(frozen=True)
class Guide:
    """A faint line across the plot at a height worth comparing with, and what it means."""

    y: float
    label: str


@dataclass(frozen=True)
class EndLabel:
    """A text at the right of the plot, at the height of the end of a curve; the weightiest win where they overlap."""

    y: float
    text: str
    color: str
    weight: float = 0.0


def marks_in(marks: list[Mark], view: PlotView) -> list[tuple[Mark, float]]:
    """Return the marks within the view, each with its pixel."""
    if not marks:
        return []
    px, _ = view.to_pixels(np.array([mark.x for mark in marks]), np.zeros(len(marks)))
    left, right = view.box.left() - 0.5, view.box.right() + 0.5
    return [(mark, x) for mark, x in zip(marks, px.tolist(), strict=True) if left <= x <= right]


def draw_marks(painter: QPainter, marks: list[Mark], view: PlotView, theme: Theme, scale: float) -> None:
    """Draw marks in pixels, at an interface scale of `scale`."""
    for mark, x in marks_in(marks, view):
        if mark.tick:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mark.color))
            foot, half = view.box.bottom(), 4 * scale
            painter.drawPolygon(
                QPolygonF([QPointF(x, foot - 7 * scale), QPointF(x - half, foot), QPointF(x + half, foot)])
            )
            painter.setBrush(Qt.BrushStyle.NoBrush)
            continue
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen(mark.color, width=2.0 if theme.bold else 1.0, dash=(4, 3)))
        painter.drawLine(QPointF(round(x), view.box.top()), QPointF(round(x), view.box.bottom()))
        _draw_mark_label(painter, mark, x, view.box, theme)


def _draw_mark_label(painter: QPainter, mark: Mark, x: float, box: QRectF, theme: Theme) -> None:
    if not mark.label:
        return
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(mark.label)
    left = x - width - 6 if x - width - 6 > box.left() else x + 6
    if left + width > box.right():
        return  # there are labels of the curves' ends; the tooltip has this one
    place = QRectF(left - 3, box.bottom() - metrics.height() - 5, width + 6, metrics.height() + 2)
    painter.fillRect(place, veil(theme))
    painter.setPen(QColor(theme.text))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, mark.label)


def draw_guides(painter: QPainter, guides: list[Guide], view: PlotView, theme: Theme) -> None:
    """Draw the lines of guides."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen(theme.faint, dash=(2, 4)))
    for _, y in _guides_in(guides, view):
        painter.drawLine(QPointF(view.box.left(), round(y)), QPointF(view.box.right(), round(y)))


def draw_guide_labels(painter: QPainter, guides: list[Guide], view: PlotView, theme: Theme) -> None:
    """Draw the labels of guides, at the left, each above its line."""
    for guide, y in _guides_in(guides, view):
        height = painter.fontMetrics().height()
        above = y - height - 1 if y - height - 1 > view.box.top() else y + 1
        metrics, room = painter.fontMetrics(), max(0, int(view.box.width()) - 8)
        label = metrics.elidedText(guide.label, Qt.TextElideMode.ElideRight, room)
        place = QRectF(view.box.left() + 3, above, metrics.horizontalAdvance(label) + 4, height)
        painter.fillRect(place, veil(theme))
        painter.setPen(QColor(theme.muted))
        painter.drawStaticText(QPointF(place.left() + 2, above), static_text(label))


def _guides_in(guides: list[Guide], view: PlotView) -> list[tuple[Guide, float]]:
    _, py = view.to_pixels(np.zeros(len(guides)), np.array([guide.y for guide in guides]))
    return [
        (guide, y) for guide, y in zip(guides, py.tolist(), strict=True) if view.box.top() <= y <= view.box.bottom()
    ]


def draw_end_labels(painter: QPainter, labels: list[EndLabel], view: PlotView) -> None:
    """Draw labels at the right of the plot."""
    height = float(painter.fontMetrics().height())
    for label, y in placed_labels(labels, view, height):
        painter.setPen(QColor(label.color))
        painter.drawStaticText(QPointF(view.box.right() + 5, y - height / 2), static_text(label.text))


def placed_labels(labels: list[EndLabel], view: PlotView, height: float) -> list[tuple[EndLabel, float]]:
    """Return the labels that have room, each with the pixel of its middle."""
    if not labels:
        return []
    _, py = view.to_pixels(np.zeros(len(labels)), np.array([label.y for label in labels]))
    return without_overlap(labels, py, height, view.box.top(), view.box.bottom())


def veil(theme: Theme) -> QColor:
    """Return a ground that keeps a text readable where curves run behind it."""
    ground = QColor(theme.surface)
    ground.setAlphaF(0.75)
    return ground


@lru_cache(maxsize=512)
def static_text(text: str) -> QStaticText:
    """Return a text that is laid out once, shown letter by letter."""
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    return made


def without_overlap(
    labels: list[EndLabel], py: FloatArray, height: float, top: float, bottom: float
) -> list[tuple[EndLabel, float]]:
    """Return the labels that have room, the weightiest first, each kept within the plot."""
    if len(labels) <= FEW_LABELS:
        return _pushed_apart(labels, py, height, top, bottom)
    always = [index for index in range(len(labels)) if labels[index].weight >= ALWAYS]
    placed = _pushed_apart([labels[index] for index in always], py[always], height, top, bottom)
    others = sorted(set(range(len(labels))) - set(always), key=lambda index: -labels[index].weight)
    for index in others:
        y = float(py[index])
        if math.isnan(y):
            continue
        y = min(max(y, top + height / 2 - 4), bottom - height / 2 + 2)
        if all(abs(y - other) >= height for _, other in placed):
            placed.append((labels[index], y))
    return placed


def _pushed_apart(
    labels: list[EndLabel], py: FloatArray, height: float, top: float, bottom: float
) -> list[tuple[EndLabel, float]]:
    """Return all of a few labels, moved as little as needed."""
    there = [index for index in np.argsort(py).tolist() if not math.isnan(py[index])]
    places = [min(max(float(py[index]), top + height / 2 - 4), bottom - height / 2 + 2) for index in there]
    for row in range(1, len(places)):
        places[row] = max(places[row], places[row - 1] + height)
    if places and places[-1] > bottom:
        places = [place - (places[-1] - bottom) for place in places]
    return [(labels[index], place) for index, place in zip(there, places, strict=True)]
