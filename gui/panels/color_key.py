"""What the colors of a plot mean: classes by name, probabilities or levels as a bar with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.panels.painting import painter_on
from gui.panels.panel import scale
from gui.theme import DARK, Theme, pen, text_font

TEXT_PX = 10.5
GAP = 5.0
NARROWEST_BAR = 60.0


@dataclass(frozen=True)
class Entry:
    """A color with what it stands for: a patch, or a stroke of a curve."""

    color: str
    text: str
    stroke: bool = False
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Bar:
    """Colors [K, 3] from left to right, with texts at the left, in the middle and at the right."""

    colors: NDArray[np.uint8]
    texts: tuple[str, str, str]


class ColorKey(QWidget):
    """One line under a plot: entries, and a bar between the first and the last of them or by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = DARK
        self.entries: tuple[Entry, ...] = ()
        self.bar: Bar | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(QFontMetricsF(self._font()).height() + 3 * scale()))
        self.setAccessibleName("Meaning of the colors")

    def set_key(self, entries: Sequence[Entry], bar: Bar | None = None, *, tip: str = "") -> None:
        """Show entries, and a bar if there is one."""
        self.entries, self.bar = tuple(entries), bar
        self.setToolTip(tip)
        self.setAccessibleDescription(", ".join(entry.text for entry in entries))
        self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.update()

    def _font(self) -> QFont:
        return text_font(scale(), px=TEXT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setFont(self._font())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.bar is not None:
                self._paint_bar(painter, self.bar)
            else:
                self._paint_row(painter)

    # -- a bar, with a name at either end

    def _paint_bar(self, painter: QPainter, bar: Bar) -> None:
        metrics = painter.fontMetrics()
        gap = GAP * scale()
        names = [entry.text for entry in (*self.entries[:1], *self.entries[1:][-1:])]
        most = max(0.0, (self.width() - NARROWEST_BAR * scale()) / max(1, len(names)) - gap)
        names = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(most)) for name in names]
        widths = [metrics.horizontalAdvance(name) for name in names]
        left = widths[0] + gap if names else 0.0
        right = self.width() - (widths[1] + gap if len(names) > 1 else 0.0)
        painter.setPen(QColor(self.theme.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        if names:
            painter.drawText(QRectF(0, 0, left, self.height()), middle | Qt.AlignmentFlag.AlignLeft, names[0])
        if len(names) > 1:
            rest = QRectF(right, 0, self.width() - right, self.height())
            painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, names[1])
        place = QRectF(left, 1.0, right - left, self.height() - 2.0)
        painter.drawImage(place, _picture(bar.colors))
        inner = place.adjusted(4 * scale(), 0, -4 * scale(), 0)
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        width = sum(metrics.horizontalAdvance(text) + 2 * gap for text in bar.texts)
        for index, (text, side) in enumerate(zip(bar.texts, sides, strict=True)):
            if index == 1 and width > inner.width():
                continue
            red, green, blue = bar.colors[(0, len(bar.colors) // 2, -1)[index]].tolist()
            painter.setPen(QColor(readable_on(f"#{red:02x}{green:02x}{blue:02x}")))
            painter.drawText(inner, middle | side, text)

    # -- entries side by side

    def _paint_row(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        gap, height = GAP * scale(), self.height()
        x = 0.0
        for index, entry in enumerate(self.entries):
            mark = (20.0 if entry.stroke else 9.0) * scale()
            left = len(self.entries) - index
            share = max((self.width() - x) / left, 64 * scale())  # names are cut, but not to nothing
            text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideRight, round(share - mark - 3 * gap))
            width = mark + gap + metrics.horizontalAdvance(text)
            more = f"+{left:,}"
            reserve = 0 if left == 1 else metrics.horizontalAdvance(more) + gap
            painter.setPen(QColor(self.theme.muted))
            if x + width + reserve > self.width() and x > 0:
                rest = QRectF(x, 0, self.width() - x, height)
                painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, more)
                return
            place = QRectF(x + mark + gap, 0, width, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            self._paint_mark(painter, entry, QRectF(x, 0, mark, height))
            x += width + 2 * gap

    def _paint_mark(self, painter: QPainter, entry: Entry, place: QRectF) -> None:
        if entry.stroke:
            painter.setPen(pen(entry.color, width=1.6, dash=entry.dash))
            painter.drawLine(QPointF(place.left(), place.center().y()), QPointF(place.right(), place.center().y()))
            return
        side = place.width()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(entry.color))
        painter.drawRoundedRect(QRectF(place.left(), place.center().y() - side / 2, side, side), 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _picture(colors: NDArray[np.uint8]) -> QImage:
    row = np.ascontiguousarray(np.concatenate([colors, np.full((len(colors), 1), 255, dtype=np.uint8)], axis=1))
    return QImage(row.data, len(colors), 1, 4 * len(colors), QImage.Format.Format_RGBX8888).copy()


def readable_on(fill: str) -> str:
    """Return black or white, whichever contrasts more with `fill` (relative luminance of WCAG 2)."""
    parts = [value / 255 for value in QColor(fill).getRgb()[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"
