"""The signal grows on its way back, or all of the gradient is far larger than a sound start makes it."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, times

GROWN = 50.0
LARGE = 100.0
ABOVE_CHANCE = 30.0
FIRST = 10
"""Steps that count as the first."""
LEARNED = 0.05


def look(case: Case) -> Finding | None:
    """Say that gradients explode through the layers.

    Rule: with three hidden layers or more, the signal of layer 1 was 50 times that of the last hidden layer in the
    middle of the first ten steps, or the norm of the whole gradient was above 100, or the first loss 30 times that of
    chance and the gradient above 10. Products of Jacobians with norms above 1 grow with depth (Pascanu et al. 2013,
    section 2; Glorot & Bengio 2010; He et al. 2015, section 2.2).
    """
    if case.hidden_layers < 3 or case.step < 1:
        return None
    ratio, norm, loss = _ratio(case), _first(case.recorded.middle("grad_norm")), _first_loss(case)
    if not (ratio > GROWN or norm > LARGE or (loss > ABOVE_CHANCE and norm > 10)):
        return None
    last = case.hidden_layers
    grew = f"layer 1 received {times(ratio)} times the signal of layer {last}, and " if ratio > 3 else ""
    sentence = (
        f"In the first steps {grew}the gradient's norm was {number(norm)}; the first loss was {number(loss)} times "
        f"that of a guess. Every one of the {last} layers makes what passes through it larger."
    )
    evidence = (
        Evidence("signal_norm", f"layer 1 over layer {last}: {number(ratio)}", 1, min(FIRST, case.step), (0, last - 1),
                 ratio, GROWN),
        Evidence("grad_norm", f"norm {number(norm)} in the first steps", 1, min(FIRST, case.step), value=norm,
                 limit=LARGE),
    )  # fmt: skip
    well = case.left < LEARNED
    return RULE.found(
        case, sentence, since=1, confidence=0.6 + 0.1 * np.log10(max(ratio / GROWN, norm / LARGE, loss / ABOVE_CHANCE)),
        evidence=evidence, severity="note" if well else ("alarm" if case.left > 0.9 or _failed(case) else "warning"),
        fixes=(fixes.fitting_start(case), fixes.clipped(case), fixes.batch_norm(case), fixes.slower(case)),
    )  # fmt: skip


def _failed(case: Case) -> bool:
    return case.outcome is not None and case.outcome.reason == "diverged"


def _ratio(case: Case) -> float:
    signals = case.recorded.middle("signal_norm")[:FIRST]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _first(signals[:, 0] / signals[:, case.hidden_layers - 1])


def _first(values: np.ndarray) -> float:
    first = values[:FIRST]
    finite = first[np.isfinite(first)]
    return float(np.median(finite)) if len(finite) else 0.0


def _first_loss(case: Case) -> float:
    share = case.share_of_chance
    return float(share[0]) if len(share) and np.isfinite(share[0]) else 0.0


RULE = Rule(
    "exploding_gradients", "Exploding gradients", "alarm", look,
    explains=("rate_too_high", "dead_units", "noisy_batches", "diverging", "underfitting", "plateau",
              "overfitting", "rate_too_low"),
)  # fmt: skip
