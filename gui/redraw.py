"""How often the window draws, and which panels in which frame. No Qt.

Drawing and training share the interpreter, so what is spent on drawing is taken from training:
the pace keeps it below its share of a core. Curves are drawn in every frame; dearer views, which change
slowly, rest for some frames and then take turns, at most one of them a frame.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

SMOOTHING = 0.2


@dataclass
class RedrawPace:
    """The pace of frames, adapted to what they cost.

    Attributes
    ----------
    share
        Part of one core that drawing may take.
    fastest, slowest
        Bounds of the pace, in frames per second. The slowest is kept even when drawing
        costs more than its share: a window that stutters explains nothing.
    cost
        Smoothed seconds of work in a frame.
    rest
        A panel with n is drawn in every n-th frame at the most (1 if not named: in every frame).
    """

    share: float = 0.13
    fastest: float = 30.0
    slowest: float = 15.5
    cost: float = 0.0
    rest: Mapping[Hashable, int] = field(default_factory=dict)
    _frame: int = field(default=0, repr=False)
    _drawn: dict[Hashable, int] = field(default_factory=dict, repr=False)
    _spent: float = field(default=0.0, repr=False)

    def spend(self, seconds: float) -> None:
        """Count time spent on the frame in hand: refreshing panels or painting."""
        self._spent += seconds

    def interval(self) -> float:
        """Return the seconds that should lie between two frames."""
        wanted = self.cost / self.share if self.share > 0 else 0.0
        return min(1.0 / self.slowest, max(1.0 / self.fastest, wanted))

    def pause(self, took: float) -> float:
        """Return the seconds to wait after a turn that took so long; long turns leave some to the training, too."""
        return max(self.interval() - took, min(took, 0.5 / self.fastest))

    def begin(self) -> None:
        """Start a frame; what was spent on the last one is what a frame costs."""
        if self._spent:
            self.cost += SMOOTHING * (self._spent - self.cost)
        self._spent = 0.0

    def choose(self, panels: Sequence[Hashable]) -> list[Hashable]:
        """Return which of the panels that have something new are drawn in this frame."""
        self._frame += 1
        chosen = [panel for panel in panels if self._rest(panel) == 1]
        rested = [panel for panel in panels if self._rest(panel) > 1 and self._overdue(panel) >= 0]
        if rested:
            chosen.append(max(rested, key=self._overdue))
        for panel in chosen:
            self._drawn[panel] = self._frame
        return chosen

    def _rest(self, panel: Hashable) -> int:
        return self.rest.get(panel, 1)

    def _overdue(self, panel: Hashable) -> float:
        return self._frame - self._drawn.get(panel, float("-inf")) - self._rest(panel)

    @property
    def slowed(self) -> bool:
        """Whether frames are drawn less often than they could be, for what they cost."""
        return self.share > 0 and self.cost / self.share > 1.0 / self.fastest

    @property
    def over_budget(self) -> bool:
        """Whether drawing takes more than its share even at the slowest pace."""
        return self.cost * self.slowest > self.share
