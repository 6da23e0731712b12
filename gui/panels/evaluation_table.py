"""The evaluations of a run as figures: for every one that is kept, what was recorded. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.panels.evaluation_curves import quartiles
from gui.panels.panel import Table

if TYPE_CHECKING:
    from gui.run_view import RunView

QUANTITIES = ("train_loss", "val_loss", "train_score", "val_score", "lr")
MOST_REPLICAS = 64
"""Of more replicas, only the quartiles are written."""


def evaluation_table(run: RunView) -> Table | None:
    """Return a row for each evaluation: of one run the values, of replicas quartiles and each replica's."""
    evaluations, replicas = run.history.evaluations, run.history.replicas
    if not len(evaluations):
        return None
    names, columns = ["step", "epoch"], [evaluations.step.tolist(), evaluations.epoch.tolist()]
    for name in QUANTITIES:
        values = evaluations.column(name)
        if replicas == 1:
            names.append(name)
            columns.append(values[:, 0].tolist())
            continue
        names += [f"{name} {which}" for which in ("lower quartile", "median", "upper quartile")]
        columns += quartiles(values).T.tolist()
        if replicas <= MOST_REPLICAS:
            names += [f"{name} replica {index}" for index in range(1, replicas + 1)]
            columns += values.T.tolist()
    return Table(names, list(zip(*columns, strict=True)))
