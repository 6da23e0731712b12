"""Small real runs that show one fault each by construction, and healthy ones: trained once for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from training.diagnosis.case import Case
from training.engine import Engine
from training.history import History
from training.snapshot import Snapshot
from training.validation import replace, validate

XAVIER = {"network__initialization__scheme": "xavier_uniform"}
TINY = {"network__initialization__scheme": "normal", "network__initialization__std": 0.05}
SIGMOIDS = {"network__activation": "sigmoid", **XAVIER}
SGD = {"optimizer__method": "sgd"}

FAULTY: dict[str, dict[str, Any]] = {
    "overfitting": {"data__dataset": "breast_cancer", "data__held_out": 0.8, "network__hidden": [64, 64], "epochs": 80},
    "underfitting": {"data__dataset": "circles", "network__hidden": [], "epochs": 60},
    "rate_too_high": {"data__dataset": "moons", "optimizer__lr": 1.0, "epochs": 25},
    "diverging": {
        "data__dataset": "plane", "loss__kind": "mse", "network__hidden": [], **SGD, "optimizer__lr": 1.05,
        "batch_size": "full", "epochs": 160,
    },
    "diverged": {"data__dataset": "plane", "loss__kind": "mse", **SGD, "optimizer__lr": 5.0, "epochs": 20},
    "rate_too_low": {"data__dataset": "moons", **SGD, "optimizer__lr": 1e-4, "epochs": 30},
    "vanishing_gradients": {"network__hidden": [8] * 8, **SIGMOIDS, "epochs": 20},
    "exploding_gradients": {
        "network__hidden": [16] * 8, "network__initialization__gain": 3.0, **SGD, "optimizer__lr": 1e-4, "epochs": 10,
    },
    "dead_units": {
        "data__dataset": "moons", **SGD, "optimizer__lr": 0.3, "network__initialization__scheme": "normal",
        "network__initialization__std": 1.5, "epochs": 20,
    },
    "saturation": {
        "data__dataset": "two_spirals", "network__activation": "tanh", "network__initialization__scheme": "normal",
        "network__initialization__std": 8.0, "network__hidden": [16, 16], "epochs": 30,
    },
    "symmetric_start": {"data__dataset": "circles", "network__initialization__scheme": "zeros", "epochs": 20,
                        "network__activation": "sigmoid"},
    "plateau": {
        "data__dataset": "circles", "network__activation": "tanh", "network__hidden": [8, 8], **TINY, **SGD,
        "optimizer__lr": 0.2, "epochs": 100,
    },
    "premature_convergence": {
        "data__dataset": "two_spirals", "schedule__kind": "exponential", "schedule__gamma": 0.4, "epochs": 40,
    },
    "badly_scaled_inputs": {
        "data__dataset": "wine", "data__scaling": "none", "network__hidden": [8], **SGD, "epochs": 20,
    },
    "noisy_batches": {
        "data__dataset": "diabetes", "loss__kind": "mse", **SGD, "optimizer__lr": 0.03, "batch_size": 1,
        "network__hidden": [8], "epochs": 12,
    },
    "label_noise": {"data__dataset": "moons", "data__label_noise": 0.3, "network__hidden": [32, 32], "epochs": 60},
}  # fmt: skip

HEALTHY: dict[str, dict[str, Any]] = {
    "moons": {"data__dataset": "moons", "network__hidden": [16, 16], "epochs": 40},
    "one epoch in a hundred": {"epochs": 1},
    "short": {"epochs": 10},
    "converged": {"data__dataset": "moons", "data__noise": 0.05, "network__hidden": [8, 8, 8], "epochs": 80,
                  "optimizer__lr": 0.03},
    "gentle sgd": {"data__dataset": "moons", **SGD, "optimizer__lr": 0.1, "epochs": 40},
    "tiny": {"data__dataset": "blobs", "network__hidden": [3], "epochs": 40, "optimizer__lr": 0.02},
    "real": {"data__dataset": "iris", "network__hidden": [16], "epochs": 50},
    "regression": {"data__dataset": "plane", "loss__kind": "mse", "network__hidden": [16], "epochs": 40,
                   "optimizer__lr": 0.003},
    "cosine to the end": {"data__dataset": "moons", "epochs": 40, "schedule__kind": "cosine"},
    "one sigmoid layer": {"data__dataset": "moons", "network__hidden": [16], **SIGMOIDS, "epochs": 60,
                          "optimizer__lr": 0.02},
    "deep, normalized": {"data__dataset": "circles", "network__hidden": [8] * 8, "network__skip_every": 2,
                         "network__normalization": "layer", "optimizer__lr": 0.003, "epochs": 25},
    "full batches": {"data__dataset": "moons", "batch_size": "full", "epochs": 150},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class KnownRun:
    """A finished run as a plain loop leaves it."""

    case: Case
    history: History
    initial: Snapshot


@cache
def known(name: str) -> KnownRun:
    """Return a run of one of the tables, trained when first asked for."""
    changes = {**FAULTY, **HEALTHY}[name]
    base = validate({"device": "cpu", "stopping": {"early": {"enabled": False}}})
    engine = Engine(replace(base, {key.replace("__", "."): value for key, value in changes.items()}))
    history = History(1, engine.architecture.layers)
    for progress in engine.train():
        history.extend(progress)
    return KnownRun(Case.of_engine(engine, history), history, engine.initial_snapshot())
