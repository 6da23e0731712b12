"""The stability gauge: the rate times the largest curvature against the optimizer's limit, now and over the steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.grouped import grouped
from gui.instruments.figures import told
from gui.instruments.readings_panel import POINTS, ReadingsPanel
from gui.panels import ranges
from gui.panels.painting import painter_on
from gui.panels.plot_axes import Guide, Line, PlotAxes, decades
from gui.panels.scale import scale
from gui.theme import DARK, Theme, mix, pen, text_font
from gui.tips import plain_label, plain_tip
from training.instruments.stability import limit_formula, notes_on

if TYPE_CHECKING:
    from gui.run_view import RunView

CURVATURE, PRODUCT, LIMIT, SHARE, GROWTH, LEFT = range(6)
"""Columns of the instrument."""
EDGE = 0.05
"""Within so much of the limit a run is said to be at the edge."""
GAUGE_TIP = "The rate times the largest curvature: right of the middle it is beyond what the optimizer can bear"
REACH = 2.0
"""The gauge goes to so many times the limit."""
LEAST = 136
"""Pixels of height that the gauge and a sentence of three lines take."""
ROOM_FOR_NOTES, ROOM_FOR_PLOT = 300, 190
"""Pixels of height from which on there are notes, and a plot over the steps."""


class Stability(ReadingsPanel):
    """A gauge that fills up to the limit, what that means in words, and both over the steps."""

    title = "Stability: η λ against its limit"
    short_title = "Stability"
    name = "stability"
    shortcut = "Alt+7"
    instruments: Mapping[str, str] = {"stability": ""}
    curves = frozenset({"stability"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", y_label="η λ / limit", log_y=True), parent)
        self.gauge = Gauge()
        self.verdict = plain_label()
        self.verdict.setWordWrap(True)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.notes = plain_label()
        self.notes.setProperty("role", "caption")
        self.notes.setWordWrap(True)
        self.notes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for index, widget in enumerate((self.gauge, self.verdict, self.notes), start=1):
            self.body.insertWidget(index, widget)
        self.setMinimumHeight(round(LEAST * scale()))
        self.line = Line("η λ / limit", bold=True)
        self.axes.add(self.line)
        self.figure_label.setToolTip("Learning rate times largest curvature, and the limit of the optimizer")
        self.restyle(self.theme)

    def clear_view(self) -> None:
        self.line.set_data(np.empty(0), np.empty(0))
        self.gauge.show_share(math.nan, "")
        self.verdict.setText("")
        self.notes.setText("")
        self.axes.guides = []
        self.axes.set_limits((0.0, 1.0), (-2.0, 0.5))

    def color_view(self) -> None:
        self.gauge.restyle(self.theme)
        self.line.pen = pen(self.theme.series[0])

    def draw_view(self, run: RunView) -> None:
        steps, values = self.series(run).some(POINTS)
        heights = decades(values[:, SHARE]) if len(values) else np.empty(0)
        self.line.set_data(steps.astype(np.float64), heights)
        self.axes.guides = [Guide(0.0, "limit")] if len(values) else []
        seen = np.append(heights, [-0.5, 0.2])  # of the limit there is always something to be seen on both sides
        self.axes.set_limits(self.time_limits(run), ranges.limits_of_decades(seen, self.axes.limits[1]))
        reading = self.series(run).at(run.shown_step)
        self._say(run, reading.values if reading is not None else np.full(6, np.nan))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Leave out what has no room: the gauge and the sentence say most."""
        if self.resting:
            return
        height = self.height() / scale()
        self.axes.setVisible(height >= ROOM_FOR_PLOT)
        self.notes.setVisible(height >= ROOM_FOR_NOTES and bool(self.notes.text()))
        if self.axes.isHidden() and not self.verdict.text():
            self.verdict.setText(self.axes.empty)
        self.verdict.setVisible(bool(self.verdict.text()))

    def _say(self, run: RunView, values: np.ndarray) -> None:
        formula = limit_formula(run.experiment)
        limit, product = told(float(values[LIMIT])), told(float(values[PRODUCT]))
        whole = formula if limit in ("–", formula) else f"{formula} = {limit}"
        self.gauge.show_share(float(values[SHARE]), f"limit {whole}")
        known = math.isfinite(values[PRODUCT])
        self.set_figure(*(f"ηλ = {product} of {limit}", f"ηλ = {product}") if known else ("",))
        text = verdict(values)
        if text != self.verdict.text():
            self.verdict.setText(text)
        notes = notes_on(run.experiment)
        short = notes[0].split(". ")[0].rstrip(".") + "." if notes else ""
        if short != self.notes.text():
            self.notes.setText(short)
        self.notes.setToolTip(plain_tip("\n".join(notes)))
        self.gauge.setToolTip(plain_tip("\n".join([GAUGE_TIP, *notes])))

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        reading = self.series(run).at(step)
        if reading is None:
            return []
        values = reading.values
        return [
            (self.theme.series[0], f"η λ  {told(float(values[PRODUCT]))}, limit {told(float(values[LIMIT]))}"),
            ("", f"λ max  {told(float(values[CURVATURE]))}"),
        ]


