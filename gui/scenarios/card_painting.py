"""The picture on a card, drawn from data: curves of every run, or maps of the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from gui.panels.map_colors import blended
from gui.panels.samples import class_colors
from gui.theme import Theme, text_font, viridis_table

WORDS_PX = 10
MOST_LEGENDS = 4
LEGEND_ROW = 14
LEGEND_STROKE = 18  # the piece of line, and the room after it
LEGEND_GAP = 8


def paint_picture(
    painter: QPainter, rect: QRectF, picture: dict[str, Any] | None, theme: Theme, scale: float
) -> None:
    """Draw a picture; where there is none, or none that can be read, a calm stand-in."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        if picture is None:
            _paint_nothing(painter, rect, theme, scale)
        elif picture.get("kind") == "maps":
            _paint_maps(painter, rect, picture["maps"], theme, scale)
        else:
            _paint_curves(painter, rect, picture, theme, scale)
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError):
        _paint_nothing(painter, rect, theme, scale)
    finally:
        painter.restore()


def _paint_nothing(painter: QPainter, rect: QRectF, theme: Theme, scale: float) -> None:
    """Draw three falling curves, faintly: a learning curve, of nothing in particular."""
    inner = rect.adjusted(14 * scale, 14 * scale, -14 * scale, -14 * scale)
    for number, rate in enumerate((2.0, 4.0, 8.0)):
        line = QPolygonF()
        for step in range(41):
            share = step / 40
            height = math.exp(-rate * share) * inner.height() * (0.95 - 0.1 * number)
            line.append(QPointF(inner.left() + share * inner.width(), inner.bottom() - height))
        painter.setPen(QPen(QColor(theme.grid), 1.6 * scale))
        painter.drawPolyline(line)


# ------------------------------------------------------------------------------------- curves


def _paint_curves(
    painter: QPainter, rect: QRectF, picture: dict[str, Any], theme: Theme, scale: float
) -> None:
    series = [each for each in picture["series"] if each["x"]]
    if not series:
        _paint_nothing(painter, rect, theme, scale)
        return
    log = bool(picture["log"]) and any(value > 0 for each in series for value in each["y"])
    legend = _legend([str(each["title"]) for each in series], rect.width() - 24 * scale, scale)
    below = 8 + LEGEND_ROW * len(legend)
    inner = rect.adjusted(12 * scale, 19 * scale, -12 * scale, -below * scale)
    low, high = _range([value for each in series for value in each["y"]], log)
    first, last = min(min(each["x"]) for each in series), max(max(each["x"]) for each in series)
    _paint_frame(painter, rect, inner, picture, theme, scale, log=log)
    painter.setClipRect(inner.adjusted(-3, -3, 3, 3))
    for number, each in enumerate(series):
        line = QPainterPath()
        points = [
            QPointF(inner.left() + (x - first) / max(1e-12, last - first) * inner.width(),
                    inner.bottom() - (_level(y, log, low) - low) / (high - low) * inner.height())
            for x, y in zip(each["x"], each["y"], strict=True)
        ]  # fmt: skip
        line.addPolygon(QPolygonF(points))
        painter.setPen(_pen(number, theme, scale))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(line)
        if picture["x"] == "layer" or len(points) == 1:
            painter.setBrush(QColor(theme.series[number % len(theme.series)]))
            painter.setPen(Qt.PenStyle.NoPen)
            for point in points:
                painter.drawEllipse(point, 2.2 * scale, 2.2 * scale)
    painter.setClipping(False)
    _paint_legend(painter, rect, legend, theme, scale)


def _pen(number: int, theme: Theme, scale: float) -> QPen:
    pen = QPen(QColor(theme.series[number % len(theme.series)]), 1.7 * scale * (1.5 if theme.bold else 1.0))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    dash = theme.dashes[number % len(theme.dashes)]
    if dash:
        pen.setDashPattern([length * 0.75 for length in dash])
    return pen


def _range(values: Sequence[float], log: bool) -> tuple[float, float]:
    """Return from where to where the axis goes, in what is drawn: the powers of ten of positive values, or values."""
    if log:
        logs = sorted(math.log10(value) for value in values if value > 0)
        low, high = logs[0], logs[-1]
        low, high = (low - 0.15, high + 0.15) if high - low < 0.3 else (low, high)
    else:
        low, high = min(values), max(values)
        if high - low < 1e-12:
            low, high = low - 0.5, high + 0.5
    reach = 0.06 * (high - low)
    return low - reach, high + reach


def _level(value: float, log: bool, low: float) -> float:
    if not log:
        return value
    return math.log10(value) if value > 0 else low


def _paint_frame(
    painter: QPainter, rect: QRectF, inner: QRectF, picture: dict[str, Any], theme: Theme, scale: float, *, log: bool
) -> None:
    painter.setPen(QPen(QColor(theme.grid), 1))
    for share in (0.0, 1 / 3, 2 / 3, 1.0):
        y = round(inner.top() + share * inner.height()) + 0.5
        painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
    painter.setFont(text_font(scale, px=WORDS_PX))
    painter.setPen(QColor(theme.muted))
    words = f"{picture['y']}, log" if log else str(picture["y"])
    top = QRectF(inner.left(), rect.top() + 3 * scale, inner.width(), 14 * scale)
    painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
    painter.setPen(QColor(theme.faint))
    painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"over {picture['x']}s")


