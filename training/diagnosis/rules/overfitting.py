"""Training goes on to fit what does not hold beyond its own samples."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

LOSS_GENERALIZATION = 0.10
"""Prechelt's GL, above which the validation loss counts as having risen."""
FEWEST = 4
"""Evaluations after the best one, and before."""


def look(case: Case) -> Finding | None:
    """Say that the validation loss rises while the training loss falls.

    Rule: GL(t) = E_va(t)/min E_va − 1 (Prechelt 1998, eq. 1) of the mean of the last evaluations is above 0.1, the
    best evaluation lies at least four evaluations back, and the training loss has gone on falling since.
    """
    held_out, training = case.evaluated("val_loss"), case.evaluated("train_loss")
    if not case.has_held_out or len(held_out) < 2 * FEWEST or not np.isfinite(held_out).all():
        return None
    best = int(held_out.argmin())
    since = len(held_out) - 1 - best
    if since < FEWEST or best == 0:
        return None
    now = float(np.median(held_out[-max(3, since // 4) :]))
    risen = now / held_out[best] - 1.0
    fallen = 1.0 - float(np.median(training[-3:])) / training[best]
    if risen < LOSS_GENERALIZATION or fallen < 0.02:
        return None
    step = int(case.evaluation_steps[best])
    sentence = (
        f"The validation loss was best, {number(held_out[best])}, at epoch {number(case.evaluated('epoch')[best])} and "
        f"is {number(now)} by now, while the training loss has gone on from {number(training[best])} to "
        f"{number(training[-1])}: what is still learned holds for the training samples only."
    )
    evidence = (
        Evidence("val_loss", f"{percent(risen)} above its best", step, case.step, value=now, limit=held_out[best]),
        Evidence("train_loss", f"fallen by {percent(fallen)} since", step, case.step, value=float(training[-1])),
    )
    confidence = float(np.clip(0.6 + risen / 2 + since / 100, 0.6, 0.98))
    return Finding(
        "overfitting", RULE.title, "warning", confidence, sentence, step, case.step, evidence,
        fixes.offered(case, fixes.stop_early(case), fixes.weight_penalty(case), fixes.dropout(case),
                      fixes.more_data(case)),
    )  # fmt: skip


RULE = Rule("overfitting", "Overfitting", "warning", look)
