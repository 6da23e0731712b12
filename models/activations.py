"""Activation functions: value, derivative and the PyTorch module that says the same.

Every function works elementwise on a tensor of any shape.
To add one, write its two functions and a row of `ACTIVATIONS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

aten = torch.ops.aten

SELU_ALPHA = 1.6732632423543772848170429916717  # Klambauer et al. 2017, eq. 14
SELU_SCALE = 1.0507009873554804934193349852946
LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class ActivationInfo:
    """One row of the table of activations.

    Attributes
    ----------
    forward
        ``z -> a``; returns a new tensor (identity may return `z` itself).
    backward
        ``(upstream gradient, z, a) -> gradient with respect to z``; returns a new tensor, or
        the upstream gradient itself for the identity.
    gain
        Recommended gain for initialization, as in `torch.nn.init.calculate_gain`.
    steepest
        Largest derivative of an activation that is flat at both ends, so that its units can saturate;
        None where it grows without bound.
    dies
        Whether the derivative is exactly 0 on a whole interval, so that a unit can be cut off from learning.
    """

    name: str
    title: str
    formula: str
    note: str
    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]
    module: Callable[[], nn.Module]
    gain: float = 1.0
    steepest: float | None = None
    dies: bool = False


def _softsign_backward(g: Tensor, z: Tensor, a: Tensor) -> Tensor:
    # a = z / (1 + |z|), so 1 - |a| = 1 / (1 + |z|) and the derivative is its square.
    slope = a.abs().neg_().add_(1.0)
    return slope.square_().mul_(g)


_ROWS = (
    ActivationInfo(
        "identity", "Identity", "a = z", "No non-linearity: the network stays a linear model.",
        lambda z: z, lambda g, z, a: g, nn.Identity,
    ),
    ActivationInfo(
        "sigmoid", "Sigmoid", "a = 1 / (1 + e⁻ᶻ)",
        "Slope at most ¼, so each layer can shrink the gradient to a quarter: deep nets stall.",
        torch.sigmoid, lambda g, z, a: aten.sigmoid_backward.default(g, a), nn.Sigmoid,
        steepest=0.25,
    ),
    ActivationInfo(
        "tanh", "Tanh", "a = tanh z",
        "Zero-centered with slope 1 at the origin; saturates for large inputs. Pairs with Xavier.",
        torch.tanh, lambda g, z, a: aten.tanh_backward.default(g, a), nn.Tanh,
        gain=5.0 / 3.0, steepest=1.0,
    ),
    ActivationInfo(
        "hardtanh", "Hard tanh", "a = max(−1, min(1, z))",
        "A cheap tanh; the gradient is exactly zero outside [−1, 1].",
        lambda z: aten.hardtanh.default(z, -1.0, 1.0),
        lambda g, z, a: aten.hardtanh_backward.default(g, z, -1.0, 1.0), nn.Hardtanh,
        steepest=1.0, dies=True,
    ),
    ActivationInfo(
        "relu", "ReLU", "a = max(0, z)",
        "Passes the gradient whole where active; a unit that is never active is dead. Pairs with He.",
        torch.relu, lambda g, z, a: aten.threshold_backward.default(g, a, 0.0), nn.ReLU,
        gain=math.sqrt(2.0), dies=True,
    ),
    ActivationInfo(
        "leaky_relu", "Leaky ReLU", "a = z if z > 0 else 0.01 z",
        "ReLU with a small slope for negative inputs, so that no unit dies.",
        lambda z: aten.leaky_relu.default(z, LEAKY_SLOPE),
        lambda g, z, a: aten.leaky_relu_backward.default(g, z, LEAKY_SLOPE, False),
        lambda: nn.LeakyReLU(LEAKY_SLOPE), gain=math.sqrt(2.0 / (1.0 + LEAKY_SLOPE**2)),
    ),
    ActivationInfo(
        "elu", "ELU", "a = z if z > 0 else eᶻ − 1",
        "Smooth below zero and saturating at −1: activations average nearer to zero.",
        aten.elu.default,
        lambda g, z, a: aten.elu_backward.default(g, 1.0, 1.0, 1.0, False, z), nn.ELU,
    ),
    ActivationInfo(
        "selu", "SELU", "a = 1.051 · (z if z > 0 else 1.673 (eᶻ − 1))",
        "Self-normalizing: with LeCun normal weights, activations keep mean 0 and variance 1.",
        torch.selu,
        lambda g, z, a: aten.elu_backward.default(g, SELU_ALPHA, SELU_SCALE, 1.0, False, z), nn.SELU,
        gain=0.75,
    ),
    ActivationInfo(
        "gelu", "GELU", "a = z Φ(z)",
        "A smooth ReLU weighted by the normal distribution function; used in transformers.",
        aten.gelu.default, lambda g, z, a: aten.gelu_backward.default(g, z), nn.GELU,
        gain=math.sqrt(2.0),
    ),
    ActivationInfo(
        "silu", "SiLU (swish)", "a = z / (1 + e⁻ᶻ)",
        "A smooth ReLU with a small dip below zero.",
        aten.silu.default, lambda g, z, a: aten.silu_backward.default(g, z), nn.SiLU,
        gain=math.sqrt(2.0),
    ),
    ActivationInfo(
        "softplus", "Softplus", "a = ln(1 + eᶻ)",
        "A smooth ReLU that is never zero; its slope is the sigmoid.",
        aten.softplus.default,
        lambda g, z, a: aten.softplus_backward.default(g, z, 1.0, 20.0), nn.Softplus,
        gain=math.sqrt(2.0),
    ),
    ActivationInfo(
        "softsign", "Softsign", "a = z / (1 + |z|)",
        "Like tanh, with tails that saturate slowly.",
        nn.functional.softsign, _softsign_backward, nn.Softsign,
        steepest=1.0,
    ),
)

ACTIVATIONS: dict[str, ActivationInfo] = {row.name: row for row in _ROWS}
