"""The loss over a plane through the space of the weights, and the path that training took across it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.panels import ranges
from gui.panels.color_key import Bar, ColorKey, Entry
from gui.panels.panel import Panel, Pill, Table
from gui.panels.plot_axes import Line, Map, PlotAxes, Stamps, disc
from gui.panels.scale import scale
from gui.panels.short_pill import ShortPill
from gui.theme import Theme, viridis_table

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.instruments.landscape import Kind, Landscape

FloatArray = NDArray[np.float64]

STILL_MS = 400
"""So long a run stands still before its landscape is computed."""
LEVELS = 256
HIGH = 0.97
"""Losses beyond this share of all are drawn like it: one 1e30 would leave no detail."""
WIDE = 420
"""Pixels from which on pills say all."""
PATH = "#ffffff"
"""Seen on every color of viridis, in both themes."""
NEAR = 10.0
BEGINS = "Computed once the run stands still, or with the pill “compute”"
MEANING = (
    "The loss at θ_c + x·d₁ + y·d₂: θ_c the weights of now, d₁ and d₂ the main directions of the path (PCA), or random "
    "ones scaled filter by filter (Li et al. 2018). The path is seen from above: it need not lie in the plane.\n"
    "Click near the path: show that moment in all views"
)
KINDS: dict[Kind, tuple[str, str]] = {
    "pca": ("PCA of the path", "Directions in which the path varies the most"),
    "random": ("random", "Random directions, each filter as long as the weights' own"),
}


class LossLandscape(Panel):
    """A map of the loss, bright where it is low, the path in white and a point where the run stands.

    ``survey_wanted`` and ``give_up_wanted`` ask for what is computed elsewhere; `show_landscape` brings it.
    """

    title = "Loss landscape"
    short_title = "Landscape"
    name = "loss_landscape"
    shortcut = "Alt+8"
    needs_snapshot = True
    survey_wanted = Signal(str)
    give_up_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunView | None = None
        self.landscape: Landscape | None = None
        self.busy = False
        self._step = -1
        self._inverse: FloatArray | None = None
        self.axes = PlotAxes(x_label="direction 1", y_label="direction 2", grid=False)
        self.axes.x_axis.counts = False
        self.axes.meaning = MEANING
        self.axes.setAccessibleName("Loss over a plane of weights, with the path of training")
        self.map = Map()
        self.path = Line("path", bold=True)
        self.here = Stamps()
        self.axes.add(self.map)
        self.axes.add(self.path)
        self.axes.stamps = [self.here]
        self.body.addWidget(self.axes, 1)
        self.key = ColorKey()
        self.body.addWidget(self.key)
        self.group = QButtonGroup(self)
        self.kinds: dict[Kind, ShortPill] = {}
        for kind, (text, tip) in KINDS.items():
            pill = ShortPill(text, text.split(" ")[0], text, tip, checked=kind == "pca")
            pill.toggled.connect(self._kind_chosen)
            pill.toggled.connect(lambda: self.fit_header())
            self.add_to_header(pill, spare=2)
            self.group.addButton(pill)
            self.kinds[kind] = pill
        self.compute = ComputePill()
        self.compute.clicked.connect(self._pressed)
        self.add_to_header(self.compute, spare=1)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._survey_if_still)
        self.axes.clicked.connect(lambda x, y: self.attempt(self._clicked, x, y))
        self.figure_label.setToolTip("Share of the path's variance that lies in the plane")
        self.restyle(self.theme)

    def fit_header(self) -> None:
        for pill in getattr(self, "kinds", {}).values():  # the frame fits its header before there is any
            pill.show_short(self.width() < WIDE * scale())
        super().fit_header()

    @property
    def kind(self) -> Kind:
        """How the directions are chosen."""
        return "random" if self.kinds["random"].isChecked() else "pca"

    # -- as a panel

    def start(self, run: RunView) -> None:
        same = run is self._run
        known, step = (self.landscape, self._step) if same else (None, -1)
        self.clear()
        self._run = run
        self.axes.zoom_back()
        if known is not None:
            self.show_landscape(known, step, busy=self.busy)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        if run.playing or run.history.step == 0 or not self._is_old(run):
            self._still.stop()
        elif not self._still.isActive() and not self.busy:
            self._still.start()
        self.axes.empty = "" if self.landscape is not None else BEGINS
        self._draw_path(run)
        self.axes.redraw()

    def clear(self) -> None:
        self._still.stop()
        self._run, self.landscape, self._inverse, self._step = None, None, None, -1
        self.map.visible = False
        self.path.set_data(np.empty(0), np.empty(0))
        self.here.set_groups([])
        self.key.set_key(())
        self.axes.empty = ""
        self.axes.set_note()
        self.axes.set_limits((-1.0, 1.0), (-1.0, 1.0))
        self.set_figure("")
        self._say_busy()
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.key.restyle(theme)
        self.compute.restyle(theme)
        self.path.pen = QPen(QColor(PATH))
        self.path.pen.setCosmetic(True)
        if self._run is not None:
            self._draw_path(self._run)

    def table(self) -> Table | None:
        """Return the loss at every point of the grid that is known."""
        if self.landscape is None:
            return None
        known = self.landscape
        rows = [
            [x, y, known.losses[row, column]]
            for row, y in enumerate(known.ys.tolist()) for column, x in enumerate(known.xs.tolist())
            if not math.isnan(known.losses[row, column])
        ]
        return Table(["along direction 1", "along direction 2", "loss"], rows)

    def show_moment(self) -> None:
        if self._run is not None:
            self.axes.redraw()

    # -- what is computed

    def show_landscape(self, landscape: Landscape | None, step: int, *, busy: bool) -> None:
        """Show what is known by now of the landscape around the weights after so many steps."""
        self.busy = busy
        if landscape is not None and landscape is not self.landscape:
            if self.landscape is None or landscape.directions is not self.landscape.directions:
                self._inverse = np.linalg.pinv(landscape.directions.T)
            self.landscape, self._step = landscape, step
            self._draw_map(landscape)
            if self._run is not None:
                self.axes.empty = ""
                self._draw_path(self._run)
        self._say_busy()
        self.axes.redraw()

    def _is_old(self, run: RunView) -> bool:
        """Tell whether the run has gone on since, or another plane is wanted."""
        return self._step != run.history.step or self.landscape is None

    def _survey_if_still(self) -> None:
        run = self._run
        if run is None or run.playing or not self.isVisible() or not self._is_old(run):
            return
        if run.snapshot is not None and run.snapshot.step == run.history.step:
            self.survey_wanted.emit(self.kind)
        else:
            self._still.start()  # the weights are on their way

    def _pressed(self) -> None:
        if self.busy:
            self.give_up_wanted.emit()
        elif self._run is not None:
            self.survey_wanted.emit(self.kind)

    def _kind_chosen(self, on: bool) -> None:
        if on and self._run is not None and self._run.history.step:
            self.survey_wanted.emit(self.kind)

    def _say_busy(self) -> None:
        done = self.landscape.done if self.landscape is not None else 0.0
        self.compute.show_progress(done if self.busy else None)
        self.axes.set_note(*(f"computing {done:.0%}",) if self.busy else ())

    # -- what is drawn

    def _draw_map(self, known: Landscape) -> None:
        heights = coarse(known.losses)
        self.map.visible = heights is not None
        if heights is None:
            return
        xs, ys = known.xs, known.ys
        dx, dy = (xs[-1] - xs[0]) / (len(xs) - 1), (ys[-1] - ys[0]) / (len(ys) - 1)
        place = QRectF(xs[0] - dx / 2, ys[0] - dy / 2, xs[-1] - xs[0] + dx, ys[-1] - ys[0] + dy)
        levels, texts = shades(heights)
        table = viridis_table(LEVELS)
        self.map.set_colors(table[levels], place)
        bright = viridis_table(64)[::-1]
        self.key.set_key((Entry("", "low"), Entry("", "high loss")), Bar(np.ascontiguousarray(bright), texts),
                         tip="Training loss with penalties; the brighter, the lower")
        self.axes.set_limits((float(xs[0]), float(xs[-1])), (float(ys[0]), float(ys[-1])))
        self._label(known)

    def _label(self, known: Landscape) -> None:
        names = ["direction 1", "direction 2"]
        if np.isfinite(known.explained).all():
            names = [f"{name} ({share:.0%} of the path)" for name, share in zip(names, known.explained, strict=True)]
            whole = f"{known.explained.sum():.0%}"
            self.set_figure(f"{whole} of the path's variance", whole)
        else:
            self.set_figure("random directions" if self.kind == "pca" else "")
        self.axes.set_labels(*names)

    def _draw_path(self, run: RunView) -> None:
        """Draw the path, from its last place on to where the run stands or is looked at."""
        known, snapshot = self.landscape, run.shown_snapshot
        if known is None:
            return
        before = known.steps <= run.shown_step
        path = known.path[before]
        here = path[-1:] if len(path) else np.empty((0, 2))
        if snapshot is not None and self._inverse is not None and len(snapshot.params) == len(known.center):
            here = (self._inverse @ (np.asarray(snapshot.params, dtype=np.float64) - known.center))[None]
            path = np.concatenate([path, here])
        self.path.set_data(path[:, 0], path[:, 1])
        point = disc(self.theme.error, edge=PATH, diameter=8.0 * scale())
        self.here.set_groups([(point, here[:, 0], here[:, 1])] if np.isfinite(here).all() else [])

    def _clicked(self, x: float, y: float) -> None:
        known = self.landscape
        if known is None or not len(known.path):
            return
        view = self.axes.plot_view
        px, py = view.to_pixels(known.path[:, 0], known.path[:, 1])
        at = view.to_pixels(np.array([x]), np.array([y]))
        away = np.hypot(px - at[0][0], py - at[1][0])
        if away.min() <= NEAR * scale():
            self.selection.moment_wanted.emit(float(known.steps[int(away.argmin())]))


class ComputePill(Pill):
    """Starts the computation, or gives it up; says how far it is."""

    def __init__(self) -> None:
        super().__init__("compute", "")
        self.show_progress(None)

    def show_progress(self, done: float | None) -> None:
        """Say how much is done; None: nothing is under way."""
        text = "compute" if done is None else "cancel"
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(
            "Compute the landscape around the weights of now" if done is None
            else f"Give it up: {done:.0%} is computed"
        )

    def nextCheckState(self) -> None:
        """Never on: it is a button."""


def coarse(losses: FloatArray) -> FloatArray | None:
    """Return the losses on the finest grid all of which is known, [ny, nx]; None while there is none."""
    stride = 1
    while stride <= 8:
        part = losses[::stride, ::stride]
        if not np.isnan(part).any():
            rows, columns = losses.shape
            whole = np.repeat(np.repeat(part, stride, axis=0), stride, axis=1)
            shift = stride // 2
            index_y = np.clip(np.arange(rows) + shift, 0, len(whole) - 1)
            index_x = np.clip(np.arange(columns) + shift, 0, whole.shape[1] - 1)
            return whole[np.ix_(index_y, index_x)]
        stride *= 2
    return None


def shades(losses: FloatArray) -> tuple[NDArray[np.uint8], tuple[str, str, str]]:
    """Return a level for each loss, high where it is low, and what low, middle and high levels mean.

    Levels are even in the logarithm, where all losses are positive.
    """
    finite = losses[np.isfinite(losses)]
    if not finite.size:
        return np.zeros(losses.shape, dtype=np.uint8), ("", "", "∞")
    low, high = float(finite.min()), float(np.quantile(finite, HIGH))
    log = low > 0.0
    heights, ends = (np.log10(np.maximum(losses, low)), np.log10([low, max(high, low)])) if log else (
        losses, np.array([low, high])
    )
    span = max(float(ends[1] - ends[0]), 1e-12)
    share = np.nan_to_num(np.clip((heights - ends[0]) / span, 0.0, 1.0), nan=1.0)
    middle = 10.0 ** float(ends.mean()) if log else float(ends.mean())
    levels = ((1.0 - share) * (LEVELS - 1)).astype(np.uint8)
    return levels, (ranges.scientific(low), ranges.scientific(middle), f"≥ {ranges.scientific(high)}")
