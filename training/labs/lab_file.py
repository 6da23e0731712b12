"""Labs on disk: TOML read within bounds together with its scenarios, with every mistake told by line and key."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from training.errors import MAX_PROBLEMS, ExperimentError, InputError, Problem, did_you_mean
from training.experiment_file import PRESETS
from training.file_kinds import SCHEMA_DIALECT, expect_kind
from training.labs.lab import LAB_NAME, Lab, OpenLab
from training.plain_data import validated
from training.scenarios import scenario_file
from training.scenarios.scenario import Scenario
from training.toml_file import located, parse, read_text

LABS = PRESETS / "labs"

Scenarios = Sequence[Scenario | None]
"""One for each step; None: it cannot be read."""
_QUESTION = {"ask": "?", "choices": ["yes", "no"], "answer": "yes", "why": "?"}
_HARMLESS: dict[str, Any] = {"title": "?", "summary": "?", "scenario": "mended"}
"""What stands in the place of one that is wrong: its own mistake is told, and no other."""


def shipped_labs() -> dict[str, Path]:
    """Return the labs that ship with the program, by name."""
    return {path.stem: path for path in sorted(LABS.glob("*.toml"))}


def load(path: Path) -> OpenLab:
    """Read a lab and the scenarios it leads through, shipped ones and files beside it.

    Raises
    ------
    InputError, ExperimentError
        If the file, or one of its scenarios, cannot be read or is not valid.
    """
    if not re.match(LAB_NAME, path.stem):
        raise InputError(
            "a lab's file needs a name that results can hold", where=str(path),
            allowed="letters without accents, digits, - and _", hint="Call it our_lab.toml",
        )  # fmt: skip
    return loads(read_text(path, "a lab"), name=path.stem, where=str(path), folder=path.parent)


def loads(text: str, *, name: str = "lab", where: str = "lab", folder: Path | None = None) -> OpenLab:
    """Read a lab from TOML text.

    Parameters
    ----------
    folder
        Where scenarios beside the lab are looked for; None: it may use shipped ones only.
    """
    values = parse(text, where)
    with located(text, where):
        lab, problems, more = _lab_in(values, where)
        files, missing = _files_of(lab, folder) if lab is not None else ([], [])
    scenarios, refused = _scenarios_in(files)  # what is wrong in their files has lines there
    told = {problem.key for problem in problems}
    if lab is not None:
        later = [*missing, *(mistake for find in MISTAKES for mistake in find(lab, scenarios))]
        problems += [problem for problem in later if problem.key not in told]
    if problems:
        with located(text, where):
            more += max(0, len(problems) - MAX_PROBLEMS)
            raise ExperimentError(problems[:MAX_PROBLEMS], more=more)
    if refused is not None:
        raise refused
    assert lab is not None
    return OpenLab(name, lab, tuple(scenario for scenario in scenarios if scenario is not None))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a lab file, for editors that check TOML."""
    return {**SCHEMA_DIALECT, **Lab.model_json_schema()}


def find(file_or_name: str) -> Path:
    """Return the file of a lab given by path or by the name of a shipped one.

    Raises
    ------
    InputError
        If neither exists.
    """
    shipped = shipped_labs()
    if file_or_name in shipped:
        return shipped[file_or_name]
    if Path(file_or_name).is_file():
        return Path(file_or_name)
    raise InputError("there is no such lab", where=file_or_name, allowed=f"a file, or {', '.join(shipped) or 'none'}",
                     hint=did_you_mean(file_or_name, shipped))  # fmt: skip


def _lab_in(values: dict[str, Any], where: str) -> tuple[Lab | None, list[Problem], int]:
    """Return the lab, what is wrong in single keys, and how much more; what is wrong is mended, None: it cannot be."""
    expect_kind(values, "lab", where)
    try:
        return validated(Lab, values), [], 0
    except ExperimentError as error:
        return _mended(values, error.problems), error.problems, error.more


