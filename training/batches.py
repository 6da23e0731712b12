"""The order in which samples are seen: a fresh permutation for each epoch and replica, cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

GATHER_VALUES = 8_000_000
"""Values copied at once when a permutation is laid out: few copies for small data, bounded memory for large."""
CACHED_VALUES = 250_000
"""The same on a CPU, where batches are best read while they are in its cache."""


class Batches:
    """Batches without replacement, for R replicas of which each has its own order.

    Parameters
    ----------
    x, target
        ``[N, F]`` and ``[N, C]``, shared by the replicas.
    generators
        One per replica; they are the only source of randomness.
    drop_single
        Leave out a last batch of one sample (batch normalization cannot use it).

    Attributes
    ----------
    epoch
        Whole epochs done.
    position
        Samples of the current epoch that have been seen.
    """

    def __init__(self, x: Tensor, target: Tensor, generators: Sequence[Generator], drop_single: bool = False) -> None:
        self.x = x
        self.target = target
        self.generators = list(generators)
        self.drop_single = drop_single
        self.samples = len(x)
        self.epoch = 0
        self.position = 0
        self._order: Tensor | None = None
        self._cut: list[tuple[Tensor, Tensor]] = []  # the next batches, last first
        self._cut_size = 0

    def next(self, size: int) -> tuple[Tensor, Tensor]:
        """Return the next ``(x [R, B, F], target [R, B, C])``, B being `size` or what is left of the epoch."""
        if size >= self.samples:
            return self._everything()
        if not self._cut or size != self._cut_size:
            self._cut_batches(size)
        batch = self._cut.pop()
        self._move_to(self.position + batch[0].shape[1])
        return batch

    def steps_left_in_epoch(self, size: int) -> int:
        """Return how many batches of `size` the current epoch still has."""
        return _steps(self.samples - self.position, size, self.drop_single)

    def steps_per_epoch(self, size: int) -> int:
        """Return how many batches of `size` make an epoch."""
        return _steps(self.samples, size, self.drop_single)

    def progress(self) -> float:
        """Return epochs done, with the fraction of the current one."""
        return self.epoch + self.position / self.samples

    def state(self) -> dict[str, Any]:
        """Return what `load_state` needs to go on exactly here."""
        return {
            "epoch": self.epoch,
            "position": self.position,
            "order": None if self._order is None else self._order.clone(),
            "generators": [generator.get_state() for generator in self.generators],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go back to a state saved before."""
        self.epoch = state["epoch"]
        self.position = state["position"]
        self._order = None if state["order"] is None else state["order"].clone()
        self._cut = []
        for generator, saved in zip(self.generators, state["generators"], strict=True):
            generator.set_state(saved)

    def _everything(self) -> tuple[Tensor, Tensor]:
        # The order within a full batch has no meaning; the data are used as they lie.
        replicas = len(self.generators)
        self._move_to(self.samples)
        return self.x.expand(replicas, -1, -1), self.target.expand(replicas, -1, -1)

    def _move_to(self, stop: int) -> None:
        single_left = self.drop_single and self.samples - stop == 1
        if stop >= self.samples or single_left:
            self.epoch += 1
            self.position = 0
            self._order = None
            self._cut = []
        else:
            self.position = stop

    def _permutation(self) -> Tensor:
        order = torch.stack([torch.randperm(self.samples, generator=generator) for generator in self.generators])
        if self.x.is_cuda:
            return order.pin_memory().to(self.x.device, non_blocking=True)
        return order

    def _cut_batches(self, size: int) -> None:
        """Lay out the next stretch of the permutation, and cut it into batches."""
        if self._order is None:
            self._order = self._permutation()
        replicas = len(self.generators)
        per_sample = replicas * (self.x.shape[1] + self.target.shape[1])
        values = GATHER_VALUES if self.x.is_cuda else CACHED_VALUES
        count = max(1, values // per_sample // size) * size
        chosen = self._order[:, self.position : self.position + count]
        rows = chosen.reshape(-1)
        x, target = (
            torch.split(samples.index_select(0, rows).view(replicas, chosen.shape[1], -1), size, dim=1)
            for samples in (self.x, self.target)
        )
        self._cut = list(zip(x, target, strict=True))[::-1]
        self._cut_size = size


def _steps(samples: int, size: int, drop_single: bool) -> int:
    steps = -(-samples // size)
    if drop_single and steps > 1 and samples - (steps - 1) * size == 1:
        return steps - 1
    return steps
