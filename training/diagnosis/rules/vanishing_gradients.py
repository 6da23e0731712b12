"""The signal shrinks on its way back, so that the first layers hardly learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.activations import ACTIVATIONS
from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import fraction, number, percent

SHRUNK = 1 / 100
"""The signal of the first layer over that of the last hidden one, below which it counts as vanishing."""
AT_FIRST = 1 / 10
"""Where it was above this at first, something else has since cut the layers off: penalties, saturation, dead units."""
LEARNED = 0.05
FEWEST_STEPS = 20
EXPONENTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def look(case: Case) -> Finding | None:
    """Say that the first layers receive next to nothing of the error.

    Rule: with three hidden layers or more, the norm of the gradient for the pre-activations of layer 1 is below 1/100
    of that of the last hidden layer, in the geometric mean over the steps of the first tenth (or of the last third,
    if it was below 1/10 in the first tenth), and the loss is still above 0.05 of that of chance. The ratio is the
    product of the layers' Jacobians (Bengio et al. 1994; Glorot & Bengio 2010, section 4.2.1). It is relative: a run
    that has converged, whose gradients are small everywhere, keeps it.
    """
    last = case.hidden_layers - 1
    if last < 2 or case.step < FEWEST_STEPS or case.evaluations < 2 or not case.left > LEARNED:
        return None
    ratios = signal_ratios(case)
    early, late = _mean(ratios[: max(5, len(ratios) // 10)]), _mean(ratios[-max(5, len(ratios) // 3) :])
    if not min(early, late) < SHRUNK or early > AT_FIRST:
        return None
    still = late < SHRUNK
    ratio = late if still else early
    when = "receives" if still else "received at first"
    first = _since(case, ratios) if still else 1
    sentence = (
        f"Layer 1 {when} {fraction(ratio)} of layer {last + 1}'s signal.{_why(case)} The training loss stands at "
        f"{number(case.evaluated('train_loss')[-1])}; that of a guess is {number(case.chance_loss)}."
    )
    evidence = (
        Evidence("signal_norm", f"layer 1 over layer {last + 1}: {fraction(ratio)}", first, case.step, (0, last),
                 ratio, SHRUNK),
        Evidence("weight_grad_norm", "the gradient of the weights", first, case.step, (0, last)),
        Evidence("train_loss", f"{percent(case.left)} of the loss of a guess", first, case.step, value=case.left,
                 limit=LEARNED),
    )  # fmt: skip
    sure = 0.55 + 0.12 * np.log10(SHRUNK / max(ratio, 1e-30)) - (0.0 if still else 0.1)
    return RULE.found(
        case, sentence, since=first, confidence=sure, evidence=evidence,
        severity="alarm" if case.left > 0.8 and min(early, late) < SHRUNK / 10 else "warning",
        fixes=(fixes.relu_he_and_rate(case), fixes.batch_norm(case), fixes.skip_connections(case),
               fixes.layer_norm(case)),
    )  # fmt: skip


def signal_ratios(case: Case) -> NDArray[np.float64]:
    """Return the signal norm of layer 1 over that of the last hidden layer at every span of steps, ``[K]``."""
    signals = case.recorded.middle("signal_norm")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios: NDArray[np.float64] = signals[:, 0] / signals[:, case.hidden_layers - 1]
        return ratios


def _mean(ratios: NDArray[np.float64]) -> float:
    """Return the geometric mean of what is positive; NaN where nothing is (dead layers pass nothing back at all)."""
    known = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.exp(np.log(known).mean())) if len(known) >= max(1, len(ratios) // 2) else float("nan")


def _since(case: Case, ratios: NDArray[np.float64]) -> int:
    """Return the step since when most of the ratios have been below the limit."""
    below = np.concatenate([[0], np.cumsum(np.where(ratios < SHRUNK, 1, -3))])
    begin = int(below[:-1].argmin()) if len(ratios) else 0
    return int(case.recorded.steps[begin])


def _why(case: Case) -> str:
    flat = [name for name in case.architecture.activations if ACTIVATIONS[name].steepest is not None]
    if not flat:
        return " Its weights are too small: every layer hands back less than it gets."
    count = len(flat)
    if flat[0] == "sigmoid":
        power = str(count).translate(EXPONENTS)
        return f" Sigmoid's slope is at most ¼, so {count} layers shrink it by up to 4{power}."
    name = ACTIVATIONS[flat[0]].title
    return f" {name}'s slope is at most 1, less off its center, and {count} layers multiply it with their weights."


RULE = Rule(
    "vanishing_gradients", "Vanishing gradients", "alarm", look,
    explains=("plateau", "underfitting", "rate_too_low", "saturation"),
)  # fmt: skip
