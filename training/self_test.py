"""The self-test: whether this computer has what the program needs, and computes what it should.

For `python main.py doctor` and for the window. It knows no Qt: what is to be said of the display is
handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.check import Check, guarded
from training.check_machine import check_folder, check_gpu, check_known_run, check_processor, check_speed
from training.check_versions import LIBRARIES, check_library, check_python


@dataclass(frozen=True)
class Doing:
    """The check that is being made, and the share done of all."""

    name: str
    share: float


@dataclass(frozen=True)
class _Step:
    name: str
    make: Callable[[], Check]
    work: float = 1.0


def self_test(
    *,
    folders: Mapping[str, Path],
    display: Callable[[], Check] | None = None,
    report: Callable[[Doing], None] = lambda doing: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Check]:
    """Yield one check after the other, the quick ones first; it takes a few seconds.

    Parameters
    ----------
    folders
        Where the program writes, by what it is for.
    display
        The check of the display, made by whoever knows of displays.
    report
        Told what is being done.
    cancelled
        Asked often; once it says yes, no more checks come.
    """
    done, current = 0.0, _Step("", check_python, 0.0)

    def within(share: float) -> None:
        report(Doing(current.name, min(1.0, (done + current.work * share) / total)))

    steps = [
        _Step("Python", check_python),
        *(_Step(name, partial(check_library, name)) for name in LIBRARIES),
        _Step("Processor", check_processor),
        _Step("GPU", check_gpu),
        *([_Step("Display", display)] if display else []),
        *(_Step(name, partial(check_folder, name, folder)) for name, folder in folders.items()),
        _Step("Known run", partial(check_known_run, within, cancelled), work=20.0),
        _Step("Speed", partial(check_speed, within, cancelled), work=30.0),
    ]
    total = sum(step.work for step in steps)
    for current in steps:
        within(0.0)
        check = guarded(current.name, current.make)
        if cancelled():
            return
        yield check
        done += current.work
