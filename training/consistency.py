"""Mistakes that no single field shows: choices of an experiment that do not fit together.

What can be known without loading the data is checked here, whenever an experiment is made.
What needs the data (the task of a CSV file, the size of the training part) is checked by
`training.feasibility`, before anything runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.data.catalog import task_of

if TYPE_CHECKING:
    from training.experiment import Experiment

MAX_SEED = 2**31
"""Seeds are smaller than this."""


def inconsistencies(experiment: Experiment) -> list[str]:
    """Return one sentence, starting with the dotted key at fault, for each mistake."""
    return [
        *loss_against_task(experiment, task_of(experiment.data.dataset) or _declared_task(experiment)),
        *_batch_norm(experiment),
        *_held_out(experiment),
        *_schedule_within_run(experiment),
        *_criteria(experiment),
        *_seeds(experiment),
    ]


def _declared_task(experiment: Experiment) -> str | None:
    task = getattr(experiment.data, "task", "auto")
    return None if task == "auto" else task


def loss_against_task(experiment: Experiment, task: str | None) -> list[str]:
    """Return the mistake of a loss that does not suit `task` ("classification", "regression" or None: unknown)."""
    kind, dataset = experiment.loss.kind, experiment.data.dataset
    if task == "regression" and kind == "cross_entropy":
        return [
            f"loss.kind: cross-entropy needs classes, but '{dataset}' is a regression target; "
            "use mse, mae or huber"
        ]
    return []


def _batch_norm(experiment: Experiment) -> list[str]:
    if experiment.network.normalization == "batch" and experiment.batch_size == 1:
        return [
            "batch_size: batch normalization needs at least 2 samples in a batch (the variance of one is zero); "
            "raise batch_size, or use network.normalization = 'layer'"
        ]
    return []


def _held_out(experiment: Experiment) -> list[str]:
    if experiment.data.held_out > 0:
        return []
    found = []
    early = experiment.stopping.early
    if early.enabled and early.metric != "train_loss":
        found.append(
            f"stopping.early.metric: {early.metric} needs held-out samples, but data.held_out = 0; "
            "hold some out, watch train_loss, or set stopping.early.enabled = false"
        )
    if experiment.schedule.kind == "plateau" and experiment.schedule.monitor == "val_loss":
        found.append(
            "schedule.monitor: val_loss needs held-out samples, but data.held_out = 0; watch train_loss"
        )
    return found


def _schedule_within_run(experiment: Experiment) -> list[str]:
    schedule = experiment.schedule
    if schedule.unit != "epoch":
        return []  # steps per epoch are known only with the data: training.feasibility checks these
    if schedule.warmup >= experiment.epochs and schedule.warmup > 0:
        return [
            f"schedule.warmup: a warm-up of {schedule.warmup:g} epochs does not end within the run of "
            f"{experiment.epochs} epochs; shorten it or raise epochs"
        ]
    return []


def _criteria(experiment: Experiment) -> list[str]:
    criteria = experiment.stopping.criteria
    stopping = [
        name
        for name in ("loss_plateau", "gradient_norm", "parameter_change", "validation", "relative_improvement")
        if getattr(criteria, name).action == "stop"
    ]
    found = []
    if criteria.combine == "k" and stopping and criteria.k > len(stopping):
        found.append(
            f"stopping.criteria.k: {criteria.k} criteria must hold, but only {len(stopping)} are set to stop"
        )
    if criteria.validation.action == "stop" and experiment.data.held_out == 0:
        if experiment.stopping.early.metric != "train_loss":
            found.append(
                "stopping.criteria.validation: needs held-out samples, but data.held_out = 0; "
                "hold some out, or set stopping.early.metric = 'train_loss'"
            )
    return found


def _seeds(experiment: Experiment) -> list[str]:
    if experiment.seed + experiment.replicas > MAX_SEED:
        return [
            f"seed: replicas take the seeds {experiment.seed} to {experiment.seed + experiment.replicas - 1}, "
            f"but the largest is {MAX_SEED - 1}; lower it"
        ]
    return []
