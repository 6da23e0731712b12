"""Weight initialization schemes, drawn from a generator of their own.

Weights are stored as ``[fan_in, fan_out]`` (the transpose of PyTorch's convention), so that a
layer computes ``x @ W + b``. To add a scheme, write a function and a row of `INITIALIZERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

Draw = Callable[[Tensor, Generator, float], None]


@dataclass(frozen=True)
class InitializerInfo:
    """One row of the table: ``draw(weight [fan_in, fan_out], generator, parameter)`` fills in place.

    `parameter` is the name of the scheme's own parameter (``"std"``, ``"bound"``), or empty.
    """

    name: str
    title: str
    formula: str
    note: str
    draw: Draw
    parameter: str = ""


def _xavier_uniform(weight: Tensor, generator: Generator, _: float) -> None:
    bound = math.sqrt(6.0 / sum(weight.shape))
    weight.uniform_(-bound, bound, generator=generator)


def _xavier_normal(weight: Tensor, generator: Generator, _: float) -> None:
    weight.normal_(0.0, math.sqrt(2.0 / sum(weight.shape)), generator=generator)


def _he_uniform(weight: Tensor, generator: Generator, _: float) -> None:
    bound = math.sqrt(6.0 / weight.shape[0])
    weight.uniform_(-bound, bound, generator=generator)


def _he_normal(weight: Tensor, generator: Generator, _: float) -> None:
    weight.normal_(0.0, math.sqrt(2.0 / weight.shape[0]), generator=generator)


def _lecun_normal(weight: Tensor, generator: Generator, _: float) -> None:
    weight.normal_(0.0, math.sqrt(1.0 / weight.shape[0]), generator=generator)


def _orthogonal(weight: Tensor, generator: Generator, _: float) -> None:
    torch.nn.init.orthogonal_(weight, generator=generator)


def _normal(weight: Tensor, generator: Generator, std: float) -> None:
    weight.normal_(0.0, std, generator=generator)


def _uniform(weight: Tensor, generator: Generator, bound: float) -> None:
    weight.uniform_(-bound, bound, generator=generator)


def _zeros(weight: Tensor, _generator: Generator, _: float) -> None:
    weight.zero_()


_ROWS = (
    InitializerInfo(
        "xavier_uniform", "Xavier uniform", "U(±√(6 / (n_in + n_out)))",
        "Keeps the variance of activations and gradients about equal in tanh nets (Glorot & Bengio 2010).",
        _xavier_uniform,
    ),
    InitializerInfo(
        "xavier_normal", "Xavier normal", "N(0, 2 / (n_in + n_out))",
        "As Xavier uniform, drawn from a normal distribution.", _xavier_normal,
    ),
    InitializerInfo(
        "he_uniform", "He uniform", "U(±√(6 / n_in))",
        "Makes up for the half that ReLU cuts away (He et al. 2015).", _he_uniform,
    ),
    InitializerInfo(
        "he_normal", "He normal", "N(0, 2 / n_in)",
        "Makes up for the half that ReLU cuts away (He et al. 2015).", _he_normal,
    ),
    InitializerInfo(
        "lecun_normal", "LeCun normal", "N(0, 1 / n_in)",
        "Keeps the variance of a linear layer; the start that SELU needs (LeCun et al. 1998).",
        _lecun_normal,
    ),
    InitializerInfo(
        "orthogonal", "Orthogonal", "WᵀW = I",
        "Every singular value is 1: norms pass through unchanged (Saxe et al. 2014).", _orthogonal,
    ),
    InitializerInfo(
        "normal", "Normal(σ)", "N(0, σ²)",
        "The same spread whatever the width: shows what the scaled schemes avoid.", _normal, "std",
    ),
    InitializerInfo(
        "uniform", "Uniform(a)", "U(−a, a)",
        "The same range whatever the width.", _uniform, "bound",
    ),
    InitializerInfo(
        "zeros", "Zeros", "W = 0",
        "Every unit of a layer gets the same gradient: symmetry is never broken.", _zeros,
    ),
)

INITIALIZERS: dict[str, InitializerInfo] = {row.name: row for row in _ROWS}
