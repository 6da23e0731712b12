"""A recorded run: the experiment, what was changed on the way, how far it went, and what came of it.

That is all it takes to make the run again, bit for bit on the same machine; `training.recordings.again` does so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from training.engine import is_editable
from training.errors import MAX_PROBLEMS, InputError
from training.experiment import Experiment, Section
from training.history import History
from training.plain_text import Readable, Shaped
from training.progress import STOP, Edit, Outcome
from training.result import Result
from training.snapshot import Snapshot

MOST_EDITS = 10_000

EditKey = Annotated[
    str, Shaped(r"[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){0,4}", "a dotted key such as 'optimizer.lr'")
]
EditValue = (
    bool
    | Annotated[int, Field(ge=-(10**18), le=10**18)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Annotated[str, Field(max_length=200), Readable()]
)
Digest = Annotated[str, Shaped(r"([0-9a-f]{64})?", "64 hexadecimal digits")]
FigureName = Annotated[str, Shaped(r"[a-z][a-z0-9_]{0,39}", "a name such as 'train_loss'")]

EVALUATED = ("train_loss", "val_loss", "train_score", "val_score")


class RecordedEdit(Section):
    """Settings changed together while the run was under way; the key "stop" stands for its end by the user."""

    step: Annotated[int, Field(ge=0, le=10**12)]
    """Steps done before it."""
    changes: Annotated[dict[EditKey, EditValue], Field(min_length=1, max_length=60)]
    """Dotted keys and their new values."""


class Recording(Section):
    """A run as it was made; it can be made again from this."""

    kind: Literal["run"] = "run"
    """Tells the file from other files of the lab."""
    name: Annotated[str, Field(min_length=1, max_length=120), Readable()]
    """Shown in lists."""
    made: Annotated[str, Field(max_length=40), Readable()] = ""
    """When, as in 2030-05-17T14:03:00+02:00."""
    scenario: Annotated[str, Field(max_length=80), Readable()] = ""
    """Name of the scenario it was a run of, if any."""
    steps: Annotated[int, Field(ge=0, le=10**12)]
    """Steps it had done when it was recorded."""
    fingerprint: Digest = ""
    """SHA-256 of the bytes of its parameters then; "": not known."""
    figures: Annotated[dict[FigureName, float], Field(max_length=40)] = Field(default={})
    """What it had come to."""
    experiment: Experiment
    edits: Annotated[tuple[RecordedEdit, ...], Field(max_length=MOST_EDITS)] = ()
    """In the order they were made."""

    @model_validator(mode="after")
    def _edits_fit(self) -> Self:
        problems = [
            f"edits.{index}.changes: '{key}' cannot be changed while a run is under way"
            for index, edit in enumerate(self.edits) for key in edit.changes if key != STOP and not is_editable(key)
        ]  # fmt: skip
        before = 0
        for index, edit in enumerate(self.edits):
            if edit.step < before:
                problems.append(f"edits.{index}.step: is before that of the edit above it")
            if edit.step > self.steps:
                problems.append(f"edits.{index}.step: is after the {self.steps:,} steps of the run")
            before = edit.step
        if problems:
            raise ValueError("\n".join(problems[:MAX_PROBLEMS]))
        return self

    def made_edits(self) -> tuple[Edit, ...]:
        """Return the edits as the engine takes them."""
        return tuple(
            Edit(edit.step, key, value, group)
            for group, edit in enumerate(self.edits) for key, value in edit.changes.items()
        )  # fmt: skip


def record(
    experiment: Experiment, result: Result, history: History, *, scenario: str = "", when: datetime | None = None
) -> Recording:
    """Return the recording of a run that has ended, or stands somewhere.

    Parameters
    ----------
    experiment
        As the run was started, before any edit.
    when
        When it was made; None: now.

    Raises
    ------
    InputError
        If it holds more than a recording may.
    """
    edits = recorded(result.edits)
    if len(edits) > MOST_EDITS:
        raise InputError(f"a run with more than {MOST_EDITS:,} changes made on the way cannot be recorded")
    return Recording(
        name=_readable(experiment.name),
        made=(when or datetime.now().astimezone()).isoformat(timespec="seconds"),
        scenario=scenario,
        steps=result.step,
        fingerprint=fingerprint_of(result.final),
        figures=figures_of(result.outcomes, history),
        experiment=experiment,
        edits=edits,
    )


def recorded(edits: Iterable[Edit]) -> tuple[RecordedEdit, ...]:
    """Return edits as a recording holds them, those made together as one."""
    groups: dict[tuple[int, int], dict[str, EditValue]] = {}
    for edit in sorted(edits, key=lambda edit: (edit.step, edit.group)):
        groups.setdefault((edit.step, edit.group), {})[edit.key] = edit.value
    return tuple(RecordedEdit(step=step, changes=changes) for (step, _), changes in groups.items())


def fingerprint_of(snapshots: Sequence[Snapshot]) -> str:
    """Return the SHA-256 of the bytes of all parameters and running statistics."""
    digest = hashlib.sha256()
    for snapshot in snapshots:
        for values in (snapshot.params, snapshot.statistics):
            digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def figures_of(outcomes: Sequence[Outcome], history: History) -> dict[str, float]:
    """Return what the first replica of a run has come to, by name; what is not known is left out."""
    evaluations, outcome = history.evaluations, outcomes[0]
    figures = {name: float(evaluations.final(name)[0]) for name in EVALUATED}
    figures["best_val_loss"] = float(evaluations.best_val_loss[0])
    figures["ended_step"] = float(outcome.step)
    figures["diverged"] = float(outcome.reason == "diverged")
    return {name: value for name, value in figures.items() if not np.isnan(value)}


def _readable(name: str) -> str:
    try:
        return Readable().check(name)
    except ValueError:  # the name of an experiment may hold anything
        return "a run"
