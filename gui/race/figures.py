"""The figures of a race as columns: what each is called, and what it says of a run. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gui.grouped import grouped
from gui.panels.epoch_panel import figure
from gui.race.race_view import RaceView, Runner
from gui.race.wording import end_of, score_name


@dataclass(frozen=True)
class Column:
    """A figure of every run.

    Attributes
    ----------
    widest
        A text as wide as any of it.
    left
        Whether it is a text, to be read from its beginning.
    spare
        Where there is no room, the columns with the largest are left out first.
    """

    title: str
    tip: str
    widest: str
    spare: int
    text: Callable[[Runner], str]
    left: bool = False


def columns_of(race: RaceView) -> list[Column]:
    """Return the columns that tell of a race."""
    held_out = all(len(runner.run.data.x_val) for runner in race.runners)
    part, words = ("val", "validation") if held_out else ("train", "training")
    said = "held-out" if held_out else "training"
    score = score_name(race)
    name = f"{part}_loss"
    columns = [
        Column(f"{words} loss", f"Loss on the {said} part at the last evaluation", "0.0e-00", 0,
               lambda runner: _figure(_last(runner, name))),
        Column("best", f"Lowest loss on the {said} part", "0.0e-00", 1,
               lambda runner: _figure(_best(runner, name)[0])),
        Column("at epoch", "Epochs until then", "0000.0", 3, lambda runner: _epoch(_best(runner, name)[1])),
        Column(score, f"{score[0].upper()}{score[1:]} on the {said} part at the last evaluation", "0.0000", 2,
               lambda runner: _figure(_last(runner, f"{part}_score"))),
        Column("first difference", "The first step at which loss or gradients are not bit for bit those of the first "
               "run", "from the start", 5, _difference),
        Column("state", "How the run stands, or how it ended", "stopped early, epoch 0000", 4,
               lambda runner: end_of(runner.outcome, race.playing), left=True),
    ]  # fmt: skip
    if held_out:
        columns.insert(3, Column("training loss", "Loss on the training part at the last evaluation", "0.0e-00", 6,
                                 lambda runner: _figure(_last(runner, "train_loss"))))  # fmt: skip
    return columns


def _last(runner: Runner, name: str) -> float:
    return float(runner.run.history.evaluations.final(name)[0])


def _best(runner: Runner, name: str) -> tuple[float, float]:
    """Return the lowest value of an evaluation, and the epochs until then."""
    evaluations = runner.run.history.evaluations
    if name == "val_loss":
        return float(evaluations.best_val_loss[0]), float(evaluations.best_val_epoch[0])
    values = evaluations.column(name)[:, 0]
    if not np.isfinite(values).any():
        return math.nan, math.nan
    row = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
    return float(values[row]), float(evaluations.epoch[row])


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else figure(value)


def _epoch(epoch: float) -> str:
    return "–" if math.isnan(epoch) else f"{epoch:.1f}".removesuffix(".0")


def _difference(runner: Runner) -> str:
    if runner.place == 0:
        return "–"
    if runner.difference is None:
        return "none yet" if runner.outcome is None else "none"
    return "from the start" if runner.difference == 0 else f"step {grouped(runner.difference)}"
