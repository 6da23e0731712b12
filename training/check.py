"""One row of the self-test, and how rows are judged together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "failed"]

WORDS: dict[Verdict, str] = {"ok": "OK", "warning": "Warning", "failed": "Failed"}
"""How a verdict is said, beside any color or sign."""


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, what was found, and what to do about it (empty: nothing)."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """Return what `check` returns; an exception in it becomes a failed row."""
    try:
        return check()
    except Exception as error:  # a computer in trouble fails in ways nobody has thought of
        return Check(name, "failed", f"{type(error).__name__}: {error}", "Run the set-up again; see docs/install.md")


def worst(checks: Iterable[Check]) -> Verdict:
    """Return the verdict on all together."""
    found = {check.verdict for check in checks}
    return "failed" if "failed" in found else "warning" if "warning" in found else "ok"


def conclusion(checks: Iterable[Check]) -> str:
    """Return the verdict on all together, as a sentence."""
    rows = list(checks)
    failed = sum(check.verdict == "failed" for check in rows)
    warned = sum(check.verdict == "warning" for check in rows)
    if failed:
        return f"{_counted(failed, 'check')} of {len(rows)} failed: see what to do."
    if warned:
        return f"This computer works; {_counted(warned, 'thing')} could be better."
    return "Everything works."


def as_text(checks: Iterable[Check]) -> str:
    """Return the rows as plain text, to paste into a message."""
    rows = list(checks)
    width = max((len(check.name) for check in rows), default=0)
    lines = []
    for check in rows:
        lines.append(f"{WORDS[check.verdict]:<7}  {check.name:<{width}}  {check.found}")
        if check.advice:
            lines.append(f"{'':<7}  {'':<{width}}  → {check.advice}")
    return "\n".join([*lines, "", conclusion(rows)])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + "s" * (count != 1)
