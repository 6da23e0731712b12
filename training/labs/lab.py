"""A lab: scenarios in the order in which a workshop goes through them, with what is read, predicted and done in each.

Declarative data, as a scenario is. `training.labs.lab_file` reads it together with its scenarios.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from training.experiment import Section
from training.plain_text import Readable
from training.scenarios.scenario import Line, Markdown, Question, Reference, Scenario, Task
from training.validation import as_values

MOST_STEPS = 20
LAB_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$"
"""What a lab's file may be called, without ".toml": results name it."""


class LabStep(Section):
    """One scenario, and what of it is done."""

    scenario: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}(\.toml)?$")]
    """Name of a shipped scenario, or a file beside the lab ("ours.toml")."""
    title: Annotated[str, Field(max_length=80), Readable()] = ""
    """Heading of the step (empty: the scenario's title)."""
    text: Markdown = ""
    """What the learner reads first."""
    minutes: Annotated[int, Field(ge=1, le=240)]
    """How long the step takes."""
    questions: Annotated[tuple[Question, ...], Field(max_length=12)] | None = None
    """What is predicted before the run (left out: all the scenario's questions; an empty list: none)."""
    tasks: Annotated[tuple[Reference, ...], Field(max_length=8)] = ()
    """The tasks of the scenario that are done, by their ids."""
    must_race: bool = False
    """Whether the step is done only once all runs of the scenario were seen side by side."""


class Lab(Section):
    """An ordered list of scenarios, and a page for the person who leads the workshop."""

    kind: Literal["lab"]
    title: Annotated[str, Field(min_length=1, max_length=80), Readable()]
    summary: Annotated[str, Field(min_length=1, max_length=240), Readable()]
    """One or two sentences for the list of labs."""
    minutes: Annotated[int, Field(ge=1, le=480)]
    """How long the whole of it takes, with a little to spare."""
    goals: Annotated[tuple[Line, ...], Field(max_length=8)] = ()
    """What one can do afterwards."""
    steps: Annotated[tuple[LabStep, ...], Field(min_length=1, max_length=MOST_STEPS)]
    closing: Markdown = ""
    """Read at the end."""
    instructor: Annotated[str, Field(max_length=60_000), Readable(lines=True)] = ""
    """For whoever leads the workshop, as Markdown: timing, expected results, discussion."""


@dataclass(frozen=True)
class OpenLab:
    """A lab with the scenarios it leads through.

    Attributes
    ----------
    name
        What results call it: the name of its file, without ".toml".
    scenarios
        One for each step.
    """

    name: str
    lab: Lab
    scenarios: tuple[Scenario, ...]

    def title(self, step: int) -> str:
        """Return the heading of a step (from 0)."""
        return self.lab.steps[step].title or self.scenarios[step].title

    def questions(self, step: int) -> tuple[Question, ...]:
        """Return what is asked in a step (from 0)."""
        own = self.lab.steps[step].questions
        return self.scenarios[step].questions if own is None else own

    def tasks(self, step: int) -> tuple[Task, ...]:
        """Return what is to be done in a step (from 0), in the lab's order."""
        by_id = {task.id: task for task in self.scenarios[step].tasks}
        return tuple(by_id[name] for name in self.lab.steps[step].tasks)

    def task(self, step: int, name: str) -> Task | None:
        """Return a task of a step (from 0), or None if it has no such task."""
        return next((task for task in self.tasks(step) if task.id == name), None) if self.has(step) else None

    def has(self, step: int) -> bool:
        """Tell whether there is such a step (from 0)."""
        return 0 <= step < len(self.lab.steps)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all that grading rests on: questions, answers, tasks, and the runs they start from.

        A word put right in a story leaves it as it is.
        """
        return digest_of([self._substance(step) for step in range(len(self.lab.steps))])

    def _substance(self, step: int) -> dict[str, Any]:
        scenario = self.scenarios[step]
        tasks = self.tasks(step)
        return {
            "questions": [[question.ask, question.choices, question.answer] for question in self.questions(step)],
            "tasks": [task.model_dump(mode="json", include={"id", "start", "controls", "goals"}) for task in tasks],
            "runs": [_run_values(scenario, task.start) for task in tasks],
        }


def digest_of(values: Any) -> str:
    """Return the SHA-256 of plain values, the same on every machine."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _run_values(scenario: Scenario, start: str) -> dict[str, Any]:
    """Return the values of a run that matter for what comes out: neither its name nor the folder of its data."""
    values = as_values(scenario.run(start))
    data = {key: value for key, value in values["data"].items() if key not in ("path", "labels")}
    return {**{key: value for key, value in values.items() if key not in ("name", "notes", "device")}, "data": data}
