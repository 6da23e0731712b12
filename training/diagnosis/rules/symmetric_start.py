"""The units of a layer started alike, get the same gradient, and stay alike."""

from __future__ import annotations

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import percent

HALF = 0.5


def look(case: Case) -> Finding | None:
    """Say that units are copies of each other.

    Rule: at least half of the units of a hidden layer have the same incoming weights as another unit of it, or all
    weights started from one and the same number. Units with the same weights in and out compute the same value and
    receive the same gradient, so gradient descent never tells them apart (Goodfellow et al. 2016, section 8.4).
    """
    if not case.hidden_layers or max(case.architecture.hidden) < 2 or case.step < 1:
        return None
    same_start = _starts_from_one_number(case)
    measured = case.alike.known and case.alike.now.max() >= HALF
    if not measured and not (same_start and not case.alike.known):
        return None
    layer = case.alike.worst if measured else 0
    share = float(case.alike.now[layer]) if measured else 1.0
    width = case.architecture.hidden[layer]
    start = case.experiment.network.initialization.scheme
    because = f" All weights started alike ({start}), and nothing tells the units apart." if same_start else \
        " They get the same gradient at every step, so they stay alike."  # fmt: skip
    sentence = (
        f"{percent(share)} of the {width} units of layer {layer + 1} are copies of each other: the layer is worth "
        f"one unit.{because}"
    )
    since = case.alike.since(HALF) if measured and not same_start else 0
    evidence = (
        Evidence("unit_similarity", f"{percent(share)} of layer {layer + 1} are copies", since, case.step, (layer,),
                 share, HALF),
        Evidence("train_loss", "the training loss", since, case.step, value=case.left),
    )  # fmt: skip
    return RULE.found(
        case, sentence, since=since, confidence=0.99 if same_start else 0.7 + 0.25 * share, evidence=evidence,
        fixes=(fixes.fitting_start(case), fixes.relu_and_he(case)),
        severity="warning" if case.left < 0.5 else "alarm",
    )  # fmt: skip


def _starts_from_one_number(case: Case) -> bool:
    start = case.experiment.network.initialization
    return (
        start.scheme == "zeros" or start.gain == 0
        or (start.scheme == "normal" and start.std == 0) or (start.scheme == "uniform" and start.bound == 0)
    )  # fmt: skip


RULE = Rule(
    "symmetric_start", "Symmetric start", "alarm", look,
    explains=("plateau", "underfitting", "vanishing_gradients", "dead_units", "rate_too_low", "saturation",
              "rate_too_high", "premature_convergence"),
)  # fmt: skip
