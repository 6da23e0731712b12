"""Runs as the panels see them, made up: no training, so every figure is known."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gui.run_view import RunView
from models.network import Network
from training.data.load import load_prepared
from training.experiment import Experiment
from training.feasibility import architecture_of
from training.history import History
from training.progress import EvaluationRecord, Progress, record_width
from training.snapshot import Snapshot
from training.validation import replace

FloatArray = NDArray[np.float64]
STEPS_PER_EPOCH = 10


def make_run(changes: dict[str, Any] | None = None, *, steps: int = 200, playing: bool = False) -> RunView:
    """Return a run of `steps` made-up steps on real data, with a snapshot of a freshly drawn network."""
    few = {"data.samples": 80} if _synthetic(changes) else {}
    experiment = replace(Experiment(), {**few, **(changes or {})})
    data = load_prepared(experiment.data)
    layers = len(experiment.network.hidden) + 1
    history = History(experiment.replicas, layers)
    run = RunView(experiment, data, history, history.layer_names, playing=playing)
    run.snapshot = snapshot_of(run)
    if steps:
        extend(run, steps)
    return run


def _synthetic(changes: dict[str, Any] | None) -> bool:
    return (changes or {}).get("data.dataset", "two_spirals") not in ("iris", "wine", "digits", "diabetes")


def snapshot_of(run: RunView, seed: int = 0, scale: float = 1.0) -> Snapshot:
    network = Network(architecture_of(run.experiment, run.data))
    network.initialize([torch.Generator().manual_seed(seed)], "he_normal")
    with np.errstate(all="ignore"):
        params = network.params[0].numpy() * np.float32(scale)
    return Snapshot(0, 0.0, network.architecture, run.data.task, params, network.statistics.numpy().copy())


def records(run: RunView, steps: int, *, first: int = 0) -> FloatArray:
    """Return step records: layer l (from 0) has a weight-gradient norm of 10^(l − L), a signal norm of 10^-l.

    Update-to-weight ratios are 10^-3.
    """
    layers = len(run.layer_names)
    made = np.empty((steps, run.history.replicas, record_width(layers)))
    wave = 1.0 + 0.2 * np.sin(0.5 * (first + np.arange(steps)))
    made[:, :, :4] = wave[:, None, None]
    made[:, :, 4 : 4 + layers] = wave[:, None, None] * 10.0 ** (np.arange(layers) - layers)
    made[:, :, 4 + layers : 4 + 2 * layers] = wave[:, None, None] * 10.0 ** -np.arange(layers)
    made[:, :, 4 + 2 * layers :] = wave[:, None, None] * 1e-3
    return made


def evaluation(run: RunView, step: int, **values: FloatArray) -> EvaluationRecord:
    each = np.ones(run.history.replicas)
    columns = {
        "train_loss": each / (1 + step), "val_loss": each / (1 + 0.5 * step), "train_score": each * 0.9,
        "val_score": each * 0.8, "parameter_change": each, "grad_norm": each, "lr": each, "waited": each * 0,
        "best_step": each * step, **values,
    }
    return EvaluationRecord(step=step, epoch=step / STEPS_PER_EPOCH, criteria=(), **columns)


def extend(run: RunView, steps: int, **values: FloatArray) -> None:
    """Add made-up steps, with an evaluation after every epoch."""
    first = run.history.n_steps
    last = first + steps
    at = [step for step in range(first, last + 1) if step % STEPS_PER_EPOCH == 0 and (step > first or first == 0)]
    run.history.extend(
        Progress(
            first_step=first, records=records(run, steps, first=first),
            evaluations=tuple(evaluation(run, step, **values) for step in at),
            step=last, epoch=last / STEPS_PER_EPOCH, outcomes=(None,) * run.history.replicas, seconds=0.0,
        )
    )


def extend_with(run: RunView, made: FloatArray) -> None:
    """Add given step records without any evaluation."""
    first = run.history.n_steps
    last = first + len(made)
    run.history.extend(Progress(first, made, (), last, last / STEPS_PER_EPOCH, (None,) * made.shape[1], 0.0))


def new_snapshot(run: RunView, **changes: Any) -> None:
    """Give the run another snapshot object of (nearly) the same weights."""
    assert run.snapshot is not None
    run.snapshot = replaced(run.snapshot, **changes)
