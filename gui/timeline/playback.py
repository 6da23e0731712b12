"""Playing a run back: how fast, and which step it has come to by the clock. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from gui.grouped import grouped


@dataclass(frozen=True)
class Speed:
    """Steps a second, or the whole of what there is in so many seconds."""

    steps_per_second: float = 0.0
    seconds: float = 0.0

    def rate(self, steps: int) -> float:
        """Return the steps a second at which a run of so many steps is played."""
        return self.steps_per_second or max(1, steps) / self.seconds

    def times(self, factor: float) -> Speed:
        """Return a speed so many times as fast."""
        return Speed(self.steps_per_second * factor, self.seconds / factor)

    @property
    def in_words(self) -> str:
        """How a menu names it."""
        if self.seconds:
            return f"The whole run in {_number(self.seconds)} s"
        return "1 step/s" if self.steps_per_second == 1 else f"{_number(self.steps_per_second)} steps/s"

    @property
    def in_few_words(self) -> str:
        """How a button names it."""
        return f"in {_number(self.seconds)} s" if self.seconds else f"{_number(self.steps_per_second)}/s"


SPEEDS = (
    Speed(seconds=5), Speed(seconds=10), Speed(seconds=20), Speed(seconds=60), Speed(seconds=300),
    Speed(1), Speed(10), Speed(100), Speed(1000),
)  # fmt: skip
USUAL = Speed(seconds=20)
SLOWEST, FASTEST = 0.05, 1e7
"""Bounds of the speed that doubling and halving lead to, in steps a second; of seconds, the other way round."""


class Playback:
    """Goes through a run by the clock; what is not ready in time is left out."""

    def __init__(self) -> None:
        self.speed = USUAL
        self._from: tuple[float, float] | None = None  # step and time at which it began
        self._steps = 1

    @property
    def on(self) -> bool:
        """Whether it is going on."""
        return self._from is not None

    def begin(self, step: int, steps: int, now: float) -> None:
        """Play from a step on; the run has so many by now."""
        self._from, self._steps = (float(step), now), steps

    def pause(self) -> None:
        """Stay where it is."""
        self._from = None

    def set_speed(self, speed: Speed, now: float) -> None:
        """Go on at another speed."""
        if self._from is not None:
            self._from = (self.step_at(now), now)
        self.speed = speed

    def step_at(self, now: float) -> float:
        """Return the step it has come to, with a fraction."""
        assert self._from is not None
        step, began = self._from
        return step + (now - began) * self.speed.rate(self._steps)


def bounded(speed: Speed, factor: float) -> Speed:
    """Return a speed so many times as fast, or the same where that would be beyond all bounds."""
    made = speed.times(factor)
    value = made.steps_per_second or 1 / made.seconds
    low = SLOWEST if made.steps_per_second else 1 / 36_000
    return made if low <= value <= FASTEST else speed


def _number(value: float) -> str:
    return grouped(round(value)) if value >= 10 else f"{value:.3g}"
