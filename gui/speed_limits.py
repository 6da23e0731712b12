"""How fast a run may go: from one step a second, to be followed by eye, to as fast as can be. No Qt."""

from __future__ import annotations

from gui.grouped import grouped

LIMITS: tuple[float | None, ...] = (1, 2, 5, 10, 30, 100, 300, 1000, None)
"""Steps per second that are offered; None is full speed."""


def slower(limit: float | None) -> float | None:
    """Return the next limit below, or the same if there is none."""
    below = [other for other in LIMITS if other is not None and (limit is None or other < limit)]
    return below[-1] if below else limit


def faster(limit: float | None) -> float | None:
    """Return the next limit above; above all of them is full speed."""
    if limit is None:
        return None
    return next((other for other in LIMITS if other is None or other > limit), None)


def in_words(limit: float | None) -> str:
    """Return a limit as the menu names it."""
    if limit is None:
        return "Full speed"
    return "1 step/s" if limit == 1 else f"{_number(limit)} steps/s"


def in_few_words(limit: float | None) -> str:
    """Return a limit where there is little room."""
    return "Full" if limit is None else f"{_number(limit)}/s"


def _number(limit: float) -> str:
    return grouped(round(limit)) if limit >= 10 or limit == round(limit) else f"{limit:.2g}"
