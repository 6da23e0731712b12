"""How far a step moves the weights of every layer, by the norm they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.instruments.columns import of_layers
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]


class UpdateRatio:
    """‖ΔW‖ / ‖W‖ of the last step, as the history has it of every step (`History.layers("update_ratio")`)."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the ratio for every layer, ``[L]``; NaN before the first step."""
        slots = probe.bench.architecture.weight_slots
        if probe.before is None:
            return np.full(len(slots), np.nan)
        before, params = probe.before.double(), probe.params.double()
        return np.array([
            ((params[slot.span] - before[slot.span]).norm() / before[slot.span].norm()).item() for slot in slots
        ])


ROWS = (
    InstrumentInfo(
        "update_ratio", "Update-to-weight ratio", "", "‖ΔW‖ / ‖W‖",
        "About 1e-3 is usual; far above it the steps are too long for the layer, far below it hardly learns.",
        "Karpathy, CS231n, Neural Networks part 3", UpdateRatio, of_layers, recorded=True,
    ),
)  # fmt: skip
