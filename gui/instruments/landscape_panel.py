"""The loss over a plane through the space of the weights, and the path that training took across it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.instruments.landscape_picture import LEVELS, Heights, between, known_heights, levels, shades
from gui.instruments.readings_panel import in_words
from gui.instruments.trail import Plane, Trail
from gui.panels.color_key import Bar, ColorKey, Entry
from gui.panels.panel import Panel, Pill, Table
from gui.panels.plot_axes import Line, Map, PlotAxes, Stamps, disc
from gui.panels.ranges import Limits
from gui.panels.scale import scale
from gui.panels.short_pill import ShortPill
from gui.theme import Theme, viridis_table

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.instruments.landscape import Kind, Landscape

FloatArray = NDArray[np.float64]

STILL_MS = 400
"""So long a run stands still before its landscape is computed."""
GROWN = 1.4
"""While a run trains it is computed again once the run is so many times as long."""
FEWEST_KEPT, LONGEST_WAIT = 3, 2.0
"""So many checkpoints make a path to find directions from; for them it is not waited longer than so many seconds."""
FINE_ENOUGH = 2
"""A new landscape takes the place of a finer one once every so many points of it are known."""
WIDE = 420
"""Pixels from which on pills say all."""
PATH = "#ffffff"
"""Seen on every color of viridis, in both themes."""
UNKNOWN = np.array([[[58, 62, 70]]], dtype=np.uint8)
"""What is not known yet: a gray that the path is seen on in both themes, and that is no color of viridis."""
NEAR = 10.0
STEP, FURTHEST = 0.3, 3.0
"""Where the point leaves the landscape, the axes get wider by such a part of it, up to so many times its extent."""
AFEW = 6.0
"""Seconds that are not worth a number."""
BEGINS = "Computed while the run trains"
STILL = "Computed once the run stands still, or with the pill “compute”"
COMPUTING = "The first picture is computed"
SOON = "The first picture comes within seconds"
NOWHERE = "No landscape: the weights are not finite"
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

    ``survey_wanted``, with a kind and whether someone waits for it, and ``give_up_wanted`` ask for what is computed
    elsewhere; `show_landscape` brings it. While a run trains, the point moves on over the landscape known, which is
    computed again as the run gets longer, or leaves it.

    Attributes
    ----------
    affordable
        Whether there is a budget for computing it beside the training.
    """

    title = "Loss landscape"
    short_title = "Landscape"
    name = "loss_landscape"
    shortcut = "Alt+8"
    needs_snapshot = True
    survey_wanted = Signal(str, bool)
    give_up_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunView | None = None
        self.landscape: Landscape | None = None
        self.busy = self.affordable = False
        self._step = self._asked_at = self._left_at = -1
        self._stride = 0
        self._began_at = 0.0
        self._picture_in = math.nan
        self._plane: Plane | None = None
        self._limits: tuple[Limits, Limits] = (-1.0, 1.0), (-1.0, 1.0)
        self._trail = Trail()
        self._awaited = False
        self.axes = PlotAxes(x_label="direction 1", y_label="direction 2", grid=False)
        self.axes.x_axis.counts = False
        self.axes.meaning = MEANING
        self.axes.setAccessibleName("Loss over a plane of weights, with the path of training")
        self.ground = Map(smooth=False)
        self.map = Map()
        self.path = Line("path", bold=True)
        self.here = Stamps()
        self.axes.add(self.ground)
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
        self.live_pill = self.add_pill(
            "live", "Compute it again from time to time while the run trains, as the budget of instruments allows",
            checked=True, spare=3, changed=self._live_chosen,
        )
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
        self._began_at = time.monotonic()
        self.axes.zoom_back()
        if known is not None:
            self.show_landscape(known, step, busy=self.busy)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        if run.snapshot is not None:
            self._trail.add(run.snapshot)
        if run.playing:
            self._still.stop()
            self._survey_if_due(run)
        elif run.history.step == 0 or not self._is_old(run) or self._left_at == run.history.step:
            self._still.stop()
        elif not self._still.isActive() and not (self.busy and self._asked_at == run.history.step):
            self._still.start()
        self.axes.empty = "" if self.landscape is not None else self._waiting(run)
        self._draw_path(run)
        self.axes.redraw()

    def clear(self) -> None:
        self._still.stop()
        self._run, self.landscape, self._plane = None, None, None
        self._step = self._asked_at = self._left_at = -1
        self._stride, self._picture_in, self._awaited = 0, math.nan, False
        self._trail.clear()
        self.map.visible = self.ground.visible = False
        self.path.set_data(np.empty(0), np.empty(0))
        self.here.set_groups([])
        self.key.set_key(())
        self.axes.empty = ""
        self.axes.set_note()
        self.axes.set_labels("direction 1", "direction 2")
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

    @property
    def live(self) -> bool:
        """Whether it is computed while the run trains."""
        return self.live_pill.isChecked()

    def set_affordable(self, affordable: bool) -> None:
        """Say whether there is a budget for computing it beside the training."""
        if affordable != self.affordable:
            self.affordable = affordable
            if self._run is not None:
                self.attempt(self.refresh, self._run)

    def show_landscape(
        self, landscape: Landscape | None, step: int, *, busy: bool, picture_in: float = math.nan
    ) -> None:
        """Show what is known by now of the landscape around the weights after so many steps.

        A new one takes the place of the one shown as soon as it is fine enough; the first one at once.
        """
        self.busy, self._picture_in = busy, picture_in
        found = known_heights(landscape.losses) if landscape is not None else None
        if landscape is not None and found is not None and self._is_news(landscape, found):
            if self._plane is None or self.landscape is None or landscape.directions is not self.landscape.directions:
                self._plane = Plane.of(landscape)
                self._trail.see_in(self._plane, int(landscape.steps[-1]) if len(landscape.steps) else step)
                self._limits = ends(landscape.xs), ends(landscape.ys)
            self.landscape, self._step, self._stride = landscape, step, found.stride
            self._draw_map(landscape, found)
            if self._run is not None:
                self.axes.empty = ""
                self._draw_path(self._run)
        if self.landscape is None and self._run is not None:
            self.axes.empty = self._waiting(self._run)
        self._say_busy()
        self.axes.redraw()

    def _is_news(self, landscape: Landscape, found: Heights) -> bool:
        shown = self.landscape
        if shown is None or landscape.kind != shown.kind:
            return True
        if landscape.directions is shown.directions:
            return found.stride < self._stride
        return found.stride <= max(FINE_ENOUGH, self._stride) or self._has_left()

    def _is_old(self, run: RunView) -> bool:
        """Tell whether the run has gone on since, or another plane is wanted."""
        return self._step != run.history.step or self.landscape is None

    def _survey_if_due(self, run: RunView) -> None:
        """Have it computed beside the training, the first one as soon as there is a path to see."""
        snapshot = run.snapshot
        if not (self.live and self.affordable and self.isVisible()) or snapshot is None or snapshot.step == 0:
            return
        if self._asked_at < 0:
            kept = len(run.checkpoints.steps) if run.checkpoints is not None else 0
            due = kept >= FEWEST_KEPT or time.monotonic() - self._began_at >= LONGEST_WAIT
        else:
            grown = snapshot.step >= GROWN * self._asked_at or self._has_left()
            due = grown and snapshot.step > self._asked_at and (not self.busy or self._step == self._asked_at)
        if due:
            self._asked_at, self._awaited = snapshot.step, False
            self.survey_wanted.emit(self.kind, False)

    def _has_left(self) -> bool:
        """Tell whether the point stands outside the landscape."""
        known = self.landscape
        if known is None or not len(self.path.x):
            return False
        x, y = self.path.x[-1], self.path.y[-1]
        return not (known.xs[0] <= x <= known.xs[-1] and known.ys[0] <= y <= known.ys[-1])

    def _survey_if_still(self) -> None:
        run = self._run
        if run is None or run.playing or not self.isVisible() or not self._is_old(run):
            return
        if run.snapshot is not None and run.snapshot.step == run.history.step:
            self._ask(run)
        else:
            self._still.start()  # the weights are on their way

    def _ask(self, run: RunView) -> None:
        """Have it computed as fast as can be."""
        self._asked_at, self._awaited = run.snapshot.step if run.snapshot is not None else -1, True
        self.survey_wanted.emit(self.kind, True)

    def _pressed(self) -> None:
        if self.busy and self._awaited:
            self._left_at = self._run.history.step if self._run is not None else -1
            self.give_up_wanted.emit()
        elif self._run is not None:
            self._ask(self._run)

    def _kind_chosen(self, on: bool) -> None:
        if on and self._run is not None and self._run.history.step:
            self._ask(self._run)

    def _live_chosen(self, on: bool) -> None:
        if not on and self._run is not None and self._run.playing:
            self.give_up_wanted.emit()
        if self._run is not None:
            self.attempt(self.refresh, self._run)

    # -- what is said

    def _waiting(self, run: RunView) -> str:
        """Return why there is nothing to be seen, and when there will be."""
        if not self.busy and run.snapshot is not None and not np.isfinite(run.snapshot.params).all():
            return NOWHERE
        if not (self.live and self.affordable) and (run.playing or not run.history.step):
            return STILL
        if not run.playing:
            return BEGINS if run.history.step == 0 else COMPUTING
        if AFEW < self._picture_in < math.inf:
            return f"The first picture comes in about {in_words(self._picture_in)}"
        return SOON

    def _say_busy(self) -> None:
        done = self.landscape.done if self.landscape is not None else 0.0
        awaited = self.busy and self._awaited
        self.compute.show_progress(done if awaited else None)
        self.axes.set_note(*(f"computing {done:.0%}",) if awaited else ())

    # -- what is drawn

    def _draw_map(self, known: Landscape, found: Heights) -> None:
        xs, ys = known.xs, known.ys
        dx, dy = (xs[-1] - xs[0]) / (len(xs) - 1), (ys[-1] - ys[0]) / (len(ys) - 1)
        place = QRectF(xs[0] - dx / 2, ys[0] - dy / 2, xs[-1] - xs[0] + dx, ys[-1] - ys[0] + dy)
        bright, texts = shades(found.losses)
        self.map.visible = self.ground.visible = True
        self.map.set_colors(viridis_table(LEVELS)[levels(between(bright, found.stride))], place)
        table = viridis_table(64)[::-1]
        self.key.set_key((Entry("", "low"), Entry("", "high loss")), Bar(np.ascontiguousarray(table), texts),
                         tip="Training loss with penalties; the brighter, the lower")
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
        """Draw the path, and on from its last place to where the run stands or is looked at."""
        known, snapshot = self.landscape, run.shown_snapshot
        if known is None:
            return
        path = np.concatenate([known.path[known.steps <= run.shown_step], self._trail.until(run.shown_step)])
        if run.moment is not None and snapshot is not None and self._plane is not None:
            place = self._plane.place(np.asarray(snapshot.params))
            path = path if place is None else np.concatenate([path, place[None]])
        self.path.set_data(path[:, 0], path[:, 1])
        point = disc(self.theme.error, edge=PATH, diameter=8.0 * scale())
        self.here.set_groups([(point, path[-1:, 0], path[-1:, 1])] if len(path) else [])
        if len(path):
            x, y = path[-1].tolist()
            self._limits = wide_enough(self._limits[0], known.xs, x), wide_enough(self._limits[1], known.ys, y)
        (left, right), (bottom, top) = self._limits
        self.ground.set_colors(UNKNOWN, QRectF(left, bottom, right - left, top - bottom))
        self.axes.set_limits(*self._limits)

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


def ends(grid: FloatArray) -> Limits:
    """Return where a grid begins and ends."""
    return float(grid[0]), float(grid[-1])


def wide_enough(limits: Limits, grid: FloatArray, place: float) -> Limits:
    """Return limits that hold a place beyond those of the landscape: widened in steps, and not without end."""
    low, high = limits
    extent = float(grid[-1] - grid[0])
    if not abs(place - float(grid.mean())) < FURTHEST * extent:
        return limits
    if place < low:
        return float(place - STEP * extent), high
    return (low, float(place + STEP * extent)) if place > high else limits
