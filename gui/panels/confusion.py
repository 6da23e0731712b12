"""How often each class is taken for each other, on held-out samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.panels.painting import painter_on
from gui.panels.panel import Panel, scale
from gui.panels.prediction import Prediction
from gui.panels.samples import Shown, shown_samples
from gui.theme import DARK, Theme, mix, text_font
from gui.tips import plain_tip

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAMPLES = 4_000
"""Of a larger held-out part, so many samples are counted."""
SMALLEST_TEXT = 8.5
"""Below this many pixels cells carry no text, only their shade (and a tooltip)."""


class ConfusionMatrix(Panel):
    """Rows are the true classes, columns what the network says; the shade is the share of the row."""

    title = "Confusion matrix"
    name = "confusion"
    needs_snapshot = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = MatrixView()
        self.body.addWidget(self.grid, 1)
        self.prediction = Prediction(self._predicted, self)
        self._samples: Shown | None = None
        self._part = ""
        self._asked: object = None
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the run is a classification."""
        return run.data.task == "classification"

    @property
    def counts(self) -> IntArray:
        """Samples of true class (row) said to be of a class (column)."""
        return self.grid.counts

    def start(self, run: RunView) -> None:
        self.clear()
        if not self.suits(run):
            return
        held_out = len(run.data.x_val) > 0
        self._samples = shown_samples(run.data, held_out, SAMPLES)
        self._part = "held out" if held_out else "train"
        self.grid.set_counts(np.zeros((run.data.n_outputs, run.data.n_outputs), dtype=np.int64), run.data.class_names)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        if self._samples is None or run.snapshot is None or run.snapshot is self._asked:
            return
        self._asked = run.snapshot
        self.prediction.ask(run.snapshot, self._samples.x)

    def clear(self) -> None:
        self.prediction.cancel()
        self._samples, self._asked = None, None
        self.set_figure("")
        self.grid.set_counts(np.zeros((0, 0), dtype=np.int64), ())

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.grid.theme = theme
        self.grid.update()

    def _predicted(self, _: FloatArray, outputs: FloatArray) -> None:
        samples = self._samples
        if samples is None:
            return
        classes = outputs.shape[1]
        said = outputs.argmax(axis=1)
        counts = np.bincount(samples.y.astype(np.int64) * classes + said, minlength=classes * classes)
        self.grid.set_counts(counts.reshape(classes, classes), self.grid.names)
        right = int(np.trace(self.grid.counts))
        of = f"{len(samples):,}" if samples.whole else f"{len(samples):,} drawn"
        share = f"{right / max(1, len(samples)):.1%}"
        accuracy = f"accuracy {share}"
        self.set_figure(f"{accuracy} of {of} · {self._part}", f"{accuracy} · {self._part}", accuracy, share)


