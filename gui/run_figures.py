"""Epoch, step and speed of the run, painted in places that do not move when a number grows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.grouped import THIN_SPACE, grouped
from gui.panels.painting import painter_on
from gui.theme import Theme, mono_font

EPOCH_ROUNDING = 1e-9  # epochs are sums of fractions


class RunFigures(QWidget):
    """Epoch, step and speed, painted in places that do not move when a number grows.

    Where there is little room, it leaves out the step and the unit (`compact` = 1), then also the total (2).
    """

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = mono_font(scale, px=12.5)
        self._bold = QFont(self._font)
        self._bold.setWeight(QFont.Weight.Bold)
        self._metrics = QFontMetrics(self._bold)
        self.compact = 0
        self.epoch = 0
        self._epochs, self._steps = 1, 1
        self._pieces: tuple[str, str, str, str] = ("", "", "", "")
        self._past = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_totals(1, 1)

    @property
    def epochs(self) -> int:
        """How many epochs the run has."""
        return self._epochs

    def show_totals(self, epochs: int, steps: int) -> None:
        """Say how far the run goes: that decides how much room each number gets."""
        if (epochs, steps) != (self._epochs, self._steps) or not self._pieces[1]:
            self._epochs, self._steps = epochs, steps
            self.show_figures(0, 0, 0.0)
            self.updateGeometry()

    def show_figures(
        self, epoch: float, step: int, steps_per_second: float, *, past: tuple[float, int] | None = None
    ) -> None:
        """Show where the run is; or, if a `past` moment (epoch and step) is looked at, where that is."""
        self.epoch = int(epoch + EPOCH_ROUNDING)
        speed = grouped(round(steps_per_second)) if steps_per_second > 0 else ""
        shown = self.epoch
        if past is not None:
            shown, step = int(past[0] + EPOCH_ROUNDING), past[1]
        pieces = (grouped(shown), f"/{grouped(self._epochs)}", f"step {grouped(step)}", speed)
        if (pieces, past is not None) != (self._pieces, self._past):
            self._pieces, self._past = pieces, past is not None
            pace = f"{speed} steps per second" if speed else "not training"
            if self._past:
                pace = f"which is past and not now; {pace}"
            self.setAccessibleName(f"epoch {pieces[0]} of {self._epochs}, {pieces[2]}, {pace}")
            self.setToolTip(f"Epoch {pieces[0]} of {grouped(self._epochs)}, {pieces[2]}, {pace}")
            self.update()

    def set_compact(self, compact: int) -> None:
        """Leave out what there is no room for."""
        if compact != self.compact:
            self.compact = compact
            self.updateGeometry()
            self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def _columns(self) -> tuple[int, int, int]:
        """Return the widths of "epoch 142/400", "step 18 176" and "6 940 steps/s" at their largest."""
        advance = self._metrics.horizontalAdvance
        most = advance(grouped(self._epochs))
        epoch = advance("epoch ") + most + (0 if self.compact > 1 else advance("/") + most)
        step = 0 if self.compact else advance("step ") + advance(grouped(max(self._steps, 9999)))
        return epoch, step, advance(f"999{THIN_SPACE}999{self._unit}")

    @property
    def _unit(self) -> str:
        return "/s" if self.compact else " steps/s"

    def sizeHint(self) -> QSize:
        epoch, step, speed = self._columns()
        gap = self._metrics.horizontalAdvance("  ")
        return QSize(epoch + gap + (step + gap if step else 0) + speed, self._metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            epoch_width, step_width, speed_width = self._columns()
            gap = self._metrics.horizontalAdvance("  ")
            base = (self.height() + self._metrics.ascent() - self._metrics.descent()) / 2
            muted, text, past = QColor(self._theme.muted), QColor(self._theme.text), QColor(self._theme.warn)
            epoch, of, step, speed = self._pieces
            # The number of the epoch is set right, against its total.
            advance = self._metrics.horizontalAdvance
            x = float(advance("epoch ") + advance(grouped(self._epochs)))
            painter.setFont(self._font)
            painter.setPen(muted)
            start = x - advance(epoch)
            painter.drawText(QPointF(start - advance("epoch "), base), "epoch ")
            if self.compact < 2:
                painter.drawText(QPointF(x, base), of)
            painter.setFont(self._bold)
            painter.setPen(past if self._past else text)
            painter.drawText(QPointF(start, base), epoch)
            painter.setFont(self._font)
            painter.setPen(past if self._past else muted)
            x = float(epoch_width + gap)
            if step_width:
                painter.drawText(QPointF(x, base), step)
                x += step_width + gap
            painter.setPen(muted)
            if speed:
                speed += self._unit
                painter.drawText(QPointF(x + speed_width - advance(speed), base), speed)
