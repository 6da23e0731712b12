"""Scenarios on disk: TOML read within bounds, with every mistake told by line and key, and written whole."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import tomli_w

from training.atomic import write_whole
from training.engine import is_editable
from training.errors import ExperimentError, InputError, Problem, did_you_mean
from training.experiment import Experiment
from training.experiment_file import PRESETS, resolve_paths
from training.plain_data import validated
from training.scenarios.scenario import BASE, Scenario, dotted
from training.toml_file import located, parse, read_text
from training.validation import as_values, keys_of, replace, validate

FILE_DATA = ("csv", "idx", "npz")


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that ship with the program, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def load(path: Path) -> Scenario:
    """Read a scenario; a relative data path is taken from the file's own folder.

    Raises
    ------
    InputError, ExperimentError
        If the file cannot be read, is not TOML, or is not a valid scenario.
    """
    return loads(read_text(path, "a scenario"), where=str(path), folder=path.parent)


def loads(text: str, *, where: str = "scenario", folder: Path | None = None) -> Scenario:
    """Read a scenario from TOML text.

    Parameters
    ----------
    folder
        Where data files of the scenario are looked for; None: it may have none, as it came without a folder.
    """
    values = parse(text, where)
    with located(text, where):
        return from_values(values, where=where, folder=folder)


def from_values(values: dict[str, Any], *, where: str = "scenario", folder: Path | None = None) -> Scenario:
    """Return the scenario that plain values describe; see `loads`."""
    experiment, problems, more = _experiment_in(values, folder)
    try:
        scenario = validated(Scenario, {**values, "experiment": as_values(experiment or Experiment())}, file=where)
    except ExperimentError as error:
        raise ExperimentError(problems + error.problems, file=where, more=more + error.more) from None
    problems += mistakes_in(scenario, with_runs=experiment is not None)
    if problems:
        raise ExperimentError(problems, file=where, more=more)
    return scenario


def dumps(scenario: Scenario) -> str:
    """Return the scenario as TOML that reads back exactly."""
    values = scenario.model_dump(mode="json", exclude_none=True)
    return tomli_w.dumps(values, multiline_strings=True)


def save(scenario: Scenario, path: Path) -> None:
    """Write the scenario whole or not at all."""
    write_whole(path, dumps(scenario).encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors that check TOML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def _experiment_in(values: dict[str, Any], folder: Path | None) -> tuple[Experiment | None, list[Problem], int]:
    """Return the base experiment, or None and what is wrong with it."""
    given = values.get("experiment")
    if not isinstance(given, dict):
        return None, [Problem("experiment", "a scenario needs a table [experiment]")], 0
    problems = _path_problems(given, folder)
    if problems:
        return None, problems, 0
    given = {**given, "data": dict(given["data"])} if isinstance(given.get("data"), dict) else given
    if folder is not None:
        resolve_paths(given, folder)
    try:
        return validate(given), [], 0
    except ExperimentError as error:
        return None, [_under("experiment", problem) for problem in error.problems], error.more


def _path_problems(experiment: dict[str, Any], folder: Path | None) -> list[Problem]:
    """Return what is wrong with the files a stranger's experiment wants to read."""
    data = experiment.get("data")
    if not isinstance(data, dict) or data.get("dataset") not in FILE_DATA:
        return []
    if folder is None:
        return [Problem("experiment.data.dataset", "a scenario given as text has no files beside it: use a data set "
                        "that ships with the lab", value=data["dataset"])]  # fmt: skip
    named = {key: data[key] for key in ("path", "labels") if isinstance(data.get(key), str)}
    return [
        Problem(f"experiment.data.{key}", "must be a file in the scenario's own folder, or below it", value=value)
        for key, value in named.items() if not _stays_below(value)
    ]


def _stays_below(path: str) -> bool:
    """Tell whether a relative path, on any system, leads nowhere but down."""
    parts = (*PurePosixPath(path).parts, *PureWindowsPath(path).parts)
    rooted = PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor != ""
    return not rooted and ".." not in parts and not path.startswith("~")


def _under(prefix: str, problem: Problem) -> Problem:
    return Problem(f"{prefix}.{problem.key}".rstrip("."), problem.message, value=problem.value)


# ------------------------------------------------------------------- mistakes no single key shows


