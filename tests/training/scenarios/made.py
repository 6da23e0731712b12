"""Records of runs made by hand, with curves that can be calculated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.architecture import Architecture
from tests.training.runs import data_of, small
from training.criteria import CRITERIA, CriterionState
from training.progress import EvaluationRecord, Outcome, column, layer_names, record_width
from training.scenarios.record import RunRecord
from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

PER_EPOCH = 4


def made_record(
    *, steps: dict[Any, FloatArray] | None = None, evaluations: dict[str, FloatArray] | None = None,
    ends: tuple[tuple[str, int], ...] = (("completed", 12),), held_out: bool = True, layers: int = 3,
    met: dict[str, int] | None = None,
) -> RunRecord:
    """Return a run of four steps an epoch, evaluated after each epoch.

    Parameters
    ----------
    steps
        Curves over steps, ``[steps]`` or ``[steps, replicas]``, by name, or by (name, layer from 0).
    evaluations
        Curves over evaluations, the one before the first step included.
    ends
        Of each replica why it ended, and after how many steps; what comes later is NaN.
    met
        For criteria, the first evaluation that meets each.
    """
    replicas, length = len(ends), max(step for _, step in ends)
    records = np.full((length, replicas, record_width(layers)), 1.0)
    for key, values in (steps or {}).items():
        name, layer = key if isinstance(key, tuple) else (key, 0)
        records[:, :, column(name, layers, layer)] = _spread(values[:length], replicas)
    for replica, (_, step) in enumerate(ends):
        records[step:, replica] = np.nan
    x = np.linspace(-1, 1, 14).reshape(7, 2)
    y = np.zeros((7, 1))
    data = data_of(x, y, x[:2], y[:2]) if held_out else data_of(x, y)
    architecture = Architecture(2, 1, (3,) * (layers - 1), ("tanh",) * (layers - 1), "none", 0, 0.0)
    snapshot = Snapshot(0, 0.0, architecture, "regression", np.zeros(architecture.n_parameters), np.zeros(0))
    return RunRecord(
        experiments=tuple(small(seed=seed) for seed in range(replicas)),
        edits=(),
        layer_names=layer_names(layers),
        steps=records,
        epochs=np.arange(length + 1) / PER_EPOCH,
        evaluations=_evaluations(evaluations or {}, ends, length, met or {}),
        outcomes=tuple(Outcome(reason, step, step / PER_EPOCH, "") for reason, step in ends),  # type: ignore[arg-type]
        initial=(snapshot,) * replicas,
        final=(snapshot,) * replicas,
        data=data,
        seconds=0.0,
    )


def _evaluations(
    curves: dict[str, FloatArray], ends: tuple[tuple[str, int], ...], length: int, met: dict[str, int]
) -> tuple[EvaluationRecord, ...]:
    names = ("train_loss", "val_loss", "train_score", "val_score", "parameter_change", "grad_norm", "lr", "waited",
             "best_step")  # fmt: skip
    replicas = len(ends)
    found = []
    for row in range(length // PER_EPOCH + 1):
        step = row * PER_EPOCH
        over = np.array([step > last or (step == last and reason == "diverged") for reason, last in ends])
        values = {
            name: np.where(over, np.nan, _spread(curves[name], replicas)[row] if name in curves else 1.0)
            for name in names
        }
        states = tuple(
            CriterionState(name, 0.0, 0.0, row >= met.get(name, 10**9), "tell") for name in CRITERIA
        )
        found.append(EvaluationRecord(step=step, epoch=row, **values, criteria=(states,) * replicas))
    return tuple(found)


def _spread(values: FloatArray, replicas: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    return array if array.ndim == 2 else np.repeat(array[:, None], replicas, axis=1)
