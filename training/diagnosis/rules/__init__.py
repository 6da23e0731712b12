"""The rules, one a file, and the table of them."""

from __future__ import annotations

from training.diagnosis.rules import (
    badly_scaled_inputs,
    dead_units,
    diverged,
    diverging,
    exploding_gradients,
    healthy,
    label_noise,
    noisy_batches,
    overfitting,
    plateau,
    premature_convergence,
    rate_too_high,
    rate_too_low,
    saturation,
    symmetric_start,
    underfitting,
    vanishing_gradients,
)
from training.diagnosis.rules.rule import Rule

_ROWS = (
    healthy.RULE,
    overfitting.RULE,
    underfitting.RULE,
    rate_too_high.RULE,
    diverging.RULE,
    diverged.RULE,
    rate_too_low.RULE,
    vanishing_gradients.RULE,
    exploding_gradients.RULE,
    dead_units.RULE,
    saturation.RULE,
    symmetric_start.RULE,
    plateau.RULE,
    premature_convergence.RULE,
    badly_scaled_inputs.RULE,
    noisy_batches.RULE,
    label_noise.RULE,
)

RULES: dict[str, Rule] = {row.name: row for row in _ROWS}
"""By name."""
