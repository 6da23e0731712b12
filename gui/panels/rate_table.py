"""The learning rates of a run as figures: for every step that is kept, or span of steps, what was recorded. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gui.panels.panel import Table

if TYPE_CHECKING:
    from gui.run_view import RunView

MOST_REPLICAS = 64
"""Of more replicas, only so many are written."""


def rate_table(run: RunView, *, each: bool) -> Table | None:
    """Return a row for each step kept, or span of steps; `each`: with the rates of all replicas."""
    history = run.history
    if not history.n_steps:
        return None
    replicas = min(history.replicas, MOST_REPLICAS) if each else 1
    curves = [history.series("lr", replica=replica) for replica in range(replicas)]
    first = curves[0].steps
    last = np.minimum(first + curves[0].stride - 1, history.n_steps)
    columns = {"step": last} if history.exact else {"first step": first, "last step": last}
    columns["epoch"] = run.epochs_at(last.astype(np.float64))
    for replica, curve in enumerate(curves, start=1):
        name = f"lr replica {replica}" if each else "lr"
        if history.exact:
            columns[name] = curve.low
        else:
            columns |= {f"{name} smallest": curve.low, f"{name} largest": curve.high}
    return Table(list(columns), list(zip(*(column.tolist() for column in columns.values()), strict=True)))
