"""The rate has decayed to nothing while there was still much to learn."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import fraction, number, percent, whole

DECAYED = 1 / 50
HIGH = 0.03
SPENT = 0.2
"""Share of the steps made at such a rate, from which on it is told; of the planned ones at the least a tenth."""

FALLEN = 0.2


def look(case: Case) -> Finding | None:
    """Say that the run stands still because its rate has decayed too fast.

    Rule: the rate has been below 1/50 of its largest for a fifth of the steps done and a tenth of those planned, the
    training loss is above 0.03 of that of chance (of a regression, above twice what the nearest neighbors reach), and
    since then it has fallen by less than a fifth. A schedule whose rates sum to less than the distance to go cannot
    arrive (the first condition of Robbins & Monro 1951: Ση = ∞); a rate that ends low with the run, as half a cosine
    does, is not meant.
    """
    rates = case.recorded.middle("lr")
    if case.experiment.schedule.kind == "constant" or len(rates) < 10 or not np.isfinite(rates).all():
        return None
    largest = float(rates.max())
    low = rates < DECAYED * largest
    if not low[-1] or not case.left > max(HIGH, _floor(case)):
        return None
    since = int(case.recorded.steps[len(low) - int(np.argmax(~low[::-1]))])
    spent = case.step - since
    if spent < SPENT * case.step or spent < 0.1 * case.planned_steps:
        return None
    losses = case.evaluated("train_loss")
    then = losses[min(len(losses) - 1, int(np.searchsorted(case.evaluation_steps, since)))]
    fallen = 1.0 - losses[-1] / then if then > 0 else 0.0
    if fallen > FALLEN:
        return None
    sentence = (
        f"Since step {whole(since)} the learning rate has been below 1/50 of what it was, and is {number(rates[-1])} "
        f"by now ({fraction(rates[-1] / largest)} of it). The training loss has come from {number(then)} to "
        f"{number(losses[-1])} since, {percent(case.left)} of that of a guess: the run has not arrived, it can hardly "
        f"move any more."
    )
    evidence = (
        Evidence("lr", f"from {number(largest)} to {number(rates[-1])}", since, case.step, value=rates[-1] / largest,
                 limit=DECAYED),
        Evidence("train_loss", f"changed by {percent(abs(fallen))} since", since, case.step, value=case.left,
                 limit=HIGH),
    )  # fmt: skip
    return RULE.found(
        case, sentence, since=since, confidence=0.75 + 0.2 * min(1.0, case.left), evidence=evidence,
        fixes=(fixes.constant_rate(case), fixes.warm_restarts(case), fixes.cosine(case)),
    )  # fmt: skip


def _floor(case: Case) -> float:
    """Return the share of chance's loss that is left where all is learned: of a regression, of noise in the targets."""
    return 0.0 if case.classes else float(np.nan_to_num(2.0 * case.reachable))


RULE = Rule(
    "premature_convergence", "Premature convergence", "warning", look,
    explains=("plateau", "underfitting", "rate_too_low"),
)  # fmt: skip
