"""Runs that are lived through with edits, stops and extensions, and what they were like at every stop on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.runs import small
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.progress import Edit, EvaluationRecord
from training.timeline.checkpoints import Checkpoints

FloatArray = NDArray[np.float64]
Act = tuple[str, Any]


@dataclass
class Truth:
    """How the run stood at a step, told by its own engine."""

    state: Mapping[str, Any]
    params: FloatArray
    epoch: float
    row: FloatArray | None
    evaluation: EvaluationRecord | None


@dataclass
class Life:
    """A run and its record."""

    engine: Engine
    checkpoints: Checkpoints
    history: History
    truths: dict[int, Truth] = field(default_factory=dict)
    records: list[FloatArray] = field(default_factory=list)
    evaluations: list[EvaluationRecord] = field(default_factory=list)

    def take(self, progress: Any) -> None:
        self.checkpoints.follow(self.engine, progress)
        self.history.extend(progress)
        self.records.extend(progress.records)
        self.evaluations.extend(progress.evaluations)
        self.truths[self.engine.step] = Truth(
            self.engine.state(), self.engine.snapshot().params, self.engine.epoch,
            self.records[-1] if self.records else None, self.evaluations[-1] if self.evaluations else None,
        )  # fmt: skip

    @property
    def edits(self) -> Sequence[Edit]:
        return self.engine.edits


def lived(experiment: Experiment, acts: Sequence[Act], *, budget: int = 400_000, spacing: int = 1) -> Life:
    """Do what `acts` say, as a session does: train so many steps, change something, stop."""
    engine = Engine(experiment)
    checkpoints = Checkpoints(budget, share=1e9)
    checkpoints._spacing = spacing
    life = Life(engine, checkpoints, History(engine.replicas, engine.architecture.layers))
    for kind, value in acts:
        if kind == "train":
            life.take(engine.advance(value))
        elif kind == "stop":
            engine.stop()
            life.take(engine.advance(0))
        else:
            try:
                engine.edit(value)
            except InputError:
                continue
            life.take(engine.advance(0))
    return life


KINDS: dict[str, Any] = {
    "plain": {},
    "dropout and noise": {
        "network": {"hidden": [6, 5], "dropout": 0.3, "skip_every": 1},
        "optimizer": {"method": "rmsprop", "lr": 0.02, "momentum": 0.5, "gradient_noise": 0.01, "clip_norm": 1.0},
    },
    "batch norm, plateau": {
        "network": {"hidden": [6], "normalization": "batch"},
        "schedule": {"kind": "plateau", "patience": 0, "factor": 0.7, "warmup": 1.0},
    },
    "best weights restored": {
        "stopping": {"early": {"enabled": True, "patience": 1, "restore_best": True}}, "optimizer": {"lr": 0.3},
        "evaluation": {"every": 3, "unit": "step"},
    },
    "converges": {"stopping": {"early": {"enabled": False}, "criteria": {
        "loss_plateau": {"threshold": 0.02, "action": "stop"},
    }}, "evaluation": {"every": 2, "unit": "step"}},
    "diverges": {
        "optimizer": {"method": "sgd", "lr": 1e3}, "network": {"hidden": [6], "activation": "relu"}, "dtype": "float32",
    },
    "rate scaled with the batch": {"optimizer": {"method": "adam", "lr": 0.01, "reference_batch": 8}},
}  # fmt: skip
EDITS: tuple[Mapping[str, Any], ...] = (
    {"optimizer.lr": 0.001}, {"optimizer.lr": 0.1, "optimizer.clip_norm": 0.5}, {"batch_size": 5}, {"batch_size": 11},
    {"batch_size": "full"}, {"epochs": 3}, {"epochs": 9}, {"epochs": 30}, {"steps": 17}, {"steps": 0},
    {"regularization.l2": 0.1}, {"stopping.early.patience": 20}, {"stopping.early.metric": "train_loss"},
    {"stopping.early.enabled": True}, {"stopping.criteria.gradient_norm.action": "stop"},
    {"stopping.criteria.loss_plateau.threshold": 1e-9},
)  # fmt: skip

acts = st.lists(
    st.one_of(
        st.tuples(st.just("train"), st.integers(1, 9)), st.tuples(st.just("train"), st.integers(1, 9)),
        st.tuples(st.just("edit"), st.sampled_from(EDITS)), st.tuples(st.just("stop"), st.none()),
    ),
    min_size=3, max_size=14,
).map(lambda made: [("train", 1), *made])  # fmt: skip
kinds = st.sampled_from(sorted(KINDS))


def experiment_of(kind: str, replicas: int = 1) -> Experiment:
    return small(**KINDS[kind], epochs=6, replicas=replicas)


def differences(actual: Any, expected: Any, where: str = "") -> Iterator[str]:
    """Yield where two things differ, bit for bit (NaN being equal to NaN)."""
    if isinstance(expected, torch.Tensor):
        yield from differences(actual.cpu().numpy(), expected.cpu().numpy(), where)
    elif isinstance(expected, np.ndarray):
        if not np.array_equal(actual, expected, equal_nan=expected.dtype.kind == "f"):
            yield where
    elif isinstance(expected, Mapping):
        for key in expected:
            yield from differences(actual[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        if len(actual) != len(expected):
            yield f"{where}: {len(actual)} and not {len(expected)}"
        for index, (mine, other) in enumerate(zip(actual, expected, strict=False)):
            yield from differences(mine, other, f"{where}[{index}]")
    elif is_dataclass(expected) and not isinstance(expected, type):
        for part in fields(expected):
            yield from differences(getattr(actual, part.name), getattr(expected, part.name), f"{where}.{part.name}")
    elif repr(actual) != repr(expected):
        yield f"{where}: {actual!r} and not {expected!r}"


def assert_equal(actual: Any, expected: Any) -> None:
    assert list(differences(actual, expected)) == []
