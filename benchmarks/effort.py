"""How long to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Rounds and seconds; the ratios are medians over the rounds.

    Attributes
    ----------
    rounds, seconds
        Rounds of training side by side, and how long each contender runs in each.
    window_rounds, window_seconds
        The same for training in the window and without one, every time in a fresh process.
    starts
        Starts of the program that are timed.
    instrument_rounds, instrument_seconds
        Turns of training with instruments and without, and how long each is.
    """

    rounds: int = 9
    seconds: float = 0.5
    window_rounds: int = 5
    window_seconds: float = 10.0
    starts: int = 7
    instrument_rounds: int = 40
    instrument_seconds: float = 1.0


FULL = Effort()
QUICK = Effort(
    rounds=7, seconds=0.12, window_rounds=1, window_seconds=3.0, starts=2, instrument_rounds=10, instrument_seconds=0.5,
)
