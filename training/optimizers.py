"""Optimizers over flat buffers: every parameter of every replica updated by a few operations.

Parameters and gradients are ``[R, P]`` (replica, parameter) and everything happens in place. No value
is read back from the device and no Python branch depends on one, so a step can be captured in a CUDA
graph. To add an optimizer, add its settings to `training.experiment`, a class here and a row of `OPTIMIZERS`.

The formulas and their results are those of `torch.optim` (tested side by side).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.experiment import Optimizer, OptimizerBase

Scalar = float | Tensor  # one number for all replicas, or a tensor [R, 1]


def scaled_lr(config: OptimizerBase, batch_size: int) -> float:
    """Return the base learning rate after the linear scaling rule.

    Multiply the rate by the factor by which the batch grows (Goyal et al. 2017).

    Parameters
    ----------
    config
        Optimizer settings; ``reference_batch = 0`` switches the rule off.
    batch_size
        Samples in a step (the size of the training part for a full batch).

    Examples
    --------
    >>> from training.experiment import Sgd
    >>> scaled_lr(Sgd(method="sgd", lr=0.01, reference_batch=32), 128)
    0.04
    """
    if config.reference_batch == 0:
        return config.lr
    return config.lr * batch_size / config.reference_batch


class FlatOptimizer(ABC):
    """One optimizer for all replicas, over a flat buffer of parameters.

    Parameters
    ----------
    params
        ``[R, P]``, contiguous, float32 or float64; updated in place by `step`.
    configs
        Settings, one for each replica, all of one method. The rate in them is ignored: it is given to
        every `step`. Settings that all replicas share become numbers, others tensors ``[R, 1]``.
    decay_mask
        ``[P]``, 1 where decoupled weight decay acts and 0 elsewhere; None: everywhere.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the configs are not all of one method.
    """

    def __init__(self, params: Tensor, configs: Sequence[Optimizer], decay_mask: Tensor | None = None) -> None:
        if params.ndim != 2 or not params.is_contiguous():
            raise ValueError(f"params must be a contiguous [R, P] tensor, not one of shape {list(params.shape)}")
        if decay_mask is not None and decay_mask.shape != params.shape[1:]:
            raise ValueError(f"decay_mask has shape {list(decay_mask.shape)}, params {list(params.shape)}")
        self.params = params
        self._decay_mask = None if decay_mask is None else decay_mask.to(params)
        self._scratch = torch.empty_like(params)
        self._buffers: dict[str, Tensor] = {}
        self._one = torch.ones((), device=params.device)
        self._fusible = False  # a subclass sets it in `_prepare`, where the settings allow `_step_fused`
        self._configs = self._checked(configs)
        self._make_buffers()
        self._prepare()

    @property
    def method(self) -> str:
        """Name of the method, a key of `OPTIMIZERS`."""
        return self._configs[0].method

    def step(self, grads: Tensor, lr: float | Tensor) -> None:
        """Update the parameters in place.

        Parameters
        ----------
        grads
            ``[R, P]``, not changed.
        lr
            Learning rate of this step: a number for all replicas, or a tensor ``[R, 1]``.
        """
        if isinstance(lr, Tensor):
            self.params.addcmul_(self._direction(grads), lr, value=-1.0)
        elif self._fusible:
            self._step_fused(grads, lr)
        else:
            self.params.add_(self._direction(grads), alpha=-lr)

    def configure(self, configs: Sequence[Optimizer]) -> bool:
        """Take over edited settings, keeping the state.

        Returns
        -------
        bool
            True if something other than the rate changed: a step that was captured in a CUDA graph
            must then be captured again.
        """
        checked = self._checked(configs)
        if checked[0].method != self.method:
            raise ValueError(f"the method cannot change from '{self.method}' to '{checked[0].method}' while running")
        changed = [_own_settings(config) for config in checked] != [_own_settings(config) for config in self._configs]
        self._configs = checked
        if changed:
            self._prepare()
        return changed

    def state(self) -> dict[str, Tensor]:
        """Return copies of all the optimizer remembers (``[R, P]`` buffers, and counters of shape ``[]``)."""
        return {name: buffer.clone() for name, buffer in self._buffers.items()}

    def state_of(self, replica: int) -> dict[str, Tensor]:
        """Return what it remembers of one replica, as views: ``[P]`` each, and counters of shape []."""
        return {name: buffer[replica] if buffer.ndim else buffer for name, buffer in self._buffers.items()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Continue exactly from what `state` returned.

        Raises
        ------
        ValueError
            If the names or shapes are those of another optimizer or network.
        """
        expected = {name: tuple(buffer.shape) for name, buffer in self._buffers.items()}
        given = {name: tuple(buffer.shape) for name, buffer in state.items()}
        if expected != given:
            raise ValueError(f"the state does not fit {self.method}: expected {expected}, got {given}")
        for name, buffer in self._buffers.items():
            buffer.copy_(state[name])

    @abstractmethod
    def _make_buffers(self) -> None:
        """Allocate what is remembered from step to step, in `_buffers`."""

    @abstractmethod
    def _prepare(self) -> None:
        """Read the settings into numbers and tensors."""

    @abstractmethod
    def _direction(self, grads: Tensor) -> Tensor:
        """Advance the state; return d ``[R, P]`` of the update ``params -= lr * d``."""

    def _step_fused(self, grads: Tensor, lr: float) -> None:
        """Do a whole step in fewer operations; called where `_fusible`."""
        raise NotImplementedError

    def _checked(self, configs: Sequence[Optimizer]) -> tuple[Optimizer, ...]:
        if len(configs) != self.params.shape[0]:
            raise ValueError(f"{len(configs)} configs for {self.params.shape[0]} replicas")
        if len({config.method for config in configs}) != 1:
            raise ValueError("all replicas must use the same method")
        return tuple(configs)

    def _new_buffer(self, name: str) -> Tensor:
        buffer = torch.zeros_like(self.params)
        self._buffers[name] = buffer
        return buffer

    def _new_counter(self, value: float, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return a scalar on the device, so that a captured graph advances it too."""
        return torch.full((), value, dtype=dtype, device=self.params.device)

    def _agree(self, *names: str) -> bool:
        return all(len(set(self._values(name))) == 1 for name in names)

    def _values(self, name: str) -> list[float]:
        return [float(getattr(config, name)) for config in self._configs]

    def _setting(self, name: str) -> Scalar:
        """Return a setting as one number where all replicas agree, else as a tensor ``[R, 1]``."""
        values = self._values(name)
        return values[0] if self._agree(name) else self._column(values)

    def _operand(self, name: str) -> Tensor:
        """As `_setting`, with a tensor of shape [] for one number: on the CPU an operation takes it sooner."""
        setting = self._setting(name)
        return setting if isinstance(setting, Tensor) else torch.tensor(setting, dtype=torch.float64)

    def _column(self, values: Sequence[float], dtype: torch.dtype | None = None) -> Tensor:
        return torch.tensor(values, dtype=dtype or self.params.dtype, device=self.params.device)[:, None]


def _own_settings(config: Optimizer) -> dict[str, Any]:
    return config.model_dump(exclude=set(OptimizerBase.model_fields))


class FlatSgd(FlatOptimizer):
    """θ ← θ − η g."""

    def _make_buffers(self) -> None:
        pass  # nothing is remembered

    def _prepare(self) -> None:
        pass  # nothing to set but the rate

    def _direction(self, grads: Tensor) -> Tensor:
        return grads


class FlatMomentum(FlatOptimizer):
    """v ← β v + (1 − τ) g, θ ← θ − η v; the first v is g itself, as in `torch.optim.SGD`."""

    nesterov = False

    def _make_buffers(self) -> None:
        self._velocity = self._new_buffer("velocity")
        # 1 before the first step, 0 after it: the first gradient is not dampened.
        self._fresh = self._buffers["fresh"] = self._new_counter(1.0, self.params.dtype)

    def _prepare(self) -> None:
        self._momentum = self._setting("momentum")
        self._dampened = any(self._dampening())
        momentum = self._values("momentum")
        self._fusible = self._agree("momentum") and momentum[0] > 0.0 and not self._dampened  # the kernel's terms
        self._dampening_column = self._column(self._dampening())
        self._kept = self._column([1.0 - dampening for dampening in self._dampening()])

    def _dampening(self) -> list[float]:
        if self.nesterov:
            return [0.0] * len(self._configs)
        # Without momentum there is nothing to dampen, as in PyTorch.
        pairs = zip(self._values("dampening"), self._values("momentum"), strict=True)
        return [dampening if momentum > 0.0 else 0.0 for dampening, momentum in pairs]

    def _step_fused(self, grads: Tensor, lr: float) -> None:
        self._fresh.zero_()
        torch._fused_sgd_(
            [self.params], [grads], [self._velocity], weight_decay=0.0, momentum=float(self._momentum), lr=lr,
            dampening=0.0, nesterov=self.nesterov, maximize=False, is_first_step=False,
        )

    def _direction(self, grads: Tensor) -> Tensor:
        self._velocity.mul_(self._momentum)
        if self._dampened:
            gain = torch.addcmul(self._kept, self._dampening_column, self._fresh)
            self._velocity.addcmul_(grads, gain)
        else:
            self._velocity.add_(grads)
        self._fresh.zero_()
        return self._velocity


class FlatNesterov(FlatMomentum):
    """v ← β v + g, θ ← θ − η (g + β v), as in `torch.optim.SGD(nesterov=True)`."""

    nesterov = True

    def _direction(self, grads: Tensor) -> Tensor:
        torch.mul(super()._direction(grads), self._momentum, out=self._scratch)
        return self._scratch.add_(grads)


class FlatAdaGrad(FlatOptimizer):
    """s ← s + g², θ ← θ − η / (1 + (t − 1) decay) · g / (√s + ε), as in `torch.optim.Adagrad`."""

    def _make_buffers(self) -> None:
        self._squares = self._new_buffer("squares")
        self._squares.add_(self._column(self._values("initial_accumulator")))
        # float64, as float32 stops counting at 2²⁴ steps.
        self._count = self._buffers["count"] = self._new_counter(0.0, torch.float64)

    def _prepare(self) -> None:
        self._lr_decay = self._setting("lr_decay")
        self._eps = self._setting("eps")
        self._fusible = self._agree("lr_decay", "eps") and self.params.device.type == "cpu"

    def _step_fused(self, grads: Tensor, lr: float) -> None:
        self._count.add_(self._one)
        torch._fused_adagrad_(
            [self.params], [grads], [self._squares], [self._count], lr=lr, lr_decay=float(self._lr_decay),
            weight_decay=0.0, eps=float(self._eps), maximize=False,
        )

    def _direction(self, grads: Tensor) -> Tensor:
        self._count.add_(self._one)
        self._squares.addcmul_(grads, grads)
        torch.sqrt(self._squares, out=self._scratch)
        self._scratch.add_(self._eps)
        torch.div(grads, self._scratch, out=self._scratch)
        if isinstance(self._lr_decay, Tensor) or self._lr_decay > 0:
            self._scratch.div_((self._count - 1.0).mul(self._lr_decay).add(1.0))
        return self._scratch


class FlatRmsProp(FlatOptimizer):
    """s ← α s + (1 − α) g², θ ← θ − η g / (√s + ε), as in `torch.optim.RMSprop`.

    Where centered, the variance ``s − m²`` takes the place of s. Rounding can make it negative for a
    constant gradient, which ends in NaN in PyTorch; here it is held at zero.
    """

    def _make_buffers(self) -> None:
        self._squares = self._new_buffer("squares")
        self._mean = self._new_buffer("mean")
        self._velocity = self._new_buffer("velocity")

    def _prepare(self) -> None:
        weights = [1.0 - alpha for alpha in self._values("alpha")]
        self._alpha = self._operand("alpha")
        self._weight = weights[0] if self._agree("alpha") else self._column(weights)
        self._eps = self._operand("eps")
        self._momentum = self._setting("momentum")
        self._centered = self._setting("centered")
        self._heavy, self._any_centered = any(self._values("momentum")), any(self._values("centered"))
        self._fusible = not self._heavy

    def _step_fused(self, grads: Tensor, lr: float) -> None:
        self.params.addcdiv_(grads, self._denominator(grads), value=-lr)

    def _direction(self, grads: Tensor) -> Tensor:
        torch.div(grads, self._denominator(grads), out=self._scratch)
        return self._velocity.mul_(self._momentum).add_(self._scratch) if self._heavy else self._scratch

    def _denominator(self, grads: Tensor) -> Tensor:
        """Return √s + ε, or √(s − m²) + ε where centered, in the scratch buffer."""
        _accumulate_squares(self._squares, grads, self._alpha, self._weight, self._scratch)
        return self._spread(grads).add_(self._eps)

    def _spread(self, grads: Tensor) -> Tensor:
        if not self._any_centered:
            return torch.sqrt(self._squares, out=self._scratch)
        self._mean.lerp_(grads, self._weight)
        torch.mul(self._mean, self._mean, out=self._scratch)
        self._scratch.mul_(self._centered)
        torch.sub(self._squares, self._scratch, out=self._scratch)
        return self._scratch.clamp_(min=0.0).sqrt_()


class FlatAdam(FlatOptimizer):
    """m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε), as in `torch.optim.Adam`.

    ``m̂ = m / (1 − β₁ᵗ)`` and ``v̂ = v / (1 − β₂ᵗ)`` correct for the start from zero.
    """

    keeps_maximum = False

    def _make_buffers(self) -> None:
        self._first = self._new_buffer("first_moment")
        self._second = self._new_buffer("second_moment")
        self._maximum = self._new_buffer("max_second_moment") if self.keeps_maximum else None
        # float32, as PyTorch's kernels ask for; it stops at 2²⁴ steps, where the corrections are long 1.
        self._count = self._buffers["count"] = self._new_counter(0.0)

    def _prepare(self) -> None:
        betas1, betas2, eps = self._values("beta1"), self._values("beta2"), self._values("eps")
        self._shared = (betas1[0], betas2[0], eps[0])  # used where `_fusible`, the columns elsewhere
        self._fusible = self._agree("beta1", "beta2", "eps")
        # In float64: 1 − 0.999 has but four digits left in float32.
        self._betas = torch.stack([self._column(betas1, torch.float64), self._column(betas2, torch.float64)])
        self._eps = self._column(eps, torch.float64)
        self._weight1 = self._column([1.0 - beta for beta in betas1])
        self._weight2 = self._column([1.0 - beta for beta in betas2])
        self._beta2 = self._column(betas2)

    def _step_fused(self, grads: Tensor, lr: float) -> None:
        self._count.add_(self._one)
        self._move(self.params, grads, lr)

    def _move(self, target: Tensor, grads: Tensor, lr: float) -> None:
        beta1, beta2, eps = self._shared
        torch._fused_adam_(
            [target], [grads], [self._first], [self._second], [] if self._maximum is None else [self._maximum],
            [self._count], lr=lr, beta1=beta1, beta2=beta2, weight_decay=0.0, eps=eps,
            amsgrad=self.keeps_maximum, maximize=False,
        )

    def _direction(self, grads: Tensor) -> Tensor:
        self._count.add_(self._one)
        if not self._fusible:
            return self._direction_by_replica(grads)
        # The kernel takes one rate only: let it move zeros by rate −1, which leaves the direction.
        self._move(self._scratch.zero_(), grads, -1.0)
        return self._scratch

    def _direction_by_replica(self, grads: Tensor) -> Tensor:
        correction1, correction2 = torch.pow(self._betas, self._count).neg_().add_(1.0)
        root2 = correction2.sqrt()
        self._first.lerp_(grads, self._weight1)
        _accumulate_squares(self._second, grads, self._beta2, self._weight2, self._scratch)
        torch.sqrt(self._second_moment(), out=self._scratch)
        # m / c1 / (√v / √c2 + ε), with the factors of a replica taken out of the large operations.
        self._scratch.add_((self._eps * root2).to(self.params.dtype))
        torch.div(self._first, self._scratch, out=self._scratch)
        return self._scratch.mul_((root2 / correction1).to(self.params.dtype))

    def _second_moment(self) -> Tensor:
        if self._maximum is None:
            return self._second
        return torch.maximum(self._maximum, self._second, out=self._maximum)


class FlatAmsGrad(FlatAdam):
    """Adam with the maximum of all past v in its denominator, as in `torch.optim.Adam(amsgrad=True)`."""

    keeps_maximum = True


class FlatAdamW(FlatAdam):
    """Adam after θ ← θ (1 − η λ) where `decay_mask` is 1, as in `torch.optim.AdamW`."""

    def _prepare(self) -> None:
        super()._prepare()
        self._weight_decay = self._setting("weight_decay")

    def step(self, grads: Tensor, lr: float | Tensor) -> None:
        """Shrink the weights, then step as Adam; see `FlatOptimizer.step`."""
        self._decay(lr)
        super().step(grads, lr)

    def _decay(self, lr: float | Tensor) -> None:
        share = lr * self._weight_decay
        if not isinstance(share, Tensor):
            if self._decay_mask is None:
                self.params.mul_(1.0 - share)
            else:
                self.params.addcmul_(self.params, self._decay_mask, value=-share)
        elif self._decay_mask is None:
            self.params.addcmul_(self.params, share, value=-1.0)
        else:
            torch.mul(self.params, self._decay_mask, out=self._scratch)
            self.params.addcmul_(self._scratch, share, value=-1.0)


def _accumulate_squares(average: Tensor, grads: Tensor, decay: Scalar, weight: Scalar, scratch: Tensor) -> None:
    """``average ← decay · average + weight · grads²``, where ``weight = 1 − decay``."""
    average.mul_(decay)
    if isinstance(weight, Tensor):
        average.addcmul_(torch.mul(grads, grads, out=scratch), weight)
    else:
        average.addcmul_(grads, grads, value=weight)


@dataclass(frozen=True)
class OptimizerInfo:
    """One row of the table of optimizers; `make` is the class that does the work."""

    name: str
    title: str
    formula: str
    note: str
    make: type[FlatOptimizer]


_ROWS = (
    OptimizerInfo(
        "sgd", "SGD", "θ ← θ − η g",
        "Converges for η < 2/λ (λ: the largest curvature); with a constant rate it ends in a ball of noise of "
        "size proportional to η.",
        FlatSgd,
    ),
    OptimizerInfo(
        "momentum", "Momentum", "v ← β v + (1 − τ) g;  θ ← θ − η v",
        "Speeds up narrow valleys by averaging out the zig-zag, and is stable up to η = 2(1 + β)/λ; can overshoot.",
        FlatMomentum,
    ),
    OptimizerInfo(
        "nesterov", "Nesterov", "v ← β v + g;  θ ← θ − η (g + β v)",
        "Momentum that looks ahead, so that it brakes earlier; the optimal rate for smooth convex problems.",
        FlatNesterov,
    ),
    OptimizerInfo(
        "adagrad", "AdaGrad", "s ← s + g²;  θ ← θ − η g / (√s + ε)",
        "Each parameter has a rate of its own that only falls: good for sparse features, may stop too early.",
        FlatAdaGrad,
    ),
    OptimizerInfo(
        "rmsprop", "RMSProp", "s ← α s + (1 − α) g²;  θ ← θ − η g / (√s + ε)",
        "AdaGrad that forgets: steps of nearly equal size in all parameters, so that the rate must fall to settle.",
        FlatRmsProp,
    ),
    OptimizerInfo(
        "adam", "Adam", "m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  θ ← θ − η m̂ / (√v̂ + ε)",
        "Momentum and a rate for each parameter: quick to start and forgiving of η; fails to converge in rare cases.",
        FlatAdam,
    ),
    OptimizerInfo(
        "amsgrad", "AMSGrad", "as Adam, with v̂ ← max(v̂, v)",
        "The rates of Adam can no longer grow again, which repairs its proof of convergence (Reddi et al. 2018).",
        FlatAmsGrad,
    ),
    OptimizerInfo(
        "adamw", "AdamW", "θ ← θ (1 − η λ);  then as Adam",
        "Weight decay apart from the gradient, so that Adam's scaling does not undo it; acts on weights, not biases.",
        FlatAdamW,
    ),
)

OPTIMIZERS: dict[str, OptimizerInfo] = {row.name: row for row in _ROWS}


def make_optimizer(
    params: Tensor, configs: Sequence[Optimizer], decay_mask: Tensor | None = None
) -> FlatOptimizer:
    """Return the optimizer that the configs (one for each replica) ask for; see `FlatOptimizer`.

    Examples
    --------
    >>> from training.experiment import Sgd
    >>> params = torch.tensor([[1.0, 2.0]])
    >>> make_optimizer(params, [Sgd(method="sgd")]).step(torch.tensor([[10.0, 0.0]]), 0.05)
    >>> params
    tensor([[0.5000, 2.0000]])
    """
    if not configs:
        raise ValueError("an optimizer needs one config for each replica")
    return OPTIMIZERS[configs[0].method].make(params, configs, decay_mask)
