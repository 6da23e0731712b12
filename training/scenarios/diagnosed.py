"""What the lab finds in the runs of a scenario, at their end, on every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.diagnosis.case import Case
from training.diagnosis.doctor import findings
from training.diagnosis.recorded import Recorded
from training.diagnosis.rules import RULES
from training.diagnosis.whole_run import with_edits
from training.feasibility import architecture_of
from training.history import EVALUATION_COLUMNS
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Scenario


@dataclass(frozen=True)
class Diagnosed:
    """What was found in one run of a scenario; plain data, so that it can come from another process.

    Attributes
    ----------
    run, title
        Its name, and what legends call it.
    found
        The finding that matters most at the end, by its name, and on how many seeds it is that; the most frequent
        first.
    """

    run: str
    title: str
    found: tuple[tuple[str, int], ...]

    @property
    def sentence(self) -> str:
        """The findings in words: "‘as given’: Vanishing gradients (10)", with the number of seeds."""
        found = ", ".join(f"{RULES[name].title} ({seeds})" for name, seeds in self.found)
        return f"‘{self.title}’: {found or 'nothing'}"


def diagnosed(scenario: Scenario, records: Mapping[str, RunRecord]) -> tuple[Diagnosed, ...]:
    """Return what is found in every run of a scenario."""
    return tuple(Diagnosed(name, scenario.title_of(name), _counted(record)) for name, record in records.items())


def case_of_record(record: RunRecord, replica: int) -> Case:
    """Return the case of one of the runs that were made side by side."""
    original, outcome = record.experiments[replica], record.outcomes[replica]
    rows = [row for row in record.evaluations if not np.isnan(row.lr[replica])]
    values: dict[str, list[float]] = {"step": [row.step for row in rows], "epoch": [row.epoch for row in rows]}
    for name in EVALUATION_COLUMNS[2:]:
        values[name] = [getattr(row, name)[replica] for row in rows]
    evaluations = {name: np.array(column, dtype=np.float64) for name, column in values.items()}
    recorded = Recorded.of_steps(record.layers, record.steps[: outcome.step, replica], evaluations)
    return Case(
        with_edits(original, record.edits), original, record.data, architecture_of(original, record.data), recorded,
        outcome=None if outcome.reason == "running" else outcome, snapshot=record.final[replica],
    )  # fmt: skip


def _counted(record: RunRecord) -> tuple[tuple[str, int], ...]:
    first = [_first(case_of_record(record, replica)) for replica in range(record.replicas)]
    return tuple(Counter(name for name in first if name).most_common())


def _first(case: Case) -> str:
    return next((finding.name for finding in findings(case) if not finding.over), "")
