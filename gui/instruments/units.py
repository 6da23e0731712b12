"""Dead, saturated and equal units: a line for each hidden layer, dark at the input, bright at the output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui.instruments.readings_panel import POINTS, ReadingsPanel
from gui.panels.layer_curves import NEAR
from gui.panels.plot_axes import ALWAYS, EndLabel, Line, PlotAxes
from gui.panels.scale import scale
from gui.theme import layer_colors, mix, pen

if TYPE_CHECKING:
    from gui.run_view import RunView


TOPS = (0.1, 0.2, 0.5, 1.0)
"""Where the axis of shares may end."""


class Units(ReadingsPanel):
    """The share of units, or of activations, that learn no more or nothing of their own, in each hidden layer."""

    title = "Dead, saturated and equal units"
    short_title = "Units"
    name = "units"
    shortcut = "Alt+1"
    instruments: Mapping[str, str] = {"dead_units": "dead", "saturation": "saturated", "unit_similarity": "equal"}
    curves = frozenset(instruments)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(PlotAxes(x_label="step", y_label="share", right_room=52), parent)
        self.lines: list[Line] = []
        self._colors: tuple[str, ...] = ()
        self.axes.clicked.connect(lambda x, y: self.attempt(self._clicked, x, y))
        self.axes.label_clicked.connect(self._label_clicked)
        self.figure_label.setToolTip("The largest share of any layer, at the moment shown")
        self.restyle(self.theme)

    def begin_view(self, run: RunView) -> None:
        self.lines = [Line(name) for name in run.layer_names[:-1]]
        for line in self.lines:
            self.axes.add(line)
        self.color_view()

    def clear_view(self) -> None:
        self.axes.things.clear()
        self.lines, self.axes.end_labels = [], []
        self.axes.set_limits((0.0, 1.0), (0.0, 1.0))

    def draw_view(self, run: RunView) -> None:
        steps, values = self.series(run).some(POINTS)
        self.axes.end_labels = []
        for layer, line in enumerate(self.lines):
            line.set_data(steps.astype(np.float64), values[:, layer] if len(values) else np.empty(0))
        if len(values):
            self._label(values[-1].tolist())
        highest = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
        highest = max([highest, *(limit for limit, _ in self.limits_in_evidence() if limit <= 1.0)])
        self.axes.set_limits(self.time_limits(run), (0.0, next(top for top in TOPS if highest <= top)))
        self._say(run)

    def color_view(self) -> None:
        layers = len(self.lines) + 1
        self._colors = layer_colors(layers, self.theme)
        for layer, (line, color) in enumerate(zip(self.lines, self._colors, strict=False)):
            line.bold = layer == self.selected
            line.pen = pen(color)
            if self.selected is not None and not line.bold:
                faint = QColor(color)
                faint.setAlphaF(0.3)
                line.pen.setColor(faint)

    def show_layer(self) -> None:
        if self._run is not None:
            self.color_view()
            self.refresh(self._run)

    @property
    def selected(self) -> int | None:
        """The layer selected, if it is one of those shown."""
        layer = self.selection.layer
        return layer if layer is not None and 0 <= layer < len(self.lines) else None

    def values_read(self, run: RunView, step: int) -> list[tuple[str, str]]:
        reading = self.series(run).at(step)
        if reading is None:
            return []
        shares = reading.values
        return [
            (self._colors[layer], f"{self.lines[layer].name}  {share:.1%}")
            for layer, share in reversed(list(enumerate(shares.tolist()))) if np.isfinite(share)
        ]

    def _label(self, last: list[float]) -> None:
        for layer, (line, share) in enumerate(zip(self.lines, last, strict=True)):
            weight = ALWAYS if layer in (0, len(last) - 1, self.selected) else share
            color = mix(self._colors[layer], self.theme.text, 0.3)
            if np.isfinite(share):
                self.axes.end_labels.append(EndLabel(share, line.name, color, weight))

    def _say(self, run: RunView) -> None:
        reading = self.series(run).at(run.shown_step)
        shares = reading.values[np.isfinite(reading.values)] if reading is not None else np.empty(0)
        if not shares.size:
            self.set_figure("")
            return
        worst = int(np.nanargmax(reading.values)) if reading is not None else 0
        share = f"{shares.max():.0%}"
        self.set_figure(f"{self.lines[worst].name}: {share}" if shares.max() > 0 else "none", share)

    def _clicked(self, x: float, y: float) -> None:
        view = self.axes.plot_view
        _, at = view.to_pixels(np.array([x]), np.array([y]))
        away = []
        for line in self.lines:
            height = np.interp(x, line.x, line.y) if len(line.x) else np.nan
            away.append(abs(float(view.to_pixels(np.array([x]), np.array([height]))[1][0] - at[0])))
        nearest = int(np.argmin(np.nan_to_num(away, nan=np.inf))) if away else 0
        if away and away[nearest] < NEAR * scale():
            self.selection.toggle_layer(nearest)

    def _label_clicked(self, text: str) -> None:
        names = [line.name for line in self.lines]
        if text in names:
            self.selection.toggle_layer(names.index(text))
