"""How far each step moves the weights of every layer, against their size: what the learning rate comes to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from gui.evidence import limits_of
from gui.panels import ranges
from gui.panels.layer_curves import LayerCurves
from gui.panels.layer_view import Quantity
from gui.panels.plot_axes import Guide

if TYPE_CHECKING:
    from gui.run_view import RunView

USUAL = -3.0
"""Decades; around a thousandth, training usually goes well (Karpathy 2015, notes of CS231n)."""
NEAR_USUAL = 2.0
"""Decades from the lines within which the usual value is kept in view."""
MEANING = (
    "‖ΔW‖ / ‖W‖: how far a step moves the weights of a layer, relative to their size. About 1e-3 is usual. "
    "Far above it the learning rate is too high (the loss jumps); far below, the layer hardly learns."
)
RATIOS = {"update_ratio": Quantity("ratio", "update-to-weight ratio", MEANING)}


class UpdateRatio(LayerCurves):
    """One line per layer, with a guide at the usual value."""

    title = "Update-to-weight ratio by layer"
    short_title = "Update ratio"
    name = "update_ratio"
    curves = frozenset({"update_ratio"})
    quantities = RATIOS

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(y_label="‖ΔW‖ / ‖W‖", parent=parent)
        self.axes.setAccessibleName("Update-to-weight ratio of each layer against the step")
        self.axes.meaning = MEANING
        self.axes.guides = [Guide(USUAL, "1e-3 usual")]
        self.figure_label.setToolTip(f"Median over the layers, at the last step\n{MEANING}")

    def draw_evidence(self) -> None:
        super().draw_evidence()
        limits = limits_of(self.selection.evidence, self.curves)
        self.axes.guides = [Guide(USUAL, "1e-3 usual"), *(Guide(math.log10(limit), text) for limit, text in limits)]

    def guide_limits(self, limits: ranges.Limits) -> ranges.Limits:
        low, high = limits
        if low - NEAR_USUAL <= USUAL <= high + NEAR_USUAL:
            return min(low, USUAL - 0.15), max(high, USUAL + 0.15)
        return limits

    def show_figure(self, run: RunView) -> None:
        ratios = run.shown_layers(self.quantity)
        ratios = ratios[~np.isnan(ratios)]
        figure = ranges.scientific(float(np.median(ratios))) if len(ratios) else ""
        self.set_figure(f"median {figure}", figure) if figure else self.set_figure("")
