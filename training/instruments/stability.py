"""How far a run is from the rate at which it becomes unstable, and when its numbers would overflow beyond it.

Along a direction of curvature λ the objective is nearly a parabola, and a step of any optimizer here a linear map: it
shrinks the distance to the bottom while ηλ is below the optimizer's limit, and multiplies it beyond.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.architecture import Architecture
from training.experiment import AdaGrad, AdamBase, AdamW, Experiment, Momentum, Nesterov, RmsProp
from training.instruments.curvature import Spectrum, not_too_large
from training.instruments.instrument import InstrumentInfo
from training.instruments.preconditioner import scale_of
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]

LARGEST = {"float32": float(np.finfo(np.float32).max), "float64": float(np.finfo(np.float64).max)}
ROUNDING = 1e-9

ADAPTIVE = (
    "This optimizer divides every component of the gradient by a size of its own. The curvature that counts is the one "
    "in these units, and a run may hover at the limit without diverging, as the sizes grow with the gradients "
    "(Cohen et al. 2022)."
)
CLIPPED = "Clipping shortens steps where the gradient is large: beyond the limit the run bounces, and need not diverge."
NOISY = "The steps follow mini-batches, the curvature is that of all samples: noise can make a run unstable earlier."


@dataclass(frozen=True)
class Law:
    """How an optimizer moves along a parabola of curvature λ.

    With the state (θ, ηv), the gradient λθ and h = ηλ:

    - v ← βv + κλθ, θ ← aθ − ηv is a map of trace a + β − κh and determinant aβ;
    - Nesterov as in PyTorch, v ← βv + λθ, θ ← θ − η(λθ + βv), one of trace (1 + β)(1 − h), determinant β(1 − h).

    Either is stable where |trace| < 1 + determinant and determinant < 1.

    Attributes
    ----------
    momentum
        β: share of the velocity that is carried on.
    gain
        κ: share of a new gradient that enters the velocity, 1 − dampening, or 1 − β₁ of a running mean.
    looks_ahead
        Nesterov's form.
    kept
        a: share of the parameters that decoupled weight decay leaves at a step.
    """

    momentum: float = 0.0
    gain: float = 1.0
    looks_ahead: bool = False
    kept: float = 1.0

    @property
    def limit(self) -> float:
        """Largest stable ηλ.

        2 for gradient descent, 2(1 + β) with heavy-ball momentum, 2(1 + β)/(1 + 2β) with Nesterov's, and
        2(1 + β₁)/(1 − β₁) for a running mean of gradients, of the preconditioned curvature (Cohen et al. 2021,
        appendix B; Cohen et al. 2022, section 2). Infinite where no gradient enters.
        """
        if self.looks_ahead:
            return 2.0 * (1.0 + self.momentum) / (1.0 + 2.0 * self.momentum)
        return (1.0 + self.kept) * (1.0 + self.momentum) / self.gain if self.gain else math.inf

    def growth(self, rate_times_curvature: float) -> float:
        """Return by what the distance to the bottom is multiplied at a step: the spectral radius of the map.

        Without momentum it is |1 − ηλ|.
        """
        h, beta = rate_times_curvature, self.momentum
        if not math.isfinite(h):
            return math.nan
        if self.looks_ahead:
            trace, determinant = (1.0 + beta) * (1.0 - h), beta * (1.0 - h)
        else:
            trace, determinant = self.kept + beta - self.gain * h, self.kept * beta
        root = cmath.sqrt(trace * trace - 4.0 * determinant)
        return max(abs(trace + root), abs(trace - root)) / 2.0


def law_of(experiment: Experiment, lr: float) -> Law:
    """Return the law of an experiment's optimizer; that of an adaptive one holds in its own units.

    Parameters
    ----------
    lr
        Learning rate, which decoupled weight decay depends on.
    """
    optimizer = experiment.optimizer
    match optimizer:
        case Nesterov():
            return Law(optimizer.momentum, looks_ahead=True)
        case Momentum():
            return Law(optimizer.momentum, gain=1.0 - optimizer.dampening if optimizer.momentum else 1.0)
        case RmsProp():
            return Law(optimizer.momentum)
        case AdamW():
            return Law(optimizer.beta1, gain=1.0 - optimizer.beta1, kept=1.0 - lr * optimizer.weight_decay)
        case AdamBase():
            return Law(optimizer.beta1, gain=1.0 - optimizer.beta1)
        case _:
            return Law()


def limit_formula(experiment: Experiment) -> str:
    """Return how `Law.limit` is computed: β is momentum, d dampening, w decoupled weight decay, η the rate."""
    optimizer = experiment.optimizer
    match optimizer:
        case Nesterov():
            return "2(1+β)/(1+2β)"
        case AdamW() if optimizer.weight_decay:
            return "(2−ηw)(1+β₁)/(1−β₁)"
        case AdamBase():
            return "2(1+β₁)/(1−β₁)"
        case Momentum() if optimizer.momentum and optimizer.dampening:
            return "2(1+β)/(1−d)"
        case Momentum() | RmsProp() if optimizer.momentum:
            return "2(1+β)"
        case _:
            return "2"


def notes_on(experiment: Experiment) -> tuple[str, ...]:
    """Return what the limit does not take into account for such an experiment, in sentences."""
    optimizer = experiment.optimizer
    holds = (
        (isinstance(optimizer, AdaGrad | RmsProp | AdamBase), ADAPTIVE),
        (optimizer.clip_norm > 0.0 or optimizer.clip_value > 0.0, CLIPPED),
        (experiment.batch_size != "full", NOISY),
    )
    return tuple(sentence for true, sentence in holds if true)


def steps_to_overflow(growth: float, size: float, largest: float = LARGEST["float64"]) -> float:
    """Return how many more steps keep a value finite that is multiplied by `growth` at each.

    Parameters
    ----------
    size
        What it is now.
    largest
        Largest number there is.

    Returns
    -------
    float
        Infinite if it does not grow; NaN if it is not known how it does.

    Examples
    --------
    From 1, doubling leaves float64 at update 1023, the first one being update 0:

    >>> steps_to_overflow(2.0, 1.0)
    1023.0
    """
    if not (math.isfinite(growth) and math.isfinite(size) and math.isfinite(largest)):
        return math.nan
    if growth <= 1.0 or size == 0.0:
        return math.inf
    steps = (math.log2(largest) - math.log2(abs(size))) / math.log2(growth)
    return float(max(0, math.ceil(steps - ROUNDING) - 1))


class Stability:
    """Holds the rate times the largest curvature against the optimizer's limit.

    Beyond the limit, the way left to an overflow is told from how far the parameters stand, along the steepest
    direction, from the bottom of the parabola: |v·g| / λ. With a squared error the loss overflows first, at
    ½λ·distance².
    """

    def measure(self, probe: Probe) -> FloatArray:
        """Return λ, ηλ, the limit, ηλ as a part of it, the growth at a step and the steps to an overflow."""
        law = law_of(probe.experiment, probe.lr)
        scale = scale_of(probe)
        if scale is not None and not bool(torch.isfinite(scale).all()):
            return np.array([math.nan, math.nan, law.limit, math.nan, math.nan, math.nan])
        ends = Spectrum.of(probe.bench).at(probe, scale)
        h = probe.lr * ends.largest
        growth = law.growth(h)
        left = math.inf if h <= law.limit else math.nan
        if h > law.limit and ends.top is not None:
            left = _steps_left(probe, growth, ends.largest, ends.top, scale)
        return np.array([ends.largest, h, law.limit, h / law.limit, growth, left])


def _steps_left(probe: Probe, growth: float, curvature: float, top: Tensor, scale: Tensor | None) -> float:
    gradient = probe.bench.gradients(probe.params.double()[None])[1][0]
    if scale is not None:
        gradient = gradient * scale
    distance = abs(float(top @ gradient)) / curvature
    largest = LARGEST[probe.experiment.dtype]
    if probe.experiment.loss.kind == "mse":
        largest = math.sqrt(largest) * math.sqrt(2.0 / curvature)  # 2·largest is no number
    return steps_to_overflow(growth, distance, largest)


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return "curvature", "rate_times_curvature", "limit", "share_of_limit", "growth", "steps_to_overflow"


ROWS = (
    InstrumentInfo(
        "stability", "Stability", "", "η λ_max / limit",
        "Above 1, the distance to the bottom of the steepest valley grows at every step. Full-batch training "
        "often rises to 1 by itself and stays there: the edge of stability.",
        "Cohen et al. 2021 (limits: appendix B), Cohen et al. 2022 (adaptive methods)",
        Stability, _columns, suits=not_too_large, passes=30.0,
    ),
)
