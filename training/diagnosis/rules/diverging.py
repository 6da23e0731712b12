"""The loss grows step by step: before it is no number any more."""

from __future__ import annotations

import numpy as np

from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.diverged import remedies
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, times

TENFOLD = 10.0
RISING = 0.6
FEWEST = 6
STEPS = 24


def look(case: Case) -> Finding | None:
    """Say that the run is about to diverge, or was long before it did.

    Rule: since the lowest evaluation the training loss has grown to ten times what it was (or to ten times half the
    loss of chance, whichever is more), over six evaluations or more of which 60 % go up; or over the last steps, 24
    at least, the loss of the batches grew to a hundred times by a steady factor. Beyond the limit of stability, 2/λ
    for gradient descent, every step multiplies the error along the steepest direction by |1 − ηλ| > 1 (Polyak 1963),
    which makes the growth a steady one.
    """
    by_evaluations, by_steps = _by_evaluations(case), _by_steps(case)
    if by_evaluations is None and by_steps is None:
        return None
    since, factor, begin, end = by_evaluations or by_steps or (0, 1.0, 1.0, 1.0)
    diverged = case.outcome is not None and case.outcome.reason == "diverged"
    sentence = (
        f"Since step {since} the loss has grown {times(factor)}-fold, from {number(begin)} to {number(end)}, and goes "
        f"on growing: it ends in numbers too large to be held."
    )
    evidence = (
        Evidence("train_loss" if by_evaluations else "batch_loss", f"from {number(begin)} to {number(end)}", since,
                 case.step, value=factor, limit=TENFOLD),
        Evidence("grad_norm", "the gradient grows with it", since, case.step),
    )  # fmt: skip
    return RULE.found(
        case, sentence, since=since, confidence=0.95, evidence=evidence, fixes=remedies(case, factor),
        until=case.step if diverged else None,
    )  # fmt: skip


def _by_evaluations(case: Case) -> tuple[int, float, float, float] | None:
    losses = case.evaluated("train_loss")
    evaluated = np.flatnonzero(np.isfinite(losses))
    finite = losses[evaluated]
    if len(finite) < FEWEST:
        return None
    lowest = len(finite) - 1 - int(finite[::-1].argmin())
    grown = finite[lowest:]
    if len(grown) < FEWEST or (np.diff(grown) > 0).mean() < RISING:
        return None
    # Swings at a height are no growth: the end has to be about as high as it has ever been.
    begin, end = float(grown[0]), float(grown[-1])
    least = max(begin, 0.5 * case.chance_loss) if np.isfinite(case.chance_loss) else begin
    if end < TENFOLD * least or end < 0.5 * grown.max():
        return None
    return case.step_at(int(evaluated[lowest])), end / max(begin, 1e-30), begin, end


def _by_steps(case: Case) -> tuple[int, float, float, float] | None:
    losses = case.recorded.last_steps("batch_loss")
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if len(losses) < STEPS:
        return None
    logs = np.log(losses)
    along = np.arange(len(logs)) - (len(logs) - 1) / 2
    slope = float((along * (logs - logs.mean())).sum() / (along**2).sum())
    if slope * len(logs) < np.log(TENFOLD**2) or not losses[-1] > TENFOLD * case.chance_loss:
        return None
    explained = (slope * along).var() / logs.var()
    if explained < 0.8:
        return None
    first = int(case.recorded.tail_steps[-len(losses)])
    return first, float(losses[-1] / losses[0]), float(losses[0]), float(losses[-1])


RULE = Rule("diverging", "Diverging", "alarm", look, explains=("rate_too_high", "noisy_batches", "overfitting"))
