"""Predicted against true target, in original units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.panel import Panel
from gui.panels.plot_axes import Line, PlotAxes, Stamps, disc
from gui.panels.prediction import Prediction
from gui.panels.samples import Shown, shown_samples
from gui.theme import DARK, Theme, pen
from gui.tips import plain_label

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData

FloatArray = NDArray[np.float64]

SAMPLES = 500
"""Of larger parts, so many samples are shown."""


class PredictedTrue(Panel):
    """Samples of a regression: on the diagonal, the prediction is right."""

    title = "Predicted against true"
    name = "predicted_true"
    needs_snapshot = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = PlotAxes(x_label="true", y_label="predicted", right_room=8)
        self.axes.setAccessibleName("Predicted target against the true one, with the diagonal")
        self.axes.x_axis.counts = False
        self.axes.note_side = Qt.AlignmentFlag.AlignLeft
        self.diagonal = Line("diagonal")
        self.axes.add(self.diagonal)
        self.points = Stamps()
        self.axes.stamps = [self.points]
        self.body.addWidget(self.axes, 1)
        self.key = plain_label()
        self.key.setProperty("role", "caption")
        self.add_to_header(self.key, spare=1)
        self.prediction = Prediction(self._predicted, self)
        self.parts: tuple[Shown, ...] = ()
        self.predicted: tuple[FloatArray, ...] = ()
        self._data: PreparedData | None = None
        self._asked: object = None
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the run is a regression."""
        return run.data.task == "regression"

    def start(self, run: RunView) -> None:
        self.clear()
        if not self.suits(run):
            self.axes.note = "only for regression"
            return
        self._data = run.data
        self.parts = tuple(shown_samples(run.data, held_out, SAMPLES) for held_out in (False, True))
        name = run.data.target_name
        self.axes.set_labels(f"true {name}", f"predicted {name}")
        self.key.setText("● train   ○ held out" if len(self.parts[1]) else "● train")
        self.fit_header()
        limits = ranges.linear_limits(np.concatenate([part.y for part in self.parts]))
        self.axes.zoom_back()
        self.axes.set_limits(limits, limits)
        self.diagonal.set_data(np.array(limits), np.array(limits))
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        if self._data is None or run.snapshot is None or run.snapshot is self._asked:
            return
        self._asked = run.snapshot
        self.prediction.ask(run.snapshot, np.concatenate([part.x for part in self.parts]))

    def clear(self) -> None:
        self.prediction.cancel()
        self._data, self._asked = None, None
        self.parts, self.predicted = (), ()
        self.points.set_groups([])
        self.diagonal.set_data(np.empty(0), np.empty(0))
        self.axes.note = ""
        self.key.setText("")
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.diagonal.pen = pen(theme.faint, dash=(4, 4))
        if self.predicted:
            self._place_points()

    def _predicted(self, _: FloatArray, outputs: FloatArray) -> None:
        if self._data is None:
            return
        values = np.asarray(self._data.unscale_target(outputs), dtype=np.float64)[:, 0]
        count = len(self.parts[0])
        self.predicted = (values[:count], values[count:])
        self._fit(values)
        self._place_points()
        self._show_scores()

    def _fit(self, values: FloatArray) -> None:
        x, shown = self.axes.limits
        targets = np.concatenate([part.y for part in self.parts])
        reach = float(targets.max() - targets.min()) or 1.0
        # A network that has just begun may be far off: the axis goes along, but keeps the targets readable.
        near = np.clip(values, targets.min() - reach, targets.max() + reach)
        y = ranges.linear_limits(np.concatenate([near[~np.isnan(near)], targets]), shown)
        self.axes.set_limits(x, y)

    def _place_points(self) -> None:
        ratio = self.axes.devicePixelRatioF()
        groups = []
        for index, (part, predicted) in enumerate(zip(self.parts, self.predicted, strict=True)):
            if len(part):
                color, size = self.theme.series[index], 6.0 if len(part) < 300 else 5.0
                stamp = disc(color, edge=self.theme.surface, diameter=size, hollow=index == 1, ratio=ratio)
                low, high = self.axes.limits[1]
                groups.append((stamp, part.y, np.clip(predicted, low, high)))
        self.points.set_groups(groups)
        self.axes.redraw()

    def _show_scores(self) -> None:
        texts = []
        for name, part, predicted in zip(("train", "held out"), self.parts, self.predicted, strict=True):
            score = r_squared(part.y, predicted)
            if not part.whole:
                name = f"{name}, {len(part)} drawn"
            if not np.isnan(score):
                texts.append(f"{score:.3f} {name}" if score > -10 else f"{ranges.scientific(score)} {name}")
        self.axes.note = "\n".join(["R²", *texts]) if texts else ""


def r_squared(true: FloatArray, predicted: FloatArray) -> float:
    """Return 1 − residual / total sum of squares; NaN where it is not defined."""
    if len(true) < 2:
        return float("nan")
    total = float(np.sum((true - true.mean()) ** 2))
    if total == 0.0:
        return float("nan")
    with np.errstate(over="ignore", invalid="ignore"):
        return 1.0 - float(np.sum((true - predicted) ** 2)) / total
