"""A training loop in plain PyTorch that knows nothing of the engine: the independent reference.

It shares with the engine only the prepared data, the initial weights and the seeds of the generators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from training.data.prepare import PreparedData
from training.experiment import Experiment
from training.randomness import generator

MakeScheduler = Callable[[Optimizer], LRScheduler]


@dataclass
class Log:
    """What the loop saw at every step."""

    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    update_norms: list[float] = field(default_factory=list)
    update_ratios: list[list[float]] = field(default_factory=list)
    weight_gradient_norms: list[list[float]] = field(default_factory=list)
    signal_norms: list[list[float]] = field(default_factory=list)


def optimizer_for(config: Any, parameters: list[nn.Parameter], weights: list[nn.Parameter], lr: float) -> Optimizer:
    """Return the optimizer of `torch.optim` with the settings of an experiment."""
    if config.method in ("sgd", "momentum", "nesterov"):
        momentum = getattr(config, "momentum", 0.0)
        dampening = getattr(config, "dampening", 0.0)
        nesterov = config.method == "nesterov"
        return torch.optim.SGD(parameters, lr=lr, momentum=momentum, dampening=dampening, nesterov=nesterov)
    if config.method == "adagrad":
        return torch.optim.Adagrad(
            parameters, lr=lr, lr_decay=config.lr_decay, initial_accumulator_value=config.initial_accumulator,
            eps=config.eps,
        )
    if config.method == "rmsprop":
        return torch.optim.RMSprop(
            parameters, lr=lr, alpha=config.alpha, momentum=config.momentum, centered=config.centered, eps=config.eps
        )
    betas = (config.beta1, config.beta2)
    if config.method == "adamw":
        rest = [parameter for parameter in parameters if not any(parameter is weight for weight in weights)]
        groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=lr, betas=betas, eps=config.eps)
    return torch.optim.Adam(parameters, lr=lr, betas=betas, eps=config.eps, amsgrad=config.method == "amsgrad")


def loss_for(config: Any) -> nn.Module:
    if config.kind == "cross_entropy":
        return nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
    return {"mse": nn.MSELoss, "mae": nn.L1Loss}[config.kind]() if config.kind != "huber" else nn.HuberLoss(
        delta=config.delta
    )


def batches(data: PreparedData, experiment: Experiment) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches for ever: a new permutation for every epoch, the last batch being what is left."""
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)
    source = generator(experiment.seed, "batches")
    while True:
        if experiment.batch_size == "full" or experiment.batch_size >= len(x):
            yield x, y
            continue
        order = torch.randperm(len(x), generator=source)
        for rows in order.split(experiment.batch_size):
            yield x[rows], y[rows]


def train(
    module: nn.Module, data: PreparedData, experiment: Experiment, steps: int, scheduler: MakeScheduler | None = None
) -> Log:
    """Train `module` in place as the experiment says."""
    settings, log = experiment.optimizer, Log()
    parameters = list(module.parameters())
    weights = [parameter for parameter in parameters if parameter.ndim == 2]
    size = len(data.x_train) if experiment.batch_size == "full" else min(experiment.batch_size, len(data.x_train))
    lr = settings.lr * (size / settings.reference_batch if settings.reference_batch else 1.0)
    optimizer = optimizer_for(settings, parameters, weights, lr)
    schedule = scheduler(optimizer) if scheduler else None
    criterion = loss_for(experiment.loss)
    layers: list[Any] = [*(block.linear for block in module.blocks), module.output]  # type: ignore[union-attr]
    outputs: list[Tensor] = []
    handles = [layer.register_forward_hook(lambda _module, _inputs, out: outputs.append(out)) for layer in layers]
    for _, (x, y) in zip(range(steps), batches(data, experiment), strict=False):
        outputs.clear()
        loss = criterion(module(x), y)
        penalty = sum(
            experiment.regularization.l1 * weight.abs().sum() + experiment.regularization.l2 / 2 * weight.square().sum()
            for weight in weights
        )
        for output in outputs:
            output.retain_grad()
        optimizer.zero_grad()
        (loss + penalty).backward()
        _note(log, loss, optimizer, parameters, layers, outputs)
        if settings.clip_value:
            nn.utils.clip_grad_value_(parameters, settings.clip_value)
        if settings.clip_norm:
            nn.utils.clip_grad_norm_(parameters, settings.clip_norm)
        before = [parameter.detach().clone() for parameter in parameters]
        optimizer.step()
        moved = [(after.detach() - old).flatten() for after, old in zip(parameters, before, strict=True)]
        log.update_norms.append(torch.cat(moved).norm().item())
        places = [next(k for k, each in enumerate(parameters) if each is layer.weight) for layer in layers]
        log.update_ratios.append([(moved[place].norm() / before[place].norm()).item() for place in places])
        if schedule:
            schedule.step()
    for handle in handles:
        handle.remove()
    return log


def _note(
    log: Log, loss: Tensor, optimizer: Optimizer, parameters: list[Any], layers: list[Any], outputs: list[Tensor]
) -> None:
    log.losses.append(loss.item())
    log.rates.append(optimizer.param_groups[0]["lr"])
    log.gradient_norms.append(torch.cat([parameter.grad.flatten() for parameter in parameters]).norm().item())
    log.weight_gradient_norms.append([layer.weight.grad.norm().item() for layer in layers])
    log.signal_norms.append([output.grad.norm().item() for output in outputs if output.grad is not None])
