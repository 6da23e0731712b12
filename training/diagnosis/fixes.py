"""Changes that help, as edits to an experiment: each is made to fit the experiment it is offered to."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from training.diagnosis.case import Case
from training.diagnosis.finding import Fix
from training.diagnosis.wording import number
from training.engine import is_editable
from training.errors import ExperimentError, InputError
from training.experiment import MAX_WIDTH, Experiment
from training.feasibility import check_feasible
from training.optimizers import scaled_lr
from training.validation import get, replace

BY_TEN = 10.0
FLATTENING = ("sigmoid", "tanh", "hardtanh", "softsign")
"""Activations that are flat at both ends."""
DYING = ("relu", "hardtanh")
PLAIN = ("sgd", "momentum", "nesterov")
"""Methods whose steps are proportional to the gradient."""
LOWEST, HIGHEST = 0.01, 0.03
"""Rates between which plain gradient descent trains a ReLU network of many layers that starts as He's."""
CURVATURE, LIMIT = 0, 2
"""Columns of the instrument ``stability``."""


def offered(case: Case, *fixes: Fix | None, most: int = 4) -> tuple[Fix, ...]:
    """Return those fixes that change something, fit the experiment and can run; the first of each name."""
    kept: dict[str, Fix] = {}
    for fix in fixes:
        if fix is not None and fix.name not in kept and _fits(case, fix):
            kept[fix.name] = fix
    return tuple(kept.values())[:most]


def _fits(case: Case, fix: Fix) -> bool:
    changed = _changed(case.experiment, tuple((key, _hashable(value)) for key, value in fix.changes.items()))
    if changed is None or changed == case.experiment:
        return False
    try:
        if changed.data == case.experiment.data:
            check_feasible(changed, case.data, replicas=1)
    except (ExperimentError, InputError):
        return False
    return True


@lru_cache(maxsize=256)
def _changed(experiment: Experiment, changes: tuple[tuple[str, Any], ...]) -> Experiment | None:
    """Return an experiment with changes made, None where it does not take them: a run is looked at again and again."""
    try:
        return replace(experiment, dict(changes))
    except ExperimentError:
        return None


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fix(name: str, title: str, why: str, changes: dict[str, Any]) -> Fix:
    return Fix(name, title, why, changes, live=all(is_editable(key) for key in changes))


# --------------------------------------------------------------------------------------------- the rate


def below_the_limit(case: Case, *, at_first: bool = False) -> Fix | None:
    """Set the rate to half of the optimizer's limit, 2/λ for gradient descent: 1/λ is the step that is sure to descend.

    (Nesterov 2004, section 1.2.3.) None for adaptive methods, whose limit is in other units and moves with them; where
    the instrument ``stability`` has not been read; and where the rate is not above the limit.

    Parameters
    ----------
    at_first
        Hold to the curvature λ at the start of the run, for a fix that starts anew; else to the last one measured.
    """
    series = case.instruments["stability"]
    if not len(series) or case.experiment.optimizer.method not in PLAIN:
        return None
    measured = series.values[np.isfinite(series.values[:, CURVATURE]) & (series.values[:, CURVATURE] > 0)]
    if not len(measured):
        return None
    row = measured[0 if at_first else -1]
    optimizer = case.experiment.optimizer
    lr = optimizer.lr
    scaled = scaled_lr(optimizer, case.batch_size) / lr  # the limit is one of the rate that is used
    limit = float(row[LIMIT] / row[CURVATURE]) / scaled
    if not 1e-4 * lr < limit / 2 < lr / 2:
        return None
    why = (
        f"The steepest curvature measured is λ = {number(row[CURVATURE])}: rates above {number(limit)} = "
        f"{number(row[LIMIT] / scaled, 2)}/λ overshoot by more than they came from. Half of that descends."
    )
    return _fix("slower", f"rate {number(limit / 2, 2)}, half the limit", why,
                {"optimizer.lr": float(f"{limit / 2:.2g}")})  # fmt: skip


def slower(case: Case, factor: float = BY_TEN) -> Fix:
    """Divide the learning rate by a factor."""
    lr = _rounded(case.experiment.optimizer.lr / factor)
    why = f"Steps of {number(lr)} instead of {number(case.experiment.optimizer.lr)} no longer jump across the valley."
    return _fix("slower", f"rate ÷ {number(factor)}", why, {"optimizer.lr": lr})


