"""The figures behind the curves of a race, a row for each run and moment. No Qt."""

from __future__ import annotations

from gui.panels.panel import Table
from gui.race.race_view import RaceView

COLUMNS = ("train_loss", "val_loss", "train_score", "val_score", "lr")


def evaluations_of(race: RaceView) -> Table:
    """Return every evaluation that is kept of every run."""
    rows: list[list[object]] = []
    for runner in race.runners:
        evaluations = runner.run.history.evaluations
        columns = [evaluations.column(name)[:, 0].tolist() for name in COLUMNS]
        for step, epoch, *values in zip(evaluations.step.tolist(), evaluations.epoch.tolist(), *columns, strict=True):
            rows.append([runner.title, step, epoch, *values])
    return Table(["run", "step", "epoch", *COLUMNS], rows)


def steps_of(race: RaceView, name: str) -> Table:
    """Return a quantity of every step of every run; of spans of steps the smallest and the largest."""
    rows: list[list[object]] = []
    for runner in race.runners:
        curve = runner.run.history.series(name)
        for step, low, high in zip(curve.steps.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True):
            last = min(step + curve.stride - 1, runner.run.history.n_steps)
            rows.append([runner.title, step, last, low, high])
    return Table(["run", "first step", "last step", f"smallest {name}", f"largest {name}"], rows)


def layers_of(race: RaceView, name: str, title: str) -> Table:
    """Return a quantity of every layer at every step kept, a row for each run, layer and span of steps."""
    rows: list[list[object]] = []
    for runner in race.runners:
        curve = runner.run.history.layers(name)
        for index, step in enumerate(curve.steps.tolist()):
            last = min(step + curve.stride - 1, runner.run.history.n_steps)
            ends = zip(runner.run.layer_names, curve.low[index].tolist(), curve.high[index].tolist(), strict=True)
            rows += [[runner.title, step, last, layer, low, high] for layer, low, high in ends]
    return Table(["run", "first step", "last step", "layer", f"smallest {title}", f"largest {title}"], rows)
