"""What a rule is: a look at a case, and what it takes to rank what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.diagnosis.case import Case
from training.diagnosis.finding import Finding, Severity


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
