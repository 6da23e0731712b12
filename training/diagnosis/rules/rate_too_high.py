"""Steps so long that they jump across the valley."""

from __future__ import annotations

import numpy as np

from training.diagnosis import fixes
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
FEWEST_ON_THE_WAY = 20
"""Evaluations, while the run goes on: a handful that go up and down are what a run often begins with."""
FEW = 4
"""Batches of so few samples bounce for another reason first: see `noisy_batches`."""
SHARE_OF_LIMIT = 3
"""Column of the instrument ``stability``: ηλ as a part of the optimizer's limit. About 1 is the edge of stability."""


def look(case: Case) -> Finding | None:
    """Say that the learning rate is too high.

    Rule: over the second half of the evaluations the training loss rises as often as it falls (30 % of the changes),
    changes by 5 % of its level from one to the next, its middle 80 % span a tenth of that, and it falls no further
    (less than 15 % from the third to the last quarter); or the first steps changed the weights by more than a tenth
    of their size each (about a thousandth is usual; Karpathy, CS231n) and the loss has stayed above half of that of
    chance. On a quadratic, steps above 2/λ overshoot the minimum by more than they came from (T16 of the references);
    below it, noise of the batches keeps the loss at a level proportional to the rate (Bottou, Curtis & Nocedal 2018,
    theorem 4.6). Bouncing is but a note below a tenth of chance and, while the run goes on, before 20 evaluations
    or where a schedule will lower the rate.
    """
    shape = case.shape
    violent = case.pace > VIOLENT and case.left > 0.5 and not _falls(case) and not _grows_from_nothing(case)
    bounces = shape is not None and shape.bounces and case.left > LEARNED
    if not (violent or bounces) or case.evaluations < 4 or not np.isfinite(case.left):
        return None
    since = _since(case, shape) if bounces else 1
    sentence, evidence = _told(case, shape if bounces else None, since)
    severity: Severity = "alarm" if case.left > 0.9 and (violent or case.batch_size > FEW) else "warning"
    if (case.left < WELL or _may_yet_calm_down(case)) and not violent:
        severity = "note"
    return RULE.found(
        case, sentence, since=since, confidence=_confidence(case, shape, violent, bounces), evidence=evidence,
        severity=severity, fixes=remedies(case),
    )  # fmt: skip


def remedies(case: Case) -> tuple[Fix | None, ...]:
    """Return what should help where steps are too long."""
    divisor = 100.0 if case.pace > 1 or case.left > 3 else 10.0
    return fixes.slower(case, divisor), fixes.cosine(case), fixes.clipped(case), fixes.larger_batches(case)


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


def _told(case: Case, shape: Shape | None, since: int) -> tuple[str, tuple[Evidence, ...]]:
    lr = number(case.experiment.optimizer.lr)
    pace = Evidence(
        "update_ratio", f"{percent(case.pace)} of the weights' size a step at first", 1, min(30, case.step),
        value=case.pace, limit=VIOLENT,
    )  # fmt: skip
    if shape is None:
        return (
            f"The first steps, at a rate of {lr}, changed the weights by {percent(case.pace)} of their size each; "
            f"about 0.1 % is usual. The training loss is {number(case.evaluated('train_loss')[-1])}, that of a guess "
            f"{number(case.chance_loss)}.", (pace,),
        )  # fmt: skip
    return (
        f"The training loss jumps up and down at a rate of {lr}: {percent(shape.rises)} of its changes go up, it "
        f"swings by {percent(shape.spread)} about {number(shape.level)}, and it falls no further.",
        (
            Evidence("train_loss", f"swings by {percent(shape.spread)}", since, case.step, value=shape.spread,
                     limit=0.1),
            pace,
        ),
    )  # fmt: skip


def _may_yet_calm_down(case: Case) -> bool:
    """Tell whether the run has only begun, or has learned something and its schedule is yet to lower the rate."""
    if case.ended:
        return False
    lowered = case.experiment.schedule.kind not in ("constant", "cyclical", "cosine_restarts")
    return case.evaluations < FEWEST_ON_THE_WAY or (lowered and case.left < 0.9)


def _falls(case: Case) -> bool:
    """Tell whether the training loss has fallen by a tenth over the last four evaluations, whatever the steps."""
    losses = case.evaluated("train_loss")
    return len(losses) >= 4 and bool(losses[-1] < 0.9 * losses[-4])


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
