"""Where randomness comes from: generators seeded by the experiment, one for each purpose.

Each purpose has a stream of its own, so that changing one choice leaves the draws of the others
alone: that is what makes "same start, one thing changed" an honest comparison. The global
generators are never used.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

Purpose = Literal["initialization", "batches", "dropout", "gradient noise"]
_STREAM: dict[Purpose, int] = {"initialization": 1, "batches": 2, "dropout": 3, "gradient noise": 4}


def generator(seed: int, purpose: Purpose, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator that depends on seed and purpose alone."""
    state = np.random.SeedSequence([seed, _STREAM[purpose]]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0] >> np.uint64(1)))
