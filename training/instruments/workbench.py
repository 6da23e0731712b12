"""Networks beside the one that trains, on which anything may be computed without touching the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.activations import ActivationInfo
from models.architecture import Architecture
from models.losses import LOSSES, Loss
from models.network import BlockValues, Network
from training.data.prepare import PreparedData
from training.evaluator import targets_of
from training.experiment import Experiment
from training.gradient import add_penalties
from training.instruments.smooth_piece import piece_of

ROWS = 512
"""So many training samples stand for all of them, where there are more: always the same ones."""
FEW = 128
"""So many of these, at least, are enough for what is read often."""
PRODUCTS, FEW_PRODUCTS = 64_000_000, 4_000_000
"""Products of a weight and a sample in a pass: of large networks, fewer samples are looked at."""
FEWEST = 32


class Workbench:
    """Computes losses and gradients of the objective at any parameters, many of them at once on the replica axis.

    The objective is what training minimizes: the loss on the samples, and the penalties. Dropout is off; batch
    normalization uses the statistics of the samples it is given, as in training. Everything is in float64 on the
    CPU. Not to be used from several threads at once.

    Parameters
    ----------
    experiment
        One run, edits included: its loss and penalties count.
    rows
        Training samples looked at, at the most.

    Attributes
    ----------
    chosen
        Indices of the training samples that are looked at.
    x, target
        They, ``[N, F]`` and ``[N, C]``.
    few
        ``(x, target)`` of some of them, evenly spread: 512 of a network of a thousand parameters, 128 of one of a
        hundred thousand.
    """

    def __init__(
        self, experiment: Experiment, data: PreparedData, architecture: Architecture, rows: int = ROWS
    ) -> None:
        self.experiment = experiment
        self.architecture = architecture
        self.data = data
        weights = architecture.n_parameters
        self.chosen = _choice(len(data.x_train), min(rows, max(FEWEST, PRODUCTS // weights)))
        self.x = torch.from_numpy(np.asarray(data.x_train[self.chosen], dtype=np.float64))
        self.target = self._targets[torch.from_numpy(self.chosen)]
        spread = _spread(len(self.chosen), max(FEW, FEW_PRODUCTS // weights))
        self.few = self.x[spread], self.target[spread]
        self._networks: dict[int, Network] = {}
        self._piece: _Piece | None = None

    @cached_property
    def _targets(self) -> Tensor:
        smoothing = getattr(self.experiment.loss, "label_smoothing", 0.0)
        return targets_of(self.data, smoothing, torch.float64)[0]

    @cached_property
    def loss(self) -> Loss:
        """The loss, without penalties."""
        make = LOSSES[self.experiment.loss.kind].make
        return make(self.experiment.loss.delta) if self.experiment.loss.kind == "huber" else make()

    def samples(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return inputs ``[n, F]`` and targets ``[n, C]`` of training samples."""
        return torch.from_numpy(np.asarray(self.data.x_train[rows], dtype=np.float64)), self._targets[
            torch.from_numpy(rows)
        ]

    @torch.inference_mode()
    def losses(self, params: Tensor, x: Tensor | None = None, target: Tensor | None = None) -> Tensor:
        """Return the objective at each of `params` ``[K, P]``: ``[K]``.

        Parameters
        ----------
        x, target
            Samples, ``[B, F]`` and ``[B, C]`` for all, or ``[K, B, …]`` for each; None: those of the workbench.
        """
        network, x, target = self._loaded(params, x, target)
        loss = self.loss.value(network.forward(x, training=True), target)
        return loss + self._penalties(network)

    @torch.inference_mode()
    def gradients(
        self, params: Tensor, x: Tensor | None = None, target: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the objective ``[K]`` and its gradient ``[K, P]`` at each of `params` ``[K, P]``; see `losses`."""
        network, x, target = self._loaded(params, x, target)
        loss, gradient = self.loss.value_and_gradient(network.forward(x, training=True), target)
        network.backward(gradient)
        regularization = self.experiment.regularization
        add_penalties(
            network.grads, network.params, network.weight_mask(), regularization.l1, regularization.l2
        )
        return loss + self._penalties(network), network.grads.clone()

    @torch.inference_mode()
    def gradients_of_piece(self, params: Tensor, around: Tensor) -> Tensor:
        """Return the gradient ``[K, P]`` at each of `params` ``[K, P]`` of the smooth piece on which `around` stands.

        Every kink goes on as the side on which `around` ``[P]`` stands: those of activations, of absolute errors and
        of the penalty L1. That penalty's gradient is the same all over the piece, and left out.
        """
        piece = self._piece_at(around)
        network, x, target = self._loaded(params, None, None)
        usual = [block.activation for block in network.blocks]
        try:
            _activate(network, piece.activations)
            output = network.forward(x, training=True)
            if self.experiment.loss.kind == "mae":
                gradient = piece.output_gradient.expand_as(output)
            else:
                gradient = self.loss.value_and_gradient(output, target)[1]
            network.backward(gradient)
        finally:
            _activate(network, usual)
        add_penalties(network.grads, network.params, network.weight_mask(), 0.0, self.experiment.regularization.l2)
        return network.grads.clone()

    def _piece_at(self, params: Tensor) -> _Piece:
        """Return the smooth piece at parameters ``[P]``; found once for all who ask about a moment."""
        if self._piece is None or not torch.equal(self._piece.params, params):
            network, x, target = self._loaded(params[None], None, None)
            output = network.forward(x, training=True)
            activations = [piece_of(block.activation, block.z, block.a) for block in network.blocks]
            self._piece = _Piece(params.clone(), activations, self.loss.value_and_gradient(output, target)[1])
        return self._piece

    @torch.inference_mode()
    def inside(self, params: Tensor, statistics: Tensor) -> tuple[list[BlockValues], Tensor]:
        """Return what every hidden block computes for `few` samples in evaluation mode, and the outputs.

        Parameters
        ----------
        params, statistics
            ``[P]`` and the running statistics of one replica.

        Returns
        -------
        blocks, output
            ``[n, width]`` each, and ``[n, C]``, without softmax.
        """
        network = self._network(1)
        network.load_flat(params.double(), statistics.double(), 0)
        blocks, output = network.inside(self.few[0].unsqueeze(0))
        return [BlockValues(values.z[0], values.a[0], values.handed_on[0]) for values in blocks], output[0]

    def _loaded(self, params: Tensor, x: Tensor | None, target: Tensor | None) -> tuple[Network, Tensor, Tensor]:
        network = self._network(len(params))
        network.params.copy_(params)
        x, target = self.x if x is None else x, self.target if target is None else target
        return network, _for_each(x, len(params)), _for_each(target, len(params))

    def _network(self, replicas: int) -> Network:
        if replicas not in self._networks:
            self._networks[replicas] = Network(self.architecture, replicas, torch.float64)
        return self._networks[replicas]

    def _penalties(self, network: Network) -> Tensor:
        weights = network.params * network.weight_mask()
        regularization = self.experiment.regularization
        return regularization.l1 * weights.abs().sum(1) + 0.5 * regularization.l2 * weights.square().sum(1)


@dataclass(frozen=True, eq=False)
class _Piece:
    """The smooth piece of the objective at some parameters ``[P]``.

    Attributes
    ----------
    activations
        Of every hidden layer, each smooth about what it gets there.
    output_gradient
        Gradient of the loss with respect to the outputs there, ``[1, N, C]``.
    """

    params: Tensor
    activations: list[ActivationInfo]
    output_gradient: Tensor


def _activate(network: Network, activations: Sequence[ActivationInfo]) -> None:
    for block, activation in zip(network.blocks, activations, strict=True):
        block.activation = activation


def _choice(samples: int, limit: int) -> NDArray[np.int64]:
    if samples <= limit:
        return np.arange(samples)
    return np.sort(np.random.default_rng(0).permutation(samples)[:limit])


def _spread(samples: int, limit: int) -> Tensor:
    """Return the places of `limit` of some samples, evenly spread; of all, where there are no more."""
    kept = min(samples, limit)
    return torch.arange(kept) * samples // kept


def _for_each(values: Tensor, replicas: int) -> Tensor:
    return values if values.dim() == 3 else values.expand(replicas, -1, -1)
