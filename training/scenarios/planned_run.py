"""A run that is ready to start: an experiment, or one run of a scenario, with what is to be changed on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from training.errors import InputError, did_you_mean
from training.experiment import Experiment
from training.file_kinds import load
from training.scenarios.scenario import BASE, Scenario, ScriptedEdit
from training.scenarios.script import Script


@dataclass(frozen=True)
class PlannedRun:
    """An experiment and the edits planned for it."""

    experiment: Experiment
    edits: Iterable[ScriptedEdit] = ()

    def script(self) -> Script:
        """Return the edits as the run is to make them."""
        return Script.of_scenario(self.edits)


def load_run(path: Path, variant: str = "") -> PlannedRun:
    """Read an experiment, or one run of a scenario (none named: the base).

    Raises
    ------
    InputError
        If the file holds neither, or there is no such run.
    """
    opened = load(path)
    if isinstance(opened, Experiment):
        if variant:
            raise InputError("an experiment has no variants", where=f"--variant {variant}", hint="leave it out")
        return PlannedRun(opened)
    if not isinstance(opened, Scenario):
        raise InputError("this is neither an experiment nor a scenario: there is nothing to run", where=str(path))
    name, names = variant or BASE, (BASE, *opened.variants)
    if name not in names:
        hint = did_you_mean(name, names)
        raise InputError("there is no such run", where=f"--variant {name}", allowed=", ".join(names), hint=hint)
    return PlannedRun(opened.run(name), opened.edits_of(name))
