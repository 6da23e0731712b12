"""Labels that contradict their neighbors, learned by heart."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

DIFFER = {"classification": 0.09, "regression": 0.18}
FEWEST = 60
"""Training samples below which their neighbors tell too little."""


def look(case: Case) -> Finding | None:
    """Say that many training labels are wrong, and whether the network learns them by heart.

    Rule: of the half of the training samples whose seven nearest neighbors agree most, 9 % or more have another label
    than those, and at least 0.7 times as many as of all samples (where classes merely overlap, they are far fewer)
    unless neighbors know held-out labels better by 0.1 than training ones; for a regression, the targets scatter
    about the mean of their neighbors' by 18 % of their variance more than held-out ones do. Where neighbors agree,
    classes do not overlap, so what differs is wrong (Wilson 1972; Brodley & Friedl 1999). It is learned by heart once
    the training score lies above the share of labels that can be right: networks fit the regular samples first and
    the wrong labels last (Arpit et al. 2017; Zhang et al. 2017).
    """
    facts = case.facts
    if facts.samples < FEWEST or not facts.wrong_labels >= DIFFER[case.data.task] or case.step < 1:
        return None
    if case.classes and not facts.labels_are_noisy:
        return None
    share = facts.wrong_labels
    scores = case.evaluated("train_score")
    score = float(scores[-1]) if len(scores) else float("nan")
    right = 1.0 - share
    by_heart = score > right + 0.1 * share
    since = _since(case, scores, right + 0.1 * share) if by_heart else 0
    what = (
        f"{percent(share)} of the training labels contradict their neighbors, even where those agree"
        if case.classes else
        f"{percent(share)} of the variance of the training targets is scatter about their neighbors that held-out "
        f"targets do not have"
    )
    learned = (
        f". The network's {'accuracy' if case.classes else 'R²'} on them is {number(score)} all the same: it has begun "
        f"to learn them by heart." if by_heart else
        f". At {number(score)} on the training samples the network has not learned them by heart so far."
    )
    evidence = (
        Evidence("data", f"{percent(share)} of the labels differ from their neighbors'", 0, case.step, value=share,
                 limit=DIFFER[case.data.task]),
        Evidence("train_score", "the score on the training samples", since, case.step, value=score, limit=right),
        Evidence("val_loss", "the validation loss", since, case.step),
    )  # fmt: skip
    sure = 0.6 + 1.2 * (share - DIFFER[case.data.task]) + (0.15 if by_heart else 0.0)
    return RULE.found(
        case, what + learned, since=since, confidence=sure, evidence=evidence,
        fixes=(fixes.stop_early(case), fixes.weight_penalty(case), fixes.label_smoothing(case),
               fixes.robust_loss(case), fixes.dropout(case)),
    )  # fmt: skip


def _since(case: Case, scores: np.ndarray, limit: float) -> int:
    above = scores > limit
    return case.step_at(int(above.argmax())) if above.any() else 0


RULE = Rule(
    "label_noise", "Label noise", "warning", look,
    explains=("overfitting", "underfitting", "noisy_batches", "rate_too_high", "plateau"),
)  # fmt: skip
