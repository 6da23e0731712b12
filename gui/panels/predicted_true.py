"""Predicted against true target, in original units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.panel import scale
from gui.panels.plot_axes import Line, PlotAxes, disc
from gui.panels.sample_view import SampleView
from gui.panels.samples import Predicted, part_name
from gui.theme import DARK, Theme, pen

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]


class PredictedTrue(SampleView):
    """Samples of a regression: on the diagonal, the prediction is right."""

    title = "Predicted against true"
    short_title = "Predicted"
    name = "predicted_true"
    unsuited = "only for regression"
    at_most = 500

    def __init__(self, parent: QWidget | None = None) -> None:
        axes = PlotAxes(x_label="true", y_label="predicted", right_room=8)
        axes.setAccessibleName("Predicted target against the true one, with the diagonal")
        axes.x_axis.counts = False
        axes.note_side = Qt.AlignmentFlag.AlignLeft
        super().__init__(axes, parent)
        self.add_list_button()
        self.diagonal = Line("diagonal")
        axes.add(self.diagonal)
        axes.stamps = [self.points]
        self.predicted: tuple[FloatArray, ...] = ()
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the run is a regression."""
        return run.data.task == "regression"

    def begin_view(self, run: RunView) -> None:
        name = run.data.target_name
        self.axes.set_labels(f"true {name}", f"predicted {name}")
        limits = ranges.linear_limits(np.concatenate([part.y for part in self.parts]))
        self.axes.zoom_back()
        self.axes.set_limits(limits, limits)
        self.diagonal.set_data(np.array(limits), np.array(limits))

    def clear(self) -> None:
        self.predicted = ()
        self.diagonal.set_data(np.empty(0), np.empty(0))
        super().clear()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.diagonal.pen = pen(theme.faint, dash=(4, 4))
        if self.predicted:
            self._place_points()

    def parts_chosen(self) -> None:
        if self.predicted:
            self._place_points()

    def show_outputs(self, more: FloatArray, samples: FloatArray) -> None:
        values = np.asarray(self.data.unscale_target(samples), dtype=np.float64)[:, 0]
        count = len(self.parts[0])
        self.predicted = (values[:count], values[count:])
        self._fit(values)
        self._place_points()
        self._show_scores()

    def places(self) -> tuple[FloatArray, FloatArray]:
        true = np.concatenate([part.y for part in self.parts])
        if not self.predicted:
            return true, np.full(len(true), np.nan)
        return true, np.clip(np.concatenate(self.predicted), *self.axes.limits[1])

    def _fit(self, values: FloatArray) -> None:
        x, shown = self.axes.limits
        targets = np.concatenate([part.y for part in self.parts])
        reach = float(targets.max() - targets.min()) or 1.0
        # A network that has just begun may be far off: the axis goes along, but keeps the targets readable.
        near = np.clip(values, targets.min() - reach, targets.max() + reach)
        y = ranges.linear_limits(np.concatenate([near[~np.isnan(near)], targets]), shown)
        self.axes.set_limits(x, y)

    def _place_points(self) -> None:
        groups = []
        for index, (part, predicted) in enumerate(zip(self.parts, self.predicted, strict=True)):
            if len(part) and self.shown(index == 1):
                color = self.theme.series[index]
                size = (6.0 if len(part) < 300 else 5.0) * scale() * (1.5 if self.theme.bold else 1.0)
                stamp = disc(color, edge=self.theme.surface, diameter=size, hollow=index == 1)
                low, high = self.axes.limits[1]
                groups.append((stamp, part.y, np.clip(predicted, low, high)))
        self.points.set_groups(groups)
        self.axes.redraw()

    def _show_scores(self) -> None:
        lines = []
        for index, (part, predicted) in enumerate(zip(self.parts, self.predicted, strict=True)):
            score = r_squared(part.y, predicted)
            name = part_name(index == 1) if part.whole else f"{part_name(index == 1)}, {len(part):,} drawn"
            if not np.isnan(score):
                shown = f"{score:.3f}" if score > -10 else ranges.scientific(score)
                lines.append(f"{name}  R² {shown}  RMSE {root_mean_square_error(part.y, predicted):.3g}")
        self.axes.set_note("\n".join(lines))

    # -- what is under the pointer

    def read_place(self, x: float, y: float) -> Sequence[str]:
        return []

    def read_sample(self, made: Predicted, index: int) -> Sequence[str]:
        samples, true, said = made.samples, float(made.samples.y[index]), float(made.said[index])
        return [
            f"sample {int(samples.rows[index]) + 1:,} · {part_name(bool(samples.held_out[index]))}",
            f"true {true:.5g}", f"predicted {said:.5g}", f"error {said - true:+.3g}",
        ]


def r_squared(true: FloatArray, predicted: FloatArray) -> float:
    """Return 1 − residual / total sum of squares; NaN where it is not defined."""
    if len(true) < 2:
        return float("nan")
    total = float(np.sum((true - true.mean()) ** 2))
    if total == 0.0:
        return float("nan")
    with np.errstate(over="ignore", invalid="ignore"):
        return 1.0 - float(np.sum((true - predicted) ** 2)) / total


def root_mean_square_error(true: FloatArray, predicted: FloatArray) -> float:
    """Return the square root of the mean squared error, in the units of the target."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.mean((true - predicted) ** 2)))
