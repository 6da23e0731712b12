"""The order in which samples are seen: a fresh permutation for each epoch and replica, cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

GATHER_VALUES = 8_000_000
"""Values copied at once when a permutation is laid out: few copies for small data, bounded memory for large."""


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
        self._block: tuple[Tensor, Tensor] | None = None
        self._block_start = 0

    def next(self, size: int) -> tuple[Tensor, Tensor]:
        """Return the next ``(x [R, B, F], target [R, B, C])``, B being `size` or what is left of the epoch."""
        if size >= self.samples:
            return self._everything()
        start = self.position
        stop = min(start + size, self.samples)
        block_x, block_target = self._block_with(start, stop, size)
        first = start - self._block_start
        batch = block_x.narrow(1, first, stop - start), block_target.narrow(1, first, stop - start)
        self._move_to(stop)
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
        self._block = None
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
            self._block = None
        else:
            self.position = stop

    def _block_with(self, start: int, stop: int, size: int) -> tuple[Tensor, Tensor]:
        if self._order is None:
            self._order = self._permutation()
        block = self._block
        if block is None or start < self._block_start or stop > self._block_start + block[0].shape[1]:
            block = self._gather(start, size)
        return block

    def _permutation(self) -> Tensor:
        order = torch.stack([torch.randperm(self.samples, generator=generator) for generator in self.generators])
        if self.x.is_cuda:
            return order.pin_memory().to(self.x.device, non_blocking=True)
        return order

    def _gather(self, start: int, size: int) -> tuple[Tensor, Tensor]:
        assert self._order is not None
        replicas = len(self.generators)
        per_sample = replicas * (self.x.shape[1] + self.target.shape[1])
        count = max(size, GATHER_VALUES // per_sample // size * size)
        chosen = self._order[:, start : start + count]
        rows = chosen.reshape(-1)
        self._block_start = start
        self._block = (
            self.x.index_select(0, rows).view(replicas, chosen.shape[1], -1),
            self.target.index_select(0, rows).view(replicas, chosen.shape[1], -1),
        )
        return self._block


def _steps(samples: int, size: int, drop_single: bool) -> int:
    steps = -(-samples // size)
    if drop_single and steps > 1 and samples - (steps - 1) * size == 1:
        return steps - 1
    return steps
