"""Steps so long that they jump across the valley."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.bouncing import may_yet_calm_down, mild, no_further
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.diagnosis.reading import Shape, first_at
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

VIOLENT = 0.1
"""An update ratio in the first steps a hundred times the usual one."""
LEARNED = 0.02
WELL = 0.1
"""Share of the loss of chance below which a bouncing loss is worth a note, and no more."""
THROWN = 10.0
"""By how much the steps have made the loss larger than it was at first, at its highest."""
HIGH, LATE = 0.5, 0.25
"""Share of the loss of chance that is high, and that is so in the second half of the steps if the loss has no rest."""
RESTLESS = 0.05
FEW = 4
"""Batches of so few samples bounce for another reason first: see `noisy_batches`."""
SHARE_OF_LIMIT = 3
"""Column of the instrument ``stability``: ηλ as a part of the optimizer's limit. About 1 is the edge of stability."""


def look(case: Case) -> Finding | None:
    """Say that the learning rate is too high.

    Rule: over the second half of the evaluations the training loss rises as often as it falls (30 to 90 % of the
    changes), changes by 5 % of its level from one to the next, its middle 80 % span a tenth of that, and it falls no
    further (less than 15 % from the third to the last quarter, or than such swings make by chance); or the first
    steps changed the weights by more than a tenth of their size each (about a thousandth is usual; Karpathy, CS231n)
    and the loss has stayed above half of that of chance, or a quarter in the second half of the planned steps if it
    has no rest; or the steps have thrown the loss to ten times what it was at first and three times that of chance,
    and it is above half of that of chance still (or the validation loss above it). On a quadratic, steps above 2/λ
    overshoot the minimum by more than they came from (Nesterov 2004, section 1.2.3); below it, noise of the batches
    keeps the loss at a level proportional to the rate (Bottou, Curtis & Nocedal 2018, theorem 4.6). Bouncing is but a
    note below a tenth of chance; where the loss changes by less than 15 % from one evaluation to the next, as batches
    make it do at any constant rate; and, while the run goes on, before 20 evaluations, before half of the planned
    steps if the loss is below half of that of chance, or where a schedule will lower the rate.
    """
    shape = case.shape
    fast = case.pace > VIOLENT and not _grows_from_nothing(case)
    high = LATE if case.step >= case.planned_steps / 2 and shape is not None and shape.swing >= RESTLESS else HIGH
    violent = fast and case.left > high and not case.falls
    bounces = shape is not None and (shape.bounces or (fast and shape.jumps)) and case.left > LEARNED
    thrown = _thrown(case)
    if not (violent or bounces or thrown) or case.evaluations < 4 or not np.isfinite(case.left):
        return None
    since = _since(case, shape) if bounces else 1
    sentence, evidence = _told(case, shape if bounces else None, since, thrown)
    severity: Severity = "alarm" if case.left > 0.9 and (violent or case.batch_size > FEW) else "warning"
    calm = case.left < WELL or may_yet_calm_down(case) or (case.pace < VIOLENT and mild(shape))
    if calm and not violent and not thrown:
        severity = "note"
    return RULE.found(
        case, sentence, since=since, confidence=_confidence(case, shape, violent or thrown, bounces), evidence=evidence,
        severity=severity, fixes=remedies(case, thrown=thrown),
    )  # fmt: skip


def remedies(case: Case, *, thrown: bool = False) -> tuple[Fix | None, ...]:
    """Return what should help where steps are too long; from the start, where they have thrown the weights far off.

    Such weights do not come back at a lower rate.
    """
    divisor = 100.0 if case.pace > 1 or case.left > 3 else 10.0
    slower = fixes.below_the_limit(case, at_first=thrown) or fixes.slower(case, divisor)
    found = slower, fixes.cosine(case), fixes.clipped(case), fixes.larger_batches(case)
    return tuple(fix and replace(fix, live=fix.live and not thrown) for fix in found)


