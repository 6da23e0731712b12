"""The sum of all curvatures of the objective, from a few random directions."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from models.architecture import Architecture
from training.instruments.curvature import not_too_large, products
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]

DIRECTIONS = 8
SIDE_BY_SIDE = 2_000_000
"""So many values of parameters are computed on at once, at the most."""


def curvatures(probe: Probe, directions: int = DIRECTIONS) -> FloatArray:
    """Return zᵀHz for random z of components ±1, ``[directions]``: each has the trace of H as its expectation.

    Hutchinson 1990: of all random z, these give the least variance, 2(‖H‖² − Σ Hᵢᵢ²). The directions are the same
    at the same step of every run.
    """
    params = probe.params.double()
    generator = torch.Generator().manual_seed(probe.step)
    signs = torch.randint(0, 2, (directions, len(params)), generator=generator).double() * 2.0 - 1.0
    rows = max(1, SIDE_BY_SIDE // len(params))
    parts = [(products(probe.bench, params, part) * part).sum(1) for part in torch.split(signs, rows)]
    found: FloatArray = torch.cat(parts).numpy()
    return found


class HessianTrace:
    """Estimates the trace of the Hessian of the objective."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the mean over the directions, and its standard error."""
        if not bool(torch.isfinite(probe.params).all()):
            return np.array([math.nan, math.nan])
        found = curvatures(probe)
        return np.array([found.mean(), found.std(ddof=1) / math.sqrt(len(found))])


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return "trace", "standard_error"


ROWS = (
    InstrumentInfo(
        "hessian_trace", "Trace of the Hessian", "", "tr ∇²f ≈ mean zᵀ∇²f z",
        "The sum of all curvatures: how sharp the place is as a whole, where the largest one is a single direction.",
        "Hutchinson 1990", HessianTrace, _columns, standard=False, suits=not_too_large, passes=2.0 * DIRECTIONS,
    ),
)