def mistakes_in(scenario: Scenario, *, with_runs: bool = True) -> list[Problem]:
    """Return every mistake that takes more than one key to see.

    Parameters
    ----------
    with_runs
        Whether the base experiment is the scenario's own, so that changes to it mean something.
    """
    problems = _names(scenario) + _answers(scenario)
    return problems + (_changes(scenario) if with_runs else [])


def _names(scenario: Scenario) -> list[Problem]:
    problems = []
    runs = (BASE, *scenario.variants)
    if BASE in scenario.variants:
        problems.append(Problem(f"variants.{BASE}", f"'{BASE}' is the name of [experiment] itself"))
    used = [(f"edits.{i}.variants", name) for i, edit in enumerate(scenario.edits) for name in edit.variants]
    for i, expectation in enumerate(scenario.expectations):
        named = {"variant": expectation.variant, "minus": expectation.minus, "divided_by": expectation.divided_by}
        used += [(f"expectations.{i}.{key}", name) for key, name in named.items() if name is not None]
    used += [(f"tasks.{i}.start", task.start) for i, task in enumerate(scenario.tasks)]
    for key, name in used:
        if name not in runs:
            hint = did_you_mean(name, runs)
            problems.append(Problem(key, f"no such run; {hint or 'there are ' + ', '.join(runs)}", value=name))
    ids = [task.id for task in scenario.tasks]
    problems += [Problem(f"tasks.{i}.id", "used twice", value=name) for i, name in enumerate(ids) if name in ids[:i]]
    return problems


def _answers(scenario: Scenario) -> list[Problem]:
    return [
        Problem(f"questions.{i}.answer", "is none of the choices; repeat one of them word for word",
                value=question.answer)
        for i, question in enumerate(scenario.questions) if question.answer not in question.choices
    ]  # fmt: skip


def _changes(scenario: Scenario) -> list[Problem]:
    problems = []
    for name, variant in scenario.variants.items():
        problems += _refusals(scenario.experiment, variant.changes, f"variants.{name}.changes")
    if problems:
        return problems
    runs = scenario.runs()
    for i, edit in enumerate(scenario.edits):
        for name in edit.variants or runs:
            if name in runs:
                found = _refusals(runs[name], edit.changes, f"edits.{i}.changes", live=True)
                problems += found
                if found:
                    break
    for i, task in enumerate(scenario.tasks):
        start = runs.get(task.start, scenario.experiment)
        problems += _controls(task.controls, start, f"tasks.{i}.controls")
        problems += _refusals(start, task.solution, f"tasks.{i}.solution")
        problems += [
            Problem(f"tasks.{i}.solution.{key}", "is not among the controls of the task")
            for key in dotted(task.solution) if not allowed_by(key, task.controls)
        ]
    return problems


def _refusals(experiment: Experiment, changes: dict[str, Any], where: str, *, live: bool = False) -> list[Problem]:
    """Return why changes do not fit an experiment; `live`: they are made while it runs."""
    flat = dotted(changes)
    fixed = [key for key in flat if live and not is_editable(key)]
    if fixed:
        return [Problem(f"{where}.{key}", "cannot be changed while a run is under way") for key in fixed]
    if any(key in ("data.path", "data.labels") for key in flat):
        return [Problem(f"{where}.data.path", "a change may not name another file")]
    try:
        replace(experiment, flat)
    except ExperimentError as error:
        return [_under(where, problem) for problem in error.problems]
    except InputError as error:
        return [Problem(where, error.message())]
    return []


def _controls(controls: tuple[str, ...], experiment: Experiment, where: str) -> list[Problem]:
    keys = keys_of(experiment)
    problems = []
    for control in controls:
        known = any(key.startswith(control) for key in keys) if control.endswith(".") else control in keys
        section = control.partition(".")[0]
        if not known and not (section in ("optimizer", "schedule") and "." in control):  # of another method, maybe
            problems.append(Problem(where, f"there is no such key; {did_you_mean(control, keys)}", value=control))
    return problems


def allowed_by(key: str, controls: tuple[str, ...]) -> bool:
    """Tell whether a task lets the learner change a dotted key."""
    return any(key == control or (control.endswith(".") and key.startswith(control)) for control in controls)
