"""What ``replay`` does: from what was typed to tables, files and a verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from training import experiment_file
from training.errors import InputError
from training.file_kinds import read_kind
from training.outputs import make_folder
from training.recordings.again import run_again
from training.recordings.recording_file import load
from training.recordings.report import in_words
from training.scenarios import scenario_file
from training.scenarios.replay import replay_all, seconds_to_replay
from training.scenarios.report import conclusion, show, write
from training.scenarios.scenario import GROUPS, Scenario
from training.scenarios.scenario_file import shipped_scenarios
from training.terminal import TerminalProgress

LONG_SECONDS = 60.0
"""A replay that takes longer by estimate says so before it begins: a stranger's file may ask for days."""


@dataclass(frozen=True)
class Order:
    """What was asked for: a name or a file, or all scenarios; how many seeds; and where files go."""

    what: str
    every: bool
    seeds: int
    first_seed: int | None
    out: Path | None


def run(order: Order, console: Console) -> bool:
    """Replay, print, and return whether everything holds.

    Raises
    ------
    InputError
        If there is nothing to replay, or it cannot be.
    """
    if order.every:
        if order.what:
            raise InputError(f"'{order.what}' and --all exclude each other")
        return _replay(course(), order, console)
    if not order.what:
        raise InputError("nothing to replay", hint="name a scenario or a file, or give --all")
    path = find(order.what)
    if read_kind(path).name == "run":
        if order.out is not None:
            raise InputError("a recorded run gives no report", where="--out", hint="leave it out")
        return _run_again(path, console)
    scenario = scenario_file.load(path)
    seconds = seconds_to_replay(scenario, order.seeds)
    if seconds > LONG_SECONDS:
        console.print(f"This takes about {_long(seconds)}; Ctrl-C ends it.", highlight=False, soft_wrap=True)
    return _replay({order.what: scenario}, order, console)


def course() -> dict[str, Scenario]:
    """Return the scenarios that ship with the program, in the order of the course."""
    loaded = {name: scenario_file.load(path) for name, path in shipped_scenarios().items()}
    return dict(sorted(loaded.items(), key=lambda item: (GROUPS.index(item[1].group), item[1].order, item[0])))


def _replay(scenarios: dict[str, Scenario], order: Order, console: Console) -> bool:
    if order.out is not None:
        make_folder(order.out)  # before anything runs that would be lost
    began = time.perf_counter()
    replayed = []
    for each in replay_all(scenarios, seeds=order.seeds, first_seed=order.first_seed, curves=order.out is not None):
        show(each, console)
        replayed.append(each)
    console.print(conclusion(replayed, time.perf_counter() - began), highlight=False, soft_wrap=True)
    if order.out is not None:
        write(replayed, order.out)
        console.print(f"Files: {order.out}", markup=False, highlight=False, soft_wrap=True)
    return not any(each.failed for each in replayed)


def _run_again(path: Path, console: Console) -> bool:
    """Make a recorded run again, and return whether it is the same, or as good as the same."""
    recording = load(path)
    with TerminalProgress(console) as progress:
        again = run_again(recording, progress)
    for line in in_words(recording, again):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return again.same


def find(file_or_name: str) -> Path:
    """Return the file given by path or by the name of what ships with the program, a scenario before all.

    Raises
    ------
    InputError
        If there is none.
    """
    shipped = shipped_scenarios()
    if file_or_name in shipped and not Path(file_or_name).is_file():
        return shipped[file_or_name]
    return experiment_file.find(file_or_name)


def _long(seconds: float) -> str:
    """Return a long time in words.

    >>> _long(300.0), _long(90_000.0), _long(1e9)
    ('5 minutes', '25 hours', '11,574 days')
    """
    minutes = seconds / 60
    if minutes < 120:
        return f"{minutes:.0f} minutes"
    return f"{minutes / 60:.0f} hours" if minutes < 48 * 60 else f"{minutes / 1440:,.0f} days"
