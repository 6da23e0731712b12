"""The units in which an adaptive optimizer sees the curvature."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from training.experiment import AdaGrad, AdamBase, AmsGrad, RmsProp
from training.instruments.probe import Probe

State = Mapping[str, Tensor]


def scale_of(probe: Probe) -> Tensor | None:
    """Return s ``[P]``, such that the optimizer's step is one of gradient descent where parameters are counted in s.

    With a preconditioner P the step is −η P⁻¹ g, and s = P^−½: the curvature that counts is that of diag(s) H diag(s),
    which has the spectrum of P⁻¹H (Cohen et al. 2022, section 2; Adam's P there is (1 − β₁ᵗ)(√(v/(1 − β₂ᵗ)) + ε)).

    Returns
    -------
    Tensor or None
        float64; NaN before the first step; None for an optimizer that is not adaptive.
    """
    denominator = _denominator(probe)
    if denominator is None:
        return None
    if probe.before is None:
        return torch.full_like(probe.params, torch.nan, dtype=torch.float64)
    return denominator(probe.optimizer).rsqrt()


def _denominator(probe: Probe) -> Callable[[State], Tensor] | None:
    optimizer = probe.experiment.optimizer
    match optimizer:
        case AdaGrad():
            return lambda state: _of_adagrad(state, optimizer)
        case RmsProp():
            return lambda state: _of_rmsprop(state, optimizer)
        case AdamBase():
            return lambda state: _of_adam(state, optimizer)
        case _:
            return None


def _of_adagrad(state: State, optimizer: AdaGrad) -> Tensor:
    slower = 1.0 + float(state["count"]) * optimizer.lr_decay
    return (state["squares"].double().sqrt() + optimizer.eps) * slower


def _of_rmsprop(state: State, optimizer: RmsProp) -> Tensor:
    spread = state["squares"].double()
    if optimizer.centered:
        spread = (spread - state["mean"].double().square()).clamp(min=0.0)
    return spread.sqrt() + optimizer.eps


def _of_adam(state: State, optimizer: AdamBase) -> Tensor:
    steps = float(state["count"])
    second = state["max_second_moment" if isinstance(optimizer, AmsGrad) else "second_moment"].double()
    root = (second / (1.0 - optimizer.beta2**steps)).sqrt()
    denominator: Tensor = (root + optimizer.eps) * (1.0 - optimizer.beta1**steps)
    return denominator
