"""What is measured of runs in the window: which instruments, and how much of the training time they may take."""

from __future__ import annotations

from dataclasses import dataclass

from models.architecture import Architecture
from training.engine import Engine
from training.instruments.catalog import INSTRUMENTS, standard_instruments
from training.instruments.instruments import SHARE, Instruments


@dataclass(frozen=True)
class Measuring:
    """The choice of instruments.

    Attributes
    ----------
    share
        Time for measuring as a part of the time for training; 0: none.
    off
        Instruments of the standard set that are not read.
    on
        Others that are.
    """

    share: float = SHARE
    off: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()

    def names(self, architecture: Architecture) -> tuple[str, ...]:
        """Return which instruments are read of such a network, in the order of the table."""
        standard = standard_instruments(architecture)
        return tuple(
            name for name, row in INSTRUMENTS.items()
            if not row.recorded and row.suits(architecture)
            and (name in self.on or (name in standard and name not in self.off))
        )  # fmt: skip

    def start(self, engine: Engine) -> Instruments:
        """Make the instruments of a run."""
        return Instruments(engine, self.names(engine.architecture), self.share)

    def apply(self, instruments: Instruments, architecture: Architecture) -> None:
        """Have a run of such a network measured like this from now on."""
        instruments.names = self.names(architecture)
        instruments.share = self.share
