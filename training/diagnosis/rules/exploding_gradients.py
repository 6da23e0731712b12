"""The signal grows on its way back, or all of the gradient is far larger than a sound start makes it."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, times

GROWN, GROWS = 50.0, 3.0
LARGE = 100.0
ABOVE_CHANCE = 30.0
FIRST = 3
"""Steps that count as the first: units may pass nothing of a single batch."""
LEARNED = 0.05


def look(case: Case) -> Finding | None:
    """Say that gradients explode through the layers.

    Rule: with three hidden layers or more, the signal of layer 1 was 50 times that of the last hidden layer at the
    very first step; or it was 3 times, and the norm of the whole gradient above 100; or the first loss was 30 times
    that of chance, and the gradient above 10 at one of the first three steps. It is but a note below 0.05 of chance,
    and below half of it while the run goes on and falls. What becomes large only later has been thrown there by too
    high a rate. Products of Jacobians with norms above 1 grow with depth (Pascanu et al. 2013, section 2; Glorot &
    Bengio 2010; He et al. 2015, section 2.2).
    """
    if case.hidden_layers < 3 or case.step < 1:
        return None
    norms = case.recorded.middle("grad_norm")
    ratio, norm, loss = _ratio(case), _first(norms), _first_loss(case)
    large = bool((norms[:FIRST] > 10).any())
    if not (ratio > GROWN or (norm > LARGE and ratio > GROWS) or (loss > ABOVE_CHANCE and large)):
        return None
    last = case.hidden_layers
    grew = f"layer 1 received {times(ratio)} times the signal of layer {last}, and " if ratio > GROWS else ""
    each = f" On its way back every layer makes it {number(ratio ** (1 / (last - 1)), 2)} times as large." \
        if ratio > GROWS else " That is the size of the weights it starts from, not of any step."
    sentence = (
        f"At the first step {grew}the gradient's norm was {number(norm)}; the first loss was {number(loss)} times "
        f"that of a guess.{each}"
    )
    evidence = (
        Evidence("signal_norm", f"layer 1 over layer {last}: {number(ratio)}", 1, 1, (0, last - 1), ratio, GROWN),
        Evidence("grad_norm", f"norm {number(norm)} at the first step", 1, 1, value=norm, limit=LARGE),
    )
    well = case.left < LEARNED or _gets_over_it(case)
    return RULE.found(
        case, sentence, since=1, confidence=0.6 + 0.1 * np.log10(max(ratio / GROWN, norm / LARGE, loss / ABOVE_CHANCE)),
        evidence=evidence, severity="note" if well else ("alarm" if case.left > 0.9 or _failed(case) else "warning"),
        fixes=(fixes.fitting_start(case), fixes.clipped(case), fixes.batch_norm(case), fixes.slower(case)),
    )  # fmt: skip


def _gets_over_it(case: Case) -> bool:
    """Tell whether the run goes on, has come below half of chance and still falls."""
    return not case.ended and case.left < 0.5 and case.falls


def _failed(case: Case) -> bool:
    return case.outcome is not None and case.outcome.reason == "diverged"


def _ratio(case: Case) -> float:
    signals = case.recorded.middle("signal_norm", slice(1))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _first(signals[:, 0] / signals[:, case.hidden_layers - 1])


def _first(values: np.ndarray) -> float:
    return float(values[0]) if len(values) and np.isfinite(values[0]) else 0.0


def _first_loss(case: Case) -> float:
    share = case.share_of_chance
    return float(share[0]) if len(share) and np.isfinite(share[0]) else 0.0


RULE = Rule(
    "exploding_gradients", "Exploding gradients", "alarm", look,
    explains=("rate_too_high", "dead_units", "noisy_batches", "diverging", "diverged", "underfitting", "plateau",
              "overfitting", "rate_too_low"),
)  # fmt: skip
