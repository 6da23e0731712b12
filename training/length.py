"""How long a run becomes unless something ends it before."""

from __future__ import annotations

from training.experiment import Experiment


def steps_at_most(experiment: Experiment, steps_per_epoch: int) -> int:
    """Return the number of steps of the whole run."""
    steps = experiment.epochs * steps_per_epoch
    return min(steps, experiment.steps or steps)


def evaluations_at_most(experiment: Experiment, steps_per_epoch: int) -> int:
    """Return the number of evaluations of the whole run: in between, before the first step and after the last."""
    evaluation = experiment.evaluation
    apart = evaluation.every * (steps_per_epoch if evaluation.unit == "epoch" else 1)
    return steps_at_most(experiment, steps_per_epoch) // apart + 2
