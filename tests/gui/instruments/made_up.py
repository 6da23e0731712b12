"""Readings made up, so that every figure in a panel is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.run_view import RunView
from training.instruments.instrument import Reading

FloatArray = NDArray[np.float64]


def say(run: RunView, name: str, rows: dict[int, FloatArray]) -> None:
    """Have an instrument say more of a run."""
    run.instruments.take(
        Reading(name, step, step / 10, np.asarray(values, dtype=np.float64), 0.002) for step, values in rows.items()
    )
