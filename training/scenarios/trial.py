"""Run the variants of a scenario, several seeds side by side, and keep everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from training.data.prepare import PreparedData
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.population import check_population
from training.progress import Edit, Progress
from training.scenarios.record import Recorder, RunRecord
from training.scenarios.scenario import Scenario
from training.scenarios.script import Script, follow

Watch = Callable[[Progress], None]


def run_variants(
    scenario: Scenario, seeds: int = 1, names: Iterable[str] | None = None, watch: Watch | None = None
) -> dict[str, RunRecord]:
    """Run variants of a scenario, each with the seeds seed, seed + 1, …, and return their records by name.

    Parameters
    ----------
    names
        Which of them, "base" among them; None: all.
    watch
        Called after every chunk of training.
    """
    chosen = list(scenario.runs()) if names is None else list(names)
    found: dict[str, RunRecord] = {}
    for group in _side_by_side(scenario, chosen):
        experiments = [replica for name in group for replica in with_seeds(scenario.run(name), seeds)]
        record = run_recorded(Engine(experiments), Script.of_scenario(scenario.edits_of(group[0])), watch=watch)
        for index, name in enumerate(group):
            found[name] = record.only(slice(index * seeds, (index + 1) * seeds))
    return {name: found[name] for name in chosen}


def run_one(
    experiment: Experiment, edits: Iterable[Edit] = (), *, steps: int | None = None, data: PreparedData | None = None
) -> RunRecord:
    """Run one experiment again with the edits made to it, to its end or for so many steps."""
    return run_recorded(Engine(experiment, data), Script.of_edits(edits), steps=steps)


def run_recorded(
    engine: Engine, script: Script | None = None, *, steps: int | None = None, watch: Watch | None = None
) -> RunRecord:
    """Train, making the changes of the script on the way, and return the record.

    Parameters
    ----------
    steps
        Stop there, with the changes made that are due then; None: train to the end.
    """
    recorder = Recorder(engine)
    for progress in follow(engine, script or Script(), steps=steps):
        recorder.take(progress)
        if watch:
            watch(progress)
    return recorder.record()


def with_seeds(experiment: Experiment, seeds: int) -> list[Experiment]:
    """Return an experiment once for each of so many seeds: seed, seed + 1 and so on."""
    return [experiment.model_copy(update={"replicas": 1, "seed": experiment.seed + index}) for index in range(seeds)]


def _side_by_side(scenario: Scenario, names: Sequence[str]) -> list[list[str]]:
    """Return the names in groups whose runs can share an engine: they differ in numbers only."""
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            if scenario.edits_of(name) == scenario.edits_of(group[0]) and _alike(scenario, name, group[0]):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _alike(scenario: Scenario, name: str, other: str) -> bool:
    try:
        check_population([scenario.run(name), scenario.run(other)])
    except InputError:
        return False
    return True
