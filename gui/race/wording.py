"""What is said of a race in words: what the runs have in common, where they part, who is ahead. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from gui.grouped import grouped
from gui.panels.epoch_panel import figure
from gui.race.race_view import RaceView, Runner
from training.progress import Outcome

LEVEL = 0.005
"""Two values that differ by less than this share are level."""
ENDS = {
    "completed": "completed", "converged": "converged", "early_stopped": "stopped early", "diverged": "diverged",
    "stopped": "stopped", "failed": "failed",
}  # fmt: skip


def in_common(race: RaceView) -> str:
    """Return what the others have in common with the first, as it was found by comparing."""
    others = race.runners[1:]
    holds, apart = [], []
    for same, exceptions in (
        ("same data", {"other data": [one for one in others if not one.likeness.same_data]}),
        ("same order of batches", {
            "same order of samples in batches of another size":
                [one for one in others if one.likeness.same_data and one.likeness.order == "other size"],
            "another order of samples":
                [one for one in others if one.likeness.same_data and one.likeness.order == "other"],
        }),
        ("same initial weights", {
            "other initial weights": [one for one in others if one.likeness.start == "other weights"],
            "another network": [one for one in others if one.likeness.start == "other network"],
        }),
    ):  # fmt: skip
        found = [f"{what}: {quoted(who)}" for what, who in exceptions.items() if who]
        apart += found
        if not found and (same != "same order of batches" or all(one.likeness.same_data for one in others)):
            holds.append(same)
    text = "; ".join([*([", ".join(holds)] if holds else []), *apart])
    return f"{text[0].upper()}{text[1:]}."


def parted(race: RaceView) -> str:
    """Return where the others first were other runs than the first one."""
    steps: dict[int | None, list[Runner]] = {}
    for runner in race.runners[1:]:
        steps.setdefault(runner.difference, []).append(runner)
    said = []
    for step in sorted(step for step in steps if step is not None):
        where = "Different from the start" if step == 0 else f"First different at step {grouped(step)}"
        said.append(f"{where}: {quoted(steps[step])}.")
    if None in steps and race.step:
        said.append(f"{'No difference to the end' if race.over else 'No difference yet'}: {quoted(steps[None])}.")
    return " ".join(said)


def difference_label(step: int) -> str:
    """Return what is written beside the mark of a first difference."""
    return "different from the start" if step == 0 else f"first difference: step {grouped(step)}"


def standing(race: RaceView) -> str:
    """Return who is ahead, or in the end who came furthest."""
    measure = measure_of(race)
    if measure is None:
        return "They are judged by different losses, so none is ahead: look at each by itself."
    name, words, sign = measure
    values = {runner: _standing(runner, name, sign, race.over) for runner in race.runners}
    ranked = sorted(race.runners, key=lambda runner: values[runner])
    best, second = ranked[:2]
    if math.isinf(values[best]):
        return "None has a finite loss." if race.step else "Waiting for the first evaluation."
    lead, next_to_it = sign * values[best], sign * values[second]
    level = math.isfinite(next_to_it) and abs(lead - next_to_it) <= LEVEL * max(abs(lead), abs(next_to_it))
    if level:
        text = f"{quoted([best, second])} are level: {words} {figure(lead)}."
    else:
        when = f" at epoch {_epoch(_best_epoch(best, name, sign))}" if race.over else ""
        text = f"{quoted([best])} {'came furthest' if race.over else 'is ahead'}: {words} {figure(lead)}{when}"
        text += f"; next {quoted([second])} with {figure(next_to_it)}." if math.isfinite(next_to_it) else "."
    broken = [one for one in race.runners if one.outcome is not None and one.outcome.reason in ("diverged", "failed")]
    return " ".join([text, *(_broke(runner) for runner in broken)])


def measure_of(race: RaceView) -> tuple[str, str, float] | None:
    """Return by what the runs are compared: its name, what it is called, and the sign that makes less better."""
    runs = [runner.run for runner in race.runners]
    part, words = ("val", "validation") if all(len(run.data.x_val) for run in runs) else ("train", "training")
    if all(run.experiment.loss == runs[0].experiment.loss for run in runs):
        return f"{part}_loss", f"{words} loss", 1.0
    if all(run.data.task == runs[0].data.task for run in runs):
        return f"{part}_score", score_name(race) if part == "val" else f"{words} {score_name(race)}", -1.0
    return None


def score_name(race: RaceView) -> str:
    """Return what a score is called."""
    return "accuracy" if race.base.run.data.task == "classification" else "R²"


def end_of(outcome: Outcome | None, playing: bool) -> str:
    """Return how a run stands, in a few words."""
    if outcome is None:
        return "running" if playing else ""
    if outcome.reason in ("diverged", "failed"):
        return f"{ENDS[outcome.reason]}, step {grouped(outcome.step)}"
    return f"{ENDS[outcome.reason]}, epoch {_epoch(outcome.epoch)}"


def quoted(runners: Iterable[Runner]) -> str:
    """Return titles in quotation marks, one after the other."""
    titles = [f"“{runner.title}”" for runner in runners]
    return " and ".join([", ".join(titles[:-1]), titles[-1]]) if len(titles) > 1 else "".join(titles)


def _standing(runner: Runner, name: str, sign: float, over: bool) -> float:
    """Return where a run stands, less being better; infinite for nowhere."""
    column = runner.run.history.evaluations.column(name)[:, 0]
    if not over:
        column = column[-1:]
        if runner.outcome is not None and runner.outcome.reason == "diverged":
            return math.inf
    finite = column[np.isfinite(column)]
    return float((sign * finite).min()) if len(finite) else math.inf


def _best_epoch(runner: Runner, name: str, sign: float) -> float:
    evaluations = runner.run.history.evaluations
    column = sign * evaluations.column(name)[:, 0]
    return float(evaluations.epoch[int(np.nanargmin(np.where(np.isfinite(column), column, np.inf)))])


def _broke(runner: Runner) -> str:
    assert runner.outcome is not None
    return f"{quoted([runner])} {ENDS[runner.outcome.reason]} at step {grouped(runner.outcome.step)}."


def _epoch(epoch: float) -> str:
    return f"{epoch:.1f}".removesuffix(".0")

