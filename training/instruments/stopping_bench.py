"""Where rules for early stopping would have ended a run that has been trained to its end, and at what price.

The rules are those of Prechelt 1998 ("Automatic early stopping using cross validation: quantifying the criteria",
Neural Networks 11, section 2), and patience. Every evaluation of the run counts as one of Prechelt's epochs, and a
strip is `STRIP` of them, as there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.history import Evaluations

FloatArray = NDArray[np.float64]

STRIP = 5
"""Evaluations in a training strip: k."""
FEWEST = 2
"""Of a single evaluation there is nothing to judge."""


@dataclass(frozen=True)
class StopRuleInfo:
    """One row of the table of rules.

    Attributes
    ----------
    parameters
        The settings each is judged at; those of the paper, but for patience.
    stops_at
        Given the training and the validation loss of all evaluations ``[K]`` and a parameter: the index of the
        evaluation at which the rule stops, or None if it never does.
    """

    name: str
    title: str
    formula: str
    note: str
    parameters: tuple[float, ...]
    stops_at: Callable[[FloatArray, FloatArray, float], int | None]


@dataclass(frozen=True)
class StopRule:
    """What a rule would have done to a run. Early stopping keeps the weights of the best evaluation it has seen.

    Attributes
    ----------
    name, parameter
        A row of `STOP_RULES` and its setting.
    epoch, val_loss
        Where it stops and the validation loss there; of the last evaluation where it never stops.
    stopped
        Whether it does.
    best_epoch, best_val_loss
        The best evaluation up to there: what would be kept.
    regret
        How much higher that loss is than the lowest of the whole run, as a part of it: 0 is no loss at all.
    cost
        Epochs until it stops over epochs until the best evaluation of the whole run: below 1 it stops before it, at 2
        half of the training was spent in waiting. NaN where the best is the evaluation before the first step.
    """

    name: str
    parameter: float
    epoch: float
    val_loss: float
    stopped: bool
    best_epoch: float
    best_val_loss: float
    regret: float
    cost: float


def judge(evaluations: Evaluations, *, replica: int = 0) -> list[StopRule]:
    """Return what every rule, with every one of its parameters, would have done to a run.

    Parameters
    ----------
    evaluations
        Of a run that went on beyond its best evaluation, or nothing can be said of waiting.

    Returns
    -------
    list of StopRule
        In the order of `STOP_RULES`; empty where no validation loss is known, or but one evaluation.
    """
    ended = np.isnan(evaluations.column("lr")[:, replica])
    if np.count_nonzero(~ended) < FEWEST:
        return []
    return judge_losses(
        evaluations.epoch[~ended], evaluations.train_loss[~ended, replica], evaluations.val_loss[~ended, replica]
    )


def judge_losses(epochs: FloatArray, train_loss: FloatArray, val_loss: FloatArray) -> list[StopRule]:
    """As `judge`, of plain curves ``[K]``. A validation loss that is not finite is worse than any other."""
    if not np.isfinite(val_loss).any():
        return []
    train_loss, val_loss = (np.where(np.isfinite(losses), losses, np.inf) for losses in (train_loss, val_loss))
    return [
        _outcome(epochs, val_loss, rule.name, parameter, rule.stops_at(train_loss, val_loss, parameter))
        for rule in STOP_RULES.values()
        for parameter in rule.parameters
    ]


def _outcome(epochs: FloatArray, val_loss: FloatArray, name: str, parameter: float, stop: int | None) -> StopRule:
    last = len(epochs) - 1 if stop is None else stop
    kept, best = int(np.argmin(val_loss[: last + 1])), int(np.argmin(val_loss))
    lowest = float(val_loss[best])
    above = float(val_loss[kept]) - lowest
    spent = float(epochs[last] / epochs[best]) if epochs[best] > 0 else math.nan
    return StopRule(
        name, parameter, float(epochs[last]), float(val_loss[last]), stop is not None, float(epochs[kept]),
        float(val_loss[kept]), _relative(above, lowest), spent,
    )


def _relative(part: float, whole: float) -> float:
    if part == 0.0:
        return 0.0
    return part / abs(whole) if whole != 0.0 else math.inf


# ------------------------------------------------------------------------------------ what the rules look at


def generalization_loss(val_loss: FloatArray) -> FloatArray:
    """Return GL(t) = 100 · (E_va(t) / E_opt(t) − 1), E_opt being the lowest so far, ``[K]`` (Prechelt, section 2.1)."""
    lowest = np.minimum.accumulate(val_loss)
    with np.errstate(all="ignore"):
        loss = 100.0 * (val_loss / lowest - 1.0)
    found: FloatArray = np.where(val_loss == lowest, 0.0, loss)  # also where both are zero, or infinite
    return found


def training_progress(train_loss: FloatArray, strip: int = STRIP) -> FloatArray:
    """Return P_k(t) = 1000 · (mean of E_tr over the last k / the lowest of them − 1), ``[K]`` (Prechelt, section 2.1).

    NaN before the first strip is full.
    """
    found = np.full(len(train_loss), np.nan)
    if len(train_loss) < strip:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(train_loss, strip)
    mean, lowest = windows.mean(1), windows.min(1)
    with np.errstate(all="ignore"):
        found[strip - 1 :] = np.where(mean == lowest, 0.0, 1000.0 * (mean / lowest - 1.0))
    return found


# ------------------------------------------------------------------------------------------------- the rules


def _patience(train_loss: FloatArray, val_loss: FloatArray, evaluations: float) -> int | None:
    """Stop where so many evaluations in a row have brought no new lowest loss, as `training.criteria` counts them."""
    improved = np.append(True, val_loss[1:] < np.minimum.accumulate(val_loss)[:-1])
    index = np.arange(len(val_loss))
    waited = index - np.maximum.accumulate(np.where(improved, index, 0))
    return _first(waited >= evaluations)


def _gl(train_loss: FloatArray, val_loss: FloatArray, alpha: float) -> int | None:
    """GL_α: stop after the first evaluation with GL(t) > α."""
    return _first(generalization_loss(val_loss) > alpha)


def _pq(train_loss: FloatArray, val_loss: FloatArray, alpha: float) -> int | None:
    """PQ_α: stop after the first evaluation that ends a strip with GL(t) / P_k(t) > α."""
    loss, progress = generalization_loss(val_loss), training_progress(train_loss)
    with np.errstate(all="ignore"):
        quotient = np.where(loss == 0.0, 0.0, loss / progress)
    return _first(_ends_strip(len(val_loss)) & (quotient > alpha))


def _up(train_loss: FloatArray, val_loss: FloatArray, strips: float) -> int | None:
    """UP_s: stop after a strip if the loss has risen from end to end of s strips in a row."""
    ends = np.flatnonzero(_ends_strip(len(val_loss)))
    rises = 0
    for before, now in zip(ends, ends[1:], strict=False):
        rises = rises + 1 if val_loss[now] > val_loss[before] else 0
        if rises >= strips:
            return int(now)
    return None


def _ends_strip(evaluations: int) -> NDArray[np.bool_]:
    """Tell of each evaluation whether it ends a strip: every `STRIP`-th after the one before the first step."""
    index = np.arange(evaluations)
    ends: NDArray[np.bool_] = (index > 0) & (index % STRIP == 0)
    return ends


def _first(holds: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(holds)) if holds.any() else None


_ROWS = (
    StopRuleInfo(
        "patience", "Patience", "no new lowest E_va for n evaluations",
        "Waits for a while whatever the loss does meanwhile; what most libraries do.", (5, 10, 20, 50), _patience,
    ),
    StopRuleInfo(
        "gl", "Generalization loss", "GL(t) = 100 · (E_va(t) / E_opt(t) − 1) > α",
        "Stops as soon as the loss has risen by α percent: quick, and fooled by the first bump.",
        (1, 2, 3, 4, 5), _gl,
    ),
    StopRuleInfo(
        "pq", "Progress quotient", "GL(t) / P₅(t) > α,  P₅(t) = 1000 · (mean E_tr / min E_tr − 1)",
        "Lets the loss rise while training still moves quickly: patient on the way, strict at the end.",
        (0.5, 0.75, 1, 2, 3), _pq,
    ),
    StopRuleInfo(
        "up", "Successive rises", "E_va rose over s strips in a row",
        "Judges only whether the loss rises, strip by strip, not how much: slow where few strips make a run.",
        (2, 3, 4, 6, 8), _up,
    ),
)

STOP_RULES: dict[str, StopRuleInfo] = {row.name: row for row in _ROWS}
