"""Asks every rule about a case, ranks what they find, and remembers what has passed."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from training.diagnosis.case import Case
from training.diagnosis.finding import Finding, Severity
from training.diagnosis.rules import RULES
from training.diagnosis.rules.rule import Rule

LESS_SURE = 0.35
GONE = 0.05
"""A finding that flickers is one, not many: so much of the run it must be gone to be over."""
LASTING, LASTING_EPOCHS = 0.06, 20
"""A warning is given of what was found for so much of the planned steps, or for so many epochs; before, a note is."""
AT_ONCE = ("diverged", "diverging")
"""What is not waited for: the run ends, or is about to."""
OVERCOME = {
    "exploding_gradients": 1.0, "vanishing_gradients": 0.3, "dead_units": 0.3, "saturation": 0.3, "rate_too_high": 0.3,
    "underfitting": 0.3,
}  # fmt: skip
"""A run that is healthy otherwise and has less of the loss of chance left has got over it: that is but a note."""
MOST_PAST = 200
"""So much of what has passed is remembered, the latest."""
WEIGHT: dict[Severity, int] = {"alarm": 3, "warning": 2, "note": 1, "fine": 0}


class Doctor:
    """Looks at one run again and again.

    A rule that fails is told of in a warning and not asked again; the others go on.

    Attributes
    ----------
    past
        What was found before and is not any more, in the order in which it ended; each with the steps between which
        it was found.
    broken
        Rules that have failed, by name, and how.
    """

    def __init__(self) -> None:
        self.past: tuple[Finding, ...] = ()
        self.broken: dict[str, Exception] = {}
        self._current: dict[str, Finding] = {}
        self._met: dict[str, int] = {}  # the step at which a look first found what is found now
        self._step = 0

    def look(self, case: Case) -> list[Finding]:
        """Return what is the matter with a run now, what matters most first; never changes anything.

        A finding keeps the step where it was first seen to begin. One that is no longer made is kept in `past`; if it
        is made again before `GONE` of the steps done have passed, it has lasted. While a run goes on, a warning of
        what has not lasted yet (`LASTING`) is but a note: many a run gets over a rough start or a few swings. Steps
        that lie before the last look mean that the run was taken back to a moment: what was found after it is
        forgotten.
        """
        if case.step < self._step:
            self._forget_after(case.step)
        self._step = case.step
        found = [self._tempered(finding, case) for finding in findings(case, self.broken)]
        now = {finding.name: self._with_begin(finding) for finding in found if not finding.over}
        ended = [replace(before, over=True) for name, before in self._current.items() if name not in now]
        self.past = _merged(self.past, [*ended, *(finding for finding in found if finding.over)], now)
        self._current = now
        return [now.get(finding.name, finding) for finding in found]

    def _with_begin(self, finding: Finding) -> Finding:
        before = self._current.get(finding.name) or self._interrupted(finding.name)
        return replace(finding, first_step=min(finding.first_step, before.first_step)) if before else finding

    def _tempered(self, finding: Finding, case: Case) -> Finding:
        if finding.name not in self._current and self._interrupted(finding.name) is None:
            self._met[finding.name] = case.step
        lasted = case.step - self._met.setdefault(finding.name, case.step)
        enough = min(LASTING * case.planned_steps, LASTING_EPOCHS * case.steps_per_epoch)
        settled = case.ended or finding.over or finding.name in AT_ONCE or lasted >= enough
        return finding if settled or WEIGHT[finding.severity] < 2 else replace(finding, severity="note")

    def _interrupted(self, name: str) -> Finding | None:
        """Return what a rule found until just now."""
        since = (1.0 - GONE) * self._step
        return next((one for one in reversed(self.past) if one.name == name and one.last_step >= since), None)

    def _forget_after(self, step: int) -> None:
        self.past = tuple(finding for finding in self.past if finding.last_step <= step)
        self._current = {name: finding for name, finding in self._current.items() if finding.first_step <= step}
        self._met = {name: met for name, met in self._met.items() if met <= step}


def findings(case: Case, broken: dict[str, Exception] | None = None) -> list[Finding]:
    """Return what every rule finds in a case, ranked.

    First what is worst; a cause counts as bad as what it explains, and comes before it; else the more confident first.
    What is over counts as a note, and so does what a run that learns well has got over (`OVERCOME`). That the run is
    healthy is said only where nothing is a warning or worse.

    Parameters
    ----------
    broken
        Rules not to be asked, by name; a rule that fails is added. None: what goes wrong in a rule is raised.
    """
    with np.errstate(all="ignore"):  # a run that fails is full of numbers that are none
        others = (rule for rule in RULES.values() if rule.name != "healthy")
        found = [each for rule in others if (each := _asked(rule, case, broken)) is not None]
        healthy = _asked(RULES["healthy"], case, broken)
        if healthy is not None:
            found = [_eased(finding, case) for finding in found]
    ranked = sorted(found, key=lambda finding: _rank(finding, found))
    if healthy is None or any(_weight(finding) > 1 for finding in found):
        return ranked
    return [healthy, *ranked]


def review(case: Case, looks: int = 40) -> Doctor:
    """Return a doctor who has looked at a finished run as if beside it: so many times, evenly over its steps."""
    doctor = Doctor()
    for index in range(1, looks + 1):
        step = case.step * index // looks
        if step > 0 or index == looks:
            doctor.look(case.until(step))
    return doctor


def _asked(rule: Rule, case: Case, broken: dict[str, Exception] | None) -> Finding | None:
    if broken is None:
        return rule.look(case)
    if rule.name in broken:
        return None
    try:
        return rule.look(case)
    except Exception as error:  # one rule must take neither the others nor the files of a run along
        broken[rule.name] = error
        warnings.warn(f"The rule {rule.name} failed: {error!r}", RuntimeWarning, stacklevel=4)
        return None


def _eased(finding: Finding, case: Case) -> Finding:
    overcome = case.left < OVERCOME.get(finding.name, 0.0) and WEIGHT[finding.severity] > 1
    return replace(finding, severity="note") if overcome else finding


def _weight(finding: Finding) -> int:
    return min(1, WEIGHT[finding.severity]) if finding.over else WEIGHT[finding.severity]


def _rank(finding: Finding, found: list[Finding]) -> tuple[int, int, float]:
    others = [other for other in found if other.name != finding.name and not other.over]
    explained = [other for other in others if _explains(finding, other)]
    causes = sum(_explains(other, finding) for other in others)
    weight = _weight(finding)
    if weight > 1:
        weight = max([weight, *(_weight(other) for other in explained)])
    return -weight, causes, -finding.confidence


def _explains(cause: Finding, other: Finding) -> bool:
    """Tell whether one finding explains another; one that is far less sure does not."""
    return other.name in RULES[cause.name].explains and cause.confidence >= other.confidence - LESS_SURE


def _merged(past: tuple[Finding, ...], ended: list[Finding], now: dict[str, Finding]) -> tuple[Finding, ...]:
    """Add what has ended, but for what goes on now; the same finding about the same time is kept once, as told last."""
    kept = [one for one in past if one.name not in now or one.last_step < now[one.name].first_step]
    for finding in ended:
        if finding.name in ("healthy",):
            continue
        kept = [other for other in kept if not _same(other, finding)]
        kept.append(finding)
    return tuple(sorted(kept, key=lambda finding: (finding.last_step, finding.first_step))[-MOST_PAST:])


def _same(one: Finding, other: Finding) -> bool:
    """Tell whether two findings are of one rule and overlap in time."""
    return one.name == other.name and one.first_step <= other.last_step and other.first_step <= one.last_step
