"""Labs on disk: TOML read within bounds together with its scenarios, with every mistake told by line and key."""

from __future__ import annotations

import re
from collections.abc import Callable
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
        lab, files = _lab_in(values, where, folder)
    opened = OpenLab(name, lab, _scenarios_in(files))  # what is wrong in their files has lines there
    with located(text, where):
        problems = [mistake for find in MISTAKES for mistake in find(opened)]
        if problems:
            raise ExperimentError(problems[:MAX_PROBLEMS], more=max(0, len(problems) - MAX_PROBLEMS))
    return opened


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


def _lab_in(values: dict[str, Any], where: str, folder: Path | None) -> tuple[Lab, list[Path]]:
    """Return the lab, and the file of each step's scenario."""
    expect_kind(values, "lab", where)
    lab = validated(Lab, values)
    files, problems = _files_of(lab, folder)
    if problems:
        raise ExperimentError(problems)
    return lab, files


def _scenarios_in(files: list[Path]) -> tuple[Scenario, ...]:
    known = {path: scenario_file.load(path) for path in dict.fromkeys(files)}
    return tuple(known[path] for path in files)


def _files_of(lab: Lab, folder: Path | None) -> tuple[list[Path], list[Problem]]:
    """Return the file of each step's scenario, and a problem for each that is not there."""
    shipped = scenario_file.shipped_scenarios()
    files, problems = [], []
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
    return files, problems


# ------------------------------------------------------------------- mistakes no single key shows


def _answers(opened: OpenLab) -> list[Problem]:
    return [
        Problem(f"steps.{i}.questions.{k}.answer", "is none of the choices; repeat one of them word for word",
                value=question.answer)
        for i, step in enumerate(opened.lab.steps) for k, question in enumerate(step.questions or ())
        if question.answer not in question.choices
    ]  # fmt: skip


def _tasks(opened: OpenLab) -> list[Problem]:
    problems = []
    for i, step in enumerate(opened.lab.steps):
        known = [task.id for task in opened.scenarios[i].tasks]
        for k, name in enumerate(step.tasks):
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                message = f"the scenario '{step.scenario}' has no such task; {did_you_mean(name, known) or has}"
                problems.append(Problem(f"steps.{i}.tasks", message, value=name))
            elif name in step.tasks[:k]:
                problems.append(Problem(f"steps.{i}.tasks", "named twice", value=name))
    return problems


def _minutes(opened: OpenLab) -> list[Problem]:
    needed = sum(step.minutes for step in opened.lab.steps)
    if needed <= opened.lab.minutes:
        return []
    return [Problem("minutes", f"the steps take {needed} minutes together", value=opened.lab.minutes)]


def _races(opened: OpenLab) -> list[Problem]:
    return [
        Problem(f"steps.{i}.must_race", f"the scenario '{step.scenario}' has no variants to race against")
        for i, step in enumerate(opened.lab.steps) if step.must_race and not opened.scenarios[i].variants
    ]  # fmt: skip


MISTAKES: tuple[Callable[[OpenLab], list[Problem]], ...] = (_answers, _tasks, _minutes, _races)
"""Each returns the mistakes of one kind that take more than one key to see."""
