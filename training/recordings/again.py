"""Make a recorded run again, and tell whether it comes out the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from training.engine import Engine
from training.history import History
from training.progress import Progress
from training.recordings.recording import Recording, figures_of, fingerprint_of
from training.scenarios.script import Script, follow

CLOSE = 0.05
"""Figures that differ by no more than this share are taken for those of the same run on another machine.

Rounding differs between processors, devices and builds of PyTorch, and training makes such differences grow. Where a
run calms down they stay far below this; one that trains a deep network at a high rate may end anywhere.
"""
AS_RECORDED = 1e-6
"""Where the parameters are the recorded ones, bit for bit, figures may differ by the rounding of their sums only."""
NEAR_ZERO = 1e-4
"""Differences below this do not count on another machine, whatever share they are."""

Watch = Callable[[Engine, History, Progress], None]


@dataclass(frozen=True)
class Difference:
    """A figure that came out otherwise; `again` is None where it did not come out at all."""

    name: str
    recorded: float
    again: float | None


@dataclass(frozen=True)
class Again:
    """What came of making a run again.

    Attributes
    ----------
    exact
        Whether the parameters are the recorded ones, bit for bit.
    close
        Whether all recorded figures are, as nearly as another machine gives them (`CLOSE`).
    differences
        The figures that are not.
    """

    figures: dict[str, float]
    fingerprint: str
    exact: bool
    close: bool
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether this is the recorded run: the parameters or at least the figures say so, and no figure denies it."""
        return (self.exact or self.close) and not self.differences


def run_again(recording: Recording, watch: Watch | None = None) -> Again:
    """Make a recorded run again, as far as it went, and compare.

    Raises
    ------
    InputError
        If it cannot run here, or an edit cannot be made.
    """
    engine = Engine(recording.experiment)
    history = History(engine.replicas, len(engine.layer_names))
    for progress in follow(engine, Script.of_edits(recording.made_edits()), steps=recording.steps):
        history.extend(progress)
        if watch:
            watch(engine, history, progress)
    result = engine.result()
    return compared(recording, figures_of(result.outcomes, history), fingerprint_of(result.final))


def compared(recording: Recording, figures: dict[str, float], fingerprint: str) -> Again:
    """Return how figures and fingerprint compare with the recorded ones."""
    exact = fingerprint == recording.fingerprint
    share = AS_RECORDED if exact else CLOSE
    differences = tuple(
        Difference(name, value, figures.get(name))
        for name, value in recording.figures.items() if not _is_close(value, figures.get(name), share)
    )  # fmt: skip
    return Again(figures, fingerprint, exact, bool(recording.figures) and not differences, differences)


def _is_close(recorded: float, again: float | None, share: float) -> bool:
    near_zero = NEAR_ZERO * share / CLOSE
    return again is not None and math.isclose(recorded, again, rel_tol=share, abs_tol=near_zero)