def _confidence(case: Case, shape: Shape | None, violent: bool, bounces: bool) -> float:
    sure = 0.55
    if bounces and shape is not None:
        sure += 0.1 * min(2.0, shape.spread)
    if case.pace > 0.02:
        sure += 0.1
    if violent:
        sure += 0.15
    if _beyond_the_limit(case):
        sure += 0.15
    return sure - (0.25 if case.batch_size <= FEW else 0.0)


def _thrown(case: Case) -> bool:
    """Tell whether the steps have thrown the loss far above where it began, and it has not come back since."""
    share = case.share_of_chance
    if not len(share) or not np.isfinite(share).all():
        return False
    held_out = np.nan_to_num(case.evaluated("val_loss")[-3:]) / case.chance_loss
    if not max(case.left, float(np.median(held_out)) / 2) > HIGH:
        return False
    highest = float(share.max())
    # While it still grows, it is on its way to diverge: that is said by another rule.
    return highest > THROWN * float(share[0]) and highest > 3.0 and float(share[-1]) < 0.5 * highest


def _told(case: Case, shape: Shape | None, since: int, thrown: bool) -> tuple[str, tuple[Evidence, ...]]:
    lr = number(case.experiment.optimizer.lr)
    pace = _pace(case)
    if thrown:
        losses = case.evaluated("train_loss")
        highest = int(losses.argmax())
        return (
            f"At a rate of {lr} the steps threw the training loss from {number(losses[0])} to "
            f"{number(losses[highest])}. It is {number(losses[-1])} by now; that of a guess is "
            f"{number(case.chance_loss)}.",
            (
                Evidence("train_loss", f"thrown to {number(losses[highest])}", 1, case.step, value=losses[highest],
                         limit=THROWN * losses[0]),
                *pace,
            ),
        )  # fmt: skip
    if shape is None:
        return (
            f"The first steps, at a rate of {lr}, changed the weights by {percent(case.pace)} of their size each; "
            f"about 0.1 % is usual. The training loss is {number(case.evaluated('train_loss')[-1])}, that of a guess "
            f"{number(case.chance_loss)}.", pace,
        )  # fmt: skip
    return (
        f"The training loss jumps up and down at a rate of {lr}: {percent(shape.rises)} of its changes go up, it "
        f"swings by {percent(shape.spread)} about {number(shape.level)}, and {no_further(shape)}.",
        (
            Evidence("train_loss", f"swings by {percent(shape.spread)}", since, case.step, value=shape.spread,
                     limit=0.1),
            *pace,
        ),
    )  # fmt: skip


def _pace(case: Case) -> tuple[Evidence, ...]:
    """Return how long the first steps were, where that is known."""
    if not np.isfinite(case.pace):
        return ()
    told = f"{percent(case.pace)} of the weights' size a step at first"
    return (Evidence("update_ratio", told, 1, min(30, case.step), value=case.pace, limit=VIOLENT),)


def _grows_from_nothing(case: Case) -> bool:
    """Tell whether the weights started so small that any step is large beside them."""
    start = case.experiment.network.initialization
    return start.scheme in ("zeros", "normal", "uniform") and max(
        start.std if start.scheme == "normal" else 0.0, start.bound if start.scheme == "uniform" else 0.0
    ) * start.gain < 0.1


def _beyond_the_limit(case: Case) -> bool:
    """Tell whether the instrument for it has found ηλ beyond the optimizer's limit more often than not."""
    series = case.instruments["stability"]
    if len(series) < 3:
        return False
    share = series.values[-10:, SHARE_OF_LIMIT]
    return bool(np.nanmedian(share) > 1.2) if np.isfinite(share).any() else False


def _since(case: Case, shape: Shape | None) -> int:
    assert shape is not None
    return case.step_at(first_at(case.evaluated("train_loss"), 1.1 * shape.level))


RULE = Rule(
    "rate_too_high", "Learning rate too high", "alarm", look,
    explains=("dead_units", "saturation", "noisy_batches", "plateau", "underfitting", "vanishing_gradients",
              "overfitting"),
)  # fmt: skip
