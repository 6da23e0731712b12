"""The figures of every layer at this moment: recorded at the last step, and measured on the latest weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from gui.panels.network.health import judged
from gui.panels.network.hover import LayerNorms, parameters_of
from gui.panels.panel import Table
from models.activations import ACTIVATIONS
from training.feasibility import architecture_of

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.layer_statistics import LayerStatistics
    from training.snapshot import Snapshot

COLUMNS = (
    "layer", "inputs", "units", "activation", "parameters", "weight gradient norm", "gradient against other layers",
    "backpropagated signal norm", "update to weight ratio",
)
MEASURED = {
    "mean weight": "weight_mean", "standard deviation of weights": "weight_std", "norm of weights": "weight_norm",
    "least weight": "weight_min", "largest weight": "weight_max", "mean activation": "activation_mean",
    "standard deviation of activations": "activation_std", "share of dead units": "dead",
    "share of saturated activations": "saturated",
}


def figures(run: RunView, statistics: Sequence[LayerStatistics]) -> Table:
    """Return a row for each layer; what is not known is NaN."""
    shape = architecture_of(run.experiment, run.data)
    rows = []
    for layer, name in enumerate(run.layer_names):
        norms = norms_of(run, layer)
        activation = shape.activations[layer] if layer < len(shape.hidden) else ""
        health = norms.verdict.health.value if norms.verdict is not None else ""
        measured = [getattr(statistics[layer], key) if statistics else math.nan for key in MEASURED.values()]
        rows.append([
            name, shape.widths[layer], shape.widths[layer + 1], activation, parameters_of(shape, layer),
            norms.gradient, health, norms.signal, norms.update_ratio, *measured,
        ])  # fmt: skip
    return Table((*COLUMNS, *MEASURED), rows)


def norms_of(run: RunView, layer: int) -> LayerNorms:
    """Return what the last step recorded of a layer; nothing before the first."""
    if not run.history.n_steps:
        return LayerNorms()
    gradients = run.shown_layers("weight_grad_norm")
    signal, ratio = (float(run.shown_layers(name)[layer]) for name in ("signal_norm", "update_ratio"))
    return LayerNorms(float(gradients[layer]), signal, ratio, judged(gradients)[layer])


def is_dead(snapshot: Snapshot, inputs: NDArray[np.float64], layer: int, unit: int) -> bool | None:
    """Tell whether nothing reaches the weights of a hidden unit, whatever the input; None where that cannot be."""
    info = ACTIVATIONS[snapshot.architecture.activations[layer]]
    if not info.dies:
        return None
    block = snapshot.inside(inputs)[0][layer]
    z, a = block.z[:, unit], block.a[:, unit]
    return bool((info.backward(torch.ones_like(z), z, a) == 0).all())
