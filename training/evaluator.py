"""Losses and scores of all replicas in evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.losses import Loss
from models.network import Network
from training.data.prepare import PreparedData
from training.experiment import Experiment

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Losses and scores of every replica, shape ``[R]`` each; NaN where there are no samples."""

    train_loss: FloatArray
    val_loss: FloatArray
    train_score: FloatArray
    val_score: FloatArray


class Evaluator:
    """Evaluates a network on the training part (or a fixed choice of it) and on the held-out part, in one pass."""

    def __init__(
        self, network: Network, loss: Loss, data: PreparedData, targets: tuple[Tensor, Tensor], experiment: Experiment
    ) -> None:
        self._network = network
        self._loss = loss
        chosen = _fixed_choice(len(data.x_train), experiment.evaluation.train_samples)
        x = np.concatenate([data.x_train[chosen], data.x_val])
        target = torch.cat([targets[0][torch.from_numpy(chosen)], targets[1]])
        self._x = torch.from_numpy(x).to(network.params).expand(network.replicas, -1, -1)
        self._target = target.to(network.params).expand(network.replicas, -1, -1)
        self._labels: Tensor | None = None
        if data.task == "classification":
            labels = torch.from_numpy(np.concatenate([data.y_train[chosen], data.y_val]))
            self._labels = labels.to(network.params.device)
        parts = slice(0, len(chosen)), slice(len(chosen), len(x))
        self._parts = [part for part in parts if part.stop > part.start]

    def measure(self) -> Measured:
        """Evaluate the network as it is now."""
        output = self._network.predict(self._x)
        losses = self._loss.values(output, self._target)
        if self._labels is None:
            parts = self._regression(output, losses)
        else:
            parts = self._classification(output, losses, self._labels)
        found = torch.cat(parts).cpu().numpy()
        train, held_out = found[:2], found[2:] if len(found) == 4 else np.full_like(found, np.nan)
        return Measured(train_loss=train[0], val_loss=held_out[0], train_score=train[1], val_score=held_out[1])

    def _classification(self, output: Tensor, losses: Tensor, labels: Tensor) -> list[Tensor]:
        """Return mean loss and accuracy ``[2, R]`` of each part; of equal outputs the first is the answer."""
        right = torch.eq(output.argmax(-1), labels)
        both = torch.stack([losses, right.to(losses.dtype)])
        return [both[..., part].mean(-1, dtype=torch.float64) for part in self._parts]

    def _regression(self, output: Tensor, losses: Tensor) -> list[Tensor]:
        """Return mean loss and R² ``[2, R]`` of each part."""
        return [
            torch.stack([
                losses[:, part].mean(-1, dtype=torch.float64),
                r_squared(output[:, part], self._target[:, part]).double(),
            ])
            for part in self._parts
        ]


def targets_of(data: PreparedData, label_smoothing: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return the targets of the training and held-out parts, ``[N, C]``: class probabilities, or values.

    Label smoothing ε gives the true class 1 − ε + ε/C and the others ε/C (Szegedy et al. 2016).
    """
    if data.task == "regression":
        return torch.from_numpy(data.y_train).to(dtype), torch.from_numpy(data.y_val).to(dtype)
    classes = data.n_outputs
    found = []
    for labels in (data.y_train, data.y_val):
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(labels), classes).to(dtype)
        found.append(one_hot * (1.0 - label_smoothing) + label_smoothing / classes)
    return found[0], found[1]


def r_squared(output: Tensor, target: Tensor) -> Tensor:
    """Return R² = 1 − Σ(t − z)² / Σ(t − mean t)², ``[R]``; NaN where the target does not vary."""
    residual = (output - target).square().sum((1, 2))
    total = (target - target.mean(1, keepdim=True)).square().sum((1, 2))
    return torch.where(total > 0, 1.0 - residual / total, torch.nan)


def _fixed_choice(samples: int, limit: int) -> NDArray[np.int64]:
    if samples <= limit:
        return np.arange(samples)
    return np.sort(np.random.default_rng(0).permutation(samples)[:limit])
