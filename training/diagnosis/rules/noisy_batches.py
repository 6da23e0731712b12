"""Batches of so few samples that their gradients point everywhere."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.bouncing import may_yet_calm_down, mild, no_further
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.reading import first_at
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

MANY = 8
"""A batch of more than an eighth of the samples is no small one."""
FEW = 4
FAST = 0.03
"""An update ratio in the first steps (0.001 is usual) with which it is the rate that makes the loss bounce."""
LEARNED = 0.02
WELL = 0.1
FEWEST_BATCHES = 8
"""Losses of batches that tell how much they scatter."""


def look(case: Case) -> Finding | None:
    """Say that the batches are too noisy for this rate.

    Rule: the training loss bounces without falling (see `rate_too_high`), and a batch holds at most an eighth of the
    training samples. With four samples or fewer it may fall, if it changes by a fifth of its level from one
    evaluation to the next; with more, the first steps must not have changed the weights by more than 3 % each, which
    makes it the rate. The fewer they are, the surer it is that the noise of the batches, and not the curvature, keeps
    the loss up: with batch size B and rate η, gradients of variance σ²/B keep the weights at a variance of ησ²/(Bλ(2
    − ηλ)) about a minimum of curvature λ (an autoregression of first order; for small η Mandt et al. 2017, eq. 13).
    Where the instrument knows it, the batch is held against the gradient noise scale (McCandlish et al. 2018). It is
    but a note where `rate_too_high` is; below a tenth of chance, and for changes of less than 15 % from one
    evaluation to the next, with more than four samples only.
    """
    shape, size = case.shape, case.batch_size
    if shape is None or not case.left > LEARNED or size * MANY > len(case.data.x_train):
        return None
    if not ((shape.bounces or shape.jumps) if size <= FEW else shape.bounces and not case.pace > FAST):
        return None
    scale = _noise_scale(case)
    since = case.step_at(first_at(case.evaluated("train_loss"), 1.1 * shape.level))
    spread = _spread_of_batches(case)
    scatters = f"the loss of a batch scatters by {percent(spread)} of its mean, " if spread > 0 else ""
    sentence = (
        f"Batches of {size} {'sample' if size == 1 else 'samples'} give gradients that differ much from step to step: "
        f"{scatters}the training loss swings by {percent(shape.spread)} about {number(shape.level)}, and "
        f"{no_further(shape)}."
    )
    evidence = [
        Evidence("train_loss", f"swings by {percent(shape.spread)}", since, case.step, value=shape.spread, limit=0.1),
    ]
    if spread > 0:
        evidence.append(Evidence("batch_loss", f"scatters by {percent(spread)}", since, case.step, value=spread))
    if np.isfinite(scale):
        evidence.append(Evidence(
            "noise_scale", f"noise scale {number(scale)} samples, batch {size}", since, case.step, value=scale,
            limit=float(size),
        ))  # fmt: skip
    sure = 0.85 if size <= FEW else 0.5
    sure += 0.08 if scale > 4 * size else 0.0
    return RULE.found(
        case, sentence, since=since, confidence=sure, evidence=tuple(evidence),
        severity="note" if may_yet_calm_down(case) or (size > FEW and (case.left < WELL or mild(shape))) else "warning",
        fixes=(*_remedies(case), fixes.slower(case)),
    )  # fmt: skip


def _remedies(case: Case) -> tuple[Fix | None, ...]:
    """Return a decaying rate first, unless the noise keeps the run from learning anything much."""
    decay, larger = fixes.cosine(case), fixes.larger_batches(case)
    return (larger, decay) if case.left > 0.5 else (decay, larger)


def _spread_of_batches(case: Case) -> float:
    """Return the standard deviation of the last batches' losses over their mean; NaN where they are not known."""
    losses = case.recorded.last_steps("batch_loss")
    mean = float(losses.mean()) if len(losses) >= FEWEST_BATCHES else 0.0
    return float(losses.std() / mean) if mean > 0 else float("nan")


def _noise_scale(case: Case) -> float:
    """Return the gradient noise scale of late, in samples: ∞ where noise hides the gradient, NaN where none is known.

    Both parts are averaged before one is divided by the other (McCandlish et al. 2018, app. A.1): a mean of ratios
    would leave out those that say most, whose divisor is not above 0.
    """
    series = case.instruments["noise_scale"]
    parts = series.values[-10:, 1:3] if len(series) else np.empty((0, 2))
    parts = parts[np.isfinite(parts).all(1)]
    if not len(parts):
        return float("nan")
    variance, square = parts.mean(0)
    return float(variance / square) if square > 0 else float("inf")


RULE = Rule(
    "noisy_batches", "Noisy batches", "warning", look, explains=("plateau", "underfitting", "overfitting")
)
