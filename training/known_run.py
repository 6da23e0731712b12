"""A short run whose result is stored: trained again, it tells whether this computer computes what it should.

The stored result is `self_test_reference.toml`. To make it anew, after a change that alters what is
computed on purpose, run from the folder of the project::

    python -m training.known_run > training/self_test_reference.toml
"""

from __future__ import annotations

import hashlib
import math
import platform
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from training.engine import Engine
from training.experiment_file import find, load
from training.history import History
from training.snapshot import Snapshot
from training.validation import replace

REFERENCE = Path(__file__).resolve().parent / "self_test_reference.toml"

EXPERIMENT = "moons_quick"
CHANGES: dict[str, Any] = {"epochs": 20, "device": "cpu", "dtype": "float64", "stopping.early.enabled": False}
"""In float64, so that processors which round differently stay far closer together than two results that differ."""
TOLERANCE = 1e-4
CHUNK = 20


@dataclass(frozen=True)
class KnownResult:
    """What came of the run.

    Attributes
    ----------
    train_loss, val_loss
        At each evaluation.
    weight_norms, weight_means
        Of the final weight matrix of each layer.
    checksum
        SHA-256 of all final parameters, bit for bit.
    """

    train_loss: list[float]
    val_loss: list[float]
    weight_norms: list[float]
    weight_means: list[float]
    checksum: str

    def difference(self, other: KnownResult) -> float:
        """Return the largest relative difference of any number; ∞ where they cannot be compared."""
        mine, others = self._numbers(), other._numbers()
        if mine.shape != others.shape or not (np.isfinite(mine).all() and np.isfinite(others).all()):
            return math.inf
        return float((np.abs(mine - others) / np.maximum(np.abs(others), 1e-3)).max())

    def _numbers(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([*self.train_loss, *self.val_loss, *self.weight_norms, *self.weight_means])


def train_known(
    report: Callable[[float], None] = lambda share: None, cancelled: Callable[[], bool] = lambda: False
) -> KnownResult | None:
    """Train the known experiment; None if cancelled on the way."""
    engine = Engine(replace(load(find(EXPERIMENT)), CHANGES))
    history = History(1, engine.architecture.layers)
    steps = engine.experiment.epochs * engine.steps_per_epoch
    while not engine.finished:
        if cancelled():
            return None
        history.extend(engine.advance(CHUNK))
        report(engine.step / steps)
    return _result(history, engine.snapshot())


def stored() -> KnownResult:
    """Return the result that is shipped with the program."""
    return KnownResult(**tomllib.loads(REFERENCE.read_text(encoding="utf-8"))["result"])


def _result(history: History, final: Snapshot) -> KnownResult:
    weights = final.weights()
    return KnownResult(
        train_loss=history.evaluations.train_loss[:, 0].tolist(),
        val_loss=history.evaluations.val_loss[:, 0].tolist(),
        weight_norms=[float(np.linalg.norm(weight)) for weight in weights],
        weight_means=[float(weight.mean()) for weight in weights],
        checksum=hashlib.sha256(final.params.astype("<f8").tobytes()).hexdigest(),
    )


def _reference() -> str:
    from training.outputs import versions

    result = train_known()
    assert result is not None
    about = (
        "# What the self-test compares with. Made by:\n"
        "#     python -m training.known_run > training/self_test_reference.toml\n"
        f"# The experiment '{EXPERIMENT}' with {', '.join(f'{key} = {value}' for key, value in CHANGES.items())}.\n\n"
    )
    made_with = {**versions(), "system": platform.system(), "processor": platform.machine()}
    return about + tomli_w.dumps({"made_with": made_with, "result": asdict(result)})


if __name__ == "__main__":
    sys.stdout.write(_reference())
