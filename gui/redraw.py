"""How often the window draws, and which panels in which frame. No Qt.

Drawing and training share the interpreter, so what is spent on drawing is taken from training:
the pace keeps it below its share of a core. Frames come steadily; a panel that costs much takes
part in fewer of them, and no two such panels in the same one, so that no frame takes long.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

CHEAP_SECONDS = 0.003
"""A panel that costs less is drawn in every frame."""
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
    longest
        Seconds after which even the most expensive panel is drawn again.
    cost
        Smoothed seconds of work in a frame.
    """

    share: float = 0.15
    fastest: float = 30.0
    slowest: float = 18.0
    longest: float = 0.25
    cost: float = 0.0
    _costs: dict[Hashable, float] = field(default_factory=dict, repr=False)
    _drawn: dict[Hashable, float] = field(default_factory=dict, repr=False)
    _frame: list[Hashable] = field(default_factory=list, repr=False)
    _spent: float = field(default=0.0, repr=False)

    def spend(self, seconds: float) -> None:
        """Count time spent on the frame in hand: refreshing panels or painting."""
        self._spent += seconds

    def interval(self) -> float:
        """Return the seconds that should lie between two frames."""
        wanted = self.cost / self.share if self.share > 0 else 0.0
        return min(1.0 / self.slowest, max(1.0 / self.fastest, wanted))

    def begin(self) -> None:
        """Start a frame: what was spent on the last one tells what its panels cost."""
        if self._spent:
            self.cost += SMOOTHING * (self._spent - self.cost)
            self._learn(self._spent)
        self._spent = 0.0
        self._frame = []

    def choose(self, changed: Sequence[Hashable], now: float) -> list[Hashable]:
        """Return which of the changed panels to draw in this frame: the cheap ones, and the dear one due longest."""
        cheap = [panel for panel in changed if self.cost_of(panel) <= CHEAP_SECONDS]
        dear = [panel for panel in changed if panel not in cheap and now - self._last(panel) >= self._pause(panel)]
        dear.sort(key=self._last)
        self._frame = [*cheap, *dear[:1]]
        for panel in self._frame:
            self._drawn[panel] = now
        return self._frame

    def cost_of(self, panel: Hashable) -> float:
        """Return the estimated seconds that a panel takes to refresh and paint."""
        return self._costs.get(panel, 0.0)

    def _last(self, panel: Hashable) -> float:
        return self._drawn.get(panel, float("-inf"))

    def _pause(self, panel: Hashable) -> float:
        """Return how long a dear panel rests, so that it takes no more than half of the share."""
        return min(self.longest, self.cost_of(panel) / (0.5 * self.share)) if self.share > 0 else self.longest

    def _learn(self, spent: float) -> None:
        """Put the difference to what was expected down to the panels drawn, the dearer ones more."""
        expected = [self.cost_of(panel) + 1e-4 for panel in self._frame]
        total = sum(expected)
        for panel, part in zip(self._frame, expected, strict=True):
            corrected = self.cost_of(panel) + SMOOTHING * (spent - total) * part / total
            self._costs[panel] = max(0.0, corrected)

    @property
    def over_budget(self) -> bool:
        """Whether drawing takes more than its share even at the slowest pace."""
        return self.cost * self.slowest > self.share
