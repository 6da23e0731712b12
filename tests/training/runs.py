"""Small experiments and what to do with them: train, collect, compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.data.dataset import Dataset
from training.data.prepare import PreparedData
from training.data.scaling import Scaling
from training.engine import Engine
from training.experiment import Experiment
from training.progress import EvaluationRecord, Outcome, Progress
from training.validation import replace, validate

FloatArray = NDArray[np.float64]

# 30 training and 12 held-out samples: batches of 8, 8, 8 and 6.
SMALL: dict[str, Any] = {
    "data": {"dataset": "moons", "samples": 43, "held_out": 0.3, "noise": 0.5},
    "network": {"hidden": [7, 5], "activation": "tanh", "initialization": {"scheme": "xavier_uniform"}},
    "optimizer": {"method": "adam", "lr": 0.02},
    "stopping": {"early": {"enabled": False}},
    "batch_size": 8,
    "epochs": 8,
    "dtype": "float64",
    "device": "cpu",
}
REGRESSION: dict[str, Any] = {
    "data": {"dataset": "plane", "samples": 43, "held_out": 0.3, "noise": 0.2}, "loss": {"kind": "mse"},
}  # fmt: skip


def small(**changes: Any) -> Experiment:
    """Return a small experiment; ``optimizer__lr=0.1`` changes a dotted key, ``optimizer={…}`` a whole section."""
    whole = {key: value for key, value in changes.items() if "__" not in key}
    dotted = {key.replace("__", "."): value for key, value in changes.items() if "__" in key}
    experiment = validate({**SMALL, **whole})
    return replace(experiment, dotted) if dotted else experiment


def data_of(
    x: FloatArray, y: NDArray[Any], x_val: FloatArray | None = None, y_val: NDArray[Any] | None = None, classes: int = 0
) -> PreparedData:
    """Return arrays as prepared data, as they are: regression, or so many classes."""
    inputs = x.shape[1]
    if x_val is None or y_val is None:
        x_val, y_val = x[:0], y[:0]
    whole = np.concatenate([x, x_val]), np.concatenate([y, y_val])
    names = tuple(f"x{index}" for index in range(inputs))
    labels = tuple(f"class {index}" for index in range(classes))
    task: Any = "classification" if classes else "regression"
    return PreparedData(
        task=task, x_train=x, y_train=y, x_val=x_val, y_val=y_val, train_index=np.arange(len(x)),
        val_index=np.arange(len(x), len(whole[0])), feature_names=names, class_names=labels, target_name="y",
        dataset=Dataset("test", task, *whole, names, labels), extra_features=(),
        feature_scaling=Scaling(np.zeros(inputs), np.ones(inputs)), target_scaling=Scaling(np.zeros(1), np.ones(1)),
    )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """All that a run reported."""

    records: FloatArray
    evaluations: tuple[EvaluationRecord, ...]
    outcomes: tuple[Outcome | None, ...]


def collected(progress: Iterable[Progress]) -> Run:
    """Join chunks; each must begin where the last ended."""
    parts = list(progress)
    step = parts[0].first_step
    for part in parts:
        assert part.first_step == step
        assert part.step == step + len(part.records)
        step = part.step
    evaluations = tuple(record for part in parts for record in part.evaluations)
    return Run(np.concatenate([part.records for part in parts]), evaluations, parts[-1].outcomes)


def trained(engine: Engine, *, chunk: int = 1000) -> Run:
    """Train to the end in chunks of one length."""
    parts = [engine.advance(chunk)]
    while not engine.finished:
        parts.append(engine.advance(chunk))
    return collected(parts)


def evaluation_values(record: EvaluationRecord) -> FloatArray:
    """Return all numbers of an evaluation in one array."""
    numbers = [np.atleast_1d(getattr(record, field.name)) for field in fields(record) if field.name != "criteria"]
    criteria = [state.value for states in record.criteria for state in states]
    return np.concatenate([*numbers, criteria])


def assert_same_run(actual: Run, expected: Run) -> None:
    """Compare bit for bit."""
    np.testing.assert_array_equal(actual.records, expected.records)
    assert len(actual.evaluations) == len(expected.evaluations)
    for mine, other in zip(actual.evaluations, expected.evaluations, strict=True):
        np.testing.assert_array_equal(evaluation_values(mine), evaluation_values(other))
        assert repr(mine.criteria) == repr(other.criteria)  # as text: NaN is not equal to itself
    assert repr(actual.outcomes) == repr(expected.outcomes)


def weights_of(engine: Engine, replica: int = 0) -> FloatArray:
    """Return a copy of one replica's parameters."""
    values: FloatArray = engine.network.params[replica].double().numpy().copy()
    return values


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-9) -> None:
    """Compare to within a tolerance, relative for numbers larger than one."""
    np.testing.assert_allclose(_plain(actual), _plain(expected), rtol=tolerance, atol=tolerance)


def _plain(values: Any) -> Any:
    return values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def reasons(outcomes: Sequence[Outcome | None]) -> list[str | None]:
    """Return why each replica ended."""
    return [outcome.reason if outcome else None for outcome in outcomes]
