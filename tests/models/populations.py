"""Random networks for tests: any structure, with parameters that are nowhere special."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from hypothesis import strategies as st
from torch import Tensor

from models.activations import ACTIVATIONS
from models.architecture import Architecture
from models.network import Network

ALL = tuple(ACTIVATIONS)
SMOOTH = tuple(name for name in ALL if name not in ("relu", "leaky_relu", "hardtanh", "selu"))


@st.composite
def architectures(
    draw: st.DrawFn, *, max_depth: int = 6, dropout: float = 0.0, min_depth: int = 0, names: Sequence[str] = ALL
) -> Architecture:
    depth = draw(st.integers(min_depth, max_depth))
    hidden = tuple(draw(st.lists(st.integers(1, 7), min_size=depth, max_size=depth)))
    return Architecture(
        n_inputs=draw(st.integers(1, 5)),
        n_outputs=draw(st.integers(1, 4)),
        hidden=hidden,
        activations=tuple(draw(st.lists(st.sampled_from(names), min_size=depth, max_size=depth))),
        normalization=draw(st.sampled_from(["none", "batch", "layer"])),
        skip_every=draw(st.integers(0, depth)),
        dropout=dropout if depth else 0.0,
    )


def random_network(
    architecture: Architecture, replicas: int, seed: int, dtype: torch.dtype = torch.float64, spread: float = 0.7
) -> Network:
    """Return a network all of whose parameters, biases and scales included, are drawn at random."""
    network = Network(architecture, replicas, dtype)
    source = torch.Generator().manual_seed(seed)
    network.params.copy_(torch.randn(network.params.shape, generator=source, dtype=torch.float64).mul_(spread))
    return network


def random_batch(architecture: Architecture, replicas: int, batch: int, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed + 1_000_003)
    return torch.randn(replicas, batch, architecture.n_inputs, generator=source, dtype=torch.float64)


def gradients_of(network: Network, replica: int) -> dict[str, Tensor]:
    """Return one replica's gradients, named and shaped as PyTorch's."""
    found = {}
    for slot in network.architecture.slots:
        gradient = network.grads[replica, slot.span].view(slot.shape)
        found[slot.name] = gradient.T if slot.is_weight else gradient
    return found
