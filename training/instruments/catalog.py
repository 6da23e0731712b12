"""The table of instruments; to add one, write its file and name its rows here."""

from __future__ import annotations

from models.architecture import Architecture
from training.instruments import (
    activity,
    curvature,
    direction,
    histograms,
    noise_scale,
    stability,
    step_line,
    trace,
    units,
    update_ratio,
)
from training.instruments.instrument import InstrumentInfo

# In the order in which they are read for the first time: what costs little comes first.
_ROWS = (
    *update_ratio.ROWS,
    *activity.ROWS,
    *units.ROWS,
    *histograms.ROWS,
    *direction.ROWS,
    *noise_scale.ROWS,
    *step_line.ROWS,
    *curvature.ROWS,
    *stability.ROWS,
    *trace.ROWS,
)

INSTRUMENTS: dict[str, InstrumentInfo] = {row.name: row for row in _ROWS}
"""Every instrument by its name; those that are ``recorded`` are in the history at every step and never measured."""

MEASURED = tuple(name for name, row in INSTRUMENTS.items() if not row.recorded)
"""Names of those that are measured beside training."""


def standard_instruments(architecture: Architecture) -> tuple[str, ...]:
    """Return the names of the instruments that are on by default and have something to say of such a network."""
    return tuple(
        name for name, row in INSTRUMENTS.items() if row.standard and not row.recorded and row.suits(architecture)
    )
