"""What the panels with an axis of epochs share: that axis, linear or not, edits below it and the moment pointed at."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from gui.evidence import spans_of
from gui.panels import moments, ranges
from gui.panels.plot_axes import Mark, PlotAxes, Span, decades
from gui.panels.time_marks import time_marks
from gui.panels.time_panel import TimePanel

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Zone:
    """A part of the axis that has something to say to the pointer above it."""

    left: float
    right: float
    tip: str


class EpochAxes(PlotAxes):
    """Axes whose parts, too, have something to say."""

    def __init__(self, *, y_label: str, log_y: bool = False, right_room: float = 10) -> None:
        self.zones: list[Zone] = []
        super().__init__(x_label="epoch", y_label=y_label, log_y=log_y, right_room=right_room)

    def tip_at(self, x: float) -> str:
        at, _ = self.plot_view.to_data(QPointF(x, 0.0))
        inside = self.plot_rect().left() <= x <= self.plot_rect().right()
        zones = [zone.tip for zone in self.zones if inside and zone.left <= at <= zone.right]
        return "\n".join(text for text in (super().tip_at(x), *zones) if text)


class EpochPanel(TimePanel):
    """A plot over the epochs of a run, which may be in decades."""

    axes: EpochAxes

    # -- the axis of time

    @property
    def log_x(self) -> bool:
        """Whether epochs are in decades."""
        raise NotImplementedError

    def across(self, epochs: FloatArray) -> FloatArray:
        """Return where epochs are on the axis; what is before the first decade is nowhere (NaN)."""
        if not self.log_x:
            return epochs
        places = decades(epochs)
        return np.where(np.isfinite(places), places, np.nan)

    def place(self, epoch: float) -> float:
        """Return where one epoch is on the axis; NaN for nowhere."""
        return float(self.across(np.array([epoch]))[0])

    def span_across(self, first: float, end: float) -> ranges.Limits:
        """Return the limits of the axis that shows everything up to an epoch; `first` is the first one above 0."""
        self.axes.set_log_x(self.log_x)
        if not self.log_x:
            return 0.0, end
        right = math.log10(end)
        return min(math.log10(first) if first > 0 else right - 1.0, right - 0.1), right

    def time_marks(self, run: RunView) -> list[Mark]:
        """Return what stands on the axis of time: see `gui.panels.time_marks`."""
        return time_marks(run, lambda steps: self.across(run.epochs_at(steps)), self.theme)

    # -- evidence

    def show_evidence(self) -> None:
        if self._run is not None:
            self.draw_evidence(self._run)
            self.axes.redraw()

    def draw_evidence(self, run: RunView) -> None:
        """Mark the part of the run that the evidence of a finding is about."""
        self.axes.spans = self.spans_about(run, self.curves)

    def spans_about(self, run: RunView, curves: Collection[str]) -> list[Span]:
        """Return the parts of the axis that evidence about some curves is about."""
        evidence = self.selection.evidence
        return spans_of(evidence, curves, lambda steps: self.across(run.epochs_at(steps)), self.theme)

    # -- the moment pointed at

    def _pointed(self, x: float) -> None:
        if self._run is not None:
            self.selection.point_at(self._step_at(self._run, x))

    def _go_to(self, x: float) -> None:
        if self._run is not None:
            self.selection.moment_wanted.emit(self._step_at(self._run, x))

    def _step_at(self, run: RunView, x: float) -> float:
        epoch = 10.0 ** min(x, ranges.FURTHEST) if self.log_x else x
        return float(moments.steps_at(run, np.array([max(epoch, 0.0)]))[0])


def figure(value: float) -> str:
    """Return a loss or a score in three places, or in two figures where that says nothing."""
    return f"{value:.3f}" if 0.001 <= abs(value) < 10 or value == 0 else ranges.scientific(value)


def precise(value: float) -> str:
    """Return a value in four figures, to be read out."""
    return ranges.short_exponent(f"{value:.4g}") if math.isfinite(value) else ranges.scientific(value)


def first_above_zero(epochs: FloatArray, otherwise: float) -> float:
    """Return the first epoch that a logarithmic axis can show."""
    later = np.flatnonzero(epochs[:8] > 0)
    return float(epochs[later[0]]) if len(later) else otherwise


def joined(texts: Sequence[str]) -> str:
    """Return what there is to say, on one line."""
    return " · ".join(text for text in texts if text)
