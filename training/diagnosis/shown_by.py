"""Where each finding can be seen: a run of a scenario that ships with the lab."""

from __future__ import annotations

from dataclasses import dataclass

from training.scenarios.scenario import BASE


@dataclass(frozen=True)
class ShownBy:
    """One run of a shipped scenario.

    Attributes
    ----------
    scenario
        Its name.
    variant
        Which of its runs.
    """

    scenario: str
    variant: str = BASE


SHOWN_BY: dict[str, ShownBy] = {
    "healthy": ShownBy("symmetric_start", "random"),
    "overfitting": ShownBy("overfitting_and_early_stopping"),
    "underfitting": ShownBy("underfitting"),
    "rate_too_high": ShownBy("rate_too_low_too_high", "too_high"),
    "rate_too_low": ShownBy("rate_too_low_too_high"),
    "diverging": ShownBy("divergence_threshold", "above"),
    "diverged": ShownBy("exploding_and_clipping"),
    "vanishing_gradients": ShownBy("vanishing_gradients"),
    "exploding_gradients": ShownBy("exploding_and_clipping"),
    "dead_units": ShownBy("dead_relus"),
    "saturation": ShownBy("saturated_inputs"),
    "symmetric_start": ShownBy("symmetric_start"),
    "plateau": ShownBy("plateau_then_escape"),
    "premature_convergence": ShownBy("premature_decay_and_restarts"),
    "badly_scaled_inputs": ShownBy("feature_scaling"),
    "noisy_batches": ShownBy("step_and_cosine_decay"),
    "label_noise": ShownBy("label_noise"),
}
"""By the name of the rule."""
