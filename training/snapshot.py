"""A copy of one replica at one moment, for views and files: it never changes, whatever the run does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.architecture import Architecture
from models.network import BlockValues, Network
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
        network = _network_with(self)
        with torch.inference_mode():
            return self._predicted(network.predict(_as_inputs(x, network))[0]).double().numpy()

    def activations(self, x: NDArray[Any]) -> list[NDArray[Any]]:
        """Return what every hidden block hands on ``[K, width]`` for prepared inputs ``[K, F']``.

        Where a skip connection ends, that is the activation and the shortcut added up. Not to be
        called from several threads at once.
        """
        network = _network_with(self)
        with torch.inference_mode():
            return [output[0].numpy() for output in network.hidden_outputs(_as_inputs(x, network))]

    def inside(self, x: NDArray[Any]) -> tuple[list[BlockValues], torch.Tensor]:
        """Return what every hidden block computes, ``[K, width]``, and what `predict` returns, ``[K, n_outputs]``.

        One forward pass gives all of it. Not to be called from several threads at once.
        """
        network = _network_with(self)
        with torch.inference_mode():
            blocks, output = network.inside(_as_inputs(x, network))
            of_replica = [BlockValues(values.z[0], values.a[0], values.handed_on[0]) for values in blocks]
            return of_replica, self._predicted(output[0])

    def weights(self) -> list[NDArray[Any]]:
        """Return each layer's weight matrix ``[fan_in, fan_out]``, the output layer last."""
        return [self.params[slot.span].reshape(slot.shape) for slot in self.architecture.weight_slots]

    def _predicted(self, output: torch.Tensor) -> torch.Tensor:
        return torch.softmax(output, -1) if self.task == "classification" else output

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return parameters and statistics named and shaped as in PyTorch."""
        return {name: value.numpy() for name, value in _network_with(self).tensors().items()}


def _as_inputs(x: NDArray[Any], network: Network) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x)).to(network.params).unsqueeze(0)


# All snapshots share one network, which is loaded anew only when another one is asked: results are
# made in pieces, and copying the parameters of a large network takes longer than a piece.


@lru_cache(maxsize=1)
def _network_with(snapshot: Snapshot) -> Network:
    network = _network_of(snapshot.architecture, torch.from_numpy(snapshot.params).dtype)
    with torch.inference_mode():
        network.load_flat(torch.from_numpy(snapshot.params), torch.from_numpy(snapshot.statistics), 0)
    return network


@lru_cache(maxsize=1)
def _network_of(architecture: Architecture, dtype: torch.dtype) -> Network:
    return Network(architecture, 1, dtype)
