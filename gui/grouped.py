"""Whole numbers in groups of three digits. No Qt."""

from __future__ import annotations

THIN_SPACE = "\u2009"


def grouped(number: float) -> str:
    """Return a whole number with thin spaces between groups of three digits."""
    return f"{number:,.0f}".replace(",", THIN_SPACE)