def _legend(titles: Sequence[str], width: float, scale: float) -> list[list[tuple[int, str]]]:
    """Return the rows that name the curves: where they fit, two in a row, or else each in one of its own."""
    shown = list(enumerate(titles))
    if len(titles) > MOST_LEGENDS:
        shown = [*shown[: MOST_LEGENDS - 1], (-1, f"and {len(titles) - MOST_LEGENDS + 1} more")]
    metrics = QFontMetricsF(text_font(scale, px=WORDS_PX))
    cell = (width - LEGEND_GAP * scale) / 2 - LEGEND_STROKE * scale
    rows: list[list[tuple[int, str]]] = []
    for number, title in shown:
        fits = metrics.horizontalAdvance(title) <= cell
        before = rows[-1] if rows else []
        if fits and len(before) == 1 and metrics.horizontalAdvance(before[0][1]) <= cell:
            before.append((number, title))
        else:
            rows.append([(number, title)])
    return rows


def _paint_legend(
    painter: QPainter, rect: QRectF, rows: Sequence[Sequence[tuple[int, str]]], theme: Theme, scale: float
) -> None:
    """Name the curves below them."""
    font = text_font(scale, px=WORDS_PX)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    stroke, gap, high = LEGEND_STROKE * scale, LEGEND_GAP * scale, LEGEND_ROW * scale
    wide = (rect.width() - 24 * scale - gap) / 2
    top = rect.bottom() - 4 * scale - high * len(rows)
    for line, row in enumerate(rows):
        for column, (number, title) in enumerate(row):
            cell = QRectF(rect.left() + 12 * scale + column * (wide + gap), top + line * high,
                          2 * wide + gap if len(row) == 1 else wide, high)  # fmt: skip
            if number >= 0:
                painter.setPen(_pen(number, theme, scale))
                middle = cell.center().y()
                painter.drawLine(QPointF(cell.left(), middle), QPointF(cell.left() + stroke - 4 * scale, middle))
                cell.setLeft(cell.left() + stroke)
            painter.setPen(QColor(theme.muted))
            text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, cell.width())
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, text)


# --------------------------------------------------------------------------------------- maps


def _paint_maps(
    painter: QPainter, rect: QRectF, maps: Sequence[dict[str, Any]], theme: Theme, scale: float
) -> None:
    gap, words = 8 * scale, 16 * scale
    inner = rect.adjusted(12 * scale, 9 * scale, -12 * scale, -6 * scale)
    side = min(inner.height() - words, (inner.width() - gap * (len(maps) - 1)) / len(maps))
    wide = min((inner.width() - gap * (len(maps) - 1)) / len(maps), 1.5 * side)
    left = inner.center().x() - (len(maps) * wide + gap * (len(maps) - 1)) / 2
    painter.setFont(text_font(scale, px=WORDS_PX))
    metrics = QFontMetricsF(painter.font())
    for number, each in enumerate(maps):
        box = QRectF(left + number * (wide + gap), inner.top(), wide, side)
        _paint_map(painter, box, each, theme, scale)
        below = QRectF(box.left(), box.bottom() + 2 * scale, box.width(), words - 2 * scale)
        painter.setPen(QColor(theme.muted))
        title = metrics.elidedText(str(each["title"]), Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, title)


def _paint_map(painter: QPainter, box: QRectF, each: dict[str, Any], theme: Theme, scale: float) -> None:
    levels = np.array([[int(cell) for cell in row] for row in each["rows"]])
    classes = int(each["classes"])
    colors = _map_colors(levels, classes, theme)[::-1]  # pictures are stored from above
    pixels = np.ascontiguousarray(colors, dtype=np.uint8).tobytes()  # has to outlive the picture, which copies nothing
    image = QImage(pixels, levels.shape[1], levels.shape[0], 3 * levels.shape[1], QImage.Format.Format_RGB888)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    path = QPainterPath()
    path.addRoundedRect(box, 4 * scale, 4 * scale)
    tints = class_colors(max(2, classes), theme)
    across, up = box.width() / levels.shape[1], box.height() / levels.shape[0]
    samples = [
        (QPointF(box.left() + float(x) * across, box.bottom() - float(y) * up), tints[int(which)])
        for x, y, which in (each["samples"] if classes else [])
    ]
    painter.save()
    painter.setClipPath(path)
    painter.drawImage(box, image)
    painter.setPen(QPen(QColor(theme.surface), 0.6))
    for place, color in samples:
        painter.setBrush(QColor(color))
        painter.drawEllipse(place, 1.9 * scale, 1.9 * scale)
    painter.restore()


def _map_colors(levels: np.ndarray[Any, Any], classes: int, theme: Theme) -> np.ndarray[Any, Any]:
    if not classes:
        return viridis_table(10)[levels]
    flat = levels.ravel()
    if classes == 2:
        share = np.clip((flat + 0.5) / 10, 0.0, 1.0)
        sure = np.stack([1 - share, share], axis=1)
    else:
        sure = np.eye(classes)[np.clip(flat, 0, classes - 1)] * 0.9 + 0.1 / classes
    return blended(sure, class_colors(classes, theme), theme).reshape(*levels.shape, 3)
