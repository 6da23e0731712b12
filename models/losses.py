"""Losses over the replica axis: value and gradient at once, and the PyTorch module that says the same.

Outputs and targets are ``[R, B, C]``; classes are given as probabilities (one-hot, or smoothed).
Every loss is a mean over the batch (and, for regression, over the outputs), as in PyTorch.
To add one, write a class and a row of `LOSSES`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

MANY_SAMPLES = 128


class Loss(ABC):
    """A loss function with an explicit gradient."""

    @abstractmethod
    def values(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, shape ``[R, B]``."""

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each replica, the mean over its samples, shape ``[R]``."""
        return self.values(output, target).mean(1)

    @abstractmethod
    def value_and_gradient(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss ``[R]`` and its gradient with respect to `output` ``[R, B, C]``."""

    @abstractmethod
    def module(self) -> nn.Module:
        """Return the same loss as a PyTorch module that takes ``(output [B, C], target [B, C])``."""


class CrossEntropyLoss(Loss):
    """L = −(1/B) Σ t · log softmax(z); its gradient is (softmax(z) − t)/B."""

    def values(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, shape ``[R, B]``."""
        # With the classes first, the kernels work along samples, ten times faster than along a few classes.
        return (torch.log_softmax(output.mT.contiguous(), 1) * target.mT).sum(1).neg_()

    def value_and_gradient(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss ``[R]`` and its gradient with respect to `output` ``[R, B, C]``."""
        per_sample = 1.0 / output.shape[1]
        log_probability = _log_softmax(output)
        loss = (log_probability * target).sum((1, 2)).mul_(_number(-per_sample))
        return loss, log_probability.exp_().sub_(target).mul_(_number(per_sample))

    def module(self) -> nn.Module:
        """Return `torch.nn.CrossEntropyLoss`, which takes probabilities as targets too."""
        return nn.CrossEntropyLoss()


class MeanSquaredErrorLoss(Loss):
    """L = mean (z − t)²."""

    def values(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, shape ``[R, B]``."""
        return (output - target).square_().mean(2)

    def value_and_gradient(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss ``[R]`` and its gradient with respect to `output` ``[R, B, C]``."""
        difference = output - target
        return difference.square().mean((1, 2)), difference.mul_(_number(2.0 / _values_per_replica(output)))

    def module(self) -> nn.Module:
        """Return `torch.nn.MSELoss`."""
        return nn.MSELoss()


class MeanAbsoluteErrorLoss(Loss):
    """L = mean |z − t|; the gradient at zero is taken as zero."""

    def values(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, shape ``[R, B]``."""
        return (output - target).abs_().mean(2)

    def value_and_gradient(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss ``[R]`` and its gradient with respect to `output` ``[R, B, C]``."""
        difference = output - target
        return difference.abs().mean((1, 2)), difference.sign_().mul_(_number(1.0 / _values_per_replica(output)))

    def module(self) -> nn.Module:
        """Return `torch.nn.L1Loss`."""
        return nn.L1Loss()


class HuberLoss(Loss):
    """L = mean of d²/2 where |d| ≤ δ, else δ(|d| − δ/2), with d = z − t (Huber 1964)."""

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def values(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, shape ``[R, B]``."""
        return self._parts(output - target)[0].mean(2)

    def value_and_gradient(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss ``[R]`` and its gradient with respect to `output` ``[R, B, C]``."""
        loss, clipped = self._parts(output - target)
        return loss.mean((1, 2)), clipped.mul_(_number(1.0 / _values_per_replica(output)))

    def module(self) -> nn.Module:
        """Return `torch.nn.HuberLoss`."""
        return nn.HuberLoss(delta=self.delta)

    def _parts(self, difference: Tensor) -> tuple[Tensor, Tensor]:
        # With c = clamp(d, ±δ), both branches are c (d − c/2).
        clipped = difference.clamp(-self.delta, self.delta)
        return difference.sub_(clipped, alpha=0.5).mul_(clipped), clipped


def _log_softmax(output: Tensor) -> Tensor:
    """Return the log of the softmax over the classes, contiguous."""
    if output.is_cuda or output.shape[0] * output.shape[1] < MANY_SAMPLES:
        return torch.log_softmax(output, -1)
    # The CPU kernel works along samples ten times faster than along a few classes.
    return torch.log_softmax(output.mT.contiguous(), 1).mT.contiguous()


@lru_cache(maxsize=256)
def _number(value: float) -> Tensor:
    """Return a number as a tensor of shape [], which an operation on the CPU takes a microsecond sooner."""
    with torch.inference_mode(False):
        return torch.tensor(value, dtype=torch.float64)


def _values_per_replica(output: Tensor) -> int:
    return output.shape[1] * output.shape[2]


@dataclass(frozen=True)
class LossInfo:
    """One row of the table of losses."""

    name: str
    title: str
    formula: str
    note: str
    make: Callable[..., Loss]


_ROWS = (
    LossInfo(
        "cross_entropy", "Cross-entropy", "L = −Σ t log softmax(z)",
        "For classes. Its gradient is the error of the probabilities: it does not vanish where the output is wrong.",
        CrossEntropyLoss,
    ),
    LossInfo(
        "mse", "Mean squared error", "L = mean (z − t)²",
        "For regression. Large errors dominate: outliers pull hard.", MeanSquaredErrorLoss,
    ),
    LossInfo(
        "mae", "Mean absolute error", "L = mean |z − t|",
        "For regression with outliers. Its gradient keeps its size up to the minimum: a constant rate bounces there.",
        MeanAbsoluteErrorLoss,
    ),
    LossInfo(
        "huber", "Huber", "L = d²/2 if |d| ≤ δ, else δ(|d| − δ/2)",
        "Squared near zero, linear beyond δ: robust, and smooth at the minimum.", HuberLoss,
    ),
)

LOSSES: dict[str, LossInfo] = {row.name: row for row in _ROWS}