class MatrixView(QWidget):
    """Cells with counts and, where there is room, the share of the row."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.counts: IntArray = np.zeros((0, 0), dtype=np.int64)
        self.names: tuple[str, ...] = ()
        self.setMinimumSize(80, 60)
        self.setAccessibleName("Confusion matrix: rows are true classes, columns predicted classes")

    def set_counts(self, counts: IntArray, names: tuple[str, ...]) -> None:
        """Take counts [classes, classes] and the names of the classes."""
        if counts.shape == self.counts.shape and names == self.names and np.array_equal(counts, self.counts):
            return
        self.counts, self.names = counts, names
        self.update()

    def rates(self) -> NDArray[np.float64]:
        """Return the counts as shares of their row (0 for a row without samples)."""
        return self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)

    def cells(self) -> QRectF:
        """Return where the cells lie."""
        metrics = QFontMetricsF(text_font(scale(), px=10.5))
        longest = max((metrics.horizontalAdvance(name) for name in self.names), default=0.0)
        left = min(longest, 0.28 * self.width()) + metrics.height() + 8
        room = QRectF(left, metrics.height() + 4, self.width() - left - 4, self.height() - 2 * metrics.height() - 10)
        # Cells need not be square, but none is wider than two and a half times its height.
        width = min(room.width(), 2.5 * room.height())
        return QRectF(room.left(), room.top(), max(1.0, width), max(1.0, room.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            if len(self.counts):
                self._paint_cells(painter, self.cells())
                self._paint_names(painter, self.cells())

    def _paint_cells(self, painter: QPainter, area: QRectF) -> None:
        classes = len(self.counts)
        width, height = area.width() / classes, area.height() / classes
        rates = self.rates()
        figures = len(f"{int(self.counts.max()):,}")
        size = min(15.0 * scale(), 0.5 * height, width / (0.65 * figures + 0.7))
        with_rate = height > 30 * scale() and width > 34 * scale()
        font, small = text_font(scale(), px=size / scale()), text_font(scale(), px=10)
        for row in range(classes):
            for column in range(classes):
                cell = QRectF(area.left() + column * width, area.top() + row * height, width, height)
                cell = cell.adjusted(0.5, 0.5, -0.5, -0.5)
                fill = self.fill(float(rates[row, column]), row == column)
                painter.fillRect(cell, QColor(fill))
                if size < SMALLEST_TEXT:
                    continue
                painter.setPen(QColor(readable_on(fill) if self.counts[row, column] else self.theme.faint))
                painter.setFont(font)
                upper = cell.adjusted(0, 0, 0, -0.3 * height) if with_rate else cell
                text = f"{self.counts[row, column]:,}" if self.counts[row, column] or row == column else "·"
                painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, text)
                if with_rate and self.counts[row, column]:
                    painter.setFont(small)
                    lower = cell.adjusted(0, 0.36 * height, 0, 0)
                    painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, f"{rates[row, column]:.0%}")

    def fill(self, rate: float, right: bool) -> str:
        """Return the color of a cell: right and wrong differ in hue, their share of the row in strength."""
        hue = self.theme.series[0] if right else self.theme.series[1]
        return mix(mix(self.theme.surface, self.theme.raised, 0.6), hue, 0.9 * rate**0.75)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        classes = len(self.counts)
        width, height = area.width() / classes, area.height() / classes
        font = text_font(scale(), px=10.5)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        line = metrics.height()
        painter.setPen(QColor(self.theme.muted))
        every = max(1, int(np.ceil(line / height)))
        for row in range(0, classes, every):
            name = metrics.elidedText(self.names[row], Qt.TextElideMode.ElideRight, area.left() - line - 6)
            place = QRectF(line, area.top() + row * height, area.left() - line - 5, height)
            if height < line:
                place = QRectF(line, place.center().y() - line / 2, place.width(), line)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
        widest = max(metrics.horizontalAdvance(name) for name in self.names)
        every = 1 if width > 24 * scale() else max(1, int(np.ceil((min(widest, 30 * scale()) + 4) / width)))
        for column in range(0, classes, every):
            name = metrics.elidedText(self.names[column], Qt.TextElideMode.ElideRight, width * every - 2)
            place = QRectF(area.left() + column * width - 20, area.top() - line - 2, width + 40, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(
            QRectF(area.left(), area.bottom() + 3, area.width(), line), Qt.AlignmentFlag.AlignCenter, "predicted"
        )
        painter.save()
        painter.translate(QPointF(0, area.center().y()))
        painter.rotate(-90)
        painter.drawText(QRectF(-area.height() / 2, 0, area.height(), line), Qt.AlignmentFlag.AlignCenter, "true")
        painter.restore()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.tip_at(QPointF(event.pos()))), self)
            return True
        return bool(super().event(event))

    def tip_at(self, place: QPointF) -> str:
        """Return what the cell at `place` says, in words."""
        area, classes = self.cells(), len(self.counts)
        if not classes or not area.contains(place):
            return ""
        row = min(classes - 1, int((place.y() - area.top()) / area.height() * classes))
        column = min(classes - 1, int((place.x() - area.left()) / area.width() * classes))
        total = int(self.counts[row].sum())
        return (
            f"{self.counts[row, column]:,} of {total:,} samples of class {self.names[row]} "
            f"({self.rates()[row, column]:.1%}) are taken for {self.names[column]}"
        )


def readable_on(fill: str) -> str:
    """Return black or white, whichever contrasts more with `fill` (relative luminance of WCAG 2)."""
    parts = [value / 255 for value in QColor(fill).getRgb()[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"
