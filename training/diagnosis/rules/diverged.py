"""The run has ended in numbers that are no numbers."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number


def look(case: Case) -> Finding | None:
    """Say that the run has diverged: a loss, gradient or weight is not finite any more.

    Rule: the engine ended the run as diverged, or a record of the last 64 steps is not finite. How fast it grew is
    read from the norms of the gradient in those steps. On a quadratic of curvature λ, gradient descent multiplies
    the error by |1 − ηλ| at every step (Polyak 1963; T16 of the references), which grows where ηλ > 2.
    """
    norms, losses = case.recorded.last_steps("grad_norm"), case.recorded.last_steps("batch_loss")
    finite = np.isfinite(norms) & np.isfinite(losses)
    if not (case.outcome is not None and case.outcome.reason == "diverged") and (not len(finite) or finite[-1]):
        return None
    usable = norms[finite & (norms > 0)]
    first = int(case.recorded.tail_steps[0]) if len(norms) else 1
    growth = _growth(usable)
    where = case.outcome.tensor if case.outcome is not None else ""
    what = f"the first value that is not finite is in {where}" if where else "a value is not finite any more"
    grew = f" In the last {len(usable)} steps the gradient grew from {number(usable[0])} to {number(usable[-1])}." \
        if len(usable) > 1 else ""
    sentence = f"At step {case.step} {what}: training cannot go on.{grew}"
    evidence = (
        Evidence("grad_norm", f"it grew {number(growth)}-fold a step at the end", first, case.step, value=growth,
                 limit=1.0),
        Evidence("batch_loss", "the loss of the last steps", first, case.step),
    )  # fmt: skip
    return Finding(
        "diverged", RULE.title, "alarm", 1.0, sentence, first, case.step, evidence,
        fixes.offered(case, *remedies(case, growth)),
    )  # fmt: skip


def remedies(case: Case, growth: float) -> tuple[Fix | None, ...]:
    """Return what should help a run that grows without bound."""
    divisor = 10.0 if not growth > 10 else 100.0
    return (
        fixes.slower(case, divisor),
        fixes.clipped(case),
        fixes.fitting_start(case),
        fixes.warm_up(case),
    )


def _growth(norms: np.ndarray) -> float:
    """Return the factor by which a norm grew at each of the last steps, in the middle."""
    if len(norms) < 3:
        return float("nan")
    factors = np.diff(np.log(norms[-9:]))
    return float(np.exp(np.median(factors)))


RULE = Rule("diverged", "Diverged", "alarm", look, explains=("rate_too_high", "exploding_gradients", "diverging"))
