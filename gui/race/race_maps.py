"""The gradient norms of all runs of a race as pictures side by side, on one scale of colors and one axis of steps."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QWidget

from gui.panels import ranges
from gui.panels.gradient_norms import GRADIENTS
from gui.panels.layer_map import MAX_DECADES, level_colors
from gui.panels.layer_view import RECENT
from gui.panels.panel import Pill, Table
from gui.race.race_panel import RacePanel
from gui.race.race_tables import layers_of
from gui.race.race_view import RaceView
from gui.race.run_map import ColorBar, RunMap, norms_of
from gui.theme import Theme
from training.history import Curve

FloatArray = NDArray[np.float64]

POINTS = 220
SHAPE = 1.7
"""Width to height of a picture that is easy to read."""
ENOUGH = 4_000
"""Norms from which it is known between which levels the bulk of them lies."""


class RaceMaps(RacePanel):
    """One picture for each run."""

    title = "Gradient norms · layer × step"
    short_title = "Gradients"
    name = "race_gradient_maps"

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[RunMap] = []
        self.bar = ColorBar(self.theme)
        self._columns = 0
        self._laid_out: tuple[int, ...] = ()
        self._pointed_layer: int | None = None
        self._colors = level_colors(self.theme)
        self.grid_box = QWidget()
        self.grid_box.setMinimumSize(QSize(1, 1))
        self.grid = QGridLayout(self.grid_box)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(4)
        row = QWidget()
        beside = QHBoxLayout(row)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(2)
        beside.addWidget(self.grid_box, 1)
        beside.addWidget(self.bar)
        self.body.addWidget(row, 1)
        self.group = QButtonGroup(self)
        self.pills: dict[str, Pill] = {}
        for name in ("signal_norm", "weight_grad_norm"):
            quantity = GRADIENTS[name]
            pill = self.add_pill(quantity.pill, quantity.tip, checked=name == "signal_norm", changed=self._chosen)
            self.group.addButton(pill)
            self.pills[name] = pill
        self.restyle(self.theme)

    # -- as a panel

    def start(self, race: RaceView) -> None:
        self.clear()
        self.race = race
        self.maps = [RunMap(runner, self.theme, self.grid_box) for runner in race.runners]
        for picture in self.maps:
            picture.axes.pointed.connect(partial(self._pointed, picture))
            picture.axes.left.connect(lambda: self.selection.point_at(None))
        self.refresh(race)

    def refresh(self, race: RaceView) -> None:
        self.race = race
        self._lay_out()
        shown = [picture for picture in self.maps if picture.runner.shown]
        curves = [picture.runner.run.history.layers(self.quantity, points=POINTS) for picture in shown]
        self.bar.show_levels(self._levels(curves))
        if not shown:
            return
        (_, right), _ = shown[0].axes.limits
        end = ranges.stepped_end(float(race.step), right, exact=not race.playing) if race.step else 1.0
        for picture, curve in zip(shown, curves, strict=True):
            picture.draw(curve, self.bar.levels or (-3.0, 0.0), end, self._colors)

    def clear(self) -> None:
        for picture in self.maps:
            self.grid.removeWidget(picture)
            picture.hide()
            picture.deleteLater()
        self.race, self.maps, self._laid_out = None, [], ()
        self.bar.show_levels(None)

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self._colors = level_colors(theme)
        self.bar.restyle(theme)
        for picture in self.maps:
            picture.restyle(theme)
        if self.race is not None:
            self.attempt(self.refresh, self.race)

    def table(self) -> Table | None:
        if self.race is None or not self.race.step:
            return None
        return layers_of(self.race, self.quantity, GRADIENTS[self.quantity].figure)

    # -- what is drawn

    @property
    def quantity(self) -> str:
        """Which norm is shown."""
        return next(name for name, pill in self.pills.items() if pill.isChecked())

    def _chosen(self, on: bool) -> None:
        if on and self.race is not None:
            self.bar.show_levels(None)
            self.attempt(self.refresh, self.race)
            self.attempt(self.show_moment)

    def _levels(self, curves: list[Curve]) -> ranges.Limits | None:
        """Return limits in decades around the recent norms of all runs."""
        norms = [norms_of(curve) for curve in curves]
        recent = [values[int((1.0 - RECENT) * len(values)) :].ravel() for values in norms if len(values)]
        if not recent:
            return None
        pool = np.concatenate([values[:: max(1, len(values) * len(recent) // ENOUGH)] for values in recent])
        return ranges.limits_of_decades(pool, self.bar.levels, decades=MAX_DECADES)

    # -- places

    def _lay_out(self) -> None:
        """Put the pictures of the runs that are shown into as many columns as suit the room."""
        shown = tuple(picture.runner.place for picture in self.maps if picture.runner.shown)
        columns = columns_for(len(shown), self.grid_box.width(), self.grid_box.height())
        if (shown, columns) == (self._laid_out, self._columns):
            return
        for line in range(8):
            self.grid.setRowStretch(line, 0)
            self.grid.setColumnStretch(line, 0)
        for picture in self.maps:
            self.grid.removeWidget(picture)
            picture.setVisible(picture.runner.shown)
        for index, place in enumerate(shown):
            self.grid.addWidget(self.maps[place], index // columns, index % columns)
            self.grid.setRowStretch(index // columns, 1)
            self.grid.setColumnStretch(index % columns, 1)
        self._laid_out, self._columns = shown, columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.race is not None:
            self._lay_out()

    # -- the moment pointed at

    def _pointed(self, picture: RunMap, x: float) -> None:
        pointer = picture.axes.pointer
        self._pointed_layer = picture.layer_at(pointer[1]) if pointer is not None else None
        if x == self.selection.moment:
            self.attempt(self.show_moment)
        else:
            self.selection.point_at(x)

    def show_moment(self) -> None:
        for picture in self.maps:
            picture.read_out(self.quantity, self.selection.moment, self._pointed_layer)


def columns_for(count: int, width: int, height: int) -> int:
    """Return how many columns give pictures of the best shape.

    >>> columns_for(3, 900, 200), columns_for(3, 300, 600), columns_for(8, 500, 500)
    (3, 1, 2)
    """
    if count == 0 or width <= 0 or height <= 0:
        return 1

    def strain(columns: int) -> float:
        rows = -(-count // columns)
        empty = rows * columns - count
        return abs(math.log((width / columns) / (height / rows) / SHAPE)) + 0.3 * empty

    return min(range(1, count + 1), key=strain)
