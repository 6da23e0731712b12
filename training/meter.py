"""Measures a step: norms of each layer's weight gradient and signal, of the whole gradient and of the update.

And of each layer the update ratio ‖ΔW‖₂ / ‖W‖₂: how far the step moved its weight matrix W, by the norm W had
before. About 1e-3 is usual; see Karpathy, CS231n, "Ratio of weights:updates"
(https://cs231n.github.io/neural-networks-3/). Of a matrix of zeros it is ∞, or NaN where it did not move either.

Two meters give the same numbers: one reads single replicas on the CPU through BLAS, ten times
faster for small layers than a tensor operation; the other handles any number of replicas on any
device without reading a value back.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from operator import truediv
from struct import Struct

import torch
from scipy.linalg.blas import dnrm2, snrm2
from torch import Tensor

from models.network import Network
from training.progress import LAYER_COLUMNS, column, record_width

SMALLEST = torch.finfo(torch.float64).tiny
Norm = Callable[[], float]
LONG = 8192
"""From so many values on, the square root of a dot product is faster than nrm2."""
DOT_RANGE = (1e-30, 1e30)
"""Between these a sum of squares has lost nothing, in float32 either."""


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
    def take_update(self) -> None:
        """Measure the change of the parameters, and what they were before it."""


class DeviceMeter(Meter):
    """Norms as tensor operations that write where they belong; fit for a CUDA graph."""

    def __init__(self, network: Network, change: Tensor) -> None:
        super().__init__(network)
        self._weight_gradients = network.weight_gradients()
        self._weight_columns, self._signal_columns, _ = (
            [self.measured[column(name, self.layers, layer)] for layer in range(self.layers)] for name in LAYER_COLUMNS
        )
        self._moved = change[1]
        self._changes = [change[:, :, slot.span] for slot in network.architecture.weight_slots]
        self._lengths = torch.zeros(self.layers, 2, network.replicas, dtype=torch.float64, device=change.device)
        self._ratios = self.measured[column("update_ratio", self.layers) :][: self.layers]
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

    def take_update(self) -> None:
        """Measure the change of the parameters, and what they were before it."""
        _norm(self._moved, 1, self._update)
        for change, lengths in zip(self._changes, self._lengths, strict=True):
            _norm(change, 2, lengths)
        torch.div(self._lengths[:, 1], self._lengths[:, 0], out=self._ratios)


class HostMeter(Meter):
    """Norms of a single replica on the CPU through BLAS, which scales so that nothing underflows."""

    def __init__(self, network: Network, change: Tensor) -> None:
        super().__init__(network)
        self._values = self.measured[:, 0].numpy()
        self._nrm2 = dnrm2 if network.params.dtype == torch.float64 else snrm2
        self._grad_norm, self._grad_norms = self._norms_of(network.grads[0])
        _, self._weight_norms = self._norms_of(change[0, 0])
        self._update_norm, self._update_norms = self._norms_of(change[1, 0])
        self._gradient = column("grad_norm", self.layers)
        self._loss = self._whole = math.nan
        self._norms = [math.nan] * (2 * self.layers)
        # Written all at once and not as an array: to make one of a few numbers takes longer than to measure them.
        self._write = partial(Struct(f"{len(self.measured)}d").pack_into, self._values.data, 0)

    def take_gradient(self, loss: Tensor) -> None:
        """Measure after a backward pass: the loss ``[R]``, the gradients and the signals."""
        nrm2 = self._nrm2
        weights = [norm() for norm in self._grad_norms]
        self._norms = weights + [nrm2(signal.numpy()) for signal in self.network.signals()]
        self._loss = loss.item()
        # The rest is written with the update; this is what the gradient is clipped by.
        self._values[self._gradient] = self._whole = self._grad_norm()

    def take_update(self) -> None:
        """Measure the change of the parameters, and what they were before it."""
        moved = [norm() for norm in self._update_norms]
        lengths = [norm() for norm in self._weight_norms]
        ratios = map(_over if 0.0 in lengths else truediv, moved, lengths)
        self._write(self._loss, 0.0, self._whole, self._update_norm(), *self._norms, *ratios)

    def _norms_of(self, flat: Tensor) -> tuple[Norm, list[Norm]]:
        """Return what measures a flat buffer ``[P]``, and what measures each layer's weights in it."""
        slots = self.network.architecture.weight_slots
        return self._norm_of(flat), [self._norm_of(flat[slot.span]) for slot in slots]

    def _norm_of(self, values: Tensor) -> Norm:
        nrm2 = partial(self._nrm2, values.numpy())
        return partial(_long_norm, values, nrm2) if len(values) >= LONG else nrm2


def make_meter(network: Network, change: Tensor) -> Meter:
    """Return the faster meter for a network.

    `change`, ``[2, R, P]``, is where the parameters before a step and then their change will be.
    """
    if network.replicas == 1 and network.params.device.type == "cpu":
        return HostMeter(network, change)
    return DeviceMeter(network, change)


def _long_norm(values: Tensor, nrm2: Norm) -> float:
    # A dot product takes several values at once, nrm2 one after the other: five times slower.
    squares = torch.dot(values, values).item()
    return math.sqrt(squares) if DOT_RANGE[0] < squares < DOT_RANGE[1] else nrm2()


def _over(part: float, whole: float) -> float:
    if whole:
        return part / whole
    return math.inf if part > 0 else math.nan


def _norm(values: Tensor, dims: int | tuple[int, int], out: Tensor) -> None:
    # Summed in float64: the squares of a vanished gradient (1e-23) underflow in float32.
    if values.dtype != torch.float64:
        torch.linalg.vector_norm(values, 2, dims, dtype=torch.float64, out=out)
        return
    # Those of 1e155 overflow and of 1e-163 underflow in float64 too: scale by the largest, as BLAS does.
    largest = values.abs().amax(dims, keepdim=True).clamp_(min=SMALLEST)
    torch.linalg.vector_norm(values / largest, 2, dims, out=out)
    out.mul_(largest.view(out.shape))
