"""The key to the diagram: small samples of what is drawn, each with a word."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.panels.network.health import RULE, Health, health_color
from gui.panels.network.painting import LEVELS, edge_pen, label_font, paint_dropout_mark, unit_colors
from gui.panels.painting import painter_on
from gui.panels.panel import scale
from gui.theme import DARK, Theme, pen

Sample = Callable[[QPainter, QRectF, Theme], None]
SAMPLE_WIDTH = 30.0


class LegendEntry(QWidget):
    """One sample and its word."""

    def __init__(self, text: str, tip: str, sample: Sample, *, sample_width: float = SAMPLE_WIDTH) -> None:
        super().__init__()
        self.theme = DARK
        self.text = ""
        self._sample = sample
        self._sample_width = sample_width
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_text(text, tip)

    def set_text(self, text: str, tip: str) -> None:
        """Say something else."""
        self.text = text
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.updateGeometry()
        self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(label_font(scale()))
        width = self._sample_width * scale() + 4 * scale() + metrics.horizontalAdvance(self.text) + 4 * scale()
        return QSize(round(width), round(metrics.height() + 2 * scale()))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            room = QRectF(0, 0, self._sample_width * scale(), self.height())
            self._sample(painter, room, self.theme)
            painter.setFont(label_font(scale()))
            painter.setPen(QColor(self.theme.muted))
            words = QRectF(room.right() + 4 * scale(), 0, self.width() - room.right(), self.height())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text)


def edge_entry() -> LegendEntry:
    """Return the key to edges."""
    return LegendEntry(
        "weight + / −", "Edges are weights: solid where positive, dashed where negative, stronger where larger",
        _edges, sample_width=38.0,
    )


def node_entry() -> LegendEntry:
    """Return the key to units."""
    return LegendEntry(
        "activation", "Units are colored by mean activation, from the lowest of the layer to its highest", _nodes,
        sample_width=32.0,
    )


def map_entry() -> LegendEntry:
    """Return the key to response maps."""
    return LegendEntry(
        "− 0 +", "Each square is what the unit answers over the plane of the two features", _shades, sample_width=36.0
    )


def bar_entry() -> LegendEntry:
    """Return the key to bars."""
    return LegendEntry(
        "gradient norm", f"Bars are the norm of each layer's weight gradient, on a log scale.\n{RULE}", _bars,
        sample_width=38.0,
    )


def norm_entry() -> LegendEntry:
    """Return the key to outlines; its text names the normalization."""
    return LegendEntry("norm", "", _outline, sample_width=10.0)


def dropout_entry() -> LegendEntry:
    """Return the key to struck-through circles; its text gives the share."""
    return LegendEntry("dropout", "", _dropout, sample_width=9.0)


def _edges(painter: QPainter, room: QRectF, theme: Theme) -> None:
    half, middle = room.width() / 2, room.center().y()
    for negative, left in ((False, room.left()), (True, room.left() + half)):
        painter.setPen(edge_pen(theme, negative, 2))
        for shift in (0.0, 0.6):
            at = QPointF(left, middle + shift)
            painter.drawLine(at, at + QPointF(half - 3.0, 0.0))


def _nodes(painter: QPainter, room: QRectF, theme: Theme) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for index, color in enumerate(unit_colors(theme)[:: LEVELS // 3 - 1][:4]):
        painter.setBrush(QColor(color))
        radius = 0.11 * room.width()
        at = QPointF(room.left() + (0.125 + 0.25 * index) * room.width(), room.center().y())
        painter.drawEllipse(at, radius, radius)


def _bars(painter: QPainter, room: QRectF, theme: Theme) -> None:
    healths = (Health.VANISHED, Health.SMALL, Health.FINE, Health.LARGE)
    width, height = room.width() / len(healths), 0.62 * room.height()
    for index, (health, share) in enumerate(zip(healths, (0.25, 0.5, 0.75, 1.0), strict=True)):
        bottom = room.center().y() + height / 2
        bar = QRectF(room.left() + index * width, bottom - share * height, width - 3.0, share * height)
        painter.fillRect(bar, QColor(health_color(health, theme)))


def _shades(painter: QPainter, room: QRectF, theme: Theme) -> None:
    width, side = room.width() / 3, 0.62 * room.height()
    for index, color in enumerate((theme.series[1], theme.background, theme.series[0])):
        square = QRectF(room.left() + index * width, room.center().y() - side / 2, width, side)
        painter.fillRect(square, QColor(color))


def _outline(painter: QPainter, room: QRectF, theme: Theme) -> None:
    painter.setPen(pen(theme.muted))
    painter.drawRoundedRect(room.adjusted(1, 1.5, -1, -1.5), room.width() / 2, room.width() / 2)


def _dropout(painter: QPainter, room: QRectF, theme: Theme) -> None:
    paint_dropout_mark(painter, room.center(), theme, scale())
