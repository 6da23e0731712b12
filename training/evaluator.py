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
class Part:
    """Samples the network is evaluated on: ``x [1, N, F]``, ``target [1, N, C]`` and class labels ``[N]``, if any."""

    x: Tensor
    target: Tensor
    labels: Tensor | None


class Evaluator:
    """Evaluates a network on the training part (or a fixed choice of it) and on the held-out part."""

    def __init__(
        self, network: Network, loss: Loss, data: PreparedData, targets: tuple[Tensor, Tensor], experiment: Experiment
    ) -> None:
        self._network = network
        self._loss = loss
        chosen = _fixed_choice(len(data.x_train), experiment.evaluation.train_samples)
        self.train = self._part(data, data.x_train[chosen], data.y_train[chosen], targets[0][torch.from_numpy(chosen)])
        self.validation = self._part(data, data.x_val, data.y_val, targets[1]) if len(data.x_val) else None

    def measure(self, part: Part | None) -> tuple[FloatArray, FloatArray]:
        """Return loss and score (accuracy or R²) of every replica, ``[R]`` each; NaN without samples."""
        replicas = self._network.replicas
        if part is None:
            return np.full(replicas, np.nan), np.full(replicas, np.nan)
        output = self._network.predict(part.x.expand(replicas, -1, -1))
        loss = self._loss.value(output, part.target.expand(replicas, -1, -1))
        score = accuracy(output, part.labels) if part.labels is not None else r_squared(output, part.target)
        both = torch.stack([loss.double(), score.double()]).cpu().numpy()
        return both[0], both[1]

    def _part(self, data: PreparedData, x: FloatArray, y: NDArray[np.generic], target: Tensor) -> Part:
        params = self._network.params
        labels = torch.from_numpy(np.asarray(y)).to(params.device) if data.task == "classification" else None
        inputs = torch.from_numpy(np.ascontiguousarray(x)).to(params)
        return Part(inputs.unsqueeze(0), target.to(params).unsqueeze(0), labels)


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


def accuracy(output: Tensor, labels: Tensor) -> Tensor:
    """Return the share of samples whose largest output is the right class, ``[R]``."""
    return (output.argmax(-1) == labels).to(torch.float64).mean(-1)


def r_squared(output: Tensor, target: Tensor) -> Tensor:
    """Return R² = 1 − Σ(t − z)² / Σ(t − mean t)², ``[R]``; NaN where the target does not vary."""
    residual = (output - target).square().sum((1, 2))
    total = (target - target.mean(1, keepdim=True)).square().sum((1, 2))
    return torch.where(total > 0, 1.0 - residual / total, torch.nan)


def _fixed_choice(samples: int, limit: int) -> NDArray[np.int64]:
    if samples <= limit:
        return np.arange(samples)
    return np.sort(np.random.default_rng(0).permutation(samples)[:limit])
