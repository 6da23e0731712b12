"""Steps so short that the run is nowhere near its end."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.reading import smoothed
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent, whole

SLOW = 2e-3
"""An update ratio in the first steps below which they may be too short."""
SLOWEST = 1e-4
"""Below this one the loss need not fall by as much, and noise may show."""
EARLY = 1 / 3
HIGH = 0.15
FALLING = 0.02
FEWEST = 6


def look(case: Case) -> Finding | None:
    """Say that the learning rate is too low.

    Rule: the training loss still falls, by 2 % or more over the last quarter of the evaluations and by at least a
    third of what it fell in the quarter before, without bouncing (at most 15 % of the changes go up); it is above
    0.15 of that of chance; and in the first steps the weights changed by less than 2/1000 of their size each (about
    1/1000 is usual once a run is under way; Karpathy, CS231n; of RMSprop, those after the first ten count). Gradient
    descent needs about 1/(ηλ) steps along a direction of curvature λ (Goh 2017): divide the rate by ten, and it takes
    ten times as many. Over the first third of the planned steps it is but a note: what is slow may yet be fast enough.
    """
    losses = smoothed(case.evaluated("train_loss"))
    if len(losses) < FEWEST or case.step < 20 or not case.left > HIGH or not 0 < _pace(case) < SLOW:
        return None
    if not np.isfinite(losses).all() or _has_decayed(case):
        return None
    half = losses[len(losses) // 2 :]
    middle = len(half) // 2
    before, after = half[0] - half[middle], half[middle] - half[-1]
    fallen = after / half[middle]
    rises = float((np.diff(case.evaluated("train_loss")[len(losses) // 2 :]) > 0).mean())
    pace = _pace(case)
    slowest = pace < SLOWEST
    if after <= 0 or after < before / 3 or rises > (0.25 if slowest else 0.15) or not (slowest or fallen >= FALLING):
        return None
    moved = _way(case)
    sentence = (
        f"The training loss falls steadily and slowly: by {percent(fallen)} over the last quarter of the run, to "
        f"{number(losses[-1])}. At a rate of {number(case.experiment.optimizer.lr)} a step moves the weights by "
        f"{percent(pace)} of their size; all {whole(case.step)} steps together by {percent(moved)} at the most."
    )
    evidence = (
        Evidence("update_ratio", f"{percent(pace)} of the weights' size a step", 1, case.step, value=pace,
                 limit=SLOW),
        Evidence("train_loss", f"still falls: {percent(fallen)} in the last quarter", case.step_at(len(losses) // 2),
                 case.step, value=case.left, limit=HIGH),
    )  # fmt: skip
    sure = 0.55 + 0.15 * np.log10(SLOW / max(pace, 1e-7)) + 0.1 * min(1.0, after / max(before, 1e-12))
    return RULE.found(
        case, sentence, since=1, confidence=sure, evidence=evidence,
        severity="warning" if case.ended or case.step > EARLY * case.planned_steps else "note",
        fixes=(fixes.faster(case, _factor(case)), fixes.longer(case), fixes.adam(case)),
    )  # fmt: skip


def _pace(case: Case) -> float:
    """Return the update ratio of the first steps; of RMSprop that of the next fifty, where they are shorter.

    Its running mean of squares begins at 0 and is not corrected, so that the very first steps are up to 1/√(1 − α),
    ten times as long as those to come.
    """
    if case.experiment.optimizer.method != "rmsprop":
        return case.pace
    ratios = case.recorded.middle("update_ratio")[10 // case.recorded.stride : 60 // case.recorded.stride]
    known = ratios[np.isfinite(ratios)]
    return min(case.pace, float(np.median(known))) if len(known) else case.pace


def _factor(case: Case) -> float:
    """Return by what the rate is multiplied, so that a step moves the weights by about a hundredth.

    By no more than makes it 1 (1 − β with momentum) where steps are proportional to the gradient: they may be short for
    want of a gradient, and that will grow. Three times at the least.
    """
    wanted = float(10 ** np.clip(round(np.log10(1e-2 / max(_pace(case), 1e-9))), 1, 3))
    optimizer = case.experiment.optimizer
    if optimizer.method not in fixes.PLAIN:
        return wanted
    most = fixes.step_share(case) / optimizer.lr
    return min(wanted, float(10 ** np.floor(np.log10(most))) if most >= 10 else 3.0)


def _way(case: Case) -> float:
    """Return how far the weights can have moved: the sum of the update ratios of the middle layer."""
    ratios = case.recorded.middle("update_ratio")
    finite = np.where(np.isfinite(ratios), ratios, 0.0)
    return float(np.median(finite.sum(0) * case.recorded.stride))


def _has_decayed(case: Case) -> bool:
    rates = case.recorded.middle("lr")
    return bool(len(rates) and rates[-1] < 0.3 * np.nan_to_num(rates).max())


RULE = Rule("rate_too_low", "Learning rate too low", "warning", look, explains=("underfitting", "plateau"))
