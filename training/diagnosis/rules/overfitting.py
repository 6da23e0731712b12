"""Training goes on to fit what does not hold beyond its own samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.reading import smoothed
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

LOSS_GENERALIZATION = 0.10
"""Prechelt's GL, above which the validation loss counts as having risen."""
MUCH = 0.2
"""Below it, and while the run goes on, the rise is only worth a note: it may yet come down again."""
LITTLE = 0.05
"""Of the loss of chance: a rise by less is only worth a note, too."""
FALLEN = 0.08
"""By so much the training loss has to have fallen since."""
LEAST = 0.01
"""Of the loss of chance: a rise by less is nothing, however much it is of a loss near zero."""
SURE = 3.0
"""Standard errors that the rise has to be: the best one is the luckiest of many."""
BEFORE = 0.8
FEWEST = 8


def look(case: Case) -> Finding | None:
    """Say that the validation loss rises while the training loss falls.

    Rule: GL = E_va / min E_va − 1 (Prechelt 1998, section 2.1) is above 0.1 in the middle of the last tenth of the
    evaluations (three at least), by more than 0.01 of the loss of chance; the training loss has fallen by 8 % since
    the best one, and that one lies before the last fifth of the evaluations. Each value is the middle of five, and the
    rise is above three times its standard error: a curve that jumps stands above its luckiest moment at any time. It is
    but a note where early stopping keeps the best weights anyway, where it is less than 0.05 of the loss of chance,
    and, while the run goes on, below 0.2.
    """
    held_out, training = case.evaluated("val_loss"), case.evaluated("train_loss")
    if not case.has_held_out or len(held_out) < FEWEST or not np.isfinite(held_out).all():
        return None
    curve, learned = smoothed(held_out), smoothed(training)
    best = int(curve.argmin())
    last = max(3, round(0.1 * len(held_out)))
    now, trained = float(np.median(held_out[-last:])), float(np.median(training[-last:]))
    risen = now / curve[best] - 1.0
    fallen = 1.0 - trained / learned[best] if learned[best] > 0 else 0.0
    if best >= BEFORE * len(curve) or len(curve) - 1 - best < 4 or risen < LOSS_GENERALIZATION or fallen < FALLEN:
        return None
    if now - curve[best] < max(LEAST * case.chance_loss, SURE * _standard_error(held_out, last)):
        return None
    step = case.step_at(best)
    sentence = (
        f"The validation loss was lowest, {number(curve[best])}, at epoch {number(case.evaluated('epoch')[best])} and "
        f"is {number(now)} by now, while the training loss has gone on from {number(learned[best])} to "
        f"{number(trained)}: what is still learned holds for the training samples only."
        + (" Early stopping keeps the best weights." if fixes.keeps_best(case) else "")
    )
    evidence = (
        Evidence("val_loss", f"{percent(risen)} above its lowest", step, case.step, value=now, limit=curve[best]),
        Evidence("train_loss", f"fallen by {percent(fallen)} since", step, case.step, value=trained),
    )
    matters = now - curve[best] >= LITTLE * case.chance_loss and not fixes.keeps_best(case)
    sure = 0.6 + min(0.3, risen / 3) + min(0.08, fallen / 10)
    return RULE.found(
        case, sentence, since=step, confidence=sure, evidence=evidence,
        severity="warning" if (case.ended or risen > MUCH) and matters else "note",
        fixes=(fixes.stop_early(case), fixes.weight_penalty(case), fixes.dropout(case), fixes.more_data(case)),
    )


def _standard_error(values: NDArray[np.float64], last: int) -> float:
    """Return by how much the medians of five values and of the last ones differ by chance alone.

    The standard error of a median of n is 1.25 σ/√n. σ is read from the changes of the second half: the median size
    of the difference of two values is 0.95 σ.
    """
    sigma = float(np.median(np.abs(np.diff(values[len(values) // 2 :])))) / 0.95
    return 1.25 * sigma * float(np.sqrt(1 / 5 + 1 / last))


RULE = Rule("overfitting", "Overfitting", "warning", look)
