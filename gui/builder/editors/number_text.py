"""Numbers as people type them, and the next one up or down. No Qt."""

from __future__ import annotations

import math
import re
from typing import Any

DIGITS = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?[\d_]{1,300}")


def parse_number(text: str, *, whole: bool, zero_words: tuple[str, ...] = ()) -> Any:
    """Return the number a text says, or the text itself where it says none (validation then explains)."""
    cleaned = text.strip().replace("−", "-").replace("\u202f", "").replace("\u00a0", "")
    if cleaned.lower() in zero_words:
        return 0 if whole else 0.0
    if not DIGITS.fullmatch(cleaned):
        return cleaned
    if whole and WHOLE.fullmatch(cleaned):
        return int(cleaned)  # to the last digit: a seed may have more of them than a float holds
    value = float(cleaned)
    return int(value) if whole and value.is_integer() else value


def next_number(value: float, direction: int, *, whole: bool, low: float | None, high: float | None) -> float:
    """Return the next number up or down: by one if whole, else by one in the first significant digit."""
    if not math.isfinite(value):
        return value
    stepped: float = int(value) + direction if whole else _next_digit(value, direction)
    if low is not None:
        stepped = max(stepped, low)
    if high is not None:
        stepped = min(stepped, high)
    return int(stepped) if whole else stepped


def _next_digit(value: float, direction: int) -> float:
    if value == 0:
        return 0.001 * direction
    if value < 0:
        return -_next_digit(-value, -direction)
    # In decimal notation: powers of ten near the ends of the range of floats are 0 or infinite.
    mantissa, _, exponent = f"{value:.5e}".partition("e")
    digits, power = float(mantissa), int(exponent)
    if direction < 0 and digits <= 1:
        digits, power = 10 * digits, power - 1
    stepped = float(f"{digits + direction:.6g}e{power}")
    return stepped if math.isfinite(stepped) else value
