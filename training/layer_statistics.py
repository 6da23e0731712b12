"""What can be said of every layer at one moment: its weights, its activations, and units that learn no more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.activations import ACTIVATIONS, ActivationInfo
from models.network import BlockValues
from training.progress import layer_names
from training.snapshot import Snapshot

FLAT = 0.05
"""An activation is saturated where the slope of its function is below this share of its largest."""


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """One layer of a snapshot, looked at with some inputs.

    Attributes
    ----------
    name
        "layer 1", …, "output".
    shape
        ``(fan_in, fan_out)`` of its weight matrix.
    parameters
        All that the layer learns: weights, biases, scale and shift of its normalization, and the
        projection of a skip connection that ends at it.
    weight_mean, weight_std, weight_norm, weight_min, weight_max
        Of the weight matrix alone; the norm is the square root of the sum of squares.
    activation
        Name of the activation function; of the output layer "softmax" for a classification, "identity" for a
        regression.
    activation_mean, activation_std
        Over all units and inputs, after the activation function (before a shortcut is added, without dropout). Of
        the output layer those of the predictions: class probabilities, or scaled targets.
    unit_means
        Mean over the inputs for each unit, shape ``[fan_out]``.
    dead
        Share of units whose activation function has slope 0 for every input, so that nothing reaches
        their weights; NaN where that cannot happen (only ReLU and hard tanh have such intervals).
    saturated
        Share of activations, over units and inputs, where the slope is below 5 % of its largest
        value; NaN where the function is not flat at both ends.
    """

    name: str
    shape: tuple[int, int]
    parameters: int
    weight_mean: float
    weight_std: float
    weight_norm: float
    weight_min: float
    weight_max: float
    activation: str
    activation_mean: float
    activation_std: float
    unit_means: NDArray[np.float64]
    dead: float
    saturated: float


@torch.inference_mode()
def layer_statistics(snapshot: Snapshot, inputs: NDArray[Any]) -> tuple[LayerStatistics, ...]:
    """Return the statistics of every layer, the output layer last.

    Standard deviations are those of the values at hand (divided by their number). Values that are not
    finite give NaN or ∞. Not to be called from several threads at once.

    Parameters
    ----------
    inputs
        Prepared inputs ``[K, F']``, K ≥ 1.
    """
    architecture = snapshot.architecture
    names = layer_names(architecture.layers)
    sizes = [0] * architecture.layers
    for slot in architecture.slots:
        sizes[slot.layer] += slot.size
    weights = [torch.from_numpy(weight) for weight in snapshot.weights()]
    blocks, predicted = snapshot.inside(inputs)
    hidden = [
        LayerStatistics(names[layer], _shape(weights[layer]), sizes[layer], *_of_weights(weights[layer]), name,
                        *_of_values(block.a), dead_share(ACTIVATIONS[name], block),
                        saturated_share(ACTIVATIONS[name], block))
        for layer, (name, block) in enumerate(zip(architecture.activations, blocks, strict=True))
    ]  # fmt: skip
    output = "softmax" if snapshot.task == "classification" else "identity"
    last = LayerStatistics(
        names[-1], _shape(weights[-1]), sizes[-1], *_of_weights(weights[-1]), output, *_of_values(predicted),
        dead=math.nan, saturated=math.nan,
    )  # fmt: skip
    return (*hidden, last)


def _shape(weight: Tensor) -> tuple[int, int]:
    fan_in, fan_out = weight.shape
    return fan_in, fan_out


def _of_weights(weight: Tensor) -> tuple[float, float, float, float, float]:
    values = weight.double()
    std, mean = torch.std_mean(values, correction=0)
    low, high = torch.aminmax(values)
    return mean.item(), std.item(), torch.linalg.vector_norm(values).item(), low.item(), high.item()


def _of_values(activations: Tensor) -> tuple[float, float, NDArray[np.float64]]:
    values = activations.double()
    std, mean = torch.std_mean(values, correction=0)
    return mean.item(), std.item(), values.mean(0).numpy()


def dead_share(activation: ActivationInfo, block: BlockValues) -> float:
    """Return the share of units whose slope is 0 for every sample; NaN where that cannot happen."""
    if not activation.dies:
        return math.nan
    return (_slopes(activation, block) == 0).all(0).double().mean().item()


def saturated_share(activation: ActivationInfo, block: BlockValues) -> float:
    """Return the share of activations with a slope below 5 % of its largest; NaN where the function has no flat ends.

    Parameters
    ----------
    block
        What the layer computes for some samples, ``[N, width]`` each.
    """
    if activation.steepest is None:
        return math.nan
    return (_slopes(activation, block) < FLAT * activation.steepest).double().mean().item()


def _slopes(activation: ActivationInfo, block: BlockValues) -> Tensor:
    return activation.backward(torch.ones_like(block.z), block.z, block.a)
