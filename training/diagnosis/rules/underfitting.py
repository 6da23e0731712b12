"""Training has ended high: the network cannot, or may not, do better."""

from __future__ import annotations

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.reading import first_at, smoothed
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import number, percent

HIGH = 0.1
LEVEL, FALLEN = 0.05, 0.1
FEWEST, LONG = 12, 24
"""Evaluations of a run that has ended, and of one that goes on."""


def look(case: Case) -> Finding | None:
    """Say that the network underfits.

    Rule: over the last quarter of the evaluations the training loss has fallen by less than a twentieth, its middle
    has changed by less than a tenth from the quarter before, and it does not bounce; it is above a tenth of that of
    chance, and clearly above what the data allow: twice what the nearest neighbors reach (their error on held-out
    samples, as a share of chance's) and a tenth more, or half of the way from there to chance, whichever is less. Few
    units, penalties or dropout make it surer. Before half of the planned steps it is but a note. See Goodfellow et
    al. 2016, section 5.2.
    """
    losses, shape = case.evaluated("train_loss"), case.shape
    if shape is None or len(losses) < (FEWEST if case.ended else LONG) or shape.bounces or not case.left > HIGH:
        return None
    curve = smoothed(losses)
    quarter = curve[-max(4, len(curve) // 4) :]
    if quarter[-1] < (1 - LEVEL) * quarter[0] or case.left < case.learnable or abs(shape.fallen) > FALLEN:
        return None
    sure = _small(case) or fixes.less_held_back(case) is not None
    since = case.step_at(first_at(losses, 1.1 * shape.level))
    score = "accuracy" if case.classes else "R²"
    known = case.facts.neighbor_score
    against = f"; the nearest neighbors alone reach {number(known)}" if known == known else ""
    sentence = (
        f"The training loss has leveled off at {number(losses[-1])}, {percent(case.left)} of that of a guess. "
        f"The network's {score} is {number(case.evaluated('train_score')[-1])} on its own training samples{against}."
        f"{_why(case)}"
    )
    evidence = (
        Evidence("train_loss", f"level at {number(losses[-1])}", since, case.step, value=case.left, limit=HIGH),
        Evidence("train_score", f"{score} on the training samples", since, case.step,
                 value=float(case.evaluated("train_score")[-1]), limit=known),
    )  # fmt: skip
    return RULE.found(
        case, sentence, since=since, confidence=0.85 if sure else 0.45, evidence=evidence,
        severity="warning" if (sure or case.left > 0.5) and _far_enough(case) else "note",
        fixes=(fixes.less_held_back(case), fixes.wider(case), fixes.deeper(case), fixes.longer(case)),
    )  # fmt: skip


def _why(case: Case) -> str:
    held = fixes.less_held_back(case)
    if held is not None:
        return f" What holds it back is set: {', '.join(key.split('.')[-1] for key in held.changes)}."
    if not case.hidden_layers:
        return " Without a hidden layer it can only draw straight lines."
    if _small(case):
        return f" It has {sum(case.architecture.hidden)} hidden units."
    return ""


def _far_enough(case: Case) -> bool:
    return case.ended or case.step > case.planned_steps / 2


def _small(case: Case) -> bool:
    return sum(case.architecture.hidden) <= 6


RULE = Rule("underfitting", "Underfitting", "warning", look)
