"""How often the window draws: as often as keeps drawing below its share of a core. No Qt.

Drawing and training share the interpreter, so what is spent on drawing is taken from training.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RedrawPace:
    """The pace of redraws, adapted to what a redraw costs.

    Attributes
    ----------
    share
        Part of one core that drawing may take.
    fastest, slowest
        Bounds of the pace, in redraws per second. The slowest is kept even when a redraw
        costs more than its share: a window that stutters explains nothing.
    """

    share: float = 0.15
    fastest: float = 30.0
    slowest: float = 16.0
    cost: float = 0.0
    _spent: float = field(default=0.0, repr=False)
    _last: float = field(default=float("-inf"), repr=False)

    def spend(self, seconds: float) -> None:
        """Count time spent on the redraw in hand: refreshing panels or painting."""
        self._spent += seconds

    def interval(self) -> float:
        """Return the seconds that should lie between two redraws."""
        wanted = self.cost / self.share if self.share > 0 else 0.0
        return min(1.0 / self.slowest, max(1.0 / self.fastest, wanted))

    def due(self, now: float) -> bool:
        """Tell whether it is time for the next redraw."""
        return now - self._last >= self.interval()

    def begin(self, now: float) -> None:
        """Note that a redraw starts; what was spent since the last one becomes the (smoothed) cost of one."""
        if self._last > float("-inf"):
            self.cost = self._spent if self.cost == 0.0 else 0.8 * self.cost + 0.2 * self._spent
        self._spent = 0.0
        self._last = now

    @property
    def over_budget(self) -> bool:
        """Whether drawing takes more than its share even at the slowest pace."""
        return self.cost * self.slowest > self.share
