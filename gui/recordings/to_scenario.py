"""From a recorded run to a scenario: what is told of it, and what must come out on any seed. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.errors import ExperimentError
from training.experiment import Experiment
from training.labs.bounds import changes_between
from training.plain_data import validated
from training.progress import STOP
from training.recordings.recording import Recording
from training.scenarios.mistakes import mistakes_in
from training.scenarios.record import RunRecord, measured
from training.scenarios.scenario import BASE, Measure, Scenario
from training.validation import as_values, replace

SEEDS = 10
VARIANT = "changed"


@dataclass(frozen=True)
class Offer:
    """Something of a run that may become an expectation.

    Attributes
    ----------
    comparison
        "<" where the run is expected to come at least as low, ">" where at least as high.
    """

    name: str
    title: str
    measure: Measure
    comparison: str


OFFERS = (
    Offer("train_loss", "the final training loss", Measure(metric="train_loss"), "<"),
    Offer("val_loss", "the final validation loss", Measure(metric="val_loss"), "<"),
    Offer("best_val_loss", "the best validation loss", Measure(metric="best", of="val_loss"), "<"),
    Offer("val_score", "the final accuracy (R² of a regression)", Measure(metric="val_score"), ">"),
    Offer("diverged", "that it does not diverge", Measure(metric="diverged"), "<"),
)


@dataclass(frozen=True)
class Told:
    """What the author says of the scenario."""

    title: str
    summary: str
    group: str
    level: str
    minutes: int
    story: str
    explanation: str = ""
    claims: tuple[str, ...] = ()
    margin: float = 0.25
    variant_title: str = ""


def scenario_of(recording: Recording, told: Told, form: Experiment | None = None) -> Scenario:
    """Return the scenario without its expectations; the form's experiment becomes a variant, if it is given.

    Raises
    ------
    ExperimentError
        With every mistake in what was told.
    """
    values: dict[str, Any] = {
        "kind": "scenario", "title": told.title, "summary": told.summary, "group": told.group, "level": told.level,
        "minutes": told.minutes, "story": told.story, "explanation": told.explanation,
        "experiment": as_values(_ended_there(recording)), "edits": _scripted(recording),
    }  # fmt: skip
    if form is not None:
        changes = {key: value for key, value in changes_between(recording.experiment, form).items() if key != "device"}
        values["variants"] = {VARIANT: {"title": told.variant_title or "Changed", "changes": changes}}
        values["base_title"] = "As recorded"
    scenario = validated(Scenario, values)
    problems = mistakes_in(scenario)
    if problems:
        raise ExperimentError(problems)
    return scenario


def with_expectations(scenario: Scenario, told: Told, records: Mapping[str, RunRecord]) -> Scenario:
    """Return the scenario with what was measured on several seeds as expectations, each with the margin."""
    claims = [offer for offer in OFFERS if offer.name in told.claims]
    found = [claim for offer in claims if (claim := _claim(offer, records[BASE], told.margin)) is not None]
    values = scenario.model_dump(mode="json", exclude_none=True)
    return validated(Scenario, {**values, "expectations": found})


def _claim(offer: Offer, record: RunRecord, margin: float) -> dict[str, Any] | None:
    """Return what holds on every seed, with a margin; None where there is nothing to measure."""
    values = measured(record, offer.measure)
    if not all(math.isfinite(value) for value in values):
        return None
    claim = {"metric": offer.measure.metric, "comparison": offer.comparison, "share": 0.9}
    if offer.measure.of:
        claim["of"] = offer.measure.of
    if offer.name == "diverged":
        return {**claim, "text": "The run does not diverge", "value": 0.5} if max(values) == 0 else None
    worst = max(values) if offer.comparison == "<" else min(values)
    room = margin * max(abs(worst), 1e-6)
    value = _rounded(worst + room, up=True) if offer.comparison == "<" else _rounded(worst - room, up=False)
    side = "below" if offer.comparison == "<" else "above"
    title = offer.title.removeprefix("the ")
    return {**claim, "text": f"The {title} is {side} {value:g}", "value": value}


def _rounded(value: float, *, up: bool) -> float:
    """Return a number of two digits, on the safe side."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{(math.ceil(value / step) if up else math.floor(value / step)) * step:.6g}")


def _ended_there(recording: Recording) -> Experiment:
    """Return the experiment; where the user ended the run before its time, with that as the last step."""
    if any(STOP in edit.changes for edit in recording.edits) or not recording.fingerprint:
        return replace(recording.experiment, {"steps": max(1, recording.steps), "replicas": 1})
    return replace(recording.experiment, {"replicas": 1})


def _scripted(recording: Recording) -> list[dict[str, Any]]:
    return [
        {"at": f"step {edit.step}", "changes": dict(edit.changes)}
        for edit in recording.edits if STOP not in edit.changes
    ]

