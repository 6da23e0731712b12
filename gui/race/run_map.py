"""The gradient norms of one run of a race as a picture, layer × step, under its name; and the bar of colors beside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gui.panels import ranges
from gui.panels.layer_map import LINE, colored, level_indices
from gui.panels.layer_view import middle_of
from gui.panels.painting import painter_on
from gui.panels.plot_axes import Map, Mark, PlotAxes, decades
from gui.panels.plot_axis import NamedAxis
from gui.panels.plot_marks import static_text
from gui.panels.scale import scale
from gui.race.look import draw_sample
from gui.race.race_view import Runner
from gui.race.wording import difference_label
from gui.theme import Theme, text_font, viridis
from gui.tips import plain_tip
from training.history import Curve

FloatArray = NDArray[np.float64]

SAMPLE = 18.0
BAR_WIDTH, BAR_ROOM = 8.0, 46.0
TOP = 6.0


class ShortNames(NamedAxis):
    """Layers by number, in as little room as that takes."""

    @property
    def widest(self) -> str:
        return max(("out", *self.names), key=len)


class RunMap(QWidget):
    """One run: a title with its sample of line, and the picture."""

    def __init__(self, runner: Runner, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.runner = runner
        self.caption = Caption(runner, theme)
        self.axes = PlotAxes(right_room=8, grid=False)
        self.axes.y_axis = names = ShortNames()
        names.names = (*(str(number) for number in range(1, len(runner.run.layer_names))), "out")
        self.axes.y_apart = LINE
        self.axes.setAccessibleName(f"Gradient norm of each layer over the steps: {runner.title}")
        self.axes.meaning = (
            "Layers from the input (below) to the output, over the steps\n"
            "Hatched: a norm of exactly 0 (gray), or one that is no finite number (orange)"
        )
        self.map = Map(smooth=False)
        self.axes.add(self.map)
        self.axes.setMinimumSize(40, 30)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.caption)
        column.addWidget(self.axes, 1)
        self.restyle(theme)

    def draw(self, curve: Curve, levels: ranges.Limits, end: float, colors: NDArray[np.uint32]) -> None:
        """Show what was recorded, in the colors of levels that all maps share, on an axis up to a step."""
        values = norms_of(curve)
        self.map.visible = len(values) > 0
        if len(values):
            first, last = float(curve.steps[0]) - 1.0, float(curve.steps[-1]) + curve.stride - 1.0
            place = QRectF(first, 0.0, last - first, values.shape[1])
            self.map.set_pixels(colored(level_indices(values, levels).T, colors), place)
        self.axes.set_limits((0.0, end), (0.0, float(len(self.runner.run.layer_names))))
        step = self.runner.difference
        if step is not None:
            label = difference_label(step)
            self.axes.marks = [Mark(float(step), self.axes.theme.text, tip=f"{label[0].upper()}{label[1:]}")]
        self.axes.redraw()

    def layer_at(self, y: float) -> int | None:
        """Return the layer drawn at a height in view coordinates."""
        row = math.floor(y)
        return row if 0 <= row < len(self.runner.run.layer_names) else None

    def read_out(self, quantity: str, moment: float | None, layer: int | None) -> None:
        """Show the moment pointed at, and what a layer had there."""
        run = self.runner.run
        if moment is None:
            self.axes.set_crosshair(None)
            return
        rows = []
        step = max(1, round(moment))
        if layer is not None and layer < len(run.layer_names) and step <= run.history.n_steps:
            curve = run.history.layers(quantity, first=step, last=step)
            value = float(curve.high[0, layer])
            about = "" if curve.stride == 1 else "≈ "
            rows = [("", f"{run.layer_names[layer]}  {about}{ranges.scientific(value)}")]
        self.axes.set_crosshair(moment, rows)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.caption.restyle(theme)
        self.axes.restyle(theme)


class Caption(QWidget):
    """The name of a run behind its sample of line."""

    def __init__(self, runner: Runner, theme: Theme) -> None:
        super().__init__()
        self._runner, self._theme = runner, theme
        self._font = text_font(scale(), px=11)
        self.setFixedHeight(round(QFontMetrics(self._font).height() + 1))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(plain_tip(runner.title))
        self.setAccessibleName(runner.title)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            sample = QRectF(2, 0, SAMPLE * scale(), self.height())
            draw_sample(painter, self._runner.place, self._theme, sample)
            painter.setFont(self._font)
            painter.setPen(QColor(self._theme.muted))
            room = QRectF(sample.right() + 5, 0, self.width() - sample.right() - 6, self.height())
            text = painter.fontMetrics().elidedText(self._runner.title, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class ColorBar(QWidget):
    """What the colors of all maps mean."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._levels: ranges.Limits | None = None
        self._bar = QImage(1, 64, QImage.Format.Format_RGB32)
        for row in range(64):
            self._bar.setPixelColor(0, row, QColor(viridis(1.0 - row / 63)))
        self._font = text_font(scale(), px=10.5)
        self.setFixedWidth(round(BAR_ROOM * scale()))
        self.setToolTip("The same colors mean the same norm in every map")

    @property
    def levels(self) -> ranges.Limits | None:
        """From which norm to which the colors go, in decades."""
        return self._levels

    def show_levels(self, levels: ranges.Limits | None) -> None:
        """Say from which norm to which the colors go, in decades."""
        if levels != self._levels:
            self._levels = levels
            self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._levels is None:
            return
        with painter_on(self) as painter:
            self._draw(painter, self._levels)

    def _draw(self, painter: QPainter, levels: ranges.Limits) -> None:
        painter.setFont(self._font)
        line = float(painter.fontMetrics().height())
        bar = QRectF(3, line + TOP, BAR_WIDTH * scale(), max(1.0, self.height() - 2 * line - TOP - 8))
        painter.drawImage(bar, self._bar)
        painter.setPen(QColor(self._theme.muted))
        low, high = levels
        for tick in ranges.log_ticks(low, high, max(2, min(8, int(bar.height() / (26 * scale()))))):
            y = bar.bottom() - (tick - low) / (high - low) * bar.height()
            top = min(max(y - line / 2, bar.top() - 4), bar.bottom() - line + 2)
            painter.drawStaticText(QPointF(bar.right() + 3 * scale(), top), static_text(ranges.decade(tick)))


def norms_of(curve: Curve) -> FloatArray:
    """Return the norms of spans of steps in decades, ``[K, layers]``."""
    return middle_of(decades(curve.low), decades(curve.high))