def faster(case: Case, factor: float = BY_TEN) -> Fix:
    """Multiply the learning rate by a factor."""
    lr = _rounded(case.experiment.optimizer.lr * factor)
    why = f"Steps {number(factor)} times as long get as far in so many fewer of them."
    return _fix("faster", f"rate × {number(factor)}", why, {"optimizer.lr": lr})


def adam(case: Case) -> Fix | None:
    """Adam, where the optimizer is one whose steps shrink with the gradient."""
    if case.experiment.optimizer.method not in ("sgd", "momentum", "nesterov", "adagrad"):
        return None
    changes = {"optimizer.method": "adam", "optimizer.lr": 0.003}
    why = "Adam divides by the size of the gradient, so that small gradients still make steps of the usual length."
    return _fix("adam", "Adam", why, changes)


def clipped(case: Case, norm: float = 1.0) -> Fix | None:
    """Clip the gradient's norm."""
    if 0 < case.experiment.optimizer.clip_norm <= norm:
        norm = case.experiment.optimizer.clip_norm / BY_TEN
    why = f"No single step can be longer than the rate allows for a gradient of norm {number(norm)}."
    return _fix("clipped", f"clip at {number(norm)}", why, {"optimizer.clip_norm": norm})


def constant_rate(case: Case) -> Fix:
    """Keep the rate constant."""
    why = "The rate stays as it began, so that the run can still move."
    return _fix("constant_rate", "constant rate", why, {"schedule.kind": "constant"})


def warm_restarts(case: Case) -> Fix:
    """Cosine decay with warm restarts (Loshchilov & Hutter 2017)."""
    period = max(1.0, round(case.experiment.epochs / 4))
    changes = {"schedule.kind": "cosine_restarts", "schedule.unit": "epoch", "schedule.period": float(period)}
    why = f"Every {number(period)} epochs the rate goes back up, and the run gets a new chance to leave its place."
    return _fix("warm_restarts", "warm restarts", why, changes)


def cosine(case: Case) -> Fix:
    """Let the rate decay along half a cosine."""
    why = "A rate that decays to zero shrinks the ball of noise about the minimum to a point."
    return _fix("cosine", "cosine decay", why, {"schedule.kind": "cosine", "schedule.length": 0.0})


def warm_up(case: Case) -> Fix:
    """Let the rate rise over the first tenth of the run."""
    share = max(1.0, round(case.experiment.epochs / 10))
    why = "Small steps first, while the curvature at the start is steep."
    return _fix("warm_up", "warm-up", why, {"schedule.unit": "epoch", "schedule.warmup": float(share)})


# --------------------------------------------------------------------------------------------- the batches


def larger_batches(case: Case) -> Fix | None:
    """Eight times as many samples in a batch."""
    size = min(len(case.data.x_train), 8 * case.batch_size)
    why = f"The mean of {size} gradients is steadier than that of {case.batch_size}: its noise falls with 1/√B."
    return _fix("larger_batches", f"batches of {size}", why, {"batch_size": size})


def gradient_noise(case: Case) -> Fix:
    """Add decaying noise to the gradient (Neelakantan et al. 2015)."""
    why = "A little noise pushes the weights off the flat place, and fades as training goes on."
    return _fix("gradient_noise", "gradient noise", why, {"optimizer.gradient_noise": 0.01})


# --------------------------------------------------------------------------------------------- the network


def relu_and_he(case: Case) -> Fix | None:
    """ReLU with He's start; None where it is so already."""
    if set(case.experiment.network.activations()) <= {"relu"} and _he(case.experiment):
        return None
    why = "ReLU passes the gradient whole where it is active, and He's start makes up for the half it cuts away."
    return _fix("relu_and_he", "ReLU + He", why, {"network.activation": "relu", **_start("he_normal")})


def relu_he_and_rate(case: Case) -> Fix | None:
    """ReLU with He's start, at a rate for gradients that arrive whole, where steps are proportional to them.

    A rate that was chosen for a faded signal is too high for the whole one, or far too low.
    """
    fix = relu_and_he(case)
    optimizer = case.experiment.optimizer
    if fix is None or optimizer.method not in PLAIN:
        return fix
    lr = _rounded(min(max(optimizer.lr, LOWEST * step_share(case)), HIGHEST * step_share(case)))
    if lr == optimizer.lr:
        return fix
    why = f"{fix.why} The gradient that arrives whole wants a rate of its own."
    return _fix(fix.name, f"{fix.title}, rate {number(lr)}", why, {**fix.changes, "optimizer.lr": lr})


