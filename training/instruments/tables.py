"""What instruments have said of a run, as tables: one for each, a row for each moment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.architecture import Architecture
from training.instruments.catalog import INSTRUMENTS
from training.instruments.log import InstrumentLog

MOMENT_COLUMNS = ("step", "epoch")


def instrument_tables(log: InstrumentLog, architecture: Architecture) -> dict[str, Iterator[str]]:
    """Return the lines of a table for every instrument that has said anything, by its name."""
    return {name: table(log, name, architecture) for name in INSTRUMENTS if name in log}


def table(log: InstrumentLog, name: str, architecture: Architecture) -> Iterator[str]:
    """Yield the lines of the table of one instrument: ``step,epoch`` and its columns, then a row for each reading."""
    series = log[name]
    yield ",".join([*MOMENT_COLUMNS, *INSTRUMENTS[name].columns(architecture)])
    for step, epoch, values in zip(series.steps, series.epochs, series.values, strict=True):
        yield ",".join([str(int(step)), repr(float(epoch)), *(f"{value:.9g}" for value in np.asarray(values))])
