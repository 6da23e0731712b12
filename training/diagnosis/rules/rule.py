"""What a rule is: a look at a case, and what it takes to rank what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.diagnosis.fixes import offered


@dataclass(frozen=True)
class Rule:
    """One row of the table of rules.

    Attributes
    ----------
    name
        Identifies it in files, and its explanation: ``explanations/<name>.md``.
    title
        In a few words, as a heading.
    severity
        The worst it says; a finding may be milder.
    look
        Returns what it finds, or None. Its docstring states the rule and where it comes from.
    explains
        Rules whose findings follow from this one: they are ranked behind it.
    """

    name: str
    title: str
    severity: Severity
    look: Callable[[Case], Finding | None]
    explains: tuple[str, ...] = ()

    def found(
        self,
        case: Case,
        sentence: str,
        *,
        since: int,
        confidence: float,
        evidence: tuple[Evidence, ...],
        fixes: tuple[Fix | None, ...] = (),
        severity: Severity | None = None,
        until: int | None = None,
    ) -> Finding:
        """Return a finding of this rule, with those of the fixes that suit the experiment.

        Parameters
        ----------
        since
            The step since when it is so.
        severity
            None: the worst it says.
        until
            The step at which it was over; None: it lasts.
        """
        last = case.step if until is None else until
        shown = tuple(replace(each, first_step=min(each.first_step, case.step)) for each in evidence)
        return Finding(
            self.name, self.title, severity or self.severity, float(min(max(confidence, 0.05), 0.99)), sentence,
            min(since, last), last, shown, offered(case, *fixes), over=until is not None,
        )  # fmt: skip
