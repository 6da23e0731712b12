"""The shape of a network, and where each of its parameters lies in the flat buffer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Normalization = Literal["none", "batch", "layer"]


@dataclass(frozen=True)
class Slot:
    """One parameter tensor inside the flat buffer.

    Attributes
    ----------
    name
        As in the state dict of the PyTorch module of the same network.
    layer
        Index of the layer it belongs to, the output layer last.
    offset, shape
        Where it starts in a row of the buffer, and its shape there. Weight matrices are
        ``[fan_in, fan_out]``, the transpose of PyTorch's.
    is_weight
        True for the matrices of linear maps: these are what penalties and weight decay act on.
    """

    name: str
    layer: int
    offset: int
    shape: tuple[int, ...]
    is_weight: bool

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def span(self) -> slice:
        """Place in a row of the buffer."""
        return slice(self.offset, self.offset + self.size)


@dataclass(frozen=True)
class Architecture:
    """A fully connected network: blocks of Linear → Norm → Activation → Dropout, then a linear output.

    Attributes
    ----------
    hidden, activations
        Width and activation of each hidden layer.
    skip_every
        With k > 0, the output of every k-th block gets the value that entered k blocks earlier
        added: as it is where the widths match, else through a learned linear projection
        (He et al. 2016).
    dropout
        Share of activations dropped after each hidden layer.
    """

    n_inputs: int
    n_outputs: int
    hidden: tuple[int, ...]
    activations: tuple[str, ...]
    normalization: Normalization = "none"
    skip_every: int = 0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(self.activations) != len(self.hidden):
            raise ValueError(f"{len(self.activations)} activations for {len(self.hidden)} hidden layers")

    @property
    def layers(self) -> int:
        """Number of layers, the output layer included."""
        return len(self.hidden) + 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of values at the input, after each hidden layer, and at the output."""
        return (self.n_inputs, *self.hidden, self.n_outputs)

    def skip_ends_at(self, block: int) -> bool:
        """Tell whether a skip connection ends at the output of `block` (from 0)."""
        return self.skip_every > 0 and (block + 1) % self.skip_every == 0

    def skip_starts_at(self, block: int) -> bool:
        """Tell whether a skip connection starts at the input of `block` (from 0)."""
        return self.skip_every > 0 and block % self.skip_every == 0 and block + self.skip_every <= len(self.hidden)

    def needs_projection(self, block: int) -> bool:
        """Tell whether the skip connection that ends at `block` joins different widths."""
        return self.skip_ends_at(block) and self.widths[block + 1 - self.skip_every] != self.widths[block + 1]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every parameter in the order of the flat buffer."""
        slots: list[Slot] = []
        offset = 0
        for name, layer, shape, is_weight in self._parameters():
            slots.append(Slot(name, layer, offset, shape, is_weight))
            offset += slots[-1].size
        return tuple(slots)

    @cached_property
    def weight_slots(self) -> tuple[Slot, ...]:
        """The weight matrix of every layer, the output layer last; those of skip connections are not among them."""
        return tuple(slot for slot in self.slots if slot.is_weight and not slot.name.startswith("projections"))

    @property
    def n_parameters(self) -> int:
        """Number of learned values."""
        last = self.slots[-1]
        return last.offset + last.size

    @property
    def n_statistics(self) -> int:
        """Number of running statistics of batch normalization."""
        return 2 * sum(self.hidden) if self.normalization == "batch" else 0

    def _parameters(self) -> Iterator[tuple[str, int, tuple[int, ...], bool]]:
        for block, (fan_in, fan_out) in enumerate(zip(self.widths, self.hidden, strict=False)):
            yield f"blocks.{block}.linear.weight", block, (fan_in, fan_out), True
            yield f"blocks.{block}.linear.bias", block, (fan_out,), False
            if self.normalization != "none":
                yield f"blocks.{block}.norm.weight", block, (fan_out,), False
                yield f"blocks.{block}.norm.bias", block, (fan_out,), False
            if self.needs_projection(block):
                entry = self.widths[block + 1 - self.skip_every]
                yield f"projections.{block}.weight", block, (entry, fan_out), True
        yield "output.weight", len(self.hidden), (self.widths[-2], self.n_outputs), True
        yield "output.bias", len(self.hidden), (self.n_outputs,), False
