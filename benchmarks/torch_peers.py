"""PyTorch, twice: a loop as tutorials write it, and one by somebody who knows what costs time."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.cases import LEARNING_RATE, Case


def network(case: Case) -> nn.Sequential:
    """Return the network as a plain module."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in zip(case.widths, case.hidden, strict=False):
        layers.append(nn.Linear(fan_in, fan_out))
        if case.batch_norm:
            layers.append(nn.BatchNorm1d(fan_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(case.widths[-2], case.classes))


def tensors(case: Case) -> tuple[Tensor, Tensor]:
    """Return the training part."""
    return torch.from_numpy(case.data.x_train).float(), torch.from_numpy(case.data.y_train)


class TutorialLoop:
    """DataLoader, Adam, the loss and the norm of every layer's weight gradient read with `.item()`."""

    def __init__(self, case: Case) -> None:
        torch.manual_seed(0)
        self.loader = DataLoader(TensorDataset(*tensors(case)), batch_size=case.batch, shuffle=True)
        self.model = network(case)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.losses: list[float] = []
        self.norms: list[list[float]] = []
        self._batches = self._endless()

    def run(self, steps: int) -> int:
        """Do exactly `steps` steps."""
        for _ in range(steps):
            inputs, labels = next(self._batches)
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(inputs), labels)
            loss.backward()
            self.norms.append([
                layer.weight.grad.norm().item() for layer in self.model if isinstance(layer, nn.Linear)
            ])
            self.optimizer.step()
            self.losses.append(loss.item())
        return steps

    def _endless(self) -> Iterator[list[Tensor]]:
        while True:
            yield from self.loader


class TunedLoop:
    """Autograd with fused Adam, norms of all layers in one call, batches cut from a permuted copy."""

    def __init__(self, case: Case) -> None:
        torch.manual_seed(0)
        self.x, self.y = tensors(case)
        self.batch = case.batch
        self.model = network(case)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE, fused=True)
        self.weights = [layer.weight for layer in self.model if isinstance(layer, nn.Linear)]
        self.losses: list[Tensor] = []
        self.norms: list[list[Tensor]] = []
        self._batches = self._endless()

    def run(self, steps: int) -> int:
        """Do exactly `steps` steps."""
        for _ in range(steps):
            inputs, labels = next(self._batches)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.criterion(self.model(inputs), labels)
            loss.backward()
            self.norms.append(torch._foreach_norm([weight.grad for weight in self.weights]))
            self.optimizer.step()
            self.losses.append(loss.detach())
        return steps

    def _endless(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            order = torch.randperm(len(self.x))
            x, y = self.x[order], self.y[order]
            for start in range(0, len(x), self.batch):
                yield x[start : start + self.batch], y[start : start + self.batch]
