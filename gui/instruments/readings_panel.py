"""What the panels of readings over time share: which instrument, the axis of steps, the pointer, the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.evidence import limits_of, spans_of
from gui.panels import ranges
from gui.panels.moments import moment_text
from gui.panels.panel import Pill, Table
from gui.panels.plot_axes import Guide, PlotAxes
from gui.panels.steps_panel import StepsPanel
from gui.panels.time_marks import time_marks
from gui.tips import plain_tip
from models.architecture import Architecture
from training.instruments.catalog import INSTRUMENTS
from training.instruments.instrument import InstrumentInfo
from training.instruments.log import Series

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

POINTS = 400
A_FEW = 3.0
"""Seconds that are not worth a number."""
WAITS = "Read from the first steps on, as often as the budget of instruments allows"
NOT_READ = "Not read: the run was over before the budget of instruments allowed it"


class ReadingsPanel(StepsPanel):
    """A plot over the steps of what an instrument has said; where there are several, pills choose.

    Attributes
    ----------
    instruments
        Rows of `INSTRUMENTS` and the names of their pills.
    instrument
        The one that is shown.
    """

    instruments: Mapping[str, str] = {}

    def __init__(self, axes: PlotAxes, parent: QWidget | None = None) -> None:
        super().__init__(axes, parent)
        self.axes.setAccessibleName(f"{self.title}, over the steps")
        self.instrument = next(iter(self.instruments))
        self.group = QButtonGroup(self)
        self.pills: dict[str, Pill] = {}
        if len(self.instruments) > 1:
            for name, text in self.instruments.items():
                pill = self.add_pill(
                    text, plain_tip(about(INSTRUMENTS[name])), checked=name == self.instrument, changed=self._chosen
                )
                self.group.addButton(pill)
                self.pills[name] = pill
        self._tell()

    # -- as a panel

    @property
    def row(self) -> InstrumentInfo:
        """The instrument that is shown."""
        return INSTRUMENTS[self.instrument]

    @property
    def needed(self) -> tuple[str, ...]:
        """The instruments that are to be read while the panel is seen."""
        return (self.instrument,)

    def series(self, run: RunView) -> Series:
        """Return what the instrument has said."""
        return run.instruments[self.instrument]

    def suits(self, run: RunView) -> bool:
        architecture = architecture_of(run)
        return architecture is None or any(INSTRUMENTS[name].suits(architecture) for name in self.instruments)

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        self._choose_what_suits(run)
        self.axes.zoom_back()
        self.begin_view(run)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        self.axes.marks = time_marks(run, lambda steps: steps, self.theme)
        self.axes.spans = spans_of(self.selection.evidence, self.curves, lambda steps: steps, self.theme)
        self._note_replica(run)
        self.axes.empty = "" if len(self.series(run)) else why_not_read(run, self.instrument)
        self.axes.guides = []
        self.draw_view(run)
        if len(self.series(run)):
            self._draw_limits()
        if self.selection.moment is not None:
            self.show_moment()
        self.axes.redraw()

    def clear(self) -> None:
        self.axes.guides = []
        super().clear()

    def table(self) -> Table | None:
        """Return every reading that is kept, as it was made."""
        architecture = architecture_of(self._run) if self._run is not None else None
        if self._run is None or architecture is None or not len(self.series(self._run)):
            return None
        series = self.series(self._run)
        rows = zip(series.steps.tolist(), series.epochs.tolist(), series.values.tolist(), strict=True)
        columns = ["step", "epoch", *self.row.columns(architecture)]
        return Table(columns, [[step, epoch, *values] for step, epoch, values in rows])

    # -- what a view is made of

    def begin_view(self, run: RunView) -> None:
        """Make what is drawn of a run."""

    def draw_view(self, run: RunView) -> None:
        """Draw what has been said."""
        raise NotImplementedError

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        """Return colors and texts: what was said last at or before a step."""
        return []

    def time_limits(self, run: RunView) -> ranges.Limits:
        """Return the limits of the axis of steps: with the run."""
        steps = run.history.n_steps
        return 0.0, ranges.stepped_end(steps, self.axes.limits[0][1], exact=not run.playing) if steps else 1.0

    # -- which instrument

    def choose(self, name: str) -> None:
        """Show another of the instruments of this panel."""
        if name in self.pills:
            self.pills[name].setChecked(True)

    def _choose_what_suits(self, run: RunView) -> None:
        architecture = architecture_of(run)
        for name, pill in self.pills.items():
            pill.setEnabled(architecture is None or INSTRUMENTS[name].suits(architecture))
        if self.pills and not self.pills[self.instrument].isEnabled():
            self.choose(next((name for name, pill in self.pills.items() if pill.isEnabled()), self.instrument))

    def _chosen(self, on: bool) -> None:
        if not on:
            return
        self.instrument = next(name for name, pill in self.pills.items() if pill.isChecked())
        self._tell()
        if self._run is not None:
            self.attempt(self.start, self._run)

    def _tell(self) -> None:
        self.axes.meaning = about(self.row)

    # -- evidence, and the moment pointed at

    def show_evidence(self) -> None:
        if self._run is not None:
            self.attempt(self.refresh, self._run)

    def limits_in_evidence(self) -> list[tuple[float, str]]:
        """Return what the evidence holds the instrument that is shown against, with labels."""
        return limits_of(self.selection.evidence, {self.instrument})

    def _draw_limits(self) -> None:
        """Draw lines at these limits beside the guides of the panel, in whose units they are."""
        height = math.log10 if self.axes.y_axis.log else float
        there = {round(guide.y, 6) for guide in self.axes.guides}
        guides = [Guide(height(limit), text) for limit, text in self.limits_in_evidence()]
        self.axes.guides = [*self.axes.guides, *(guide for guide in guides if round(guide.y, 6) not in there)]

    def _pointed(self, x: float) -> None:
        if self._run is not None:
            self.selection.point_at(max(0.0, x))

    def show_moment(self) -> None:
        moment, run = self.selection.moment, self._run
        if moment is None or run is None or not self.isVisible():
            self.axes.set_crosshair(None)
            return
        epoch = float(run.epochs_at(np.array([moment]))[0])
        self.axes.set_crosshair(moment, [("", moment_text(moment, epoch)), *self.values_read(run, int(moment))])


def about(row: InstrumentInfo) -> str:
    """Return what an instrument measures, and what that says of convergence."""
    return f"{row.title}: {row.formula}\n{row.note}"


def why_not_read(run: RunView, name: str) -> str:
    """Return why an instrument has not said anything of a run yet, and when it will."""
    outlook = run.instruments.outlooks.get(name)
    if outlook is not None and outlook.error:
        return f"Not read any more: it failed with {outlook.error}"
    if outlook is not None and outlook.too_slow:
        return f"Not read: of such a network a reading takes {in_words(outlook.seconds)}"
    if over(run):
        return NOT_READ
    if outlook is None or not A_FEW < outlook.due_in < math.inf:
        return WAITS
    return f"First reading in about {in_words(outlook.due_in)}: it takes {in_words(outlook.seconds)} of the budget"


def in_words(seconds: float) -> str:
    """Return a time in few figures."""
    if seconds < 1.0:
        return f"{1000.0 * seconds:.2g} ms"
    return f"{seconds:.0f} s" if seconds < 90.0 else f"{seconds / 60.0:.0f} min"


def over(run: RunView) -> bool:
    """Tell whether a run has come to its end, so that nothing more is read of it."""
    return not run.playing and any(outcome is not None for outcome in run.outcomes)


def architecture_of(run: RunView) -> Architecture | None:
    """Return the network of a run, once it is known."""
    return run.snapshot.architecture if run.snapshot is not None else None
