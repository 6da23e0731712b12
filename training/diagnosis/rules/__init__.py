"""The rules, one a file, and the table of them."""

from __future__ import annotations

from training.diagnosis.rules import diverged, healthy, overfitting, vanishing_gradients
from training.diagnosis.rules.rule import Rule

_ROWS = (
    diverged.RULE,
    vanishing_gradients.RULE,
    overfitting.RULE,
    healthy.RULE,
)

RULES: dict[str, Rule] = {row.name: row for row in _ROWS}
"""By name, in the order in which they are asked."""
