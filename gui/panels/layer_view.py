"""What the views of all layers over the steps share: the quantity, the axis of time, the pointer, the figures."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.evidence import rows_told, seen_elsewhere, spans_of
from gui.panels import ranges
from gui.panels.crosshair import GAP
from gui.panels.moments import moment_text
from gui.panels.panel import Pill, Table
from gui.panels.plot_axes import LABEL_PX, PlotAxes, Span, decades
from gui.panels.scale import scale
from gui.panels.steps_panel import StepsPanel
from gui.panels.time_marks import time_marks
from gui.theme import layer_colors, mix, text_font
from training.history import TAIL_STEPS, Curve, column

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

RECENT = 0.6
"""The values are scaled to this last part of the run: a first spike would flatten the rest."""
WHOLE = 1.6
"""… unless all values take no more than so many times the room."""
READ_OUT = (4, 12)
"""So many layers are read out at the moment pointed at: the fewest, and the most where there is room."""
ENOUGH = 3_000
"""Values from which it is known where the bulk of them lies."""
BEFORE = "Recorded from the first step on"
GHOST_AHEAD = 2.0
"""While the run before was longer, the axis reaches at most so many times as far as the present run."""


@dataclass(frozen=True)
class Quantity:
    """One thing that is recorded of every layer at every step.

    Attributes
    ----------
    pill
        Its name in the header.
    figure
        Its name in a table.
    tip
        What it is, with its formula.
    """

    pill: str
    figure: str
    tip: str


class LayerView(StepsPanel):
    """A view of a quantity of every layer over the steps of a run."""

    quantities: Mapping[str, Quantity] = {}
    points = 220
    max_decades = 14.0
    shows_ghost = False

    def __init__(self, axes: PlotAxes, parent: QWidget | None = None) -> None:
        super().__init__(axes, parent)
        self.quantity = next(iter(self.quantities))
        self._names: tuple[str, ...] = ()
        self._colors: tuple[str, ...] = ()
        self._label_colors: tuple[str, ...] = ()
        self._begun = self._scaled = False
        self.group = QButtonGroup(self)
        self.pills: dict[str, Pill] = {}
        if len(self.quantities) > 1:
            for name, quantity in self.quantities.items():
                on = name == self.quantity
                pill = self.add_pill(quantity.pill, quantity.tip, checked=on, changed=self._chosen)
                self.group.addButton(pill)
                self.pills[name] = pill
        self.full_pill = self.add_pill(
            "full", "Show the full range of values, not only that of the last part of the run",
            spare=1, changed=self._fit_anew,
        )
        self.log_x_pill = self.add_pill(
            "log x", "Steps on a logarithmic axis: the first ones get as much room as all later ones",
            spare=2, changed=self._time_changed,
        )
        self.axes.zoom_changed.connect(self._zoom_changed)
        self.axes.clicked.connect(lambda x, y: self.attempt(self._clicked, x, y))
        self.axes.label_clicked.connect(lambda text: self.attempt(self._label_clicked, text))

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        self._names = run.layer_names
        self._begun = True
        self.begin_view(run)
        self.color_view()
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        if not self._begun or run.layer_names != self._names:
            self.start(run)
            return
        self.axes.marks = time_marks(run, self.across, self.theme)
        self.draw_evidence()
        self._note_replica(run)
        self.axes.empty = "" if run.history.n_steps or self._ghosted(run) else BEFORE
        self.draw_view(run, self.recorded(run, self.points))
        self.axes.redraw()

    def _ghosted(self, run: RunView) -> bool:
        return self.shows_ghost and run.ghost is not None and run.ghost.history.n_steps > 0

    def clear(self) -> None:
        self._names = ()
        self._begun = self._scaled = False
        super().clear()

    def table(self) -> Table | None:
        """Return the quantity of every layer at every step kept, in the part of the run that is shown."""
        if self._run is None or not self._run.history.n_steps:
            return None
        first, last = self._part(self._run)
        curve = self._run.history.layers(self.quantity, first=first, last=last)
        figure = self.quantities[self.quantity].figure
        columns = ["step"]
        if curve.stride == 1:
            columns += [f"{name}, {figure}" for name in self._names]
            values = curve.low
        else:  # spans: the smallest and the largest of each
            columns = ["first step", "last step"]
            columns += [f"{name}, {end} {figure}" for name in self._names for end in ("smallest", "largest")]
            values = np.stack([curve.low, curve.high], axis=2).reshape(len(curve), -1)
        rows: list[list[object]] = []
        for step, row in zip(curve.steps.tolist(), values.tolist(), strict=True):
            ends = [step] if curve.stride == 1 else [step, min(step + curve.stride - 1, self._run.history.n_steps)]
            rows.append([*ends, *row])
        return Table(columns, rows)

    # -- evidence

    def show_evidence(self) -> None:
        if self._run is not None and self.isVisible():
            self.refresh(self._run)  # the axis makes room for what the evidence is about

    def draw_evidence(self) -> None:
        """Mark the part of the run, and the layers, that the evidence of a finding is about."""
        self.axes.spans = self._spans_about(self.curves_shown)
        for name, quantity in self.quantities.items():
            if not self.axes.spans:
                self.axes.spans = seen_elsewhere(self._spans_about(self.curves & _read_off(name)), quantity.pill)

    def _spans_about(self, curves: Collection[str]) -> list[Span]:
        return spans_of(self.selection.evidence, curves, self.across, self.theme)

    @property
    def curves_shown(self) -> frozenset[str]:
        """What evidence may be about that is drawn now; the rest is behind other pills."""
        return self.curves & _read_off(self.quantity)

    def show_curve(self, curve: str) -> None:
        for name, pill in self.pills.items():
            if curve in _read_off(name):
                pill.setChecked(True)

    def zoom_to_steps(self, first: int, last: int) -> None:
        if self._run is None:
            return
        begin, end = self.across(np.array([max(1.0, first - 1.0), float(last)])).tolist()
        curve = self.last_steps(self._run, first, last)
        if end > begin and len(curve):
            self.axes.zoom_to((begin, end), self.zoomed_limits(decades(curve.low)))

    def zoomed_limits(self, exponents: FloatArray) -> ranges.Limits:
        """Return the limits of a part that is shown alone."""
        low, high = ranges.limits_around(exponents)
        return (low, high) if high > low else self.axes.limits[1]

    @property
    def layers_in_evidence(self) -> frozenset[int]:
        """The layers of this run that the evidence about what is shown names; none if it names them all."""
        evidence = self.selection.evidence
        named = frozenset() if evidence is None else evidence.layers(self.curves)
        named = frozenset(layer for layer in named if 0 <= layer < len(self._names))
        return named if len(named) < len(self._names) else frozenset()

    # -- what a view is made of

    def begin_view(self, run: RunView) -> None:
        """Make what is drawn for the layers of a run."""
        raise NotImplementedError

    def draw_view(self, run: RunView, curve: Curve) -> None:
        """Draw what was recorded."""
        raise NotImplementedError

    def color_view(self) -> None:
        """Take the colors of the theme."""
        self._colors = layer_colors(len(self._names), self.theme) if self._names else ()
        self._label_colors = tuple(mix(color, self.theme.text, 0.3) for color in self._colors)

    def layer_at(self, x: float, y: float) -> int | None:
        """Return the layer drawn at a place in view coordinates, if any."""
        raise NotImplementedError

    # -- what is recorded

    def recorded(self, run: RunView, points: int) -> Curve:
        """Return the quantity in the part shown, in about so many spans for each layer."""
        first, last = self._part(run)
        if first is not None and last is not None and first >= run.history.n_steps - TAIL_STEPS:
            return self.last_steps(run, first, last)
        if self.log_x:
            return curve_by_decade(run, self.quantity, points, first or 1, last or run.history.n_steps)
        return run.history.layers(self.quantity, points=points, first=first, last=last)

    def last_steps(self, run: RunView, first: int, last: int) -> Curve:
        """Return the quantity at each of some of the last steps, which are kept exactly however long the run is."""
        tail, start = run.history.tail(), column(self.quantity, len(self._names))
        rows = (tail.steps >= first) & (tail.steps <= last)
        values = tail.low[rows, start : start + len(self._names)]
        return Curve(tail.steps[rows], values, values, 1)

    def _part(self, run: RunView) -> tuple[int | None, int | None]:
        """Return the first and the last step shown, if the user has zoomed."""
        if not self.axes.zoomed:
            return None, None
        left, right, _, _ = self.axes.view()
        left, right = self.step_at(left), self.step_at(right)
        first = max(1, math.floor(min(left, run.history.n_steps)))
        return first, max(first, math.ceil(min(right, 1e15)))

    # -- the axis of time

    @property
    def log_x(self) -> bool:
        """Whether steps are in decades."""
        return self.log_x_pill.isChecked()

    def across(self, steps: FloatArray) -> FloatArray:
        """Return where steps are on the axis; step 0 is nowhere (NaN) on a logarithmic one."""
        if not self.log_x:
            return steps
        places = decades(np.asarray(steps, dtype=np.float64))
        return np.where(np.isfinite(places), places, np.nan)

    def step_at(self, x: float) -> float:
        """Return the step at a place of the axis."""
        return 10.0 ** min(max(x, -1.0), 15.0) if self.log_x else x

    def time_limits(self, run: RunView) -> ranges.Limits:
        """Return the limits of the axis of time: with the run, or, of a longer one before, not far behind."""
        (_, right), _ = self.axes.limits
        shown = self.step_at(right) if math.isfinite(right) else 1.0
        steps = run.history.n_steps
        end = ranges.stepped_end(steps, shown, exact=not run.playing) if steps else 1.0
        if run.ghost is not None and self.shows_ghost:
            before = float(run.ghost.history.n_steps)
            end = max(end, before if not steps or self.full_pill.isChecked() else min(before, GHOST_AHEAD * end))
        return (0.0, max(0.1, math.log10(max(end, 1.0)))) if self.log_x else (0.0, end)

    def scaled_to(
        self, run: RunView, curve: Curve, low: FloatArray, high: FloatArray, shown: ranges.Limits | None
    ) -> ranges.Limits:
        """Return limits in decades: around recent values, or all if `full` is chosen or all take hardly more.

        What the evidence shown is about is on the axis however far that reaches, and so is the end of a run that
        diverged. `low` and `high` are the values of `curve` in decades.
        """
        if not self._scaled:
            shown = None  # limits that were there before any value bind nobody
        self._scaled = low.size > 0
        if self.full_pill.isChecked():
            return _everything(np.concatenate([low.ravel(), high.ravel()]))
        recent = int((1.0 - RECENT) * len(low))
        end = _end_of(high) if run.diverged else math.nan
        limits = ranges.limits_of_decades(
            _enough(low[recent:], high[recent:]), shown, decades=self.max_decades, end=end
        )
        everything = ranges.limits_of_decades(_enough(low, high), decades=self.max_decades, end=end)
        if everything[1] - everything[0] <= WHOLE * (limits[1] - limits[0]):
            limits = _both(everything, limits)
        told = rows_told(self.selection.evidence, self.curves_shown, curve.steps, curve.stride)
        return _both(limits, ranges.limits_around(np.stack([low[told], high[told]]))) if told.any() else limits

    # -- pills and zoom

    def _chosen(self, on: bool) -> None:
        if on:
            self.quantity = next(name for name, pill in self.pills.items() if pill.isChecked())
            self.forget_ghost()
            self._fit_anew(True)

    def forget_ghost(self) -> None:
        """Fold the run before anew: something else of it is shown from now on."""

    def _fit_anew(self, _: bool) -> None:
        if self._run is not None:
            self.axes.set_limits(self.axes.limits[0], (math.nan, math.nan))
            self.attempt(self.refresh, self._run)
            self.attempt(self.show_moment)

    def _time_changed(self, _: bool) -> None:
        self.axes.set_log_x(self.log_x)
        self.axes.set_limits((0.0, math.nan), self.axes.limits[1])
        self.axes.zoom_back()
        self.forget_ghost()
        self._fit_anew(True)

    def _zoom_changed(self) -> None:
        """Fetch finer points for the part zoomed to, or the whole again."""
        if self._run is not None:
            self.attempt(self.refresh, self._run)

    # -- the layer selected and the moment pointed at

    def _clicked(self, x: float, y: float) -> None:
        layer = self.layer_at(x, y)
        if layer is not None:
            self.selection.toggle_layer(layer)

    def _label_clicked(self, text: str) -> None:
        name = next((name for name in self._names if text in (name, text[:2] + name)), "")  # it may have a mark
        if name:
            self.selection.toggle_layer(self._names.index(name))

    @property
    def selected(self) -> int | None:
        """The layer selected, if this run has it."""
        layer = self.selection.layer
        return layer if layer is not None and 0 <= layer < len(self._names) else None

    def _pointed(self, x: float) -> None:
        if self._run is None:
            return
        step = max(0.0, self.step_at(x))
        if step == self.selection.moment:
            self.attempt(self.show_moment)  # only its height has changed
        else:
            self.selection.point_at(step)

    def show_moment(self) -> None:
        moment, run = self.selection.moment, self._run
        if moment is None or run is None or not self.isVisible():
            self.axes.set_crosshair(None)
            return
        place = float(self.across(np.array([moment]))[0])
        epoch = float(run.epochs_at(np.array([moment]))[0])
        rows = [("", moment_text(moment, epoch)), *self.values_read(run, max(1, round(moment)))]
        self.axes.set_crosshair(place, rows)

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        """Return colors and texts: what some layers, and those of the run before, had at a step."""
        values = self.values_at(run, step)
        rows = [] if values is None else [
            (self.text_color(layer), f"{self._names[layer]}  {_about(*values, layer)}")
            for layer in self.layers_read(values[0])
        ]
        before = self.values_at(run.ghost, step) if run.ghost is not None and self.shows_ghost else None
        if before is not None and run.ghost is not None:
            layer = self.selected if self.selected is not None else 0
            if layer < len(run.ghost.layer_names):
                rows.append((self.theme.faint, f"{run.ghost.layer_names[layer]} before  {_about(*before, layer)}"))
        return rows

    def values_at(self, run: RunView, step: int) -> tuple[FloatArray, FloatArray] | None:
        """Return the smallest and the largest values [layers] of the span that a step is kept in."""
        if not 1 <= step <= run.history.n_steps:
            return None
        curve = run.history.layers(self.quantity, first=step, last=step)
        return (curve.low[0], curve.high[0]) if len(curve) else None

    def layers_read(self, values: FloatArray) -> list[int]:
        """Return the layers whose values are read out, from the output down."""
        count = len(values)
        pointer = self.axes.pointer
        near = self.layer_at(*pointer) if pointer is not None else None
        there = np.flatnonzero(~np.isnan(values))
        ends = [] if not len(there) else [int(there[values[there].argmax()]), int(there[values[there].argmin()])]
        wanted = [layer for layer in (self.selected, near, count - 1, 0, *ends) if layer is not None]
        most = min(READ_OUT[1], max(READ_OUT[0], self._lines_of_readout() - 1))  # the moment takes a line
        spread = np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()
        chosen = list(dict.fromkeys([*wanted, *spread]))[:most]
        return sorted(chosen, reverse=True)

    def _lines_of_readout(self) -> int:
        """Return how many lines of a readout the plot is high."""
        line = QFontMetricsF(text_font(scale(), px=LABEL_PX)).height()
        return int((self.axes.plot_rect().height() - 2 * GAP) / line)

    def text_color(self, layer: int) -> str:
        """Return the color of what belongs to a layer."""
        return self._colors[layer]

    def label_color(self, layer: int) -> str:
        """Return a color for the name of a layer: dark purple is none for text."""
        return self._label_colors[layer]


def _about(low: FloatArray, high: FloatArray, layer: int) -> str:
    """Return the value of a layer; of a span of steps, where it lies about."""
    a, b = float(low[layer]), float(high[layer])
    if a == b or math.isnan(a):
        return ranges.scientific(a)
    middle = math.sqrt(a) * math.sqrt(b) if a > 0 else b
    return f"≈ {ranges.scientific(middle)}"


def _enough(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the finite extremes, and of many values some: as much as it takes to know where they lie."""
    if low.size <= ENOUGH:
        return low.ravel() if high is low else np.concatenate([low.ravel(), high.ravel()])
    stride = -(-low.size // ENOUGH)
    ends = [np.where(np.isfinite(low), low, np.inf).min(), np.where(np.isfinite(high), high, -np.inf).max()]
    return np.concatenate([low[::stride].ravel(), high[::stride].ravel(), ends])


def _read_off(quantity: str) -> frozenset[str]:
    """Return the curves that evidence may be about where a quantity is drawn."""
    return frozenset({quantity, "grad_norm"} if quantity == "weight_grad_norm" else {quantity})


def _both(one: ranges.Limits, other: ranges.Limits) -> ranges.Limits:
    return min(one[0], other[0]), max(one[1], other[1])


def _end_of(exponents: FloatArray) -> float:
    """Return the largest value of the last moment that has a finite one; NaN if there is none."""
    rows = np.flatnonzero(np.isfinite(exponents).any(axis=1))
    last = exponents[rows[-1]] if len(rows) else np.empty(0)
    return float(last[np.isfinite(last)].max()) if len(rows) else math.nan


def _everything(exponents: FloatArray) -> ranges.Limits:
    """Return limits around all finite values, however many decades those take."""
    finite = exponents[np.isfinite(exponents)]
    if not finite.size:
        return -3.0, 0.0
    ends = np.array([finite.min(), finite.max()])
    return ranges.limits_of_decades(ends, decades=2 * ranges.FURTHEST)


def curve_by_decade(run: RunView, quantity: str, points: int, first: int, last: int) -> Curve:
    """Return a quantity of all layers in spans that grow with the step: as many for each decade."""
    last = max(first, min(last, run.history.n_steps))
    edges = [first]
    while edges[-1] * 10 <= last:
        edges.append(edges[-1] * 10)
    each = max(12, points // len(edges))
    pieces = []
    begin = first
    for start, end in zip(edges, [*(edge - 1 for edge in edges[1:]), last], strict=True):
        begin = max(begin, start)
        if begin > end:
            continue  # already within a span of the decade before
        piece = run.history.layers(quantity, points=each, first=begin, last=end)
        if len(piece):
            steps = np.maximum(piece.steps, begin)  # its first span may have begun in the decade before
            pieces.append(Curve(steps, piece.low, piece.high, piece.stride))
            begin = int(steps[-1]) + piece.stride
    if not pieces:
        return run.history.layers(quantity, points=points, first=first, last=last)
    return Curve(
        np.concatenate([piece.steps for piece in pieces]),
        np.concatenate([piece.low for piece in pieces]),
        np.concatenate([piece.high for piece in pieces]),
        max(piece.stride for piece in pieces),
    )


def middle_of(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the middle of spans in decades; of a span that reaches down to zero, its upper end."""
    if high is low:
        return low
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(low), high, np.where(np.isposinf(high), low, (low + high) / 2))
