"""What an instrument is: something measured of a run at intervals, apart from how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.architecture import Architecture
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]


class Instrument(Protocol):
    """Measures one run; it may remember what it has seen of it, such as the last eigenvector."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the values at a moment, in the order of the columns; NaN for what cannot be known there."""


@dataclass(frozen=True)
class InstrumentInfo:
    """One row of the table of instruments.

    Attributes
    ----------
    name
        Identifies it in files: ``instruments/<name>.csv``.
    title, unit
        Shown in menus and on axes.
    formula
        What it is, in symbols.
    note
        One line on what it says of convergence.
    source
        Paper and equation.
    make
        Makes one for a new run.
    columns
        Names of its values, given the architecture: lower case, with digits and underscores, as columns of a file.
    standard
        Whether it is among those that are on by default.
    suits
        Whether it has anything to say about such a network.
    passes
        About how many passes forward and back over the samples of the workbench a reading takes: from that it is
        guessed what the first one will cost.
    recorded
        Whether the history has it of every step (under its name), so that nothing needs to be measured.
    """

    name: str
    title: str
    unit: str
    formula: str
    note: str
    source: str
    make: Callable[[], Instrument]
    columns: Callable[[Architecture], tuple[str, ...]]
    standard: bool = True
    suits: Callable[[Architecture], bool] = lambda architecture: True
    passes: float = 1.0
    recorded: bool = False


@dataclass(frozen=True)
class Outlook:
    """What can be expected of an instrument in a run.

    Attributes
    ----------
    seconds
        What a reading takes, measured or guessed.
    due_in
        Seconds of training until the next reading; infinite where there will be none.
    error
        What it has failed with, so that it is not read any more; empty, if it has not.
    too_slow
        Whether it is not read because a reading would keep the run from being paused.
    """

    seconds: float
    due_in: float
    error: str = ""
    too_slow: bool = False


@dataclass(frozen=True, eq=False)
class Reading:
    """What an instrument said at one moment.

    Attributes
    ----------
    name
        Which instrument.
    step, epoch
        When.
    values
        In the order of its columns, ``[C]``.
    seconds
        Processor time it took.
    share
        What all instruments have cost lately, as a part of the time spent on training.
    """

    name: str
    step: int
    epoch: float
    values: FloatArray
    seconds: float
    share: float = 0.0
