"""What a learner hands in: one small file with the answers and every try that was checked, made to be run again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, field_validator

from training.atomic import write_whole
from training.errors import InputError
from training.experiment import Section
from training.file_kinds import SCHEMA_DIALECT, expect_kind
from training.labs.lab import LAB_NAME, MOST_STEPS, digest_of
from training.plain_data import validated
from training.plain_text import Readable
from training.progress import Edit
from training.scenarios.scenario import Line, Name
from training.toml_file import located, parse, read_text

SUFFIX = ".labresult"
MOST_TRIES = 12
"""Tries of one task that a result keeps."""
MOST_ATTEMPTS = 120
MOST_HINTS = 6
LONGEST_LIST = 64
LONGEST_TEXT = 200
LARGEST_WHOLE = 10**18

StepNumber = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){0,5}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Answer(Section):
    """What was chosen for a question."""

    step: StepNumber
    question: Annotated[int, Field(ge=1, le=12)]
    """Number of the question in its step, from 1."""
    choice: Line
    """The words of the choice."""


class Hint(Section):
    """How many hints were asked for."""

    step: StepNumber
    task: Name
    taken: Annotated[int, Field(ge=1, le=MOST_HINTS)]


class MadeEdit(Section):
    """A setting changed while the run was under way, or its end: see `training.progress.Edit`."""

    step: Annotated[int, Field(ge=0, le=10**12)]
    """Steps done before it."""
    key: Key
    value: Any
    group: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Those made together have the same number."""

    _bounded = field_validator("value")(lambda value: _plain_value(value))

    def edit(self) -> Edit:
        """Return it as the engine takes it."""
        return Edit(self.step, self.key, self.value, self.group)


class Attempt(Section):
    """A try at a task that was checked: what was run, and the figures it is claimed to have given."""

    step: StepNumber
    """Number of the step in the lab, from 1."""
    task: Name
    changes: Annotated[dict[Key, Any], Field(max_length=60)] = Field(default={})
    """What was changed in the run the task starts from, by dotted key."""
    edits: Annotated[tuple[MadeEdit, ...], Field(max_length=300)] = ()
    """What was changed while it ran."""
    steps: Annotated[int, Field(ge=0, le=10**12)]
    """Steps trained when it was checked."""
    figures: Annotated[tuple[float, ...], Field(min_length=1, max_length=6)]
    """The value found for each goal of the task."""
    reached: bool
    """Whether all goals were met."""

    @field_validator("changes")
    @classmethod
    def _changes_are_plain(cls, changes: dict[str, Any]) -> dict[str, Any]:
        return {key: _plain_value(value) for key, value in changes.items()}


