"""The few icons of the window, drawn as paths: no font or file they depend on, sharp at any scale."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

SIZE = 16  # the unit the drawings below are made in


def _reset(painter: QPainter) -> None:
    painter.drawArc(QRectF(3, 3, 10, 10), 60 * 16, 290 * 16)
    painter.drawPolyline(QPolygonF([QPointF(10.2, 1.2), QPointF(10.6, 4.0), QPointF(7.8, 4.6)]))


def _play(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(5, 3.5), QPointF(12.5, 8), QPointF(5, 12.5)]))


def _pause(painter: QPainter) -> None:
    painter.fillRect(QRectF(4.0, 3.2, 2.8, 9.6), painter.pen().color())
    painter.fillRect(QRectF(9.2, 3.2, 2.8, 9.6), painter.pen().color())


def _step(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(4, 4), QPointF(9.5, 8), QPointF(4, 12)]))
    painter.drawLine(QPointF(12, 4), QPointF(12, 12))


def _epoch(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    for x in (2.5, 8.0):
        painter.drawPolygon(QPolygonF([QPointF(x, 4), QPointF(x + 5, 8), QPointF(x, 12)]))


def _stop(painter: QPainter) -> None:
    painter.fillRect(QRectF(3.8, 3.8, 8.4, 8.4), painter.pen().color())


def _theme(painter: QPainter) -> None:
    painter.drawEllipse(QRectF(3, 3, 10, 10))
    painter.setBrush(painter.pen().color())
    painter.drawPie(QRectF(3, 3, 10, 10), 90 * 16, 180 * 16)


def _menu(painter: QPainter) -> None:
    for y in (4.5, 8.0, 11.5):
        painter.drawLine(QPointF(3, y), QPointF(13, y))


def _more(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(4, 6.5), QPointF(8, 10.5), QPointF(12, 6.5)]))


def _copy(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(3, 5.5, 7, 7.5), 1.5, 1.5)
    painter.drawPolyline(QPolygonF([QPointF(6, 3.0), QPointF(13, 3.0), QPointF(13, 10.5)]))


def _close(painter: QPainter) -> None:
    painter.drawLine(QPointF(4.5, 4.5), QPointF(11.5, 11.5))
    painter.drawLine(QPointF(11.5, 4.5), QPointF(4.5, 11.5))


def _logo(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(2, 3), QPointF(13.5, 13.5), QPointF(2, 13.5)]))


DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "reset": _reset, "play": _play, "pause": _pause, "step": _step, "epoch": _epoch, "stop": _stop,
    "theme": _theme, "menu": _menu, "more": _more, "copy": _copy, "close": _close, "logo": _logo,
}


def icon(name: str, color: str, disabled: str | None = None, *, px: int = SIZE) -> QIcon:
    """Return an icon in `color`; `disabled` is its color on a button that cannot be pressed."""
    made = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, disabled or color)):
        for ratio in (1, 2, 3):
            made.addPixmap(pixmap(name, ink, px=px, ratio=ratio), mode)
    return made


def pixmap(name: str, color: str, *, px: int = SIZE, ratio: float = 1.0) -> QPixmap:
    """Return one of the drawings, `px` wide, for a screen with `ratio` device pixels to a pixel."""
    made = QPixmap(round(px * ratio), round(px * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(px / SIZE, px / SIZE)
    painter.setPen(QPen(QColor(color), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    DRAWINGS[name](painter)
    painter.end()
    return made
