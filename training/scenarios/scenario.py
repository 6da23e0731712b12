"""A scenario: an experiment with a story. What to look at, what to predict, what to change, and what must come out.

Everything in it is declarative data; nothing of it is ever evaluated as code. `training.scenarios.scenario_file`
reads and writes it, and finds the mistakes that no single key shows.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field

from training.experiment import Experiment, Section
from training.plain_text import Readable, Shaped
from training.validation import replace

BASE = "base"
"""Name of the experiment as it is given, beside the variants."""

GROUPS = (
    "gradients", "learning rate", "optimizers", "batch size", "generalization", "data", "convergence",
)  # fmt: skip
"""Chapters of the course, in order."""

Group = Literal["gradients", "learning rate", "optimizers", "batch size", "generalization", "data", "convergence"]
Level = Literal["introductory", "intermediate", "advanced"]
Name = Annotated[str, Shaped(r"[a-z][a-z0-9_]{0,39}", "a small letter, then at most 39 small letters, digits or _")]
Reference = Annotated[str, Field(min_length=1, max_length=60), Readable()]
"""Of a run or a task there should be: that there is one is found out with all at hand, which can then be listed."""
Title = Annotated[str, Field(min_length=1, max_length=60), Readable()]
Line = Annotated[str, Field(min_length=1, max_length=300), Readable()]
Paragraph = Annotated[str, Field(min_length=1, max_length=2_000), Readable(lines=True)]
Markdown = Annotated[str, Field(max_length=20_000), Readable(lines=True)]
Moment = Annotated[
    str, Shaped(r"start|end|best|(epoch|step) [0-9]{1,9}", "'start', 'end', 'best', 'epoch N' or 'step N'")
]
EditMoment = Annotated[str, Shaped(r"(epoch|step) [0-9]{1,9}", "'epoch N' or 'step N'")]
Tag = Annotated[str, Field(min_length=1, max_length=30), Readable()]
Key = Annotated[str, Field(min_length=1, max_length=80), Readable()]
Changes = Annotated[dict[str, Any], Field(max_length=40)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Measure(Section):
    """A quantity of a run: a name out of `training.scenarios.metrics.METRICS`, and what it needs to be told."""

    metric: Annotated[str, Field(min_length=1, max_length=60), Readable()]
    """Name of the quantity."""
    at: Moment = "end"
    """When: "start", "end", "best" (the evaluation with the lowest validation loss), "epoch 20" or "step 400"."""
    layer: Annotated[int, Field(ge=1)] | Literal["first", "last", "output"] | None = None
    """Which layer, where the quantity has one for each: its number, "first", "last" (hidden one), or "output"."""
    of: Literal["", "train_loss", "val_loss", "batch_loss", "grad_norm", "train_score", "val_score"] = ""
    """Which curve a derived quantity (best, oscillation, fitted_rate, …) is taken of."""
    target: Finite | None = None
    """The value to be reached, for quantities such as epochs_to."""
    window: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Share of the run, up to `at`, that quantities over a stretch (mean, oscillation, fitted_rate) look at."""
    criterion: Literal["", "loss_plateau", "gradient_norm", "parameter_change", "validation",
                       "relative_improvement"] = ""  # fmt: skip
    """Which convergence criterion, for met_at."""


class Claim(Measure):
    """A quantity compared with a value."""

    variant: Reference = BASE
    """The run it is measured in: "base", or the name of a variant."""
    minus: Reference | None = None
    """Compare the difference from the same quantity in this run."""
    divided_by: Reference | None = None
    """Compare the ratio to the same quantity in this run."""
    comparison: Literal["<", "<=", ">", ">=", "between"]
    """How it is compared."""
    value: Finite | Annotated[tuple[Finite, ...], Field(min_length=2, max_length=2)]
    """With what; for "between" the lowest and the highest value."""


class Expectation(Claim):
    """What must come out, checked by running."""

    text: Line
    """The claim in words."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Share of the seeds on which it must hold."""


class Variant(Section):
    """A named change to the base experiment."""

    title: Title
    """Shown in legends."""
    note: Annotated[str, Field(max_length=300), Readable()] = ""
    """What the change does, in a sentence."""
    changes: Changes = Field(default={})
    """Dotted keys of the experiment and their values (tables are taken as dots)."""


class ScriptedEdit(Section):
    """Settings changed while the run is under way."""

    at: EditMoment
    """When: "epoch 30" or "step 400"; the step that follows is the first under the new settings."""
    changes: Changes
    """Dotted keys and their new values."""
    variants: Annotated[tuple[Reference, ...], Field(max_length=8)] = ()
    """In which runs (empty: in all)."""