def leaky_relu_and_he(case: Case, factor: float = 1.0) -> Fix:
    """Leaky ReLU with He's start, and the rate divided by a factor."""
    changes: dict[str, Any] = {"network.activation": "leaky_relu", **_start("he_normal")}
    title = "leaky ReLU + He"
    if factor > 1:
        changes["optimizer.lr"] = _rounded(case.experiment.optimizer.lr / factor)
        title += f", rate ÷ {number(factor)}"
    why = "Leaky ReLU keeps a slope of 0.01 where ReLU has none, so that no unit is cut off for good."
    return _fix("leaky_relu_and_he", title, why, changes)


def step_share(case: Case) -> float:
    """Return 1 − β: with momentum β the steps come to be 1/(1 − β) times as long as the rate alone makes them."""
    return 1.0 - float(getattr(case.experiment.optimizer, "momentum", 0.0))


def fitting_start(case: Case) -> Fix:
    """He's start for the ReLU family, Xavier's for the others."""
    flat = all(name in (*FLATTENING, "identity") for name in case.experiment.network.activations())
    title, scheme = ("Xavier start", "xavier_uniform") if flat else ("He start", "he_normal")
    why = "Weights of this spread hand signals on at about the size they came in, forward and back."
    return _fix("fitting_start", title, why, _start(scheme))


def batch_norm(case: Case) -> Fix | None:
    """Batch normalization; None without a hidden layer to normalize."""
    if not case.hidden_layers:
        return None
    why = "Every unit's input is brought to mean 0 and variance 1 over the batch, layer after layer."
    return _fix("batch_norm", "batch norm", why, {"network.normalization": "batch"})


def layer_norm(case: Case) -> Fix | None:
    """Layer normalization; None without a hidden layer to normalize."""
    if not case.hidden_layers:
        return None
    why = "Each sample's values are brought to mean 0 and variance 1 in every layer, whatever the batch."
    return _fix("layer_norm", "layer norm", why, {"network.normalization": "layer"})


def skip_connections(case: Case) -> Fix | None:
    """Shortcuts round every two layers (He et al. 2016)."""
    if case.hidden_layers < 2:
        return None
    why = "The gradient gets a way round every two layers on which nothing shrinks it."
    return _fix("skip_connections", "skip connections", why, {"network.skip_every": 2})


def wider(case: Case) -> Fix:
    """Four times as many units in every hidden layer (at least 32), and two layers at the least."""
    network = case.experiment.network
    hidden = tuple(min(MAX_WIDTH, max(32, 4 * width)) for width in network.hidden) or (32,)
    if len(hidden) == 1 and isinstance(network.activation, str):
        hidden = (*hidden, *hidden)
    why = "More units can bend the function in more places."
    return _fix("wider", f"wider: {_widths(hidden)}", why, {"network.hidden": list(hidden)})


def deeper(case: Case) -> Fix | None:
    """One more hidden layer like the last one."""
    network = case.experiment.network
    if not network.hidden or not isinstance(network.activation, str):
        return None
    hidden = (*network.hidden, network.hidden[-1])
    why = "Another layer builds on what the ones before have found."
    return _fix("deeper", f"deeper: {_widths(hidden)}", why, {"network.hidden": list(hidden)})


def _start(scheme: str) -> dict[str, Any]:
    return {"network.initialization.scheme": scheme, "network.initialization.gain": 1.0}


def _he(experiment: Experiment) -> bool:
    start = experiment.network.initialization
    return start.scheme.startswith("he_") and 0.5 <= start.gain <= 2


def _widths(hidden: tuple[int, ...]) -> str:
    if len(set(hidden)) == 1:
        return f"{hidden[0]} ×{len(hidden)}"
    return "-".join(str(width) for width in hidden) if len(hidden) <= 4 else f"up to {max(hidden)} ×{len(hidden)}"


# --------------------------------------------------------------------------------- what holds weights back


def stop_early(case: Case) -> Fix | None:
    """Early stopping that keeps the best weights; None where it is so already."""
    if not case.has_held_out or keeps_best(case):
        return None
    patience = max(5, min(20, round(case.evaluations / 10)))
    changes = {"stopping.early.enabled": True, "stopping.early.metric": "val_loss",
               "stopping.early.patience": patience, "stopping.early.restore_best": True}  # fmt: skip
    why = "The run ends when the validation loss has stopped improving, and keeps the weights of its best moment."
    return _fix("stop_early", "stop early", why, changes)


