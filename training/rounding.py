"""What rounding alone makes of a run: the same run, from weights that differ in their last digit.

Another processor adds numbers up in another order, and rounds the sums in another way. Where a run is chaotic, as that
of a deep network at a high rate is, such differences grow with every step until nothing of the figures is left.
"""

from __future__ import annotations

import torch

from training.engine import Engine
from training.experiment import Experiment

RUNS = 8
"""Enough to see within which bounds figures move."""


def rounded_otherwise(experiment: Experiment) -> Engine:
    """Return an engine with the run several times side by side, each moved by a rounding of its own.

    Raises
    ------
    InputError
        If it cannot run.
    """
    engine = Engine([experiment] * RUNS)
    params = engine.network.params
    random = torch.rand(params.shape, generator=torch.Generator().manual_seed(RUNS), dtype=params.dtype)
    with torch.inference_mode():
        params *= 1 + torch.finfo(params.dtype).eps * (2 * random - 1).to(params.device)
    return engine
