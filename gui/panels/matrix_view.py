"""A confusion matrix drawn: cells that can be pointed at, walked through with the arrow keys, and opened."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui.panels.color_key import readable_on
from gui.panels.painting import painter_on
from gui.panels.panel import scale
from gui.theme import DARK, mix, text_font
from gui.tips import plain_tip

IntArray = NDArray[np.int64]

NAMES_PX = 10.5
SMALLEST_TEXT = 8.5
"""Below this many pixels cells carry no text, only their shade (and a tooltip)."""
MARGINS_FROM = 150.0
"""A view of so many pixels each way has room for recall and precision at its margins."""
MOVES = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip
OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class Cell:
    """A place in the matrix; a row or column one beyond the classes is the margin."""

    row: int
    column: int


class MatrixView(QWidget):
    """Counts or shares of the row; recall of each class at the right, precision below.

    ``opened`` asks for the samples of a `Cell`.
    """

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.counts: IntArray = np.zeros((0, 0), dtype=np.int64)
        self.names: tuple[str, ...] = ()
        self.as_rates = False
        self.current = Cell(0, 0)
        self.hovered: Cell | None = None
        self.setMinimumSize(80, 60)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Confusion matrix: rows are true classes, columns predicted classes")

    def set_counts(self, counts: IntArray, names: tuple[str, ...]) -> None:
        """Take counts [classes, classes] and the names of the classes."""
        if counts.shape == self.counts.shape and names == self.names and np.array_equal(counts, self.counts):
            return
        if counts.shape != self.counts.shape:
            self.current, self.hovered = Cell(0, 0), None
        self.counts, self.names = counts, names
        self._describe()
        self.update()

    def show_rates(self, as_rates: bool) -> None:
        """Show shares of the row in place of counts."""
        self.as_rates = as_rates
        self.update()

    def rates(self) -> NDArray[np.float64]:
        """Return the counts as shares of their row (0 for a row without samples)."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1))

    def recall(self) -> NDArray[np.float64]:
        """Return for each true class the share recognized (NaN without samples)."""
        return _share(np.diagonal(self.counts), self.counts.sum(axis=1))

    def precision(self) -> NDArray[np.float64]:
        """Return for each predicted class the share that is right (NaN where it was never predicted)."""
        return _share(np.diagonal(self.counts), self.counts.sum(axis=0))

    def accuracy(self) -> float:
        """Return the share of all samples recognized (NaN without samples)."""
        return float(_share(np.array([np.trace(self.counts)]), np.array([self.counts.sum()]))[0])

    # ------------------------------------------------------------------------------ where things are

    def cells(self) -> QRectF:
        """Return where the cells lie."""
        metrics = QFontMetricsF(text_font(scale(), px=NAMES_PX))
        longest = max((metrics.horizontalAdvance(name) for name in self.names), default=0.0)
        line = metrics.height()
        left = min(longest, 0.28 * self.width()) + line + 8
        margin = self._margin()
        room = QRectF(left, line + 4, self.width() - left - 4, self.height() - 2 * line - 10)
        room.adjust(0, 0, -margin, -(line + 3) if margin else 0)
        # Cells need not be square, but none is wider than two and a half times its height.
        width = min(room.width(), 2.5 * room.height())
        return QRectF(room.left(), room.top(), max(1.0, width), max(1.0, room.height()))

    def _margin(self) -> float:
        """Return the width of the column at the right; 0 where there is no room for it."""
        least = MARGINS_FROM * scale()
        if self.width() < least or self.height() < least:
            return 0.0
        return QFontMetricsF(text_font(scale(), px=NAMES_PX)).horizontalAdvance("100%") + 8

    def _rect_of(self, cell: Cell) -> QRectF:
        area, classes = self.cells(), max(1, len(self.counts))
        width, height = area.width() / classes, area.height() / classes
        beside, below = cell.column == classes, cell.row == classes
        line = QFontMetricsF(text_font(scale(), px=NAMES_PX)).height()
        return QRectF(
            area.right() + 3 if beside else area.left() + cell.column * width,
            area.bottom() + 2 if below else area.top() + cell.row * height,
            self._margin() - 3 if beside else width,
            line + 2 if below else height,
        )

    def cell_at(self, place: QPointF) -> Cell | None:
        """Return the cell at a place, margins included."""
        area, classes = self.cells(), len(self.counts)
        if not classes:
            return None
        margin = self._margin()
        line = QFontMetricsF(text_font(scale(), px=NAMES_PX)).height() + 3
        column = _index(place.x(), area.left(), area.width(), classes, margin)
        row = _index(place.y(), area.top(), area.height(), classes, line if margin else 0.0)
        return None if column is None or row is None else Cell(row, column)

    # ------------------------------------------------------------------------------ what cells say

    def tip_at(self, place: QPointF) -> str:
        """Return what the cell at `place` says, in words."""
        cell = self.cell_at(place)
        return "" if cell is None else self.sentence(cell)

    def sentence(self, cell: Cell) -> str:
        """Return what a cell says, in words."""
        classes = len(self.counts)
        if not classes:
            return ""
        right = np.diagonal(self.counts)
        if cell.row == classes and cell.column == classes:
            return f"accuracy {_percent(self.accuracy())}: {right.sum():,} of {self.counts.sum():,} samples recognized"
        if cell.column == classes:
            name, of = self.names[cell.row], int(self.counts[cell.row].sum())
            return f"recall of {name} {_percent(self.recall()[cell.row])}: {right[cell.row]:,} of {of:,} recognized"
        if cell.row == classes:
            name, of = self.names[cell.column], int(self.counts[:, cell.column].sum())
            share = _percent(self.precision()[cell.column])
            return f"precision of {name} {share}: {right[cell.column]:,} of {of:,} taken for it are right"
        total = int(self.counts[cell.row].sum())
        return (
            f"{self.counts[cell.row, cell.column]:,} of {total:,} samples of class {self.names[cell.row]} "
            f"({self.rates()[cell.row, cell.column]:.1%}) are taken for {self.names[cell.column]}"
        )

    def _describe(self) -> None:
        self.setAccessibleDescription(self.sentence(self.current))

    # ------------------------------------------------------------------------------ pointer and keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tip = self.tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(f"{tip}. Click to list them" if tip else ""), self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in MOVES:
            event.accept()  # arrows walk through the cells, whatever they do in the window
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        classes = len(self.counts)
        if classes and event.key() in OPENS:
            self.opened.emit(self.current)
        elif classes and event.key() in MOVES:
            down, right = MOVES[Qt.Key(event.key())]
            last = classes if self._margin() else classes - 1
            row, column = self.current.row + down, self.current.column + right
            self._go_to(Cell(min(max(row, 0), last), min(max(column, 0), last)))
        else:
            super().keyPressEvent(event)

    def _go_to(self, cell: Cell) -> None:
        self.current = cell
        self._describe()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self.hovered:
            self.hovered = cell
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._go_to(cell)
            self.opened.emit(cell)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # ------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            if len(self.counts):
                area = self.cells()
                self._paint_cells(painter, area)
                self._paint_names(painter, area)
                if self._margin():
                    self._paint_margins(painter, area)
                self._paint_outlines(painter)

    def _paint_cells(self, painter: QPainter, area: QRectF) -> None:
        classes = len(self.counts)
        width, height = area.width() / classes, area.height() / classes
        rates = self.rates()
        inks: dict[tuple[int, bool], tuple[QColor, QColor]] = {}  # a whole percent more or less is not seen
        texts: list[tuple[float, float, QColor, str, str]] = []
        for row in range(classes):
            for column in range(classes):
                rate, count = float(rates[row, column]), int(self.counts[row, column])
                shade = (round(100 * rate), row == column)
                if shade not in inks:
                    color = self.fill(shade[0] / 100, shade[1])
                    inks[shade] = QColor(color), QColor(readable_on(color))
                fill, ink = inks[shade]
                left, top = area.left() + column * width, area.top() + row * height
                painter.fillRect(QRectF(left + 0.5, top + 0.5, width - 1.0, height - 1.0), fill)
                if count:
                    texts.append((left + width / 2, top + height / 2, ink, f"{count:,}", _short_percent(rate)))
                else:
                    texts.append((left + width / 2, top + height / 2, fill, "0" if row == column else "·", ""))
        self._write_cells(painter, texts, width, height)

    def _write_cells(
        self, painter: QPainter, texts: list[tuple[float, float, QColor, str, str]], width: float, height: float
    ) -> None:
        """Write counts and rates; the one asked for large, the other below it where there is room."""
        figures = 4 if self.as_rates else len(f"{int(self.counts.max()):,}")
        size = min(15.0 * scale(), 0.5 * height, width / (0.65 * figures + 0.7))
        if size < SMALLEST_TEXT:
            return
        both = height > 30 * scale() and width > 34 * scale()
        faint = QColor(self.theme.faint)
        large = _Writer(painter, text_font(scale(), px=size / scale()))
        for x, y, ink, count, rate in texts:
            color = ink if rate else faint
            large.write(x, y - 0.15 * height if both else y, rate if self.as_rates and rate else count, color)
        if both:
            small = _Writer(painter, text_font(scale(), px=10))
            for x, y, ink, count, rate in texts:
                if rate:
                    small.write(x, y + 0.18 * height, count if self.as_rates else rate, ink)

    def fill(self, rate: float, right: bool) -> str:
        """Return the color of a cell: right and wrong differ in hue, their share of the row in strength."""
        hue = self.theme.series[0] if right else self.theme.series[1]
        return mix(mix(self.theme.surface, self.theme.raised, 0.6), hue, 0.9 * rate**0.75)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        classes = len(self.counts)
        width, height = area.width() / classes, area.height() / classes
        writer = _Writer(painter, text_font(scale(), px=NAMES_PX))
        metrics, line, muted = writer.metrics, writer.metrics.height(), QColor(self.theme.muted)
        every = max(1, math.ceil(line / height))
        for row in range(0, classes, every):
            name = metrics.elidedText(self.names[row], Qt.TextElideMode.ElideRight, area.left() - line - 6)
            writer.write_before(area.left() - 5, area.top() + (row + 0.5) * height, name, muted)
        widest = max(metrics.horizontalAdvance(name) for name in self.names)
        every = 1 if width > 24 * scale() else max(1, math.ceil((min(widest, 30 * scale()) + 4) / width))
        for column in range(0, classes, every):
            name = metrics.elidedText(self.names[column], Qt.TextElideMode.ElideRight, width * every - 2)
            writer.write(area.left() + (column + 0.5) * width, area.top() - line / 2 - 2, name, muted)
        foot = area.bottom() + (line + 5 if self._margin() else 3)
        writer.write(area.center().x(), foot + line / 2, "predicted", muted)
        painter.save()
        painter.translate(QPointF(0, area.center().y()))
        painter.rotate(-90)
        writer.write(0, line / 2, "true", muted)
        painter.restore()

    def _paint_margins(self, painter: QPainter, area: QRectF) -> None:
        """Write recall at the right, precision below and accuracy in the corner."""
        classes = len(self.counts)
        width, height = area.width() / classes, area.height() / classes
        writer = _Writer(painter, text_font(scale(), px=NAMES_PX))
        metrics, line = writer.metrics, writer.metrics.height()
        text, muted = QColor(self.theme.text), QColor(self.theme.muted)
        beside, below = area.right() + 3 + (self._margin() - 3) / 2, area.bottom() + 2 + (line + 2) / 2
        recall, precision = self.recall().tolist(), self.precision().tolist()
        for row in range(0, classes, max(1, math.ceil(line / height))):
            writer.write(beside, area.top() + (row + 0.5) * height, _short_percent(recall[row]), text)
        shortest = metrics.horizontalAdvance("100") + 2
        drop = "%" if width < metrics.horizontalAdvance("100%") + 2 else ""
        for column in range(0, classes, max(1, math.ceil(shortest / width))):
            share = _short_percent(precision[column]).removesuffix(drop)
            writer.write(area.left() + (column + 0.5) * width, below, share, text)
        writer.write(beside, below, _short_percent(self.accuracy()), text)
        writer.write(beside, area.top() - line / 2 - 2, "recall", muted)
        words = ("precision", "prec.", "p")
        word = next(word for word in words if metrics.horizontalAdvance(word) <= area.left() - 5 or word == words[-1])
        writer.write_before(area.left() - 5, below, word, muted)

    def _paint_outlines(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hovered is not None:
            painter.setPen(QPen(QColor(self.theme.muted), 1.0))
            painter.drawRect(self._rect_of(self.hovered).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.theme.text), 2.0))
            painter.drawRect(self._rect_of(self.current).adjusted(1, 1, -1, -1))


