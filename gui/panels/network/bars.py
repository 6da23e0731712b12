"""Under each layer a bar of its gradient norm on a log scale, with its value and a mark of its health."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPolygonF

from gui.panels import ranges
from gui.panels.network.geometry import Layout, text_every
from gui.panels.network.health import MARKS, FloatArray, Health, Verdict, bar_limits, bar_share, health_color, judged
from gui.theme import Theme

LONGEST = "3e-15"
SHAPES = {
    "▾": ((-0.9, 0.0), (0.9, 0.0), (0.0, 1.0)), "▴": ((-0.9, 1.0), (0.9, 1.0), (0.0, 0.0)),
    "!": ((-0.3, -0.4), (0.3, -0.4), (0.3, 1.2), (-0.3, 1.2)),
}
"""Drawn as shapes: a letter that only another font has costs ten times as much."""


@dataclass
class Bars:
    """Norms of the layers, and what is said of them.

    Attributes
    ----------
    limits
        Ends of the scale shared by all layers, in decades; None while there are no norms.
    """

    norms: FloatArray
    verdicts: tuple[Verdict, ...]
    limits: ranges.Limits | None

    @classmethod
    def of(cls, norms: FloatArray, before: Bars | None = None) -> Bars:
        """Return the bars of new norms, on the scale of those before where it suits."""
        return cls(norms, judged(norms), bar_limits(norms, before.limits if before else None))

    def paint(self, painter: QPainter, layout: Layout, theme: Theme, font: QFont) -> None:
        """Draw a bar for every layer."""
        columns = layout.columns[1:]
        if self.limits is None or len(self.norms) != len(columns):
            return
        height, width = layout.bar_bottom - layout.bar_top, min(24.0 * layout.scale, 0.62 * layout.step)
        bars: dict[Health, list[QRectF]] = {}
        for column, norm, verdict in zip(columns, self.norms.tolist(), self.verdicts, strict=True):
            tall = max(1.5, bar_share(norm, self.limits) * height)
            bar = QRectF(column.x - width / 2, layout.bar_bottom - tall, width, tall)
            bars.setdefault(verdict.health, []).append(bar)
        for health, drawn in bars.items():
            color = QColor(health_color(health, theme))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRects(drawn)
            self._paint_marks(painter, MARKS.get(health, ""), drawn, layout, theme)
        self._paint_values(painter, layout, theme, font)

    def _paint_marks(
        self, painter: QPainter, marks: str, bars: list[QRectF], layout: Layout, theme: Theme
    ) -> None:
        """Draw what marks a health above the bars, or on those that fill the room."""
        side = min(3.2 * layout.scale, 0.19 * layout.step)
        above, inside = QPainterPath(), QPainterPath()
        for bar in bars if marks else ():
            full = bar.top() < layout.bar_top + 6.0 * layout.scale
            y = bar.top() + (3.0 if full else -4.0) * layout.scale - side / 2
            for index, mark in enumerate(marks):
                x = bar.center().x() + (index - 0.5 * (len(marks) - 1)) * 2.2 * side
                shape = QPolygonF([QPointF(x + side * dx, y + side * dy) for dx, dy in SHAPES[mark]])
                (inside if full else above).addPolygon(shape)
        painter.drawPath(above)
        painter.setBrush(QColor(theme.surface))
        painter.drawPath(inside)

    def _paint_values(self, painter: QPainter, layout: Layout, theme: Theme, font: QFont) -> None:
        columns, metrics = layout.columns[1:], QFontMetricsF(font)
        every = text_every(metrics.horizontalAdvance(LONGEST), layout.step)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        for index in range((len(columns) - 1) % every, len(columns), every):
            place = QRectF(columns[index].x - 40, layout.bar_bottom + 1, 80, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, ranges.rounded_power(float(self.norms[index])))
