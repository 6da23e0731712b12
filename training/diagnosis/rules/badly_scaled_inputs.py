"""The inputs are of very different size, or all very large."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, times

RATIO = 30.0
LARGE = 10.0
LEARNED = 0.05
"""Share of the loss of chance below which it has not done much harm."""


def look(case: Case) -> Finding | None:
    """Say that the inputs are badly scaled.

    Rule: the largest root mean square of an input is 30 times the smallest, or the inputs are above 10 in the root
    mean square. The curvature of the loss along a first-layer weight grows with the square of its input, so inputs
    that differ by a factor r make a valley that is r² times steeper across than along it, and one rate cannot suit
    both (LeCun et al. 1998, "Efficient BackProp", sections 4.3 and 5).
    """
    sizes = np.hypot(case.facts.scales, case.facts.means)
    varied = case.facts.scales > 0
    if not varied.any():
        return None
    ratio = float(sizes[varied].max() / sizes[varied].min())
    size = float(np.sqrt((sizes**2).mean()))
    if ratio < RATIO and size < LARGE:
        return None
    names = case.data.feature_names
    large = int(np.where(varied, sizes, -np.inf).argmax())
    small = int(np.where(varied, sizes, np.inf).argmin())
    if ratio >= RATIO:
        sentence = (
            f"Input '{names[large]}' is {times(ratio)} times as large as '{names[small]}' ({number(sizes[large])} "
            f"against {number(sizes[small])} in the root mean square): the valley of the loss is about "
            f"{times(ratio**2)} times as steep along the one's weights as along the other's, and no rate suits both."
        )
    else:
        sentence = (
            f"The inputs are large: {number(size)} in the root mean square, where about 1 is meant. The first layer's "
            f"sums, and its gradients with them, are as many times too large."
        )
    evidence = (
        Evidence("data", f"sizes from {number(sizes[small])} to {number(sizes[large])}", 0, case.step,
                 value=ratio if ratio >= RATIO else size, limit=RATIO if ratio >= RATIO else LARGE),
        Evidence("train_loss", "the training loss", 0, case.step, value=case.left),
    )  # fmt: skip
    well = case.left < LEARNED
    return RULE.found(
        case, sentence, since=0, confidence=0.8 if well else 0.95, evidence=evidence,
        severity="note" if well else "warning",
        fixes=(fixes.standardized(case), fixes.batch_norm(case), fixes.layer_norm(case)),
    )  # fmt: skip


RULE = Rule(
    "badly_scaled_inputs", "Badly scaled inputs", "warning", look,
    explains=("saturation", "dead_units", "rate_too_high", "noisy_batches", "plateau", "underfitting",
              "vanishing_gradients", "exploding_gradients", "rate_too_low", "premature_convergence", "overfitting",
              "diverging"),
)  # fmt: skip
