"""The explanations of findings: Markdown beside the rules, at two levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.diagnosis.rules import RULES

FOLDER = Path(__file__).resolve().parent / "explanations"
PLAIN, EXPERT = "## In plain words", "## With the mathematics"


@dataclass(frozen=True)
class Explanation:
    """What a finding means.

    Attributes
    ----------
    title
        Of the rule.
    plain, expert
        Markdown for a first-year student, and for an expert; each can be read without the other.
    """

    title: str
    plain: str
    expert: str


@cache
def explanation(name: str) -> Explanation:
    """Return the explanation of a rule.

    Raises
    ------
    KeyError
        If there is no such rule.
    """
    rule = RULES[name]
    text = (FOLDER / f"{rule.name}.md").read_text(encoding="utf-8")
    _, _, both = text.partition(PLAIN)
    plain, _, expert = both.partition(EXPERT)
    return Explanation(rule.title, plain.strip(), expert.strip())
