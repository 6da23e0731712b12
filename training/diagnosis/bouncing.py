"""What `rate_too_high` and `noisy_batches` say alike of a loss that goes up and down."""

from __future__ import annotations

from training.diagnosis.case import Case
from training.diagnosis.reading import Shape
from training.diagnosis.wording import percent

FEWEST_ON_THE_WAY = 20
"""Evaluations, while the run goes on: a handful that go up and down are what a run often begins with."""

MILD = 0.15
"""Mean change from one evaluation to the next, as a share of the level."""


def no_further(shape: Shape) -> str:
    """Say that a bouncing loss does not come down, or how little it does beside its swings."""
    if shape.fallen < 0.05:
        return "it falls no further"
    return f"its middle comes down by {percent(shape.fallen)} meanwhile"


def may_yet_calm_down(case: Case) -> bool:
    """Tell whether the run has only begun, or has learned something and has half of its steps before it.

    Or has learned something, and its schedule is yet to lower the rate.
    """
    if case.ended:
        return False
    lowered = case.experiment.schedule.kind not in ("constant", "cyclical", "cosine_restarts")
    learns = case.left < 0.5 and case.step < case.planned_steps / 2
    return case.evaluations < FEWEST_ON_THE_WAY or learns or (lowered and case.left < 0.9)


def mild(shape: Shape | None) -> bool:
    """Tell whether a loss bounces by no more than batches of some samples make of it at any constant rate."""
    return shape is not None and shape.swing < MILD
