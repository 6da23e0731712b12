"""Where a dragged panel would go: the places on the board, and the rectangle that shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.arrangement import Column
from gui.panels.printing import is_printing
from gui.theme import Theme, text_font

MIDDLE = 0.28
"""Nearer to an edge than this share of a panel, the drop goes beside it; else in its place."""
STRIP = 16
"""Pixels at both sides of a column that make a column of its own."""
WORDS = {
    "left": ("Left of {}", "Left"), "right": ("Right of {}", "Right"), "above": ("Above {}", "Above"),
    "below": ("Below {}", "Below"), "swap": ("Swap with {}", "Swap"),
    "column_left": ("A column of its own", "Column"), "column_right": ("A column of its own", "Column"),
}
"""What a drop does, and the same where there is less room."""


@dataclass(frozen=True)
class Drop:
    """A place for a dragged panel: beside which other, on which side, and the area it shows."""

    target: str
    side: str
    area: QRect


def drop_at(
    at: QPointF, name: str, columns: Sequence[Column], places: Mapping[str, QRect], scale: float
) -> Drop | None:
    """Return where a panel of this name would go if it were dropped, or None where it would stay.

    Parameters
    ----------
    at
        The pointer, in the coordinates of `places`.
    columns
        What is seen of the arrangement.
    places
        Where each of the panels seen lies.
    """
    for column in columns:
        rows = [_around([places[cell.name] for cell in row.cells]) for row in column.rows]
        whole = _around(rows)
        reach = STRIP * scale
        if not whole.left() - reach / 2 <= at.x() <= whole.right() + reach / 2:
            continue
        names = [cell.name for row in column.rows for cell in row.cells]
        if names != [name] and whole.top() <= at.y() <= whole.bottom():
            if at.x() < whole.left() + reach:
                return Drop(names[0], "column_left", _strip(whole, whole.left(), 2 * reach))
            if at.x() > whole.right() - reach:
                return Drop(names[0], "column_right", _strip(whole, round(whole.right() - 2 * reach), 2 * reach))
        for row, around in zip(column.rows, rows, strict=True):
            for cell in row.cells:
                if places[cell.name].contains(at.toPoint()):
                    others = [other.name for other in row.cells if other.name != cell.name]
                    return _beside(at, name, cell.name, places[cell.name], around, others)
    return None


def _beside(at: QPointF, name: str, target: str, place: QRect, row: QRect, others: list[str]) -> Drop | None:
    """Return the side of a panel that is nearest, or a swap in its middle."""
    across = (at.x() - place.left()) / max(1, place.width())
    down = (at.y() - place.top()) / max(1, place.height())
    nearness = {"left": across, "right": 1 - across, "above": down, "below": 1 - down}
    side = min(nearness, key=lambda each: nearness[each])
    if nearness[side] > MIDDLE:
        side = "swap"
    if target == name:  # over itself there is only a way out of its row
        if not others or side not in ("above", "below"):
            return None
        return Drop(others[0], side, _half(row, side))
    area = place if side == "swap" else _half(row if side in ("above", "below") else place, side)
    return Drop(target, side, area)


def _half(place: QRect, side: str) -> QRect:
    half = QRect(place)
    if side == "left":
        half.setWidth(place.width() // 2)
    elif side == "right":
        half.setLeft(place.left() + place.width() // 2)
    elif side == "above":
        half.setHeight(place.height() // 2)
    else:
        half.setTop(place.top() + place.height() // 2)
    return half


def _strip(column: QRect, left: int, width: float) -> QRect:
    return QRect(left, column.top(), round(width), column.height())


def _around(places: Sequence[QRect]) -> QRect:
    whole = QRect()
    for place in places:
        whole = whole.united(place)
    return whole


class DropIndicator(QWidget):
    """Lies over the board while a panel is dragged, and shows where it would go; the mouse passes through."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.theme, self._scale = theme, scale
        self.text = ""
        self._short = ""
        self.hide()

    def show_drop(self, drop: Drop, title: str) -> None:
        """Show a place, in words too."""
        text, short = (words.format(title) for words in WORDS[drop.side])
        if self.isVisible() and (text, drop.area) == (self.text, self.geometry()):
            return
        self.text, self._short = text, short
        self.setGeometry(drop.area)
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if is_printing():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(self.theme.accent)
        fill.setAlphaF(0.22)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(self.theme.accent), 2.0 * self._scale))
        edge = 1.5 * self._scale
        area = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        painter.drawRoundedRect(area, 8 * self._scale, 8 * self._scale)
        self._paint_text(painter, area)
        painter.end()

    def _paint_text(self, painter: QPainter, area: QRectF) -> None:
        font = text_font(self._scale, weight=600)
        metrics = QFontMetricsF(font)
        room = area.width() - 24 * self._scale
        text = next((text for text in (self.text, self._short) if metrics.horizontalAdvance(text) <= room), "")
        if not text:
            return
        label = QRectF(0, 0, metrics.horizontalAdvance(text) + 20 * self._scale, metrics.height() + 8 * self._scale)
        label.moveCenter(area.center())
        painter.setFont(font)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRoundedRect(label, 5 * self._scale, 5 * self._scale)
        painter.setPen(QColor(self.theme.on_accent))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