def _mended(values: dict[str, Any], problems: list[Problem]) -> Lab | None:
    """Return the lab with something harmless in the place of what is wrong, so that the rest can be looked at."""
    whole = copy.deepcopy(values)
    for problem in problems:
        parts = problem.key.split(".")
        steps = whole.get("steps")
        if parts[0] != "steps":
            _make_harmless(whole, parts[0])
        elif len(parts) > 2 and isinstance(steps, list) and isinstance(steps[int(parts[1])], dict):
            step = steps[int(parts[1])]
            if parts[2] == "questions" and len(parts) > 3 and isinstance(step.get("questions"), list):
                step["questions"][int(parts[3])] = _QUESTION
            else:
                _make_harmless(step, parts[2])
        else:
            return None
    try:
        return validated(Lab, whole)
    except ExperimentError:
        return None


def _make_harmless(table: dict[str, Any], key: str) -> None:
    lasting = {"minutes": 480 if "steps" in table else 1}  # neither makes the steps take too long
    table.pop(key, None)
    table.update({name: value for name, value in {**_HARMLESS, **lasting}.items() if name == key})


def _scenarios_in(files: list[Path | None]) -> tuple[list[Scenario | None], InputError | None]:
    """Return the scenarios that can be read, and why the first of the others cannot."""
    known: dict[Path | None, Scenario | None] = {None: None}
    refused: InputError | None = None
    for path in dict.fromkeys(files):
        if path is not None:
            try:
                known[path] = scenario_file.load(path)
            except InputError as error:
                known[path], refused = None, refused or error
    return [known[path] for path in files], refused


def _files_of(lab: Lab, folder: Path | None) -> tuple[list[Path | None], list[Problem]]:
    """Return the file of each step's scenario, and a problem for each that is not there."""
    shipped = scenario_file.shipped_scenarios()
    files: list[Path | None] = []
    problems = []
    for index, step in enumerate(lab.steps):
        beside = folder / step.scenario if folder is not None and step.scenario.endswith(".toml") else None
        if step.scenario in shipped:
            files.append(shipped[step.scenario])
        elif beside is not None and beside.is_file():
            files.append(beside)
        else:
            hint = did_you_mean(step.scenario, shipped)
            message = "neither a shipped scenario nor a file beside the lab" + (f"; {hint}" if hint else "")
            problems.append(Problem(f"steps.{index}.scenario", message, value=step.scenario))
            files.append(None)
    return files, problems


# ------------------------------------------------------------------- mistakes no single key shows


def _answers(lab: Lab, scenarios: Scenarios) -> list[Problem]:
    return [
        Problem(f"steps.{i}.questions.{k}.answer", "is none of the choices; repeat one of them word for word",
                value=question.answer)
        for i, step in enumerate(lab.steps) for k, question in enumerate(step.questions or ())
        if question.answer not in question.choices
    ]  # fmt: skip


def _tasks(lab: Lab, scenarios: Scenarios) -> list[Problem]:
    problems = []
    for i, (step, scenario) in enumerate(zip(lab.steps, scenarios, strict=True)):
        if scenario is None:
            continue
        known = [task.id for task in scenario.tasks]
        for k, name in enumerate(step.tasks):
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                message = f"the scenario '{step.scenario}' has no such task; {did_you_mean(name, known) or has}"
                problems.append(Problem(f"steps.{i}.tasks", message, value=name))
            elif name in step.tasks[:k]:
                problems.append(Problem(f"steps.{i}.tasks", "named twice", value=name))
    return problems


def _minutes(lab: Lab, scenarios: Scenarios) -> list[Problem]:
    needed = sum(step.minutes for step in lab.steps)
    if needed <= lab.minutes:
        return []
    return [Problem("minutes", f"the steps take {needed} minutes together", value=lab.minutes)]


def _races(lab: Lab, scenarios: Scenarios) -> list[Problem]:
    return [
        Problem(f"steps.{i}.must_race", f"the scenario '{step.scenario}' has no variants to race against")
        for i, (step, scenario) in enumerate(zip(lab.steps, scenarios, strict=True))
        if step.must_race and scenario is not None and not scenario.variants
    ]  # fmt: skip


MISTAKES: tuple[Callable[[Lab, Scenarios], list[Problem]], ...] = (_answers, _tasks, _minutes, _races)
"""Each returns the mistakes of one kind that take more than one key to see."""
