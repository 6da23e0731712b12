"""What only the data can tell: whether an experiment suits its task, its samples and the machine's memory."""

from __future__ import annotations

import math

import psutil
import torch

from models.architecture import Architecture
from models.network import EVALUATION_BLOCK
from training.batches import GATHER_VALUES
from training.consistency import loss_against_task
from training.data.prepare import PreparedData
from training.errors import ExperimentError, InputError, Problem
from training.experiment import Experiment
from training.history import bytes_at_most
from training.length import evaluations_at_most, steps_at_most

# Flat buffers of the size of all parameters: values, gradients, previous values, values at the last
# evaluation, best values, weight mask, two or three moments and the scratch space of an optimizer.
PARAMETER_BUFFERS = 11
# Per layer and sample: input, pre-activation, activation, its gradient and one temporary.
ACTIVATION_BUFFERS = 5
# Per evaluated sample and output: the output in parts and joined, and the temporaries of the loss.
EVALUATION_BUFFERS = 4
MEMORY_SHARE = 0.8


def architecture_of(experiment: Experiment, data: PreparedData) -> Architecture:
    """Return the shape of the network for these data."""
    network = experiment.network
    return Architecture(
        n_inputs=data.n_inputs,
        n_outputs=data.n_outputs,
        hidden=network.hidden,
        activations=network.activations(),
        normalization=network.normalization,
        skip_every=network.skip_every,
        dropout=network.dropout,
    )


def batch_size_of(experiment: Experiment, data: PreparedData) -> int:
    """Return the number of samples in a step: the batch size, or all there are."""
    samples = len(data.x_train)
    return samples if experiment.batch_size == "full" else min(experiment.batch_size, samples)


def check_feasible(
    experiment: Experiment, data: PreparedData, *, replicas: int, device: torch.device | None = None
) -> None:
    """Raise before training what would go wrong during it.

    Parameters
    ----------
    device
        Where the memory is to come from; None: do not ask, as for a run that has its memory already.

    Raises
    ------
    ExperimentError
        If the loss does not suit the task, or the schedule or normalization not the size of the data.
    InputError
        If the network would not fit into memory; the message gives the estimate.
    """
    problems = [
        *loss_against_task(experiment, data.task),
        *_batch_norm(experiment, data),
        *_warmup_steps(experiment, data),
    ]
    if problems:
        raise ExperimentError([Problem(*text.split(": ", 1)) for text in problems])
    if device is not None:
        _check_memory(experiment, data, replicas, device)


def memory_estimate(experiment: Experiment, data: PreparedData, replicas: int) -> int:
    """Return about how many bytes a run needs."""
    architecture = architecture_of(experiment, data)
    itemsize = 8 if experiment.dtype == "float64" else 4
    batch = batch_size_of(experiment, data)
    parameters = PARAMETER_BUFFERS * replicas * architecture.n_parameters
    training, held_out = len(data.x_train), len(data.x_val)
    evaluated = min(training, experiment.evaluation.train_samples) + held_out
    widest = max(architecture.widths[1:])
    at_once = min(evaluated, max(1, EVALUATION_BLOCK // (replicas * widest)))
    # A step keeps what every layer computed, for the way back; an evaluation only what the next layer needs.
    activations = replicas * (
        ACTIVATION_BUFFERS * batch * sum(architecture.widths) + ACTIVATION_BUFFERS * at_once * widest
    )
    # Each replica has an order of its own; what it sees next is copied a block at a time.
    per_sample = data.n_inputs + data.n_outputs
    samples = 2 * (training + held_out) * per_sample + min(GATHER_VALUES, replicas * training * per_sample)
    outputs = EVALUATION_BUFFERS * replicas * evaluated * data.n_outputs
    return itemsize * (parameters + activations + samples + outputs) + 8 * replicas * training


def records_estimate(experiment: Experiment, data: PreparedData, replicas: int) -> int:
    """Return about how many bytes of the computer's memory the history of a run takes, wherever the run is."""
    steps_per_epoch = -(-len(data.x_train) // batch_size_of(experiment, data))
    return bytes_at_most(
        replicas,
        architecture_of(experiment, data).layers,
        steps=steps_at_most(experiment, steps_per_epoch),
        evaluations=evaluations_at_most(experiment, steps_per_epoch),
    )


def _batch_norm(experiment: Experiment, data: PreparedData) -> list[str]:
    if experiment.network.normalization == "batch" and batch_size_of(experiment, data) < 2:
        return ["data.held_out: batch normalization needs at least 2 training samples; hold fewer out"]
    return []


def _warmup_steps(experiment: Experiment, data: PreparedData) -> list[str]:
    schedule = experiment.schedule
    steps_per_epoch = -(-len(data.x_train) // batch_size_of(experiment, data))
    total = min(experiment.epochs * steps_per_epoch, experiment.steps or math.inf)
    warmup = schedule.warmup * (steps_per_epoch if schedule.unit == "epoch" else 1)
    if 0 < warmup < total or warmup == 0:
        return []
    return [
        f"schedule.warmup: a warm-up of {warmup:g} steps does not end within the run of {total:g} steps; "
        "shorten it (0: none) or let the run go on for longer"
    ]


def _check_memory(experiment: Experiment, data: PreparedData, replicas: int, device: torch.device) -> None:
    needed = memory_estimate(experiment, data, replicas)
    records = records_estimate(experiment, data, replicas)
    if device.type == "cuda":
        _check_fits(needed, torch.cuda.mem_get_info(device)[0], "this network needs")
        needed = 0
    _check_fits(needed + records, psutil.virtual_memory().available, "this network and its records need")


def _check_fits(needed: int, free: int, what: str) -> None:
    available = int(free * MEMORY_SHARE)
    if needed > available:
        raise InputError(
            f"{what} about {_gigabytes(needed)}, but only {_gigabytes(available)} of memory can be used",
            where="network.hidden",
            hint="Use fewer or narrower layers, fewer replicas or a smaller batch",
        )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
