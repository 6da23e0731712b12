"""The signal shrinks on its way back, so that the first layers hardly learn."""

from __future__ import annotations

import numpy as np

from models.activations import ACTIVATIONS
from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import fraction, number

SHRUNK = 1 / 100
"""The signal of the first layer over that of the last hidden one, below which it counts as vanishing."""
HIGH = 0.3
"""Share of the loss of chance above which there is still much to learn."""
FEWEST_STEPS = 20


def look(case: Case) -> Finding | None:
    """Say that the first layers receive next to nothing of the error.

    Rule: the norm of the gradient for the pre-activations of layer 1 is below 1/100 of that of the last hidden layer,
    in the middle over the last third of the steps, and the loss is still above 0.3 of that of chance. The ratio is
    the product of the layers' Jacobians (Glorot & Bengio 2010, section 4.2.1; Bengio et al. 1994): a converged run,
    whose gradients are small everywhere, keeps it.
    """
    last = case.hidden_layers - 1
    if last < 2 or case.step < FEWEST_STEPS or case.evaluations < 2:
        return None
    signals = case.recorded.middle("signal_norm")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = signals[:, 0] / signals[:, last]
    recent = ratios[-max(1, len(ratios) // 3) :]
    ratio = float(np.nanmedian(recent)) if np.isfinite(recent).any() else float("nan")
    left = float(case.share_of_chance[-1])
    if not ratio < SHRUNK or not left > HIGH:
        return None
    first = _since(case, ratios)
    sentence = (
        f"Layer 1 receives {fraction(ratio)} of the signal that layer {last + 1} receives. {_why(case)}"
        f" The training loss stands at {number(case.evaluated('train_loss')[-1])}; "
        f"that of a guess is {number(case.chance_loss)}."
    )
    evidence = (
        Evidence("signal_norm", f"layer 1 over layer {last + 1}: {fraction(ratio)}", first, case.step, (0, last),
                 ratio, SHRUNK),
        Evidence("train_loss", f"{number(left, 2)} of the loss of a guess", first, case.step, value=left, limit=HIGH),
    )  # fmt: skip
    confidence = float(np.clip(0.6 + 0.1 * np.log10(SHRUNK / max(ratio, 1e-30)), 0.6, 0.98))
    return Finding(
        "vanishing_gradients", RULE.title, "alarm" if left > 0.8 else "warning", confidence, sentence, first,
        case.step, evidence,
        fixes.offered(case, fixes.relu_and_he(case), fixes.batch_norm(case), fixes.skip_connections(case),
                      fixes.layer_norm(case)),
    )  # fmt: skip


def _since(case: Case, ratios: np.ndarray) -> int:
    """Return the step since when it is so without a break."""
    fine = np.flatnonzero(~(ratios < SHRUNK))
    row = fine[-1] + 1 if len(fine) else 0
    return int(case.recorded.steps[min(row, len(ratios) - 1)])


def _why(case: Case) -> str:
    flat = [name for name in case.architecture.activations if ACTIVATIONS[name].steepest is not None]
    if not flat:
        return ""
    info = ACTIVATIONS[flat[0]]
    if flat[0] == "sigmoid":
        return f"Sigmoid's slope is at most ¼, so {len(flat)} layers shrink it by up to 4^{len(flat)}."
    return f"{info.title}'s slope is below 1 wherever a unit is off its center, and {len(flat)} layers multiply that."


RULE = Rule(
    "vanishing_gradients", "Vanishing gradients", "alarm", look,
    explains=("plateau", "underfitting", "rate_too_low", "saturation"),
)  # fmt: skip
