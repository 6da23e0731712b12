"""What the network says everywhere on the plane (or line) of its features, and the samples on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.color_key import Bar, ColorKey, Entry
from gui.panels.map_colors import blended, level
from gui.panels.panel import Pill, scale
from gui.panels.plot_axes import Line, Map, PlotAxes, Stamps, cross, disc
from gui.panels.sample_view import SampleView
from gui.panels.samples import Predicted, Shown, class_colors, part_name
from gui.panels.stamps import Group
from gui.theme import DARK, Theme, pen, viridis_table

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

GRID = 72
"""Points of the map along each side."""
CURVE = 300
"""Points of the curve over one feature."""
MARGIN = 0.09
"""Share of the data's extent left free around it."""
MAP_EDGE = "#10151b"
"""Edge of samples on viridis, whatever the theme."""
LEVELS = 32
"""Samples of a regression take one of so many colors."""
FIGURE_SPACE = "\u2007"
FEW = 250
"""Up to so many samples are drawn large."""


class Boundary(SampleView):
    """Class probabilities as blended class colors, or the predicted surface, or a curve over a single feature."""

    title = "Decision boundary"
    short_title = "Boundary"
    name = "boundary"
    unsuited = "only for data with one or two features"

    def __init__(self, parent: QWidget | None = None) -> None:
        axes = PlotAxes(right_room=4, grid=False)
        axes.setAccessibleName("Predictions over the features, with the samples")
        axes.x_axis.counts = False
        super().__init__(axes, parent)
        self.wrong_pill = self.add_short_pill("× wrong", "×", "Mark the misclassified samples")
        self.add_list_button()
        self.map = Map()
        self.wrong = Stamps()
        self.lines: list[Line] = []
        self.truth = Line()
        axes.add(self.map)
        axes.add(self.truth)
        self.key = ColorKey()
        self.body.addWidget(self.key)
        self.misclassified: tuple[NDArray[np.int64], ...] = ()
        self._rect = QRectF(0, 0, 1, 1)
        self._drawn, self._drawn_over = np.empty(0), QRectF()
        self._shown_data: object = None
        self._resize_timer = QTimer(self)
        self._resize_timer.setSingleShot(True)
        self._resize_timer.setInterval(60)
        self._resize_timer.timeout.connect(self.ask)
        self._levels: ranges.Limits = (0.0, 1.0)
        axes.zoom_changed.connect(self._resized)
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the data has the one or two features that can be drawn."""
        return run.data.dataset.n_features in (1, 2)

    # -- as a panel

    def begin_view(self, run: RunView) -> None:
        self.set_title(*self._titles_of_run())
        names = self.data.dataset.feature_names
        everything = np.concatenate([part.y for part in self.parts])
        self._levels = ranges.linear_limits(everything) if self._regression else (0.0, 1.0)
        if run.experiment.data != self._shown_data:
            self._shown_data = run.experiment.data
            self.axes.zoom_back()
        self.axes.set_labels(names[0], self._y_label())
        # A curve runs over its samples; on a map the samples are on top.
        # The crosses stick out behind the samples, whose color stays to be seen.
        self.axes.stamps = [] if self._flat else [self.wrong, self.points]
        self.axes.stamps_behind = [self.wrong, self.points] if self._flat else []
        self.axes.grid = self._flat
        self._count_wrong(0, sum(len(part) for part in self.parts))
        self._frame()
        self._make_lines()
        self._show_key()
        self._place_points()

    def clear(self) -> None:
        self._resize_timer.stop()
        self.misclassified, self._drawn = (), np.empty(0)
        self.wrong.set_groups([])
        self.map.visible = False
        for line in self.lines:
            self.axes.remove(line)
        self.lines = []
        self.truth.visible = False
        self.key.set_key(())
        super().clear()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.key.restyle(theme)
        self.truth.pen = pen(theme.muted, dash=(4, 3))
        if self._run is None:
            return
        for line, made in zip(self.lines, self._line_pens(), strict=True):
            line.pen = made
        self.misclassified = ()
        self._show_key()
        self._place_points()
        self.show_again()

    def unused_pills(self) -> Sequence[Pill]:
        return (self.wrong_pill,) if self._run is not None and self._regression else ()

    def parts_chosen(self) -> None:
        self.misclassified = ()
        self._place_points()
        self.show_again()

    # -- what is asked of the network

    @property
    def _flat(self) -> bool:
        return self.data.dataset.n_features == 1

    @property
    def _regression(self) -> bool:
        return self.data.task == "regression"

    def _titles_of_run(self) -> tuple[str, str]:
        if self._regression:
            return ("Fitted curve", "Curve") if self._flat else ("Fitted surface", "Surface")
        return ("Class probabilities", "Probabilities") if self._flat else (self.title, self.short_title)

    def _y_label(self) -> str:
        if not self._flat:
            return self.data.dataset.feature_names[1]
        return self.data.target_name if self._regression else "probability"

    def _fit(self) -> None:
        """Choose the part of the plane to show: all the data, with square units where both features compare."""
        raw = np.concatenate([part.raw for part in self.parts])
        left, right = _extent(raw[:, 0])
        if self._flat:
            low, high = self._levels if self._regression else (0.0, 1.0)
            reach = 0.06 * (high - low)
            self._cover(left, right, low - reach, high + reach)
        else:
            bottom, top = _extent(raw[:, 1])
            box = self.axes.plot_rect()
            if 1 / 3 < (right - left) / (top - bottom) < 3 and box.width() > 20 and box.height() > 20:
                unit = max((right - left) / box.width(), (top - bottom) / box.height())
                left, right = _around(left, right, unit * box.width())
                bottom, top = _around(bottom, top, unit * box.height())
            self._cover(left, right, bottom, top)
        self.axes.set_limits((left, right), (self._rect.top(), self._rect.bottom()))

    def _frame(self) -> None:
        """Have predicted what is shown, whether the user chose it or all the data did."""
        if self.axes.zoomed:
            left, right, bottom, top = self.axes.view()
            self._cover(left, right, bottom, top)
        else:
            self._fit()

    def _cover(self, left: float, right: float, bottom: float, top: float) -> None:
        self._rect = QRectF(left, bottom, right - left, top - bottom)
        self.outdate()

    def more_inputs(self) -> FloatArray:
        return np.asarray(self.data.transform(self.grid()), dtype=np.float64)

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

    # -- drawing

    def show_outputs(self, more: FloatArray, samples: FloatArray) -> None:
        self._drawn = np.asarray(self.data.unscale_target(more)) if self._regression else more
        self._drawn_over = QRectF(self._rect)
        if self._flat:
            x = self.grid()[:, 0]
            for index, line in enumerate(self.lines):
                line.set_data(x, self._drawn[:, index])
            self._show_truth(x)
        else:
            self._show_map()
        if not self._regression:
            self._mark_wrong(samples)

    def _show_map(self) -> None:
        if self._regression:
            colors = viridis_table(256)[level(self._drawn[:, 0], self._levels, 256)]
        else:
            colors = blended(self._drawn, class_colors(self._drawn.shape[1], self.theme), self.theme)
        self.map.set_colors(colors.reshape(GRID, GRID, 3), self._rect)
        self.map.visible = True

    def _show_truth(self, x: FloatArray) -> None:
        """Draw the function that the samples were made from, where it is known."""
        known = self.data.dataset.truth
        self.truth.visible = known is not None
        if known is not None:
            self.truth.set_data(x, np.asarray(known(x[:, None]))[:, 0])

    def _make_lines(self) -> None:
        self.lines = [Line(bold=True, pen=made) for made in self._line_pens()]
        for line in self.lines:
            self.axes.add(line)

    def _line_pens(self) -> list[QPen]:
        if not self._flat:
            return []
        if self._regression:
            return [pen(self.theme.text)]
        colors, dashes = class_colors(self.data.n_outputs, self.theme), self.theme.dashes
        return [pen(color, dash=dashes[index % len(dashes)]) for index, color in enumerate(colors)]

    def _show_key(self) -> None:
        """Say what the colors mean."""
        data, theme = self.data, self.theme
        colors, names, dashes = class_colors(max(1, data.n_outputs), theme), data.class_names, theme.dashes
        if self._flat and self._regression:
            entries = [Entry(theme.text, "prediction", stroke=True)]
            if data.dataset.truth is not None:
                entries.append(Entry(theme.muted, "true function", stroke=True, dash=(4, 3)))
            self.key.set_key(entries, tip="The curve that the network has fitted, in the units of the target")
        elif self._regression:
            low, high = self._levels
            texts = tuple(ranges.plain(round(value, 12)) for value in (low, (low + high) / 2, high))
            bar = Bar(viridis_table(128), (texts[0], texts[1], texts[2]))
            tip = "Color of a predicted value, and of the target of a sample"
            self.key.set_key([Entry(theme.text, data.target_name)], bar, tip=tip)
        elif not self._flat and len(names) == 2:
            share = np.linspace(1.0, 0.0, 129)
            bar = Bar(blended(np.stack([share, 1 - share], axis=1), colors, theme), ("100%", "50%", "100%"))
            entries = [Entry(color, name) for color, name in zip(colors, names, strict=True)]
            self.key.set_key(entries, bar, tip="Probability of either class: pale is undecided")
        else:
            entries = [
                Entry(color, name, stroke=self._flat, dash=dashes[index % len(dashes)] if self._flat else ())
                for index, (color, name) in enumerate(zip(colors, names, strict=True))
            ]
            tip = "Probability of each class" if self._flat else "Color of the likeliest class: pale is undecided"
            self.key.set_key(entries, tip="\n".join([tip, *names[:30]]))

    def _place_points(self) -> None:
        self.points.set_groups(
            [group for held_out in (False, True) if self.shown(held_out) for group in self._point_groups(held_out)]
        )
        self.axes.redraw()

    def _point_groups(self, held_out: bool) -> list[Group]:
        part = self.parts[held_out]
        x, y = self._places(part)
        colors = self._point_colors()
        which = level(part.y, self._levels, LEVELS) if self._regression and not self._flat else part.y.astype(np.int64)
        if self._flat and self._regression:
            which = np.full(len(part), int(held_out))
        edge = MAP_EDGE if self._regression and not self._flat else self.theme.background
        groups = []
        for index in np.unique(which).tolist():
            chosen = which == index
            stamp = disc(colors[index], edge=edge, diameter=self._size(), hollow=held_out)
            groups.append((stamp, x[chosen], y[chosen]))
        return groups

    def _size(self) -> float:
        few = sum(len(part) for part in self.parts) <= FEW
        return (7.0 if few else 5.5) * scale() * (1.5 if self.theme.bold else 1.0)

    def _point_colors(self) -> list[str]:
        if not self._regression:
            return list(class_colors(self.data.n_outputs, self.theme))
        if self._flat:
            return [self.theme.train, self.theme.validation]
        return ["#{:02x}{:02x}{:02x}".format(*color) for color in viridis_table(LEVELS).tolist()]

    def places(self) -> tuple[FloatArray, FloatArray]:
        each = [self._places(part) for part in self.parts]
        return np.concatenate([x for x, _ in each]), np.concatenate([y for _, y in each])

    def _places(self, part: Shown) -> tuple[FloatArray, FloatArray]:
        """Return where samples stand; over one feature, those of classes stand at probability 0 or 1."""
        if not self._flat:
            return part.raw[:, 0], part.raw[:, 1]
        if self._regression:
            return part.raw[:, 0], part.y
        return part.raw[:, 0], part.y / max(1, self.data.n_outputs - 1)

    def _mark_wrong(self, outputs: FloatArray) -> None:
        begin, marked, groups = 0, [], []
        size = self._size() + 4.5 * scale()
        stamp = cross(self.theme.text, edge=self.theme.background, size=size)
        for index, part in enumerate(self.parts):
            said = outputs[begin : begin + len(part)]
            begin += len(part)
            wrong = np.flatnonzero(said.argmax(axis=1) != part.y) if len(part) else np.empty(0, dtype=np.int64)
            marked.append(wrong)
            x, y = self._places(part)
            if len(wrong) and self.wrong_pill.isChecked() and self.shown(index == 1):
                groups.append((stamp, x[wrong], y[wrong]))
        before, self.misclassified = self.misclassified, tuple(marked)
        changed = len(before) != len(marked) or any(
            not np.array_equal(a, b) for a, b in zip(before, marked, strict=True)
        )
        if changed:
            self.wrong.set_groups(groups)
        self._count_wrong(sum(len(wrong) for wrong in marked), sum(len(part) for part in self.parts))

    def _count_wrong(self, count: int, samples: int) -> None:
        """Say on the toggle how many are wrong, with room for as many as there are samples."""
        figure = f"{count:,}".rjust(len(f"{samples:,}"), FIGURE_SPACE)
        self.wrong_pill.set_texts(f"× {figure} wrong", f"× {figure}")
        self.wrong_pill.setAccessibleName(f"{count:,} of {samples:,} samples misclassified")

    # -- what is under the pointer

    def read_place(self, x: float, y: float) -> Sequence[str]:
        names = self.data.dataset.feature_names
        where = [f"{name[:18]} {value:.4g}" for name, value in zip(names, (x, y), strict=False)]
        lines = ["   ".join(where)]
        outputs = self._outputs_at(x, y)
        if outputs is None:
            return lines
        if self._regression:
            lines.append(f"predicted {outputs[0]:.4g}")
            known = self.data.dataset.truth
            if known is not None:
                place = np.array([[x, y]])[:, : len(names)]
                lines.append(f"true function {float(np.asarray(known(place))[0, 0]):.4g}")
            return lines
        likeliest = np.argsort(-np.nan_to_num(outputs, nan=-1.0), kind="stable")[:3].tolist()
        return [*lines, *(f"{self.data.class_names[k]} {outputs[k]:.1%}" for k in likeliest)]

    def _outputs_at(self, x: float, y: float) -> FloatArray | None:
        """Return what is drawn at a place [outputs], between the points of the grid, or None outside of it."""
        rect = self._drawn_over
        if not len(self._drawn) or not rect.contains(x, y):
            return None
        if self._flat:
            at = np.linspace(rect.left(), rect.right(), CURVE)
            return np.array([np.interp(x, at, self._drawn[:, index]) for index in range(self._drawn.shape[1])])
        across = min(max((x - rect.left()) / rect.width() * GRID - 0.5, 0.0), GRID - 1.0)
        up = min(max((y - rect.top()) / rect.height() * GRID - 0.5, 0.0), GRID - 1.0)
        column, row = min(int(across), GRID - 2), min(int(up), GRID - 2)
        right, above = across - column, up - row
        cells = self._drawn.reshape(GRID, GRID, -1)[row : row + 2, column : column + 2]
        lower = (1 - right) * cells[0, 0] + right * cells[0, 1]
        upper = (1 - right) * cells[1, 0] + right * cells[1, 1]
        return np.asarray((1 - above) * lower + above * upper)

    def read_sample(self, made: Predicted, index: int) -> Sequence[str]:
        samples = made.samples
        true, said = float(samples.y[index]), float(made.said[index])
        head = f"sample {int(samples.rows[index]) + 1:,} · {part_name(bool(samples.held_out[index]))}"
        if self._regression:
            return [head, f"true {true:.4g}", f"predicted {said:.4g}"]
        verdict = "taken for" if made.wrong[index] else "recognized:"
        share = f"{made.outputs[index].max():.1%}"
        return [head, f"true {made.name_of(true)}", f"{verdict} {made.name_of(said)} {share}"]

    # -- another part of the plane

    def _resized(self) -> None:
        """Keep the units square when the panel changes its shape; sharpen the map where it is zoomed."""
        if self._run is None:
            return
        before, inputs = QRectF(self._rect), self._inputs
        self._frame()
        if self._rect == before:
            self._inputs = inputs
        else:
            self._outputs = None
            self._resize_timer.start()


def _extent(values: FloatArray) -> ranges.Limits:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) if high > low else max(0.5, abs(low) * 0.1)
    return low - margin, high + margin


def _around(low: float, high: float, span: float) -> ranges.Limits:
    middle = (low + high) / 2
    return middle - span / 2, middle + span / 2