class Gauge(QWidget):
    """A bar that fills; the limit is in its middle, and what lies beyond is told by a mark and a color."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = DARK
        self.share = math.nan
        self.limit = ""
        self.setAccessibleName("Stability gauge")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.sizeHint().height())

    def show_share(self, share: float, limit: str) -> None:
        """Show a part of the limit, and what the limit is."""
        if (share, limit) != (self.share, self.limit):
            self.share, self.limit = share, limit
            self.setAccessibleDescription(f"{share:.0%} of the {limit}" if math.isfinite(share) else "")
            self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(200 * scale()), round(2.6 * QFontMetricsF(text_font(scale(), px=10.5)).height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(text_font(scale(), px=10.5))
            line = painter.fontMetrics().height()
            bar = QRectF(0.5, 2.0, self.width() - 1.0, self.height() - line - 6.0)
            self._paint_bar(painter, bar)
            painter.setPen(QColor(self.theme.muted))
            below = QRectF(0.0, bar.bottom() + 3.0, self.width(), line)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "stable")
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.limit)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, "unstable")

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        theme, radius = self.theme, 4 * scale()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(bar, radius, radius)
        if math.isfinite(self.share):
            end = bar.left() + bar.width() * min(max(self.share, 0.0), REACH) / REACH
            color = theme.ok if self.share < 1.0 - EDGE else theme.warn if self.share <= 1.0 + EDGE else theme.error
            painter.setBrush(QColor(mix(theme.raised, color, 0.75)))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), end - bar.left(), bar.height()), radius, radius)
            painter.setBrush(QColor(theme.text))
            half = 5 * scale()
            painter.drawPolygon(QPolygonF([
                QPointF(end, bar.bottom() - half), QPointF(end - half, bar.bottom() + 1),
                QPointF(end + half, bar.bottom() + 1),
            ]))
        painter.setPen(pen(theme.text))
        middle = round(bar.center().x())
        painter.drawLine(QPointF(middle, bar.top() - 1), QPointF(middle, bar.bottom() + 1))


def verdict(values: np.ndarray) -> str:
    """Return what a reading says, in a sentence or two."""
    share, growth, left = float(values[SHARE]), float(values[GROWTH]), float(values[LEFT])
    if not math.isfinite(share):
        return ""
    if share < 1.0 - EDGE:
        part = f"{share:.0%}" if share >= 0.01 else "less than 1%"
        return f"Stable: the rate is {part} of the largest stable one for the steepest direction."
    if share <= 1.0 + EDGE:
        return "At the edge of stability: along the steepest direction the loss neither settles nor runs away."
    text = f"Beyond the limit: a step multiplies the distance to the bottom of the steepest valley by {growth:.3g}."
    if math.isfinite(left):
        text += f" If it went on like this, numbers would overflow in about {grouped(round(left))} steps."
    return text
