"""What the panels see of a run: the one object the window hands to every view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.data.prepare import PreparedData
    from training.engine import Edit, Outcome, Snapshot
    from training.experiment import Experiment
    from training.history import History


@dataclass
class RunView:
    """A run as the views read it; only the window writes to it, on the GUI thread.

    Attributes
    ----------
    experiment
        What the run was started with, edits included: the whole population, if it has replicas.
    data
        The data as the network sees it.
    history
        Everything recorded so far, grown by the window as progress arrives.
    layer_names
        ``"layer 1"``, …, ``"output"``: one for each linear map of the main path.
    snapshot
        The latest copy of the weights, or None before the first has arrived.
    outcomes
        Why each replica ended, or None while it runs; one entry a replica.
    edits
        The edits applied so far, in order.
    playing
        Whether the run is training right now.
    reopened
        Whether the run had ended, and an edit lets it go on; until it does.
    """

    experiment: Experiment
    data: PreparedData
    history: History
    layer_names: tuple[str, ...]
    snapshot: Snapshot | None = None
    outcomes: tuple[Outcome | None, ...] = ()
    edits: list[Edit] = field(default_factory=list)
    playing: bool = False
    reopened: bool = False
