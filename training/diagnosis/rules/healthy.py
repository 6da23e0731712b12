"""Nothing is the matter."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number

NEAR = 0.1
"""So near to its best the validation loss has to be: as a share of it, and half as much of the loss of chance."""

APART = 0.25
"""Of the loss of chance: a validation loss that lies higher above the training loss has not come along with it."""


def look(case: Case) -> Finding | None:
    """Say that the run converges; asked only where no other rule warns.

    Rule: the training loss has fallen below nine tenths of where it began, and the validation loss is within a tenth
    of its best, or a twentieth of the loss of chance above it, and no more than a quarter of that above the training
    loss: both fall and level off together (Karpathy, CS231n, "Loss function"; Goodfellow et al. 2016, section 5.2).
    """
    if case.evaluations < 3:
        return None
    held_out = case.evaluated("val_loss") if case.has_held_out else case.evaluated("train_loss")
    training = case.evaluated("train_loss")
    if not np.isfinite(training[[0, -1]]).all() or training[-1] > 0.9 * training[0]:
        return None
    known = held_out[np.isfinite(held_out)]
    if not len(known) or not np.isfinite(held_out[-1]):
        return None
    best = float(known.min())
    if not fixes.keeps_best(case) and held_out[-1] > best + max(NEAR * best, NEAR / 2 * case.chance_loss):
        return None
    name = "validation" if case.has_held_out else "training"
    sentence = (
        f"The training loss has come down from {number(training[0])} to {number(training[-1])}, and the {name} loss "
        f"stands at {number(held_out[-1])}; its best was {number(best)}."
    )
    if case.has_held_out and held_out[-1] - training[-1] > APART * case.chance_loss:
        return None
    now = float(training[-1])
    evidence = (Evidence("train_loss", f"the training loss falls, to {number(now)}", 0, case.step, value=now),)
    return Finding("healthy", RULE.title, "fine", 0.8, sentence, 0, case.step, evidence)


RULE = Rule("healthy", "Healthy convergence", "fine", look)
