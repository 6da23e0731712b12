"""What is found: its name, how sure it is, what shows it, and what may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["fine", "note", "warning", "alarm"]
"""How bad it is: nothing to do; worth knowing; training suffers; training fails."""


@dataclass(frozen=True)
class Evidence:
    """Something recorded that shows what is claimed, to be drawn where it was recorded.

    Attributes
    ----------
    curve
        What is looked at: a column of `training.history.EVALUATION_COLUMNS`, ``batch_loss``, ``grad_norm``,
        ``weight_grad_norm``, ``signal_norm``, ``update_ratio``, the name of an instrument, or ``data``.
    sentence
        What it shows, with its figures.
    first_step, last_step
        Between which steps.
    layers
        Which layers (0 is the first hidden one), where it is about some of them.
    value, limit
        The figure, and what it is held against; NaN where there is none.
    """

    curve: str
    sentence: str
    first_step: int
    last_step: int
    layers: tuple[int, ...] = ()
    value: float = float("nan")
    limit: float = float("nan")


@dataclass(frozen=True)
class Fix:
    """A change to the experiment that should help.

    Attributes
    ----------
    name
        Identifies it in files.
    title
        On its button: ``"ReLU + He"``.
    why
        One sentence.
    changes
        Dotted keys of the experiment and their new values: `training.validation.replace` takes them.
    live
        Whether the run may go on with it from where it stands; else it has to start anew.
    """

    name: str
    title: str
    why: str
    changes: Mapping[str, Any]
    live: bool = False


@dataclass(frozen=True)
class Finding:
    """What a rule has found in a run by a certain step.

    Attributes
    ----------
    name
        The rule, a row of `training.diagnosis.rules.RULES`.
    title
        In a few words.
    severity
        See `Severity`.
    confidence
        0 to 1.
    sentence
        What anyone understands, with the figures of this run.
    first_step, last_step
        Since when it is so, and until when; the last step looked at, while it lasts.
    evidence
        The strongest first.
    fixes
        The one that should help most first.
    over
        Whether it was so, and is not any more (a plateau that was escaped from).
    """

    name: str
    title: str
    severity: Severity
    confidence: float
    sentence: str
    first_step: int
    last_step: int
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = field(default=())
    over: bool = False
