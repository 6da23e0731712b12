"""A copy of one replica at one moment, for views and files: it never changes, whatever the run does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.architecture import Architecture
from models.network import Network
from training.data.catalog import Task


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The parameters of one replica.

    Attributes
    ----------
    step, epoch
        When it was taken.
    params, statistics
        Copies of its row of the flat parameters, and of its running statistics.
    """

    step: int
    epoch: float
    architecture: Architecture
    task: Task
    params: NDArray[Any]
    statistics: NDArray[Any]

    def predict(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Return class probabilities, or scaled targets, ``[K, n_outputs]``, for prepared inputs ``[K, F']``.

        Not to be called from several threads at once.
        """
        network = self._network()
        with torch.inference_mode():
            inputs = torch.from_numpy(np.ascontiguousarray(x)).to(network.params).unsqueeze(0)
            output = network.predict(inputs)[0]
            if self.task == "classification":
                output = torch.softmax(output, -1)
            return output.double().numpy()

    def activations(self, x: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the output of every hidden block ``[K, width]`` for prepared inputs ``[K, F']``."""
        network = self._network()
        with torch.inference_mode():
            network.forward(torch.from_numpy(np.ascontiguousarray(x)).to(network.params).unsqueeze(0), training=False)
            return [block.a[0].numpy().copy() for block in network.blocks]

    def weights(self) -> list[NDArray[Any]]:
        """Return each layer's weight matrix ``[fan_in, fan_out]``, the output layer last."""
        return [
            self.params[slot.span].reshape(slot.shape)
            for slot in self.architecture.slots
            if slot.is_weight and not slot.name.startswith("projections")
        ]

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return parameters and statistics named and shaped as in PyTorch."""
        return {name: value.numpy() for name, value in self._network().tensors().items()}

    def _network(self) -> Network:
        network = _network_of(self.architecture, torch.from_numpy(self.params).dtype)
        with torch.inference_mode():
            network.params[0] = torch.from_numpy(self.params)
            network.statistics.copy_(torch.from_numpy(self.statistics))
        return network


@lru_cache(maxsize=4)
def _network_of(architecture: Architecture, dtype: torch.dtype) -> Network:
    return Network(architecture, 1, dtype)
