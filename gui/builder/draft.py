"""The experiment being edited: what was typed is never lost, whether or not it is valid. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from training.errors import ExperimentError
from training.experiment import Experiment
from training.validation import TAGS, as_values, is_tag, replace, variants


@dataclass(frozen=True)
class State:
    """A draft at one moment: the last valid experiment, and what was typed since and does not fit yet."""

    experiment: Experiment
    waiting: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any:
        """Return what stands at a dotted key: typed or valid; None where the key has no value yet."""
        if key in self.waiting:
            return self.waiting[key]
        value: Any = self.experiment
        for part in key.split("."):
            value = getattr(value, part, None)
        return value


class Draft:
    """The last valid experiment, and the changes since that do not fit yet.

    As long as any change is invalid, later changes wait with it; the moment all of them
    fit together, they become the experiment.

    Attributes
    ----------
    experiment
        The last valid state.
    waiting
        Changes not yet part of it, by dotted key.
    problems
        What is wrong, by dotted key.
    refused
        Why a run of the experiment was refused, by dotted key, until something changes. It may be tried again.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.waiting: dict[str, Any] = {}
        self.problems: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    @property
    def valid(self) -> bool:
        """Whether everything typed is part of the experiment."""
        return not self.problems

    def change(self, changes: dict[str, Any]) -> bool:
        """Apply changes together and return whether the draft is valid now."""
        for key in changes:
            if is_tag(key):
                self._forget_what_the_variant_lacks(key, changes[key])
        self.waiting = {**self.waiting, **changes}
        self.refused = {}
        try:
            self.experiment = replace(self.experiment, self.waiting)
        except ExperimentError as error:
            self.problems = {problem.key: problem.message for problem in error.problems}
            return False
        self.waiting = {}
        self.problems = {}
        return True

    def forget(self, key: str) -> None:
        """Drop what waits at a key: back to the last value that was right."""
        self.restore(State(self.experiment, {other: value for other, value in self.waiting.items() if other != key}))

    def state(self) -> State:
        """Return what `restore` brings back."""
        return State(self.experiment, dict(self.waiting))

    def restore(self, state: State) -> None:
        """Return to an earlier state, with what was wrong then."""
        self.experiment, self.waiting = state.experiment, dict(state.waiting)
        self.problems, self.refused = {}, {}
        if self.waiting:
            self.change({})

    def get(self, key: str) -> Any:
        """Return what stands at a dotted key: typed or valid; None where the key has no value yet."""
        return State(self.experiment, self.waiting).get(key)

    def tag(self, section: str) -> str:
        """Return the chosen variant of a section, even if it is not complete yet."""
        return str(self.get(f"{section}.{TAGS[section][0]}"))

    def has(self, key: str) -> bool:
        """Tell whether the key exists in the variants chosen now."""
        section, _, name = key.partition(".")
        if section in TAGS:
            model = variants(section).get(self.tag(section))
            return model is not None and name in model.model_fields
        return True

    def differences(self, other: Experiment) -> tuple[str, ...]:
        """Return the dotted keys whose values differ between the valid experiment and `other`."""
        mine, theirs = flat(self.experiment), flat(other)
        return tuple(key for key in {**mine, **theirs} if mine.get(key, ...) != theirs.get(key, ...))

    def _forget_what_the_variant_lacks(self, tag_key: str, tag: str) -> None:
        section = tag_key.partition(".")[0]
        fields = variants(section)[tag].model_fields if tag in variants(section) else {}
        for key in list(self.waiting):
            if key.startswith(f"{section}.") and key.partition(".")[2] not in fields:
                del self.waiting[key]


def flat(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment's values by dotted key, without the sections themselves."""
    found: dict[str, Any] = {}

    def walk(values: dict[str, Any], prefix: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            else:
                found[f"{prefix}{key}"] = value

    walk(as_values(experiment), "")
    return found