class Question(Section):
    """A prediction, asked for before anything is run."""

    ask: Paragraph
    """The question, such as: which of these runs will reach the lower loss?"""
    choices: Annotated[tuple[Line, ...], Field(min_length=2, max_length=6)]
    """What to choose from."""
    answer: Line
    """The choice that is right, word for word."""
    why: Paragraph
    """Shown once the run is over."""


class Task(Section):
    """Something to be reached by changing what is allowed."""

    id: Name
    """Name of the task within the scenario; the learner's results refer to it."""
    title: Annotated[str, Field(min_length=1, max_length=80), Readable()]
    """A few words for the list of tasks."""
    text: Paragraph
    """What is asked for."""
    start: Reference = BASE
    """The run it starts from: "base" or a variant."""
    controls: Annotated[tuple[Key, ...], Field(min_length=1, max_length=30)]
    """Dotted keys that may be changed; "network.initialization." allows all that begin so."""
    goals: Annotated[tuple[Claim, ...], Field(min_length=1, max_length=6)]
    """All of them have to be met by the run the learner makes (`variant` is left out)."""
    hints: Annotated[tuple[Paragraph, ...], Field(max_length=6)] = ()
    """From the gentlest to the whole answer."""
    solution: Changes = Field(default={})
    """Changes that reach the goal: a test, and `replay`, make sure of it. Never shown before it is reached."""


class Picture(Section):
    """What the card in the gallery shows of a real run."""

    curve: Literal["train_loss", "val_loss", "batch_loss", "grad_norm", "lr", "signal_norm", "boundary"] = "train_loss"
    """The curve of every variant; signal_norm: of every layer over the layers; boundary: the decision boundary."""
    log: bool = True
    """On a logarithmic axis."""


class Scenario(Section):
    """An experiment with a story.

    Attributes
    ----------
    experiment
        The base; `runs` gives it together with the variants.
    """

    kind: Literal["scenario"]
    """Tells the file from other files of the lab."""
    title: Annotated[str, Field(min_length=1, max_length=80), Readable()]
    """What the gallery calls it."""
    summary: Annotated[str, Field(min_length=1, max_length=240), Readable()]
    """One or two sentences for the card."""
    group: Group
    """Chapter of the course."""
    order: Annotated[int, Field(ge=0, le=999)] = 500
    """Place within the chapter."""
    level: Level = "introductory"
    """How much the learner has to know already."""
    minutes: Annotated[int, Field(ge=1, le=240)] = 10
    """How long it takes a learner."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=12)] = ()
    """Words to search by."""
    references: Annotated[tuple[Line, ...], Field(max_length=12)] = ()
    """Where the set-up or the claim is published."""
    story: Markdown
    """What this is about; read before the run."""
    explanation: Markdown = ""
    """Why it came out so; shown after the run."""
    watch: Annotated[tuple[Line, ...], Field(max_length=8)] = ()
    """What to look at while it runs."""
    picture: Picture = Picture()
    """What the card in the gallery shows."""
    base_title: Title = "as given"
    """What legends call the base experiment."""
    experiment: Experiment
    """The run that everything else refers to: the keys of an experiment file."""
    variants: Annotated[dict[Name, Variant], Field(max_length=7)] = Field(default={})
    """Named changes to the experiment, run beside it from the same start."""
    edits: Annotated[tuple[ScriptedEdit, ...], Field(max_length=50)] = ()
    """Settings changed while the runs are under way."""
    questions: Annotated[tuple[Question, ...], Field(max_length=12)] = ()
    """Predictions asked for before the run."""
    tasks: Annotated[tuple[Task, ...], Field(max_length=8)] = ()
    """What the learner is to reach."""
    expectations: Annotated[tuple[Expectation, ...], Field(max_length=40)] = ()
    """What must come out, on nearly every seed."""

    def runs(self) -> dict[str, Experiment]:
        """Return the base experiment and the variants, by name, in order."""
        return {BASE: self.experiment, **{name: self.run(name) for name in self.variants}}

    def run(self, name: str) -> Experiment:
        """Return the experiment of one variant, or the base."""
        if name == BASE:
            return self.experiment
        return replace(self.experiment, dotted(self.variants[name].changes))

    def title_of(self, name: str) -> str:
        """Return what legends call a run."""
        return self.base_title if name == BASE else self.variants[name].title

    def edits_of(self, name: str) -> tuple[ScriptedEdit, ...]:
        """Return the scripted edits of one run."""
        return tuple(edit for edit in self.edits if not edit.variants or name in edit.variants)


def dotted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as dotted keys.

    >>> dotted({"optimizer": {"lr": 0.1}, "epochs": 3})
    {'optimizer.lr': 0.1, 'epochs': 3}
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= dotted(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def moment_of(text: str) -> tuple[str, int]:
    """Return what a moment counts, and how many: ("epoch", 20), or ("end", 0)."""
    match = re.match(r"(\w+)(?: (\d+))?$", text)
    assert match is not None
    return match[1], int(match[2] or 0)
