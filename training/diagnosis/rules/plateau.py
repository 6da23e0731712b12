"""The loss lies flat and high for long; maybe it falls again later."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.reading import longest_flat, smoothed
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent, whole

WITHIN = 0.02
LONG = 0.15
"""Share of the evaluations done that a flat stretch has to take."""
HIGH = 0.4
FEWEST = 12
ESCAPED = 0.75
"""Below this share of its level the run has left a plateau."""
TINY = 3
"""Units of the widest hidden layer, below which a flat loss rather means that the network is too small."""


def look(case: Case) -> Finding | None:
    """Say that the loss lies on a plateau, or has left one.

    Rule: the training loss (each value the middle of five) stays within 2 % for 15 % of the evaluations and at least
    ten, at more than 0.4 of that of chance and clearly above what the data allow (see `underfitting`); it is over
    once the loss has come down to three quarters of that level. Near a saddle the gradient vanishes while the loss is
    high, and gradient descent leaves it along a direction of negative curvature exponentially, but slowly at first
    (Dauphin et al. 2014; Saxe et al. 2014).
    """
    losses = case.evaluated("train_loss")
    if len(losses) < FEWEST or not case.hidden_layers or max(case.architecture.hidden) < TINY:
        return None
    curve = smoothed(losses[np.isfinite(losses)])
    first, last = longest_flat(curve, WITHIN)
    high = max(HIGH, case.learnable)
    level = float(np.median(curve[first : last + 1])) if last > first else 0.0
    if last - first < max(9, LONG * len(curve)) or level < high * case.chance_loss or fixes.held_back(case):
        return None
    begin, end, now = case.step_at(first), case.step_at(last), float(curve[-1])
    over = now < ESCAPED * level
    if not over and last < 0.9 * (len(curve) - 1):
        return None
    lasted = f"From step {whole(begin)} to {whole(end)}" if over else f"Since step {whole(begin)}"
    outcome = f" Then it fell on, to {number(now)}: the run has escaped." if over else \
        f" That is {percent(level / case.chance_loss)} of the loss of a guess: flat is not the same as arrived."
    sentence = f"{lasted} the training loss lay within 2 % of {number(level)}.{outcome}"
    evidence = (
        Evidence("train_loss", f"flat at {number(level)}", begin, end, value=level, limit=case.chance_loss),
        Evidence("grad_norm", "the gradient meanwhile", begin, end),
    )
    sure = 0.8 if over else 0.5 + 0.25 * (max(case.architecture.hidden) >= 8)
    return RULE.found(
        case, sentence, since=begin, confidence=sure, evidence=evidence, until=end if over else None,
        severity="note" if over else "warning",
        fixes=(_another_start(case), fixes.relu_and_he(case), fixes.adam(case), fixes.faster(case),
               fixes.gradient_noise(case)),
    )  # fmt: skip


def _another_start(case: Case) -> Fix | None:
    """Return a start of the usual spread, where this one is another."""
    start = case.experiment.network.initialization
    usual = start.scheme not in ("normal", "uniform", "zeros") and 0.7 <= start.gain <= 1.5
    return None if usual else fixes.fitting_start(case)


RULE = Rule("plateau", "Plateau", "warning", look, explains=("underfitting",))
