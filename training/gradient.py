"""What is done to a gradient before the optimizer uses it: penalties, noise, clipping.

All functions work in place on ``[R, P]`` (replica, parameter) buffers. Strengths are a number for all
replicas or a tensor ``[R, 1]``; 0 means off, so that replicas with and without can stand side by side.
Nothing is read back from the device.
"""

from __future__ import annotations

import torch
from torch import Tensor

NORM_EPS = 1e-6  # as in torch.nn.utils.clip_grad_norm_


def add_penalties(
    grads: Tensor, params: Tensor, weight_mask: Tensor, l1: float | Tensor, l2: float | Tensor
) -> None:
    """Add the gradient of ``l1 · Σ|w| + l2/2 · Σw²``: ``l1 · sign(w) + l2 · w``.

    Parameters
    ----------
    grads, params
        ``[R, P]``; `grads` is changed.
    weight_mask
        ``[P]``, 1 for weights and 0 for biases and parameters of normalization.
    l1, l2
        Strengths. The subgradient of ``|w|`` at zero is taken as zero.
    """
    if isinstance(l2, Tensor):
        grads.addcmul_(params * weight_mask, l2)
    elif l2 != 0.0:
        grads.addcmul_(params, weight_mask, value=l2)
    if isinstance(l1, Tensor):
        grads.addcmul_(params.sign().mul_(weight_mask), l1)
    elif l1 != 0.0:
        grads.addcmul_(params.sign(), weight_mask, value=l1)


def clip_norm(grads: Tensor, max_norm: float | Tensor, norms: Tensor | None = None) -> Tensor:
    """Scale each replica's gradient down to an L2 norm of at most `max_norm`.

    Multiplies by ``min(1, max_norm / (norm + 1e-6))``, the formula of `torch.nn.utils.clip_grad_norm_`.

    Parameters
    ----------
    grads
        ``[R, P]``, changed.
    max_norm
        Bound; 0 leaves the gradient as it is.
    norms
        ``[R, 1]`` float64, the norms of `grads` where they are known already.

    Returns
    -------
    Tensor
        ``[R, 1]`` float64, the norms before clipping.
    """
    if norms is None:
        # In float64, as the square of a gradient of 1e25, which clipping is there to tame, overflows in float32.
        norms = torch.linalg.vector_norm(grads, dim=1, keepdim=True, dtype=torch.float64)
    share = (max_norm / (norms + NORM_EPS)).clamp_(max=1.0)
    if isinstance(max_norm, Tensor):
        share = torch.where(max_norm > 0.0, share, 1.0)
    elif max_norm == 0.0:
        return norms
    grads.mul_(share.to(grads.dtype))
    return norms


def clip_value(grads: Tensor, bound: float | Tensor) -> None:
    """Clamp every component of `grads` ``[R, P]`` to ``[-bound, bound]``; a bound of 0 leaves it as it is."""
    if isinstance(bound, Tensor):
        limit = torch.where(bound > 0.0, bound, torch.inf)
        grads.clamp_(min=-limit, max=limit)
    elif bound != 0.0:
        grads.clamp_(min=-bound, max=bound)


def noise_std(eta: float, decay: float, step: int) -> float:
    """Return the standard deviation of gradient noise, √(η / (1 + t)^γ) (Neelakantan et al. 2015, eq. 1).

    Parameters
    ----------
    eta
        Variance of the noise at the first step.
    decay
        γ; the paper uses 0.55.
    step
        t = 0 for the first update.

    Examples
    --------
    >>> noise_std(0.04, 0.55, 0)
    0.2
    """
    return float((eta * (1.0 + step) ** -decay) ** 0.5)
