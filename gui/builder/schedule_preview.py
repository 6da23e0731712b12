"""The learning rate over the whole run, as a small curve under the schedule's settings."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.builder import wording
from gui.theme import Theme, mix
from training.experiment import Experiment
from training.schedules import schedule_factor

POINTS = 240


def total_steps(experiment: Experiment, steps_per_epoch: int) -> int:
    """Return the steps of the whole run: all epochs, or the limit if that comes first."""
    total = max(1, steps_per_epoch * experiment.epochs)
    return min(total, experiment.steps) if experiment.steps else total


class SchedulePreview(QWidget):
    """Shape of η over the run, with a dot where the run stands."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.factors: list[float] = []
        self._theme, self._scale = theme, scale
        self._done: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(46 * scale))
        self.setAccessibleName("Learning rate over the run")

    def sizeHint(self) -> QSize:
        return QSize(200, round(46 * self._scale))

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_schedule(self, experiment: Experiment, steps_per_epoch: int) -> None:
        """Draw the schedule of `experiment`."""
        total = total_steps(experiment, steps_per_epoch)
        factor = schedule_factor(experiment.schedule, steps_per_epoch=steps_per_epoch, total_steps=total)
        count = min(POINTS, total)
        last = max(1, count - 1)
        self.factors = [factor(round(index * (total - 1) / last)) for index in range(count)]
        low, high = min(self.factors), max(self.factors)
        lr = experiment.optimizer.lr
        tip = f"η from {wording.number(float(f'{lr * self.factors[0]:.3g}'))}"
        tip += f" to {wording.number(float(f'{lr * self.factors[-1]:.3g}'))} over {experiment.epochs:,} epochs"
        tip += f"; between {lr * low:.3g} and {lr * high:.3g}"
        if experiment.schedule.kind == "plateau":
            tip += " (reductions depend on the losses met)"
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)
        self.update()

    def show_position(self, done: float | None) -> None:
        """Put the dot at a share of the run, or take it away."""
        at = None if done is None else round(min(1.0, max(0.0, done)) * POINTS) / POINTS  # no repaint for less
        if at != self._done:
            self._done = at
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(3, 6, -3, -6)
        painter.setPen(QPen(QColor(self._theme.grid), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        points = self._points(area)
        if points:
            filled = QPolygonF([area.bottomLeft(), *points, QPointF(points[-1].x(), area.bottom())])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mix(self._theme.surface, self._theme.accent, 0.10)))
            painter.drawPolygon(filled)
            painter.setPen(QPen(QColor(self._theme.accent), 1.4))
            painter.drawPolyline(QPolygonF(points))
            if self._done is not None:
                at = points[round(self._done * (len(points) - 1))]
                painter.setBrush(QColor(self._theme.accent))
                painter.setPen(QPen(QColor(self._theme.surface), 1.5))
                painter.drawEllipse(at, 4.0, 4.0)
        painter.end()

    def _points(self, area: QRectF) -> list[QPointF]:
        if not self.factors or not all(math.isfinite(value) for value in self.factors):
            return []
        top = max(max(self.factors), 1e-300)
        last = max(1, len(self.factors) - 1)
        return [
            QPointF(area.left() + area.width() * index / last, area.bottom() - area.height() * value / top)
            for index, value in enumerate(self.factors if len(self.factors) > 1 else self.factors * 2)
        ]
