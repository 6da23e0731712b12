"""The moment pointed at: a thin line across a plot, and beside it what the curves say there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gui.panels.plot_marks import static_text
from gui.panels.plot_view import PlotView
from gui.theme import Theme, pen

Row = tuple[str, str]
"""A color (empty: none) and a text."""
GAP = 8.0
SWATCH = 7.0


class Crosshair:
    """A vertical line with a box of rows, which never gets narrower while the pointer moves."""

    def __init__(self) -> None:
        self.x: float | None = None
        self.readout: tuple[Row, ...] = ()
        self._width = 0.0

    def put(self, x: float | None, readout: Sequence[Row] = ()) -> bool:
        """Stand at `x` (in view coordinates), or nowhere; return whether anything has changed."""
        if x is not None and not math.isfinite(x):
            x = None
        rows = tuple(readout) if x is not None else ()
        if (x, rows) == (self.x, self.readout):
            return False
        if x is None:
            self._width = 0.0
        self.x, self.readout = x, rows
        return True

    @property
    def text(self) -> str:
        """What is read out, for those who hear it."""
        return "; ".join(text for _, text in self.readout)

    def draw(self, painter: QPainter, view: PlotView, theme: Theme, scale: float) -> None:
        """Draw in pixels, if it stands within the view."""
        if self.x is None:
            return
        box = view.box
        px, _ = view.to_pixels(np.array([self.x]), np.zeros(1))
        at = float(px[0])
        if not box.left() - 0.5 <= at <= box.right() + 0.5:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        wide = 2.0 if theme.bold else 1.0
        for color, x in ((theme.surface, round(at) + wide), (theme.muted, float(round(at)))):  # seen on maps as well
            painter.setPen(pen(color, width=wide))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        if self.readout:
            self._draw_rows(painter, at, box, theme, scale)

    def _draw_rows(self, painter: QPainter, at: float, box: QRectF, theme: Theme, scale: float) -> None:
        line = float(painter.fontMetrics().height())
        room = max(1, int((box.height() - 2 * GAP * scale) / line))
        rows = self.readout[:room]
        place = self._place(painter, at, box, len(rows) * line, scale)
        ground = QColor(theme.raised)
        ground.setAlphaF(0.94)
        painter.fillRect(place, ground)
        painter.setPen(pen(theme.border))
        painter.drawRect(place)
        y, left = place.top() + 0.4 * GAP * scale, place.left() + GAP * scale
        for color, text in rows:
            indent = 0.0
            if color:
                indent = (SWATCH + 5) * scale
                painter.fillRect(
                    QRectF(left, y + line / 2 - 1.5 * scale, SWATCH * scale, 3 * scale), QColor(color)
                )
            painter.setPen(QColor(theme.text))
            painter.drawStaticText(QPointF(left + indent, y), static_text(text))
            y += line

    def _place(self, painter: QPainter, at: float, box: QRectF, height: float, scale: float) -> QRectF:
        """Return where the box of rows stands: at the right of the line if it has room there, else at its left."""
        metrics = painter.fontMetrics()
        swatch = (SWATCH + 5) * scale
        widths = [metrics.horizontalAdvance(text) + (swatch if color else 0.0) for color, text in self.readout]
        self._width = max(self._width, *widths)
        width = self._width + 2 * GAP * scale
        gap = GAP * scale
        if at + gap + width <= box.right():
            left = at + gap
        elif at - gap - width >= 0.0:
            left = at - gap - width
        else:  # in a plot narrower than that, the wider side
            left = at + gap if box.right() - at > at - box.left() else max(0.0, at - gap - width)
        return QRectF(round(left), round(box.top() + 2), round(width), round(height + 0.8 * gap))
