"""The lab as it trains headless: every step recorded into a history, evaluated once an epoch."""

from __future__ import annotations

from benchmarks.cases import Case
from training.engine import Engine
from training.history import History
from training.progress import Progress
from training.validation import replace

NEVER = 1_000_000_000


class Lab:
    """Runs one experiment, or a population of replicas."""

    def __init__(self, case: Case, *, replicas: int = 1, evaluated: bool = True, device: str = "cpu",
                 use_graph: bool = True) -> None:
        changes = {"replicas": replicas, "device": device}
        if not evaluated:
            changes["evaluation.every"] = NEVER
        self.engine = Engine(replace(case.experiment, changes), case.data, use_graph=use_graph)
        self.history = History(replicas, self.engine.architecture.layers)
        self._progress = self.engine.train()

    def run(self, steps: int) -> int:
        """Do at least `steps` steps, whole chunks as they come."""
        done = 0
        while done < steps:
            done += len(self.chunk().records)
        return done

    def chunk(self) -> Progress:
        """Do the next chunk of steps."""
        progress = next(self._progress)
        self.history.extend(progress)
        return progress
