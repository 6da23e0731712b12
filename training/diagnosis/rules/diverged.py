"""The run has ended in numbers that are no numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.rules import badly_scaled_inputs, exploding_gradients
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number

FEW_FOLD = 5.0


def look(case: Case) -> Finding | None:
    """Say that the run has diverged: a loss, gradient or weight is not finite any more.

    Rule: the engine ended the run as diverged, or a record of the last 64 steps is not finite. How fast it grew is
    read from the norms of the gradient in those steps. On a quadratic of curvature λ, gradient descent multiplies
    the error by |1 − ηλ| at every step, which grows where ηλ > 2 (Nesterov 2004, section 1.2.3); with momentum, where
    ηλ > 2(1 + β) (Polyak 1964).
    """
    norms, losses = case.recorded.last_steps("grad_norm"), case.recorded.last_steps("batch_loss")
    finite = np.isfinite(norms) & np.isfinite(losses)
    if not (case.outcome is not None and case.outcome.reason == "diverged") and (not len(finite) or finite[-1]):
        return None
    usable = norms[finite & (norms > 0)]
    first = int(case.recorded.tail_steps[0]) if len(norms) else 1
    growth = _growth(usable)
    where = case.outcome.tensor if case.outcome is not None else ""
    what = f"the first tensor with a value that is not finite was ‘{where}’" if where else "a value is not finite"
    grew = f" In the last {len(usable)} steps the gradient grew from {number(usable[0])} to {number(usable[-1])}." \
        if len(usable) > 1 else ""
    sentence = f"At step {case.step} {what}: training cannot go on.{grew}"
    evidence = (
        Evidence("grad_norm", f"it grew {number(growth)}-fold a step at the end" if np.isfinite(growth) else
                 "the gradient of the last steps", first, case.step, value=growth, limit=1.0),
        Evidence("batch_loss", "the loss of the last steps", first, case.step),
    )  # fmt: skip
    # What has diverged cannot go on: whatever may help has to be there from the start.
    fixes_from_start = tuple(fix and replace(fix, live=False) for fix in remedies(case, growth))
    return RULE.found(case, sentence, since=first, confidence=1.0, evidence=evidence, fixes=fixes_from_start)


def remedies(case: Case, growth: float) -> tuple[Fix | None, ...]:
    """Return what should help a run that grows without bound: what most probably made it grow comes first.

    The limit of the rate is known where the curvature was measured. Else it is 2η/(1 + g) where the gradient of plain
    descent grows by the factor g a step: a hundredth is offered where a tenth may not do.
    """
    slower = fixes.below_the_limit(case, at_first=True) or fixes.slower(case, 10.0 if growth <= FEW_FOLD else 100.0)
    cause: Fix | None = None
    if badly_scaled_inputs.look(case) is not None:
        cause = fixes.standardized(case)
    elif (found := exploding_gradients.look(case)) is not None and not _fits(case):
        cause = next(iter(found.fixes), None)
    return cause, slower, fixes.clipped(case), fixes.fitting_start(case), fixes.warm_up(case)


def _fits(case: Case) -> bool:
    """Tell whether the weights start at the usual size."""
    start = case.experiment.network.initialization
    return start.scheme not in ("normal", "uniform") and 0.7 <= start.gain <= 1.5


def _growth(norms: np.ndarray) -> float:
    """Return the factor by which a norm grew at each of the last steps, in the middle."""
    if len(norms) < 3:
        return float("nan")
    factors = np.diff(np.log(norms[-9:]))
    return float(np.exp(np.median(factors)))


RULE = Rule(
    "diverged", "Diverged", "alarm", look,
    explains=("rate_too_high", "diverging", "dead_units", "saturation"),
)  # fmt: skip
