"""Instruments that say a few figures of the whole network: a line for each over the steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from gui.instruments.readings_panel import POINTS, ReadingsPanel, architecture_of
from gui.panels import ranges
from gui.panels.plot_axes import EndLabel, Guide, Line, PlotAxes, decades
from gui.theme import pen
from training.feasibility import batch_size_of

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]


NO_VALUE = "Read, but nothing could be told of this moment"


@dataclass(frozen=True)
class Drawn:
    """How the figures of an instrument are drawn.

    Attributes
    ----------
    columns
        Which of its values, and how they are called.
    y_label
        What the axis shows.
    log
        Whether it is in decades.
    limits
        Of the axis, where they are known beforehand.
    guide
        A height worth comparing with, and what it means.
    """

    columns: dict[str, str]
    y_label: str
    log: bool = False
    limits: ranges.Limits | None = None
    guide: tuple[float, str] | None = None


class FigureReadings(ReadingsPanel):
    """Lines over the steps, of one instrument or of several that pills choose from."""

    drawn: Mapping[str, Drawn] = {}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", right_room=52), parent)
        self.lines: dict[str, Line] = {}
        self._places: dict[str, int] = {}
        self.figure_label.setToolTip("At the moment shown")
        self.restyle(self.theme)

    @property
    def how(self) -> Drawn:
        """How the instrument that is shown is drawn."""
        return self.drawn[self.instrument]

    def begin_view(self, run: RunView) -> None:
        architecture = architecture_of(run)
        columns = self.row.columns(architecture) if architecture is not None else ()
        self._places = {name: columns.index(name) for name in self.how.columns if name in columns}
        self.lines = {name: Line(self.how.columns[name], bold=not index) for index, name in enumerate(self._places)}
        for line in reversed(self.lines.values()):
            self.axes.add(line)
        self.axes.set_labels("step", self.how.y_label)
        self.axes.set_log(self.how.log)
        self.axes.set_limits((0.0, 1.0), self.how.limits or (math.nan, math.nan))
        self.color_view()

    def clear_view(self) -> None:
        self.axes.things.clear()
        self.lines, self._places = {}, {}
        self.axes.end_labels, self.axes.guides = [], []
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0) if self.how.log else (0.0, 1.0))

    def draw_view(self, run: RunView) -> None:
        steps, values = self.series(run).some(POINTS)
        self.axes.end_labels = []
        if len(values) and not np.isfinite(values).any():
            self.axes.empty = NO_VALUE
        for name, line in self.lines.items():
            column = values[:, self._places[name]] if len(values) else np.empty(0)
            line.set_data(steps.astype(np.float64), decades(column) if self.how.log else column)
            if len(self.lines) > 1 and len(column) and np.isfinite(line.y[-1]):
                self.axes.end_labels.append(EndLabel(float(line.y[-1]), line.name, line.pen.color().name()))
        guide = self.guide(run) if len(values) else None
        self.axes.guides = [Guide(*guide)] if guide is not None else []
        self.axes.set_limits(self.time_limits(run), self._heights(guide))
        self._say(run)

    def color_view(self) -> None:
        for index, line in enumerate(self.lines.values()):
            line.pen = pen(self.theme.series[index], dash=self.theme.dashes[index])

    def guide(self, run: RunView) -> tuple[float, str] | None:
        """Return a height worth comparing with, as the axis has it."""
        if self.how.guide is None:
            return None
        height, label = self.how.guide
        return (math.log10(height) if self.how.log else height), label

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        reading = self.series(run).at(step)
        if reading is None:
            return []
        return [
            (line.pen.color().name(), f"{line.name}  {told(float(reading.values[self._places[name]]))}")
            for name, line in self.lines.items()
        ]

    def _heights(self, guide: tuple[float, str] | None) -> ranges.Limits:
        if self.how.limits is not None:
            return self.how.limits
        bottom, top = self.axes.limits[1]
        shown = None if math.isnan(bottom) else (bottom, top)
        heights = np.concatenate([line.y for line in self.lines.values()] or [np.empty(0)])
        heights = heights[np.isfinite(heights)]
        if guide is not None and heights.size:
            heights = np.append(heights, guide[0])
        return ranges.limits_of_decades(heights, shown) if self.how.log else ranges.linear_limits(heights, shown)

    def _say(self, run: RunView) -> None:
        reading = self.series(run).at(run.shown_step)
        if reading is None or not self.lines:
            self.set_figure("")
            return
        name = next(iter(self.lines))
        value = told(float(reading.values[self._places[name]]))
        if value == "–":
            self.set_figure("")
            return
        self.set_figure(f"{self.how.columns[name]} {value}", value)


class GradientCosine(FigureReadings):
    """The cosine of the gradients of the same samples before and after a step."""

    title = "Cosine of successive gradients"
    short_title = "Gradient cosine"
    name = "gradient_cosine"
    shortcut = "Alt+3"
    instruments: Mapping[str, str] = {"gradient_cosine": ""}
    curves = frozenset(instruments)
    drawn: Mapping[str, Drawn] = {
        "gradient_cosine": Drawn({"cosine": "cosine"}, "cosine", limits=(-1.05, 1.05), guide=(0.0, "turns back below")),
    }


class NoiseScale(FigureReadings):
    """The gradient noise scale against the batch size."""

    title = "Gradient noise scale"
    short_title = "Noise scale"
    name = "noise_scale"
    shortcut = "Alt+4"
    instruments: Mapping[str, str] = {"noise_scale": ""}
    curves = frozenset(instruments)
    drawn: Mapping[str, Drawn] = {"noise_scale": Drawn({"noise_scale": "B"}, "samples", log=True)}

    def guide(self, run: RunView) -> tuple[float, str] | None:
        size = batch_size_of(run.experiment, run.data)
        return math.log10(size), f"batch size {size}"


class Curvature(FigureReadings):
    """The ends of the spectrum of the Hessian, or its trace."""

    title = "Curvature"
    name = "curvature"
    shortcut = "Alt+6"
    instruments: Mapping[str, str] = {"hessian_eigenvalue": "largest", "hessian_trace": "trace"}
    curves = frozenset(instruments)
    drawn: Mapping[str, Drawn] = {
        "hessian_eigenvalue": Drawn(
            {"largest": "λ max", "smallest": "λ min"}, "curvature λ", guide=(0.0, "saddle below")
        ),
        "hessian_trace": Drawn({"trace": "trace"}, "tr ∇²f"),
    }


def told(value: float) -> str:
    """Return a value as it is read out."""
    if not math.isfinite(value):
        return ranges.scientific(value)
    return f"{value:.3f}" if 0.01 <= abs(value) < 10 else ranges.short_exponent(f"{value:.3g}")
