"""Scenarios on disk: TOML read within bounds, with every mistake told by line and key, and written whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from training.atomic import write_whole
from training.errors import MAX_PROBLEMS, ExperimentError, InputError, Problem
from training.experiment import Experiment
from training.experiment_file import PRESETS, resolve_paths
from training.file_kinds import SCHEMA_DIALECT, expect_kind
from training.own_folder import FILE_DATA, path_problems, with_paths_from
from training.plain_data import validated
from training.scenarios.mending import mended
from training.scenarios.metrics import METRICS
from training.scenarios.mistakes import allowed_by, mistakes_in, under
from training.scenarios.scenario import Scenario
from training.toml_file import located, parse, read_text
from training.validation import as_values, validate

__all__ = [
    "allowed_by", "dumps", "from_values", "json_schema", "load", "loads", "mistakes_in", "save", "shipped_scenarios",
]  # fmt: skip

_ASTRAY = "unknown key; it is one of the experiment: under [experiment], or as experiment.{}"


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
    expect_kind(values, "scenario", where)
    experiment, problems, more = _experiment_in(values, folder)
    astray = [key for key in values if key in Experiment.model_fields and key not in Scenario.model_fields]
    problems += [Problem(key, _ASTRAY.format(key)) for key in astray]
    own = {key: value for key, value in values.items() if key not in astray}
    own["experiment"] = as_values(experiment or Experiment())
    has_runs = experiment is not None
    try:
        scenario = validated(Scenario, own, file=where)
        problems += mistakes_in(scenario, with_runs=has_runs)
    except ExperimentError as error:
        problems, more = problems + error.problems, more + error.more
        rest = mended(own, error.problems) if not error.more else None
        if rest is not None:
            problems += mistakes_in(rest[0], with_runs=has_runs, unknown=rest[1])
    if problems:
        more += max(0, len(problems) - MAX_PROBLEMS)
        raise ExperimentError(problems[:MAX_PROBLEMS], file=where, more=more)
    return scenario


def dumps(scenario: Scenario, folder: Path | None = None) -> str:
    """Return the scenario as TOML that reads back exactly.

    Parameters
    ----------
    folder
        Where the text is going to lie; paths of data files are written as seen from there.

    Raises
    ------
    InputError
        If its data file does not lie in that folder or below, so that nobody else could read it.
    """
    values = scenario.model_dump(mode="json", exclude_none=True)
    if folder is not None:
        values["experiment"] = with_paths_from(values["experiment"], folder)
    elif scenario.experiment.data.dataset in FILE_DATA:
        raise InputError("a scenario whose data are a file of yours cannot be given as text", hint="Save it beside it")
    return tomli_w.dumps(values, multiline_strings=True)


def save(scenario: Scenario, path: Path) -> None:
    """Write the scenario whole or not at all; its data file, if it has one, must lie in the same folder or below."""
    write_whole(path, dumps(scenario, path.parent).encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors that check TOML."""
    schema = Scenario.model_json_schema()
    for claim in ("Claim", "Expectation"):
        schema["$defs"][claim]["properties"]["metric"]["enum"] = list(METRICS)
    return {**SCHEMA_DIALECT, **schema}


def _experiment_in(values: dict[str, Any], folder: Path | None) -> tuple[Experiment | None, list[Problem], int]:
    """Return the base experiment, or None and what is wrong with it."""
    given = values.get("experiment")
    if not isinstance(given, dict):
        return None, [Problem("experiment", "a scenario needs a table [experiment]")], 0
    problems = path_problems(given, folder)
    if problems:
        return None, [under("experiment", problem) for problem in problems], 0
    given = {**given, "data": dict(given["data"])} if isinstance(given.get("data"), dict) else given
    if folder is not None:
        resolve_paths(given, folder)
    try:
        return validate(given), [], 0
    except ExperimentError as error:
        return None, [under("experiment", problem) for problem in error.problems], error.more
