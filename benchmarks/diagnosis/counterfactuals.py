"""What would have been: the same run with one thing changed, trained when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from benchmarks.diagnosis.runs import Run, chance_of, trained
from training.data.load import load_prepared
from training.errors import InputError
from training.experiment import Experiment
from training.validation import replace

FACTORS = (1.0, 0.1, 0.3, 3.0, 10.0)
LOWER = 0.7
"""A training loss is clearly lower below this share of the other,"""
LOWER_VALIDATION = 0.9
"""a validation loss below this one,"""
LOWER_BY = 0.02
"""and by at least this share of what a constant answer has."""


class Counterfactuals:
    """A run, and what it is held against.

    Attributes
    ----------
    run
        The run itself.
    chance
        The loss of the best constant answer.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self._data = load_prepared(experiment.data)
        self._made: dict[str, Run] = {}

    @cached_property
    def _rates(self) -> dict[float, Run]:
        rate = self.experiment.optimizer.lr
        variants = [replace(self.experiment, {"optimizer.lr": factor * rate}) for factor in FACTORS]
        return dict(zip(FACTORS, trained(variants, self._data), strict=True))

    @property
    def run(self) -> Run:
        """The run as it is."""
        return self._rates[1.0]

    @cached_property
    def chance(self) -> float:
        """The loss of the best constant answer on the training samples."""
        return chance_of(self.run)

    def at_rate(self, factor: float) -> Run:
        """Return the run at so many times its rate."""
        return self._rates[factor]

    @property
    def at_other_rates(self) -> list[Run]:
        """The run at a tenth, a third, three and ten times its rate."""
        return [run for factor, run in self._rates.items() if factor != 1.0]

    def with_changes(self, changes: dict[str, Any]) -> Run:
        """Return the run with something changed; itself, where that cannot be run."""
        key = repr(sorted(changes.items()))
        if key not in self._made:
            try:
                experiment = replace(self.experiment, changes)
                data = self._data if experiment.data == self.experiment.data else None
                self._made[key] = trained([experiment], data)[0]
            except InputError:
                self._made[key] = self.run
        return self._made[key]

    def clearly_better(self, other: Run, run: Run | None = None) -> bool:
        """Tell whether another run clearly ends lower than this one, on the training and the held-out samples."""
        return self.learns_more(other, run) and self.generalizes_better(other, run)

    def learns_more(self, other: Run, run: Run | None = None) -> bool:
        """Tell whether another run ends with a clearly lower training loss."""
        run = run or self.run
        return other.end <= LOWER * run.end and run.end - other.end >= LOWER_BY * self.chance

    def generalizes_better(self, other: Run, run: Run | None = None) -> bool:
        """Tell whether another run keeps weights with a clearly lower validation loss."""
        run = run or self.run
        return other.kept <= LOWER_VALIDATION * run.kept and run.kept - other.kept >= LOWER_BY * self.chance