class LearnerResult(Section):
    """All that a learner has done in a lab.

    It is also how far the learner has come: the program keeps it, and goes on from it.
    """

    kind: Literal["result"] = "result"
    """Tells the file from other files of the lab."""
    lab: Annotated[str, Field(pattern=LAB_NAME)]
    """Name of the lab."""
    lab_digest: Digest
    """Of the lab the result was made with: `training.labs.lab.OpenLab.digest`."""
    learner: Annotated[str, Field(min_length=1, max_length=60), Readable()]
    made: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$")]
    """When it was saved last, local time."""
    at: StepNumber = 1
    """The step the learner stands at."""
    visited: Annotated[tuple[StepNumber, ...], Field(max_length=MOST_STEPS)] = ()
    """Steps read to their end."""
    raced: Annotated[tuple[StepNumber, ...], Field(max_length=MOST_STEPS)] = ()
    """Steps whose runs were seen side by side to their end."""
    answers: Annotated[tuple[Answer, ...], Field(max_length=240)] = ()
    hints: Annotated[tuple[Hint, ...], Field(max_length=160)] = ()
    attempts: Annotated[tuple[Attempt, ...], Field(max_length=MOST_ATTEMPTS)] = ()
    """The tries that were checked, in order."""
    checksum: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Of everything else; it finds a careless change, and proves nothing."""

    def tries(self, step: int, task: str) -> tuple[Attempt, ...]:
        """Return the tries at one task (step from 1), in order."""
        return tuple(attempt for attempt in self.attempts if (attempt.step, attempt.task) == (step, task))

    def reached(self, step: int, task: str) -> bool:
        """Tell whether one of the tries is said to have reached the goals."""
        return any(attempt.reached for attempt in self.tries(step, task))

    def answer(self, step: int, question: int) -> str:
        """Return what was chosen (both from 1), or an empty string."""
        return next((a.choice for a in self.answers if (a.step, a.question) == (step, question)), "")

    def hints_taken(self, step: int, task: str) -> int:
        """Return how many hints were asked for."""
        return next((hint.taken for hint in self.hints if (hint.step, hint.task) == (step, task)), 0)

    def with_answer(self, answer: Answer) -> LearnerResult:
        """Return the result with an answer, in place of the one given before."""
        others = tuple(a for a in self.answers if (a.step, a.question) != (answer.step, answer.question))
        return self.model_copy(update={"answers": (*others, answer)})

    def with_hint(self, step: int, task: str) -> LearnerResult:
        """Return the result with one more hint taken."""
        others = tuple(hint for hint in self.hints if (hint.step, hint.task) != (step, task))
        taken = Hint(step=step, task=task, taken=min(MOST_HINTS, self.hints_taken(step, task) + 1))
        return self.model_copy(update={"hints": (*others, taken)})

    def with_attempt(self, attempt: Attempt) -> LearnerResult:
        """Return the result with one more try.

        The same run checked again takes the place of the first check. Beyond `MOST_TRIES` of a task the oldest that
        did not reach it is left out.
        """
        kept = [other for other in self.attempts if not _same_run(other, attempt)]
        mine = [other for other in kept if (other.step, other.task) == (attempt.step, attempt.task)]
        if len(mine) >= MOST_TRIES:
            kept.remove(next((other for other in mine if not other.reached), mine[-1]))
        return self.model_copy(update={"attempts": (*kept, attempt)[-MOST_ATTEMPTS:]})

    def sealed(self, when: datetime | None = None) -> LearnerResult:
        """Return the result with the time, and the checksum of its content."""
        made = (when or datetime.now()).isoformat(timespec="seconds")
        dated = self.model_copy(update={"made": made})
        return dated.model_copy(update={"checksum": dated.content_digest()})

    @property
    def intact(self) -> bool:
        """Whether the checksum is that of the content."""
        return self.checksum == self.content_digest()

    def content_digest(self) -> str:
        """Return the SHA-256 of everything but the checksum."""
        return digest_of(self.model_dump(mode="python", exclude={"checksum"}))


def attempt_of(
    step: int, task: str, changes: dict[str, Any], edits: Sequence[Edit], steps: int,
    figures: Sequence[float], *, reached: bool,
) -> Attempt:
    """Return a try, as the window has seen it (step from 1).

    Raises
    ------
    ExperimentError
        If it holds more than a result may.
    """
    made = [{"step": edit.step, "key": edit.key, "value": edit.value, "group": edit.group} for edit in edits]
    values = {
        "step": step, "task": task, "changes": changes, "edits": made, "steps": steps,
        "figures": [float(value) for value in figures], "reached": reached,
    }  # fmt: skip
    return validated(Attempt, values)


def load(path: Path) -> LearnerResult:
    """Read a learner's file.

    Raises
    ------
    InputError, ExperimentError
        If it cannot be read, is not TOML, or holds anything but a result within its bounds.
    """
    if not path.is_file():  # a pipe or a device would be read for ever
        raise InputError("there is no such file", where=str(path))
    return loads(read_text(path, "a learner's result"), where=str(path))


def loads(text: str, *, where: str = "result") -> LearnerResult:
    """Read a learner's result from TOML text; see `load`."""
    values = parse(text, where)
    with located(text, where):
        return from_values(values, where=where)


def from_values(values: dict[str, Any], *, where: str = "result") -> LearnerResult:
    """Return the result that plain values describe; see `load`."""
    expect_kind(values, "result", where)
    return validated(LearnerResult, values, file=where)


def dumps(result: LearnerResult) -> str:
    """Return the result as TOML that reads back exactly."""
    return tomli_w.dumps(result.model_dump(mode="python"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a learner's file."""
    return {**SCHEMA_DIALECT, **LearnerResult.model_json_schema()}


def save(result: LearnerResult, path: Path) -> LearnerResult:
    """Write the result, sealed, whole or not at all; return it as it was written."""
    sealed = result.sealed()
    write_whole(path, dumps(sealed).encode())
    return sealed


def file_name(learner: str, lab: str) -> str:
    """Return the name suggested for the file: letters and figures that every system takes.

    >>> file_name("Ada Lovelace", "why_deep_nets_stall")
    'ada-lovelace-why_deep_nets_stall.labresult'
    """
    plain = re.sub(r"[^\w]+", "-", learner.lower()).strip("-_")[:40]
    return f"{plain or 'learner'}-{lab}{SUFFIX}"


def _same_run(one: Attempt, other: Attempt) -> bool:
    return one.model_copy(update={"figures": (), "reached": False}) == other.model_copy(
        update={"figures": (), "reached": False}
    )


def _plain_value(value: Any) -> Any:
    """Return a value of an experiment as it is; anything larger than those are is refused."""
    values = value if isinstance(value, list | tuple) else [value]
    if len(values) > LONGEST_LIST:
        raise ValueError(f"must have at most {LONGEST_LIST} values")
    for item in values:
        short = isinstance(item, str) and len(item) <= LONGEST_TEXT
        number = isinstance(item, float) or (isinstance(item, int) and abs(item) <= LARGEST_WHOLE)
        if not (short or number):
            raise ValueError("must be a number, true or false, a short text, or a list of those")
    return list(values) if isinstance(value, list | tuple) else value
