"""What the network says everywhere on the plane (or line) of its features, and the samples on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.panel import Panel
from gui.panels.plot_axes import Line, Map, PlotAxes, Stamps, cross, disc
from gui.panels.prediction import Prediction
from gui.panels.samples import Shown, class_colors, rgb, shown_samples
from gui.theme import DARK, Theme, pen, viridis_table
from gui.tips import plain_label

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

GRID = 72
"""Points of the map along each side."""
CURVE = 300
"""Points of the curve over one feature."""
MARGIN = 0.09
"""Share of the data's extent left free around it."""
SAMPLES = 1_000
"""Of larger parts, so many samples are shown."""
MAP_EDGE = "#10151b"
"""Edge of samples on viridis, whatever the theme."""
LEVELS = 32
"""Samples of a regression take one of so many colors."""


class Boundary(Panel):
    """Class probabilities as blended class colors, or the predicted surface, or a curve over a single feature."""

    title = "Decision boundary"
    name = "boundary"
    needs_snapshot = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = PlotAxes(right_room=4, grid=False)
        self.axes.setAccessibleName("Predictions over the features, with the samples")
        self.axes.x_axis.counts = False
        self.map = Map()
        self.points, self.wrong = Stamps(), Stamps()
        self.lines: list[Line] = []
        self.axes.add(self.map)
        self.body.addWidget(self.axes, 1)
        self.key = plain_label()
        self.key.setProperty("role", "caption")
        self.key.setToolTip("Training samples are filled, held-out samples are rings; × marks those misclassified")
        self.add_to_header(self.key, spare=1)
        self.prediction = Prediction(self._predicted, self)
        self.parts: tuple[Shown, ...] = ()
        self.misclassified: tuple[NDArray[np.int64], ...] = ()
        self._data: PreparedData | None = None
        self._asked: Snapshot | None = None
        self._rect = QRectF(0, 0, 1, 1)
        self._inputs: FloatArray | None = None
        self._resize_timer = QTimer(self)
        self._resize_timer.setSingleShot(True)
        self._resize_timer.setInterval(60)
        self._resize_timer.timeout.connect(self._ask)
        self._outputs: FloatArray | None = None
        self._levels: ranges.Limits = (0.0, 1.0)
        self.axes.zoom_changed.connect(self._resized)
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the data has the one or two features that can be drawn."""
        return run.data.dataset.x.shape[1] in (1, 2)

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        if not self.suits(run):
            self.axes.note = "only for data with one or two features"
            return
        data = run.data
        self._data = data
        regression = data.task == "regression"
        self.title_label.setText(self._title())
        self.parts = tuple(shown_samples(data, held_out, SAMPLES) for held_out in (False, True))
        names = data.dataset.feature_names
        everything = np.concatenate([part.y for part in self.parts])
        self._levels = ranges.linear_limits(everything) if regression else (0.0, 1.0)
        self.axes.set_labels(names[0], self._y_label())
        self.key.setText("● train   ○ held out" if len(self.parts[1]) else "● train")
        # A curve runs over its samples; on a map the samples are on top.
        self.axes.stamps = [] if self._flat else [self.points, self.wrong]
        self.axes.stamps_behind = [self.points, self.wrong] if self._flat else []
        self.axes.grid = self._flat
        self.fit_header()
        self._fit()
        self._make_lines()
        self._place_points()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        if self._data is None or run.snapshot is None or run.snapshot is self._asked:
            return
        self._asked = run.snapshot
        self._ask()

    def clear(self) -> None:
        self.prediction.cancel()
        self._resize_timer.stop()
        self._data, self._asked, self._inputs, self._outputs = None, None, None, None
        self.parts, self.misclassified = (), ()
        self.points.set_groups([])
        self.wrong.set_groups([])
        self.map.visible = False
        for line in self.lines:
            self.axes.remove(line)
        self.lines = []
        self.axes.note = ""
        self.key.setText("")
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        if self._data is None:
            return
        for line, color in zip(self.lines, self._line_colors(), strict=True):
            line.pen = pen(color)
        self._place_points()
        if self._outputs is not None:
            self._show(self._outputs)

    # -- what is asked of the network

    @property
    def _flat(self) -> bool:
        return self._data is not None and self._data.dataset.x.shape[1] == 1

    def _title(self) -> str:
        if self._data is not None and self._data.task == "regression":
            return "Fitted curve" if self._flat else "Fitted surface"
        return "Class probabilities" if self._flat else "Decision boundary"

    def _y_label(self) -> str:
        assert self._data is not None
        if not self._flat:
            return self._data.dataset.feature_names[1]
        return self._data.target_name if self._data.task == "regression" else "probability"

    def _fit(self) -> None:
        """Choose the part of the plane to show: all the data, with square units where both features compare."""
        raw = np.concatenate([part.raw for part in self.parts])
        left, right = _extent(raw[:, 0])
        if self._flat:
            low, high = self._levels if self._regression else (0.0, 1.0)
            reach = 0.06 * (high - low)
            self._show_rect(left, right, low - reach, high + reach)
            return
        bottom, top = _extent(raw[:, 1])
        box = self.axes.plot_rect()
        if 1 / 3 < (right - left) / (top - bottom) < 3 and box.width() > 20 and box.height() > 20:
            unit = max((right - left) / box.width(), (top - bottom) / box.height())
            left, right = _around(left, right, unit * box.width())
            bottom, top = _around(bottom, top, unit * box.height())
        self._show_rect(left, right, bottom, top)

    def _show_rect(self, left: float, right: float, bottom: float, top: float) -> None:
        self._rect = QRectF(left, bottom, right - left, top - bottom)
        self._inputs = None
        self.axes.set_limits((left, right), (bottom, top))

    def _ask(self) -> None:
        if self._data is None or self._asked is None:
            return
        if self._inputs is None:
            # The samples go along with the map, so that the marks belong to the same weights.
            grid = np.asarray(self._data.transform(self.grid()), dtype=np.float64)
            self._inputs = np.concatenate([grid, *(part.x for part in self.parts)])
        self.prediction.ask(self._asked, self._inputs)

    def grid(self) -> FloatArray:
        """Return the raw features at which the map (row by row, from below) or the curve is computed."""
        if self._flat:
            return np.linspace(self._rect.left(), self._rect.right(), CURVE)[:, None]
        # The centers of the cells: the picture of the map is stretched over the whole of them.
        cells = (np.arange(GRID) + 0.5) / GRID
        x = self._rect.left() + cells * self._rect.width()
        y = self._rect.top() + cells * self._rect.height()
        across, up = np.meshgrid(x, y)
        return np.stack([across.ravel(), up.ravel()], axis=1)

    def _predicted(self, inputs: FloatArray, outputs: FloatArray) -> None:
        if inputs is self._inputs:  # else the part shown has changed meanwhile, and is asked for anew
            self._outputs = outputs
            self._show(outputs)

    # -- drawing

    @property
    def _regression(self) -> bool:
        return self._data is not None and self._data.task == "regression"

    def _show(self, outputs: FloatArray) -> None:
        cells = CURVE if self._flat else GRID * GRID
        if self._flat:
            self._show_curve(outputs[:cells])
        else:
            self._show_map(outputs[:cells])
        if not self._regression:
            self._mark_wrong(outputs[cells:])
        self.axes.redraw()

    def _show_map(self, outputs: FloatArray) -> None:
        assert self._data is not None
        if self._regression:
            values = np.asarray(self._data.unscale_target(outputs))[:, 0]
            colors = viridis_table(256)[_level(values, self._levels, 256)]
        else:
            colors = blended(outputs, class_colors(outputs.shape[1], self.theme), self.theme)
        self.map.set_colors(colors.reshape(GRID, GRID, 3), self._rect)
        self.map.visible = True

    def _show_curve(self, outputs: FloatArray) -> None:
        assert self._data is not None
        x = self.grid()[:, 0]
        curves = np.asarray(self._data.unscale_target(outputs)) if self._regression else outputs
        for index, line in enumerate(self.lines):
            line.set_data(x, curves[:, index])

    def _make_lines(self) -> None:
        self.lines = [Line(bold=True, pen=pen(color)) for color in self._line_colors()] if self._flat else []
        for line in self.lines:
            self.axes.add(line)

    def _line_colors(self) -> tuple[str, ...]:
        assert self._data is not None
        if not self._flat:
            return ()
        return (self.theme.text,) if self._regression else class_colors(self._data.n_outputs, self.theme)

    def _place_points(self) -> None:
        self.points.set_groups([group for held_out in (False, True) for group in self._point_groups(held_out)])
        self.axes.redraw()

    def _point_groups(self, held_out: bool) -> list[tuple[QPixmap, FloatArray, FloatArray]]:
        part = self.parts[held_out]
        x, y = self._places(part)
        colors = self._point_colors()
        which = _level(part.y, self._levels, LEVELS) if self._regression and not self._flat else part.y.astype(np.int64)
        if self._flat and self._regression:
            which = np.full(len(part), int(held_out))
        size = 7.0 if sum(len(part) for part in self.parts) <= 250 else 5.5
        ratio = self.axes.devicePixelRatioF()
        edge = MAP_EDGE if self._regression and not self._flat else self.theme.background
        groups = []
        for index in np.unique(which).tolist():
            chosen = which == index
            stamp = disc(colors[index], edge=edge, diameter=size, hollow=held_out, ratio=ratio)
            groups.append((stamp, x[chosen], y[chosen]))
        return groups

    def _point_colors(self) -> list[str]:
        assert self._data is not None
        if not self._regression:
            return list(class_colors(self._data.n_outputs, self.theme))
        if self._flat:
            return [self.theme.train, self.theme.validation]
        return ["#{:02x}{:02x}{:02x}".format(*color) for color in viridis_table(LEVELS).tolist()]

    def _places(self, part: Shown) -> tuple[FloatArray, FloatArray]:
        """Return where samples stand; over one feature, those of classes stand at probability 0 or 1."""
        if not self._flat:
            return part.raw[:, 0], part.raw[:, 1]
        if self._regression:
            return part.raw[:, 0], part.y
        assert self._data is not None
        return part.raw[:, 0], part.y / max(1, self._data.n_outputs - 1)

    def _mark_wrong(self, outputs: FloatArray) -> None:
        begin, marked, groups = 0, [], []
        stamp = cross(self.theme.text, edge=self.theme.background, size=7.0, ratio=self.axes.devicePixelRatioF())
        for part in self.parts:
            said = outputs[begin : begin + len(part)]
            begin += len(part)
            wrong = np.flatnonzero(said.argmax(axis=1) != part.y) if len(part) else np.empty(0, dtype=np.int64)
            marked.append(wrong)
            x, y = self._places(part)
            if len(wrong):
                groups.append((stamp, x[wrong], y[wrong]))
        before, self.misclassified = self.misclassified, tuple(marked)
        changed = len(before) != len(marked) or any(
            not np.array_equal(a, b) for a, b in zip(before, marked, strict=True)
        )
        if changed:
            self.wrong.set_groups(groups)
        samples = sum(len(part) for part in self.parts)
        count = sum(len(wrong) for wrong in marked)
        self.set_figure(f"{count:,} of {samples:,} wrong", f"{count:,} wrong")

    def _resized(self) -> None:
        """Keep the units square when the panel changes its shape."""
        if self._data is None or self._flat or self.axes.zoomed:
            return
        before, inputs = QRectF(self._rect), self._inputs
        self._fit()
        if self._rect == before:
            self._inputs = inputs
        else:
            self._outputs = None
            self._resize_timer.start()


def blended(probabilities: FloatArray, colors: tuple[str, ...], theme: Theme) -> NDArray[np.uint8]:
    """Return a color [K, 3] for class probabilities [K, classes]: their colors mixed, fading where undecided."""
    classes = len(colors)
    p = np.nan_to_num(probabilities, nan=1.0 / classes)
    ground = rgb(theme.surface)
    tints = np.stack([rgb(color) for color in colors]) - ground
    sure = (p.max(axis=1, keepdims=True) - 1.0 / classes) / max(1.0 - 1.0 / classes, 1e-9)
    strength = (0.10 + 0.52 * np.clip(sure, 0.0, 1.0)) if theme.dark else (0.06 + 0.40 * np.clip(sure, 0.0, 1.0))
    return np.clip(ground + strength * (p @ tints), 0, 255).astype(np.uint8)


def _level(values: FloatArray, limits: ranges.Limits, levels: int) -> NDArray[np.int64]:
    low, high = limits
    share = np.nan_to_num((values - low) / (high - low), nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(share * (levels - 1), 0, levels - 1).round().astype(np.int64)


def _extent(values: FloatArray) -> ranges.Limits:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) if high > low else max(0.5, abs(low) * 0.1)
    return low - margin, high + margin


def _around(low: float, high: float, span: float) -> ranges.Limits:
    middle = (low + high) / 2
    return middle - span / 2, middle + span / 2
