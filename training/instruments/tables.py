"""What instruments have said of a run, as tables: one for each, a row for each moment; and what the whole run tells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from models.architecture import Architecture
from training.instruments.catalog import INSTRUMENTS
from training.instruments.landscape import Landscape
from training.instruments.log import InstrumentLog
from training.instruments.rates import RateEstimate
from training.instruments.stopping_bench import StopRule

MOMENT_COLUMNS = ("step", "epoch")
RATE_COLUMNS = ("quantity", "kind", "order", "rate", "low", "high", "limit", "target", "steps_to_target")
STOPPING_COLUMNS = (
    "rule", "parameter", "stopped", "epoch", "val_loss", "best_epoch", "best_val_loss", "regret", "cost",
)  # fmt: skip
LANDSCAPE_COLUMNS = ("x", "y", "loss")
PATH_COLUMNS = ("step", "x", "y")


def instrument_tables(log: InstrumentLog, architecture: Architecture) -> dict[str, Iterator[str]]:
    """Return the lines of a table for every instrument that has said anything, by its name."""
    return {name: table(log, name, architecture) for name in INSTRUMENTS if name in log}


def table(log: InstrumentLog, name: str, architecture: Architecture) -> Iterator[str]:
    """Yield the lines of the table of one instrument: ``step,epoch`` and its columns, then a row for each reading."""
    series = log[name]
    yield ",".join([*MOMENT_COLUMNS, *INSTRUMENTS[name].columns(architecture)])
    for step, epoch, values in zip(series.steps, series.epochs, series.values, strict=True):
        yield ",".join([str(int(step)), repr(float(epoch)), *(f"{value:.9g}" for value in np.asarray(values))])


def rate_table(found: Mapping[str, RateEstimate], targets: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of a table of how quantities converge, with the steps to a target where there is one."""
    yield ",".join(RATE_COLUMNS)
    for quantity, each in found.items():
        target = targets.get(quantity, math.nan)
        ahead = math.nan if math.isnan(target) else each.steps_to(target)
        yield _row(quantity, each.kind, each.order, each.rate, *each.interval, each.limit, target, ahead)


def stopping_table(rules: Iterable[StopRule]) -> Iterator[str]:
    """Yield the lines of a table of what each rule, with each of its parameters, would have done to a run."""
    yield ",".join(STOPPING_COLUMNS)
    for rule in rules:
        yield _row(
            rule.name, rule.parameter, rule.stopped, rule.epoch, rule.val_loss, rule.best_epoch, rule.best_val_loss,
            rule.regret, rule.cost,
        )


def landscape_table(landscape: Landscape) -> Iterator[str]:
    """Yield the lines of a table of the heights of a landscape, row by row of its grid."""
    yield ",".join(LANDSCAPE_COLUMNS)
    for y, heights in zip(landscape.ys, landscape.losses, strict=True):
        for x, height in zip(landscape.xs, heights, strict=True):
            yield _row(x, y, height)


def path_table(landscape: Landscape) -> Iterator[str]:
    """Yield the lines of a table of the path through a landscape."""
    yield ",".join(PATH_COLUMNS)
    for step, (x, y) in zip(landscape.steps, landscape.path, strict=True):
        yield _row(int(step), x, y)


def _row(*cells: str | bool | float) -> str:
    return ",".join(map(_cell, cells))


def _cell(value: str | bool | float) -> str:
    """Return a value as a table has it: what there is none of (NaN) is left empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value).lower()
    return "" if math.isnan(value) else repr(float(value))
