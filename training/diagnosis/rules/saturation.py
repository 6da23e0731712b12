"""Units at the flat ends of their function, where they hardly have a slope."""

from __future__ import annotations

from models.activations import ACTIVATIONS
from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

HALF = 0.5
HIGH = 0.15
"""Share of the loss of chance above which saturation is no mere sign of confidence."""
LEARNS = 0.8
FEW = 6
"""Units of the whole network, up to which it is but a note while the loss is below 0.8 of that of chance."""


def look(case: Case) -> Finding | None:
    """Say that units are saturated.

    Rule: at least half of the activations of a hidden layer lie where the slope of the function is below a twentieth
    of its largest, while the training loss is above 0.15 of that of chance (a network that has learned its samples
    saturates as it grows sure). Six units or fewer saturate for want of others: a note, below 0.8 of chance. See
    Glorot & Bengio 2010, section 3.
    """
    if not case.saturated.known or case.step < 1 or not HIGH < case.left < float("inf"):
        return None
    layer, share = case.saturated.worst, float(case.saturated.now.max())
    if share < HALF:
        return None
    name = ACTIVATIONS[case.architecture.activations[layer]].title
    sentence = (
        f"{percent(share)} of the activations of layer {layer + 1} lie at the flat ends of {name}, where its slope is "
        f"below a twentieth of its largest: hardly any gradient passes there, and the loss stands at "
        f"{number(case.evaluated('train_loss')[-1])}."
    )
    since = case.saturated.since(HALF)
    evidence = (
        Evidence("saturation", f"{percent(share)} of layer {layer + 1}", since, case.step, (layer,), share, HALF),
        Evidence("train_loss", "the training loss", since, case.step, value=case.left, limit=HIGH),
    )
    # A handful of units has to draw its edges steeply: that is for want of units.
    few = sum(case.architecture.hidden) <= FEW
    severity: Severity = "note" if few and case.left < LEARNS else "warning"
    return RULE.found(
        case, sentence, since=since, confidence=0.45 + 0.5 * share - (0.3 if few else 0.0), evidence=evidence,
        severity="alarm" if case.left > 0.95 and share > 0.9 else severity,
        fixes=(_smaller_inputs(case), fixes.fitting_start(case), fixes.batch_norm(case), fixes.relu_and_he(case),
               fixes.layer_norm(case)),
    )  # fmt: skip


def _smaller_inputs(case: Case) -> Fix | None:
    return fixes.standardized(case) if case.facts.largest_scale > 3 else None


RULE = Rule("saturation", "Saturated units", "alarm", look, explains=("plateau", "underfitting"))
