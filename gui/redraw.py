"""How often the window draws, and which panels in which frame. No Qt.

Drawing and training share the interpreter, so what is spent on drawing is taken from training:
the pace keeps it below its share of a core. Panels take turns, one a frame, so that no frame takes long.
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
        How long a panel may wait against the others (1 if not named): one with 2 is drawn half as often.
    """

    share: float = 0.13
    fastest: float = 30.0
    slowest: float = 16.5
    cost: float = 0.0
    rest: Mapping[Hashable, float] = field(default_factory=dict)
    _drawn: dict[Hashable, float] = field(default_factory=dict, repr=False)
    _spent: float = field(default=0.0, repr=False)

    def spend(self, seconds: float) -> None:
        """Count time spent on the frame in hand: refreshing panels or painting."""
        self._spent += seconds

    def interval(self) -> float:
        """Return the seconds that should lie between two frames."""
        wanted = self.cost / self.share if self.share > 0 else 0.0
        return min(1.0 / self.slowest, max(1.0 / self.fastest, wanted))

    def begin(self) -> None:
        """Start a frame; what was spent on the last one is what a frame costs."""
        if self._spent:
            self.cost += SMOOTHING * (self._spent - self.cost)
        self._spent = 0.0

    def next_panel(self, panels: Sequence[Hashable], now: float) -> Hashable | None:
        """Return the panel to draw in this frame: the one that has waited longest for its kind."""
        if not panels:
            return None
        chosen = max(panels, key=lambda panel: self._waited(panel, now))
        self._drawn[chosen] = now
        return chosen

    def _waited(self, panel: Hashable, now: float) -> float:
        return (now - self._drawn.get(panel, float("-inf"))) / self.rest.get(panel, 1.0)

    @property
    def over_budget(self) -> bool:
        """Whether drawing takes more than its share even at the slowest pace."""
        return self.cost * self.slowest > self.share
