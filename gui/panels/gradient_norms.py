"""The norm of every layer's gradient against the step: where a signal vanishes or explodes is plain to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from gui.panels import ranges
from gui.panels.layer_curves import LayerCurves
from gui.panels.layer_view import Quantity

if TYPE_CHECKING:
    from gui.run_view import RunView

GRADIENTS = {
    "weight_grad_norm": Quantity(
        "weights", "weight gradient norm", "L2 norm of the gradient of each layer's weights: ‖∂f/∂W‖"
    ),
    "signal_norm": Quantity(
        "signal", "signal norm", "L2 norm of the signal passed back to each layer: ‖∂f/∂z‖, z the output of its "
        "linear map. It shrinks (vanishes) or grows (explodes) from layer to layer",
    ),
}
GRADIENT_CURVES = frozenset({"grad_norm", *GRADIENTS})


class GradientNorms(LayerCurves):
    """One line per layer, of the gradient of its weights or of the signal passed back to it."""

    title = "Gradient norm by layer"
    short_title = "Gradient norms"
    name = "gradient_norms"
    curves = GRADIENT_CURVES
    quantities = GRADIENTS

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(y_label="L2 norm", parent=parent)
        self.axes.setAccessibleName("Gradient norm of each layer against the step")
        self.figure_label.setToolTip("Norm at the first layer, divided by that at the output layer, at the last step")

    def show_figure(self, run: RunView) -> None:
        norms = run.shown_layers(self.quantity)
        if len(norms) < 2 or np.isnan(norms).any():
            self.set_figure("")
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = float(norms[0] / norms[-1])
        figure = ranges.scientific(ratio)
        self.set_figure(f"layer 1 / output = {figure}", f"ratio {figure}")
