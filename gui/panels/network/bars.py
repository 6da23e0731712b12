"""Under each layer a bar of its gradient norm on a log scale, with its value and a mark of its health."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from gui.panels import ranges
from gui.panels.network.geometry import Layout, text_every
from gui.panels.network.health import MARKS, FloatArray, Verdict, bar_limits, bar_share, health_color, judged
from gui.theme import Theme

LONGEST = "3e-15"


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
        metrics = QFontMetricsF(font)
        line, height = metrics.height(), layout.bar_bottom - layout.bar_top
        width = min(24.0 * layout.scale, 0.62 * layout.step)
        every = text_every(metrics.horizontalAdvance(LONGEST), layout.step)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        for index, (column, norm, verdict) in enumerate(
            zip(columns, self.norms.tolist(), self.verdicts, strict=True)
        ):
            color = QColor(health_color(verdict.health, theme))
            top = layout.bar_bottom - max(1.5, bar_share(norm, self.limits) * height)
            painter.fillRect(QRectF(column.x - width / 2, top, width, layout.bar_bottom - top), color)
            mark = MARKS.get(verdict.health)
            if mark is not None:
                # A bar that fills the room has its mark on it.
                place = QRectF(column.x - 20, max(top - 0.9 * line, layout.bar_top), 40, line)
                painter.setPen(color if place.bottom() <= top + 0.2 * line else QColor(theme.surface))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, mark)
                painter.setPen(QColor(theme.muted))
            if (len(columns) - 1 - index) % every == 0:
                place = QRectF(column.x - 40, layout.bar_bottom + 1, 80, line)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, ranges.rounded_power(norm))