def _share(part: IntArray, of: IntArray) -> NDArray[np.float64]:
    return np.where(of > 0, part / np.maximum(of, 1), np.nan)


def _index(at: float, start: float, length: float, count: int, margin: float) -> int | None:
    """Return which of `count` equal pieces lies at a place, `count` in the margin behind them, None elsewhere."""
    if start <= at <= start + length:
        return min(count - 1, int((at - start) / length * count))
    return count if start + length < at <= start + length + margin else None


class _Writer:
    """Writes many short texts around points: laying each of them out in a rectangle would take thrice the time."""

    def __init__(self, painter: QPainter, font: QFont) -> None:
        self.metrics = QFontMetricsF(font)
        self._painter = painter
        self._widths: dict[str, float] = {}
        self._down = (self.metrics.ascent() - self.metrics.descent()) / 2
        self._color: QColor | None = None
        painter.setFont(font)

    def write(self, x: float, y: float, text: str, color: QColor) -> None:
        """Write a text around a point."""
        self.write_before(x + self._width(text) / 2, y, text, color)

    def write_before(self, x: float, y: float, text: str, color: QColor) -> None:
        """Write a text that ends at a point."""
        if color is not self._color:
            self._painter.setPen(color)
            self._color = color
        self._painter.drawText(QPointF(x - self._width(text), y + self._down), text)

    def _width(self, text: str) -> float:
        if text not in self._widths:
            self._widths[text] = self.metrics.horizontalAdvance(text)
        return self._widths[text]


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.1%}"


def _short_percent(share: float) -> str:
    """Return whole percents; only all is 100% and only none is 0%."""
    if np.isnan(share):
        return "–"
    if 0.995 <= share < 1.0:
        return "99%"
    return "<1%" if 0.0 < share < 0.005 else f"{share:.0%}"
