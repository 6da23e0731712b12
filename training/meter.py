"""Measures the norms of a step: each layer's weight gradient and signal, the whole gradient and the update.

Two meters give the same numbers: one reads single replicas on the CPU through BLAS, ten times
faster for small layers than a tensor operation; the other handles any number of replicas on any
device without reading a value back.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from scipy.linalg.blas import dnrm2, snrm2
from torch import Tensor

from models.network import Network
from training.progress import LAYER_COLUMNS, column, record_width

SMALLEST = torch.finfo(torch.float64).tiny


class Meter(ABC):
    """Fills `measured`, ``[columns, R]`` float64, in the order of `training.progress.column`."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = network.architecture.layers
        columns = record_width(self.layers)
        self.measured = torch.zeros(columns, network.replicas, dtype=torch.float64, device=network.params.device)

    @abstractmethod
    def take_gradient(self, loss: Tensor) -> None:
        """Measure after a backward pass: the loss ``[R]``, the gradients and the signals."""

    @abstractmethod
    def take_update(self, moved: Tensor) -> None:
        """Measure the change of the parameters, ``[R, P]``."""


class DeviceMeter(Meter):
    """Norms as tensor operations that write where they belong; fit for a CUDA graph."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._weight_gradients = network.weight_gradients()
        self._weight_columns, self._signal_columns = (
            [self.measured[column(name, self.layers, layer)] for layer in range(self.layers)] for name in LAYER_COLUMNS
        )
        self._loss = self.measured[column("batch_loss", self.layers)]
        self._gradient = self.measured[column("grad_norm", self.layers)]
        self._update = self.measured[column("update_norm", self.layers)]

    def take_gradient(self, loss: Tensor) -> None:
        """Measure after a backward pass: the loss ``[R]``, the gradients and the signals."""
        self._loss.copy_(loss)
        _norm(self.network.grads, 1, self._gradient)
        for gradient, out in zip(self._weight_gradients, self._weight_columns, strict=True):
            _norm(gradient, (1, 2), out)
        for signal, out in zip(self.network.signals(), self._signal_columns, strict=True):
            _norm(signal, (1, 2), out)

    def take_update(self, moved: Tensor) -> None:
        """Measure the change of the parameters, ``[R, P]``."""
        _norm(moved, 1, self._update)


class HostMeter(Meter):
    """Norms of a single replica on the CPU through BLAS, which scales so that nothing underflows."""

    def __init__(self, network: Network, moved: Tensor) -> None:
        super().__init__(network)
        self._values = self.measured[:, 0].numpy()
        self._nrm2 = dnrm2 if network.params.dtype == torch.float64 else snrm2
        grads = network.grads[0].numpy()
        slots = network.architecture.slots
        on_path = [slot for slot in slots if slot.is_weight and not slot.name.startswith("projections")]
        self._weight_gradients = [grads[slot.span] for slot in on_path]
        self._other_gradients = [grads[slot.span] for slot in slots if slot not in on_path]
        self._moved = moved[0].numpy()
        self._loss = column("batch_loss", self.layers)
        self._gradient = column("grad_norm", self.layers)
        self._update = column("update_norm", self.layers)
        self._norms = slice(column(LAYER_COLUMNS[0], self.layers), None)

    def take_gradient(self, loss: Tensor) -> None:
        """Measure after a backward pass: the loss ``[R]``, the gradients and the signals."""
        nrm2 = self._nrm2
        weights = [nrm2(gradient) for gradient in self._weight_gradients]
        others = [nrm2(gradient) for gradient in self._other_gradients]
        signals = [nrm2(signal.numpy()) for signal in self.network.signals()]
        self._values[self._loss] = loss.item()
        self._values[self._gradient] = math.hypot(*weights, *others)
        self._values[self._norms] = weights + signals

    def take_update(self, moved: Tensor) -> None:
        """Measure the change of the parameters; `moved` is the tensor this meter was made for."""
        self._values[self._update] = self._nrm2(self._moved)


def make_meter(network: Network, moved: Tensor) -> Meter:
    """Return the faster meter for a network; `moved` is where the change of its parameters will be."""
    if network.replicas == 1 and network.params.device.type == "cpu":
        return HostMeter(network, moved)
    return DeviceMeter(network)


def _norm(values: Tensor, dims: int | tuple[int, int], out: Tensor) -> None:
    # Summed in float64: the squares of a vanished gradient (1e-23) underflow in float32.
    if values.dtype != torch.float64:
        torch.linalg.vector_norm(values, 2, dims, dtype=torch.float64, out=out)
        return
    # Those of 1e155 overflow and of 1e-163 underflow in float64 too: scale by the largest, as BLAS does.
    largest = values.abs().amax(dims, keepdim=True).clamp_(min=SMALLEST)
    torch.linalg.vector_norm(values / largest, 2, dims, out=out)
    out.mul_(largest.view(-1))
