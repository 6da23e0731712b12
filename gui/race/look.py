"""Colors and dashes of the runs of a race, and the sample of line that stands for each."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from gui.theme import Theme, pen

LAST_DASH = (1.5, 2.5, 1.5, 2.5, 6, 2.5)


def color_of(place: int, theme: Theme) -> str:
    """Return the color of a run: the eighth of Okabe and Ito is that of the text."""
    return theme.series[place] if place < len(theme.series) else theme.text


def dash_of(place: int, theme: Theme) -> tuple[float, ...]:
    """Return the dash pattern of a run."""
    return theme.dashes[place] if place < len(theme.dashes) else LAST_DASH


def draw_sample(painter: QPainter, place: int, theme: Theme, room: QRectF) -> None:
    """Draw a piece of a run's line across the middle of a rectangle."""
    line = pen(color_of(place, theme), width=2.0, dash=tuple(part / 2 for part in dash_of(place, theme)))
    line.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    y = round(room.center().y())
    painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
