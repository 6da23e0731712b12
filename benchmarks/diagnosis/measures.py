"""What the oracle measures of a network, by autograd and plain NumPy: nothing of it is shared with the rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.diagnosis.runs import Run
from models.network import Network
from training.snapshot import Snapshot

ROWS = 256
SLOPES = {
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sigmoid": lambda z: 4 / (2 + np.exp(np.minimum(z, 300)) + np.exp(np.minimum(-z, 300))),
    "hardtanh": lambda z: (np.abs(z) < 1).astype(float),
    "softsign": lambda z: 1 / (1 + np.abs(z)) ** 2,
    "relu": lambda z: (z > 0).astype(float),
}
"""Slope of an activation function as a share of its largest."""
FLAT = 0.05


def signals(run: Run, snapshot: Snapshot) -> NDArray[np.float64]:
    """Return the norm of ∂loss/∂z of every hidden layer by autograd in float64, ``[L]``."""
    module = _module(snapshot)
    values: list[Tensor] = []
    for block in module.blocks:
        block.linear.register_forward_hook(lambda _, __, z: values.append(z) or z.retain_grad())
    x = torch.from_numpy(np.asarray(run.data.x_train[:ROWS], dtype=np.float64))
    _loss(run, module(x)).backward()
    return np.array([float(z.grad.norm()) if z.grad is not None else np.nan for z in values])


def weight_gradients(run: Run, snapshot: Snapshot) -> float:
    """Return the norm of the whole gradient by autograd in float64."""
    module = _module(snapshot)
    x = torch.from_numpy(np.asarray(run.data.x_train[:ROWS], dtype=np.float64))
    _loss(run, module(x)).backward()
    return float(sum(float(p.grad.square().sum()) for p in module.parameters() if p.grad is not None)) ** 0.5


def slopes(run: Run, snapshot: Snapshot) -> list[NDArray[np.float64]]:
    """Return every hidden unit's slope on the training samples as a share of the largest, ``[N, width]`` each.

    Empty for layers whose activation function has no flat part.
    """
    module, inputs = _module(snapshot).eval(), []
    for block in module.blocks:
        block.activation.register_forward_pre_hook(lambda _, values: inputs.append(values[0]))
    with torch.no_grad():
        module(torch.from_numpy(np.asarray(run.data.x_train[:ROWS], dtype=np.float64)))
    names = snapshot.architecture.activations
    with np.errstate(over="ignore"):
        return [
            np.asarray(SLOPES[name](z.numpy())) if name in SLOPES else np.empty((0, 0))
            for name, z in zip(names, inputs, strict=True)
        ]


def dead_share(run: Run, snapshot: Snapshot) -> float:
    """Return the largest share of units in one ReLU layer whose slope is zero on all training samples."""
    found = [float((slope == 0).all(0).mean()) for name, slope in _named(run, snapshot) if name == "relu"]
    return max(found, default=0.0)


def saturated_share(run: Run, snapshot: Snapshot) -> float:
    """Return the largest share of activations in one layer of sigmoid-like units that sit on a flat part."""
    found = [float((slope < FLAT).mean()) for name, slope in _named(run, snapshot) if name not in ("relu", "")]
    return max(found, default=0.0)


def _named(run: Run, snapshot: Snapshot) -> list[tuple[str, NDArray[np.float64]]]:
    found = zip(snapshot.architecture.activations, slopes(run, snapshot), strict=True)
    return [(name if slope.size else "", slope) for name, slope in found]


def alike(snapshot: Snapshot) -> float:
    """Return the largest share of units in one hidden layer whose incoming weights are those of another unit."""
    found = [0.0]
    for weight in snapshot.weights()[:-1]:
        columns = weight.T
        if len(columns) < 2:
            continue
        apart = np.abs(columns[:, None] - columns[None]).max(2)
        np.fill_diagonal(apart, np.inf)
        found.append(float((apart.min(1) <= 1e-6 * max(1e-30, float(np.abs(columns).max()))).mean()))
    return max(found)


def spread_of_scales(run: Run) -> float:
    """Return how many times larger the largest feature is than the smallest one, by root mean square."""
    size = np.sqrt((run.data.x_train**2).mean(0))
    size = size[size > 0]
    return float(size.max() / size.min()) if len(size) else 1.0


def _module(snapshot: Snapshot) -> Any:
    network = Network(snapshot.architecture, 1, torch.float64)
    statistics, params = torch.from_numpy(snapshot.statistics), torch.from_numpy(snapshot.params)
    with torch.no_grad():
        network.load_flat(params.double(), statistics.double(), 0)
    return network.to_torch(0).double().train()


def _loss(run: Run, output: Tensor) -> Tensor:
    y = torch.from_numpy(run.data.y_train[:ROWS])
    kind = run.experiment.loss.kind
    if kind == "cross_entropy":
        return nn.functional.cross_entropy(output, y)
    return {"mse": nn.functional.mse_loss, "mae": nn.functional.l1_loss, "huber": nn.functional.huber_loss}[kind](
        output, y.double()
    )
