"""Activation functions with a kink, gone on as the smooth piece on which a network stands.

Where a slope jumps (ReLU at 0), a difference of two gradients across the jump is that jump over their distance, however
little it matters. Samples stand right on one wherever a layer is silent for them and the biases above are zero still.
So second derivatives are taken of the piece itself, with the slope that the kink is given in training.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.activations import SELU_ALPHA, SELU_SCALE, ActivationInfo

OF_LINES = ("relu", "leaky_relu", "hardtanh")
"""Activations that are a straight line on each side of a kink."""


def piece_of(activation: ActivationInfo, z: Tensor, a: Tensor) -> ActivationInfo:
    """Return an activation that is smooth about each of the values it gets, and the same up to the next kink.

    Parameters
    ----------
    z, a
        What it gets where the network stands, and what it gives, ``[…, B, width]``.
    """
    if activation.name in OF_LINES:
        return _lines(activation, z, a)
    return _sides_of_selu(activation, z > 0.0) if activation.name == "selu" else activation


def _lines(activation: ActivationInfo, z: Tensor, a: Tensor) -> ActivationInfo:
    slope = activation.backward(torch.ones_like(z), z, a)
    offset = a - slope * z
    return replace(
        activation, forward=lambda other: slope * other + offset,
        backward=lambda upstream, other, given: upstream * slope,
    )  # fmt: skip


def _sides_of_selu(activation: ActivationInfo, above: Tensor) -> ActivationInfo:
    bent = SELU_SCALE * SELU_ALPHA

    def slope(z: Tensor) -> Tensor:
        return torch.where(above, SELU_SCALE, bent * torch.exp(z))

    return replace(
        activation, forward=lambda z: torch.where(above, SELU_SCALE * z, bent * torch.expm1(z)),
        backward=lambda upstream, z, a: upstream * slope(z),
    )  # fmt: skip