def keeps_best(case: Case) -> bool:
    """Tell whether the run ends with the weights of its lowest validation loss."""
    early = case.experiment.stopping.early
    return early.enabled and early.restore_best and early.metric == "val_loss"


def weight_penalty(case: Case, l2: float = 0.01) -> Fix:
    """An L2 penalty, ten times what there is."""
    l2 = max(l2, BY_TEN * case.experiment.regularization.l2)
    why = "Large weights cost, so that the function stays smooth between the samples."
    return _fix("weight_penalty", f"L2 {number(l2)}", why, {"regularization.l2": l2})


def dropout(case: Case, share: float = 0.3) -> Fix | None:
    """Dropout (Srivastava et al. 2014)."""
    if not case.hidden_layers or case.experiment.network.dropout >= share:
        return None
    why = "No unit can rely on another one, so that none of them learns single samples by heart."
    return _fix("dropout", f"dropout {number(share)}", why, {"network.dropout": share})


def less_held_back(case: Case) -> Fix | None:
    """Take away penalties and dropout."""
    experiment = case.experiment
    changes: dict[str, Any] = {}
    for key in ("regularization.l1", "regularization.l2", "network.dropout", "optimizer.weight_decay"):
        if getattr(experiment.optimizer, "weight_decay", None) is None and key == "optimizer.weight_decay":
            continue
        if get(experiment, key) > 0:
            changes[key] = 0.0
    if not changes:
        return None
    why = "Nothing holds the weights back any more: first fit the training part, then hold back what is too much."
    return _fix("less_held_back", "no penalties", why, changes)


def held_back(case: Case) -> bool:
    """Tell whether penalties or dropout are so strong that they pull weights or units to nothing."""
    regularization = case.experiment.regularization
    return regularization.l1 >= 1e-2 or regularization.l2 >= 3e-2 or case.architecture.dropout >= 0.5


def label_smoothing(case: Case, share: float = 0.1) -> Fix | None:
    """Smooth the labels (Szegedy et al. 2016)."""
    loss = case.experiment.loss
    if loss.kind != "cross_entropy" or loss.label_smoothing >= share:
        return None
    why = "No label is taken as certain, so that a wrong one pulls less."
    return _fix("label_smoothing", f"label smoothing {number(share)}", why, {"loss.label_smoothing": share})


def robust_loss(case: Case) -> Fix | None:
    """Huber's loss for a regression."""
    if case.classes or case.experiment.loss.kind in ("huber", "mae"):
        return None
    return _fix("robust_loss", "Huber loss", "Far-off targets pull no harder than near ones.", {"loss.kind": "huber"})


# --------------------------------------------------------------------------------------------- data, length


def standardized(case: Case) -> Fix | None:
    """Standardize the features; where steps are proportional to the gradient, at a rate for gradients of usual size.

    A rate that large inputs allow is far too low for standardized ones: the curvature falls with their square.
    """
    why = "Every input gets mean 0 and standard deviation 1, so that one rate suits all of their weights."
    changes: dict[str, Any] = {"data.scaling": "standardize"}
    title, optimizer = "standardize", case.experiment.optimizer
    lr = _rounded(HIGHEST * step_share(case))
    if optimizer.method in PLAIN and optimizer.lr < lr:
        changes["optimizer.lr"] = lr
        title += f", rate {number(lr)}"
        why += " The rate that the large inputs allowed would be far too low for them."
    return _fix("standardized", title, why, changes)


def more_data(case: Case) -> Fix | None:
    """Four times as many generated samples."""
    samples = getattr(case.experiment.data, "samples", None)
    if samples is None:
        return None
    more = min(1_000_000, 4 * samples)
    return _fix("more_data", f"{more} samples", "More samples leave less room between them to go astray in.",
                {"data.samples": more})  # fmt: skip


def longer(case: Case, factor: int = 4) -> Fix:
    """So many times more epochs."""
    epochs = min(10_000_000, factor * case.experiment.epochs)
    changes: dict[str, Any] = {"epochs": epochs}
    if case.experiment.steps:
        changes["steps"] = min(10**12, factor * case.experiment.steps)
    return _fix("longer", f"{epochs} epochs", "The loss was still falling when the run ended.", changes)


def _rounded(lr: float) -> float:
    """Return a rate with three digits, within what an experiment takes."""
    return float(f"{min(max(lr, 1e-30), 1e30):.3g}")
