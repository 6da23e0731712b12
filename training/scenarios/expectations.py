"""What must come out, held against what came out: one value and one verdict for every seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.criteria import CRITERIA
from training.scenarios.curves import SCORES
from training.scenarios.metrics import METRICS
from training.scenarios.record import RunRecord, measured
from training.scenarios.scenario import BASE, Claim, Expectation, Measure, Scenario

FloatArray = NDArray[np.float64]

COMPARED = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}


@dataclass(frozen=True, eq=False)
class Found:
    """What came of one claim.

    Attributes
    ----------
    values
        The quantity, of every seed.
    held
        Whether the claim holds, of every seed.
    wanted
        Share of the seeds on which it must hold.
    """

    claim: Claim
    values: FloatArray
    held: NDArray[np.bool_]
    wanted: float

    @property
    def text(self) -> str:
        """The claim in its author's words, or ""."""
        return self.claim.text if isinstance(self.claim, Expectation) else ""

    @property
    def share(self) -> float:
        """Share of the seeds on which it holds."""
        return float(self.held.mean()) if len(self.held) else 0.0

    @property
    def holds(self) -> bool:
        """Whether it holds on as many seeds as it must."""
        return self.share >= self.wanted - 1e-9

    @property
    def note(self) -> str:
        """What explains values that are no numbers, or ""."""
        unknown = int(np.isnan(self.values).sum())
        if not unknown:
            return ""
        seeds = "1 seed" if unknown == 1 else f"{unknown} seeds"
        return f"on {seeds} there is no value: the run ended before that moment, or there is nothing to measure"


def check(scenario: Scenario, records: Mapping[str, RunRecord]) -> list[Found]:
    """Hold the expectations of a scenario against its runs; those of runs that were not made are left out."""
    return [
        found_of(expectation, records, expectation.share)
        for expectation in scenario.expectations if set(runs_in(expectation)) <= set(records)
    ]  # fmt: skip


def check_goals(goals: Sequence[Claim], record: RunRecord, share: float = 1.0) -> list[Found]:
    """Hold the goals of a task against a run, such as the one a learner has made."""
    return [found_of(goal.model_copy(update={"variant": BASE}), {BASE: record}, share) for goal in goals]


def found_of(claim: Claim, records: Mapping[str, RunRecord], wanted: float) -> Found:
    """Hold one claim against runs."""
    values = value_of(claim, records)
    return Found(claim, values, meets(claim, values), wanted)


def value_of(claim: Claim, records: Mapping[str, RunRecord]) -> FloatArray:
    """Return what a claim compares, of every seed: a quantity, or its difference or ratio to that of another run."""
    values = measured(records[claim.variant], claim)
    with np.errstate(all="ignore"):
        if claim.minus is not None:
            values = values - measured(records[claim.minus], claim)
        if claim.divided_by is not None:
            values = values / measured(records[claim.divided_by], claim)
    return values


def meets(claim: Claim, value: FloatArray | float) -> NDArray[np.bool_]:
    """Tell of each value whether it is as the claim says; NaN never is."""
    values, wanted = np.asarray(value), claim.value
    if isinstance(wanted, tuple):
        return (values >= wanted[0]) & (values <= wanted[1])
    held: NDArray[np.bool_] = {
        "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    }[claim.comparison](values, wanted)  # fmt: skip
    return held


def runs_in(claim: Claim) -> tuple[str, ...]:
    """Return the runs a claim is about."""
    return tuple(name for name in (claim.variant, claim.minus, claim.divided_by) if name is not None)


# ------------------------------------------------------------------------------------------ in words


def in_words(claim: Claim, scenario: Scenario | None = None) -> str:
    """Return a claim as people read it: "‘Sigmoid’: training loss at the end above 0.5".

    Parameters
    ----------
    scenario
        Where the runs have their titles; None: there is only one.
    """
    text = f"{measure_in_words(claim)} {wanted_in_words(claim)}"
    if scenario is None or not scenario.variants:
        return text
    runs = f"‘{scenario.title_of(claim.variant)}’"
    if claim.minus is not None:
        runs += f" − ‘{scenario.title_of(claim.minus)}’"
    if claim.divided_by is not None:
        runs += f" ÷ ‘{scenario.title_of(claim.divided_by)}’"
    return f"{runs}: {text}"


def wanted_in_words(claim: Claim) -> str:
    """Return what a claim wants: "below 0.5", "between 1 and 2"."""
    if isinstance(claim.value, tuple):
        return f"between {_figure(claim.value[0])} and {_figure(claim.value[1])}"
    return f"{COMPARED[claim.comparison]} {_figure(claim.value)}"


def _figure(value: float) -> str:
    """Return a figure as the window writes it: "6e-6", not "6e-06"."""
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")


def measure_in_words(measure: Measure) -> str:
    """Return a quantity as people read it: "oscillation of the training loss over the last 25% of the run"."""
    metric = METRICS[measure.metric]
    words = _named(measure)
    if measure.layer is not None:
        layers = {"first": "the first hidden layer", "last": "the last hidden layer", "output": "the output layer"}
        words = f"{words} in {layers.get(str(measure.layer), f'layer {measure.layer}')}"
    if "window" in metric.takes:
        until = "the run" if measure.at == "end" else f"the way to {_moment(measure.at)}"
        return f"{words} over the last {measure.window:.0%} of {until}"
    return f"{words} at {_moment(measure.at)}" if "at" in metric.takes else words


def _named(measure: Measure) -> str:
    metric = METRICS[measure.metric]
    if metric.words:
        criterion = CRITERIA[measure.criterion].title.lower() if measure.criterion else ""
        target = "" if measure.target is None else f"{_reaches(measure.of)} {measure.target:.4g}"
        return metric.words.format(curve=_title(measure.of), target=target, criterion=criterion)
    return f"{_title(metric.name)} of the {_title(measure.of)}" if measure.of else _title(metric.name)


def _title(name: str) -> str:
    title = METRICS[name].title if name else ""
    return title[:1].lower() + title[1:]


def _reaches(curve: str) -> str:
    return "has risen to" if curve in SCORES else "has fallen to"


def _moment(moment: str) -> str:
    return {"start": "the start", "end": "the end", "best": "the best evaluation"}.get(moment, moment)
