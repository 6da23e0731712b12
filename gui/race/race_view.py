"""What the panels of a race see of it; only the race's control writes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gui.run_view import RunView
from training.history import History
from training.likeness import Likeness
from training.progress import Outcome


@dataclass(eq=False)
class Runner:
    """One run of a race.

    Attributes
    ----------
    place
        Which in the race, from 0: that gives it its color and dash.
    likeness, difference
        See `training.race.Entrant`.
    shown
        Whether its curves are drawn.
    """

    place: int
    name: str
    title: str
    run: RunView
    likeness: Likeness
    difference: int | None
    shown: bool = True

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended, or None while it goes on."""
        return self.run.outcomes[0]


@dataclass(eq=False)
class RaceView:
    """A race as the views read it.

    Attributes
    ----------
    playing
        Whether it advances right now.
    snapshot
        None: no panel of a race draws weights.
    """

    title: str
    runners: Sequence[Runner]
    playing: bool = False
    step: int = 0
    epoch: float = 0.0
    snapshot: None = field(default=None, repr=False)

    @property
    def base(self) -> Runner:
        """The run with which the others are compared."""
        return self.runners[0]

    @property
    def shown(self) -> list[Runner]:
        """The runs whose curves are drawn."""
        return [runner for runner in self.runners if runner.shown]

    @property
    def history(self) -> History:
        """The longest record of all."""
        return max((runner.run.history for runner in self.runners), key=lambda history: history.step)

    @property
    def over(self) -> bool:
        """Whether every run has ended."""
        return all(runner.outcome is not None for runner in self.runners)
