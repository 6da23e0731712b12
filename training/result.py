"""What a run has come to at one step boundary: all that its files need of the engine, copied."""

from __future__ import annotations

from dataclasses import dataclass

from training.data.prepare import PreparedData
from training.progress import Edit, Outcome
from training.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Result:
    """A run that has ended, or stands at some step; it never changes, whatever the run does.

    Attributes
    ----------
    outcomes
        How each replica ended; for one that still runs, where it stands, with the reason "running".
    initial, final
        Each replica before the first step, and now (for one that has ended: the weights it keeps).
    edits
        The changes made while it ran, in order.
    device
        Where it runs, in words.
    notes
        Plain sentences about the data and how the run was done.
    """

    step: int
    epoch: float
    outcomes: tuple[Outcome, ...]
    initial: tuple[Snapshot, ...]
    final: tuple[Snapshot, ...]
    edits: tuple[Edit, ...]
    data: PreparedData
    device: str
    parameters: int
    steps_per_epoch: int
    notes: tuple[str, ...]
