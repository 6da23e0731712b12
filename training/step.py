"""One training step on the device: forward, backward, measure, prepare the gradient, update.

Nothing is read back to the host and every buffer stays where it is, so that the step can be captured
in a CUDA graph. All randomness (dropout masks, gradient noise) is drawn into buffers beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.losses import Loss
from models.network import Network
from training.experiment import Experiment
from training.gradient import add_penalties, clip_norm, clip_value
from training.meter import make_meter
from training.optimizers import FlatOptimizer
from training.population import values_of
from training.progress import column

Strength = float | Tensor

SETTINGS = (
    "regularization.l1",
    "regularization.l2",
    "optimizer.clip_norm",
    "optimizer.clip_value",
    "optimizer.gradient_noise",
)


class TrainingStep:
    """The computation of one step for all replicas.

    Attributes
    ----------
    measured
        ``[columns, R]`` float64: what the last step measured, in the order of `training.progress.column`.
        The norms are those of the gradient of the objective (loss and penalties), before clipping and noise.
    noise
        ``[R, P]``: gradient noise of the next step, or None.
    """

    def __init__(
        self, network: Network, loss: Loss, optimizer: FlatOptimizer, experiments: Sequence[Experiment]
    ) -> None:
        self.network = network
        self.loss = loss
        self.optimizer = optimizer
        self.noise: Tensor | None = None
        self._weight_mask = network.weight_mask()
        # The parameters before the step and how far it moved them, side by side, as the meter reads both.
        change = torch.zeros(2, *network.params.shape, dtype=network.params.dtype, device=network.params.device)
        self._before, self._moved = change
        self._meter = make_meter(network, change)
        self.measured = self._meter.measured
        self._gradient_norms = self.measured[column("grad_norm", network.architecture.layers)].unsqueeze(1)
        self._settings: dict[str, list[float]] = {}
        self.configure(experiments)

    @property
    def before(self) -> Tensor:
        """The parameters before the last step, ``[R, P]``."""
        before: Tensor = self._before
        return before

    def configure(self, experiments: Sequence[Experiment]) -> bool:
        """Take over penalties, clipping and noise from the experiments (one for each replica).

        Returns
        -------
        bool
            Whether anything changed: a captured step must then be captured again.
        """
        settings = {key: values_of(experiments, key) for key in SETTINGS}
        if settings == self._settings:
            return False
        self._settings = settings
        self._l1 = self._strength(settings["regularization.l1"])
        self._l2 = self._strength(settings["regularization.l2"])
        self._clip_norm = self._strength(settings["optimizer.clip_norm"])
        self._clip_value = self._strength(settings["optimizer.clip_value"])
        noisy = any(settings["optimizer.gradient_noise"])
        if noisy and self.noise is None:
            self.noise = torch.zeros_like(self.network.params)
        elif not noisy:
            self.noise = None
        return True

    def run(self, x: Tensor, target: Tensor, lr: float | Tensor) -> None:
        """Do one step on a batch.

        Parameters
        ----------
        x, target
            ``[R, B, F]`` and ``[R, B, C]``.
        lr
            Learning rate: a number for all replicas, or ``[R, 1]``.
        """
        network = self.network
        loss, loss_gradient = self.loss.value_and_gradient(network.forward(x, training=True), target)
        network.backward(loss_gradient)
        if self._l1 is not None or self._l2 is not None:
            add_penalties(network.grads, network.params, self._weight_mask, _or_zero(self._l1), _or_zero(self._l2))
        self._meter.take_gradient(loss)
        self._prepare_gradient()
        self._before.copy_(network.params)
        self.optimizer.step(network.grads, lr)
        torch.sub(network.params, self._before, out=self._moved)
        self._meter.take_update()

    def _prepare_gradient(self) -> None:
        grads = self.network.grads
        if self._clip_value is not None:
            clip_value(grads, self._clip_value)
        if self._clip_norm is not None:
            # What was measured holds unless components have been clamped since.
            clip_norm(grads, self._clip_norm, self._gradient_norms if self._clip_value is None else None)
        if self.noise is not None:
            grads.add_(self.noise)

    def _strength(self, values: list[float]) -> Strength | None:
        """Return a setting as one number, as ``[R, 1]`` where replicas differ, or None where it is off."""
        if not any(values):
            return None
        if len(set(values)) == 1:
            return values[0]
        return self.network.params.new_tensor(values).unsqueeze(1)


def _or_zero(strength: Strength | None) -> Strength:
    return 0.0 if strength is None else strength
