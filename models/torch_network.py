"""The same network as a plain PyTorch module: the independent check, and the export."""

from __future__ import annotations

from torch import Tensor, nn

from models.activations import ACTIVATIONS
from models.architecture import Architecture
from models.layers import BATCH_NORM_MOMENTUM, NORM_EPS


class TorchBlock(nn.Module):
    """Linear → Norm → Activation → Dropout."""

    def __init__(self, architecture: Architecture, block: int) -> None:
        super().__init__()
        fan_in, fan_out = architecture.widths[block], architecture.widths[block + 1]
        self.linear = nn.Linear(fan_in, fan_out)
        self.norm = _norm(architecture.normalization, fan_out)
        self.activation = ACTIVATIONS[architecture.activations[block]].module()
        self.dropout = nn.Dropout(architecture.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output ``[B, fan_out]``."""
        out: Tensor = self.dropout(self.activation(self.norm(self.linear(x))))
        return out


class TorchNetwork(nn.Module):
    """The PyTorch module of an `Architecture`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        blocks = range(len(architecture.hidden))
        self.blocks = nn.ModuleList(TorchBlock(architecture, block) for block in blocks)
        self.projections = nn.ModuleDict(
            {
                str(block): nn.Linear(
                    architecture.widths[block + 1 - architecture.skip_every], architecture.widths[block + 1], bias=False
                )
                for block in blocks
                if architecture.needs_projection(block)
            }
        )
        self.output = nn.Linear(architecture.widths[-2], architecture.n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (logits or values) ``[B, n_outputs]`` for inputs ``[B, n_inputs]``."""
        entry = x
        for index, block in enumerate(self.blocks):
            if self.architecture.skip_starts_at(index):
                entry = x
            x = block(x)
            if self.architecture.skip_ends_at(index):
                x = x + (self.projections[str(index)](entry) if str(index) in self.projections else entry)
        out: Tensor = self.output(x)
        return out


def _norm(kind: str, features: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm1d(features, eps=NORM_EPS, momentum=BATCH_NORM_MOMENTUM)
    if kind == "layer":
        return nn.LayerNorm(features, eps=NORM_EPS)
    return nn.Identity()
