"""What a fix has done: the run as it is against the one with the fix, by the loss of the weights that each keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from training.diagnosis.wording import times
from training.history import Evaluations
from training.progress import Outcome

Kind = Literal["better", "same", "worse", "mixed"]

LEVEL = 0.02
"""A relative change of the loss, or a change of the score, smaller than this counts as none."""


@dataclass(frozen=True)
class Verdict:
    """How a run with a fix compares with the run without it.

    Attributes
    ----------
    kind
        Better, the same, worse; or mixed, where loss and score disagree.
    measure
        What was compared, as people call it: ``"validation loss"``.
    before, after
        Its value without and with the fix; of weights that have diverged, a loss of +∞, a score of −∞.
    change
        ``(after − before) / |before|`` of a loss, ``after − before`` of a score; NaN where that is no number.
    score, score_before, score_after
        Where kind is mixed: the score that disagrees, as people call it (``"accuracy"``), without and with the fix.
    """

    kind: Kind
    measure: str
    before: float
    after: float
    change: float
    score: str = ""
    score_before: float = math.nan
    score_after: float = math.nan

    @property
    def sentence(self) -> str:
        """What anyone understands."""
        if self.kind == "mixed":
            return self._both_sides
        if math.isinf(self.before) and math.isinf(self.after):
            return f"Neither run keeps weights with a finite {self.measure}."
        measure = f"{self.measure[:1].upper()}{self.measure[1:]}"
        if math.isinf(self.before):
            return f"{measure} {self.after:.3g}, where the run as it is diverged."
        if math.isinf(self.after):
            return f"It diverged; the run as it is keeps a {self.measure} of {self.before:.3g}."
        there = f"{measure} {self.after:.3g} instead of {self.before:.3g}"
        return f"{there} ({self.by_how_much})." if self.by_how_much else f"{there}."

    @property
    def _both_sides(self) -> str:
        measure = f"{self.measure[:1].upper()}{self.measure[1:]}"
        score = f"{self.score} {self.score_after:.3g} instead of {self.score_before:.3g}".replace("-", "−")
        return f"{measure} {self._in_words}, but {score}."

    @property
    def _in_words(self) -> str:
        if abs(self.change) < LEVEL:
            return "about the same"
        if abs(self.change) >= 10 or self.change <= -0.95:
            return self.by_how_much
        places = 0 if abs(self.change) >= 0.1 else 1
        return f"{100 * abs(self.change):.{places}f} % {'lower' if self.change < 0 else 'higher'}"

    @property
    def by_how_much(self) -> str:
        """The change with its sign, in percent of a loss or as a factor; empty where that says nothing."""
        if not math.isfinite(self.change):
            return ""
        if self.measure.endswith("loss"):
            if self.change >= 10:
                return f"{self.after / self.before:.3g} times as much"
            if self.change <= -0.95 and self.after > 0:  # −99.9 % and −100 % look the same
                return f"{times(self.before / self.after)} times lower"
            return f"{100 * self.change:+.{0 if abs(self.change) >= 0.1 else 1}f} %".replace("-", "−")
        return f"{self.change:+.3f}".replace("-", "−")


def compare_losses(before: float, after: float, measure: str = "validation loss") -> Verdict:
    """Return the verdict on two losses; what is no finite number counts as diverged.

    >>> compare_losses(0.5, 0.1).kind, compare_losses(0.5, 0.1).by_how_much
    ('better', '−80 %')
    >>> compare_losses(0.5, 0.505).kind
    'same'
    """
    before, after = (value if math.isfinite(value) else math.inf for value in (before, after))
    change = _relative(before, after)
    if (math.isinf(before) and math.isinf(after)) or abs(change) < LEVEL:
        return Verdict("same", measure, before, after, change)
    return Verdict("better" if after < before else "worse", measure, before, after, change)


def with_scores(verdict: Verdict, before: float, after: float, score: str) -> Verdict:
    """Return a verdict on two losses that is mixed if the scores of the same weights say clearly otherwise.

    >>> mixed = with_scores(compare_losses(1.0, 0.36), 0.53, 0.23, "accuracy")
    >>> mixed.sentence
    'Validation loss 64 % lower, but accuracy 0.23 instead of 0.53.'
    """
    change = after - before
    if not (math.isfinite(change) and math.isfinite(verdict.change)) or abs(change) <= LEVEL:
        return verdict
    if verdict.kind == ("better" if change > 0 else "worse"):
        return verdict
    return replace(verdict, kind="mixed", score=score, score_before=before, score_after=after)


def _relative(before: float, after: float) -> float:
    if math.isinf(before) or math.isinf(after):
        return math.nan
    if before == after:
        return 0.0
    return (after - before) / abs(before) if before else math.copysign(math.inf, after)


def compare_scores(before: float, after: float, measure: str) -> Verdict:
    """Return the verdict on two scores, of which more is better; what is no finite number counts as diverged.

    >>> compare_scores(float("nan"), 0.9, "validation accuracy").kind
    'better'
    """
    before, after = (value if math.isfinite(value) else -math.inf for value in (before, after))
    if math.isinf(before) or math.isinf(after):
        kind: Kind = "same" if before == after else "better" if after > before else "worse"
        return Verdict(kind, measure, before, after, math.nan)
    change = after - before
    if abs(change) < LEVEL:
        return Verdict("same", measure, before, after, change)
    return Verdict("better" if change > 0 else "worse", measure, before, after, change)


def kept(evaluations: Evaluations, outcome: Outcome | None, name: str) -> float:
    """Return an evaluation's figure for the weights that the first replica of a run keeps, or has by now.

    Parameters
    ----------
    name
        A column of `training.history.EVALUATION_COLUMNS`.

    Returns
    -------
    NaN before any evaluation, and for weights that have diverged.
    """
    if outcome is not None and outcome.restored:
        steps = evaluations.column("step")[:, 0]
        row = int(np.argmin(np.abs(steps - outcome.best_step)))
        return float(evaluations.column(name)[row, 0])
    if outcome is not None and outcome.reason in ("diverged", "failed"):
        return math.nan
    return float(evaluations.final(name)[0])
