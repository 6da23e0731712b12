"""Numbers as they are read: in sentences, not in tables."""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many digits that count: ``0.0123``, ``1 230 000`` as ``1.23e+06``.

    >>> number(0.01234), number(1234.0), number(2.5e-7), number(1.0)
    ('0.0123', '1 234', '2.5e-07', '1')
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if 1000 <= abs(value) < 1e6:
        return whole(value)
    return f"{value:.{digits}g}".replace("-", "−") if abs(value) >= 1e-3 or value == 0 else f"{value:.{digits - 1}g}"


def whole(value: float) -> str:
    """Return a whole number with thin gaps between thousands.

    >>> whole(2300.4)
    '2 300'
    """
    return f"{round(value):,}".replace(",", " ")


def fraction(ratio: float) -> str:
    """Return a ratio below one as a part: ``1/2 300``; others as a number.

    >>> fraction(1 / 2300), fraction(3e-13), fraction(0.8)
    ('1/2 300', '3.0e−13', '0.8')
    """
    if ratio <= 0:
        return "nothing"
    if ratio > 0.2:
        return number(ratio, 2)
    parts = 1.0 / ratio
    if parts >= 1e6:
        return f"{ratio:.1e}".replace("-", "−")
    rounded = float(f"{parts:.2g}") if parts >= 100 else round(parts)
    return f"1/{whole(rounded)}"


def percent(share: float) -> str:
    """Return a share in percent: whole ones, but one digit that counts below 1 % and nine tenths short of 100 %.

    >>> percent(0.1234), percent(0.002), percent(0.996), percent(0.9999), percent(1e-5)
    ('12 %', '0.2 %', '99.6 %', '100 %', '0.001 %')
    """
    value = 100.0 * share
    if not math.isfinite(value):
        return f"{number(value)} %"
    if 0 < abs(value) < 0.95:
        return f"{number(float(f'{value:.1g}'))} %"
    return f"{value:.1f} %" if 99 < value < 99.95 else f"{whole(value)} %"


def times(ratio: float) -> str:
    """Return a factor.

    >>> times(3.04), times(12345)
    ('3', '12 000')
    """
    if ratio >= 1e6:
        return f"{ratio:.0e}".replace("+0", "").replace("+", "")
    return whole(float(f"{ratio:.2g}")) if ratio >= 10 else f"{ratio:.2g}"
