"""Makes a labelled set, has every run of it judged, and keeps what came of each as plain values."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.diagnosis.cases import Candidate, SetName
from benchmarks.diagnosis.families import FAMILIES, candidate
from benchmarks.diagnosis.judge import Look, first_fix, looks_at, mended
from benchmarks.diagnosis.oracle import Truth, truth_of

EACH, HEALTHY = 10, 200
"""Runs of each fault, and runs without any."""
PART = 10
MOST_TRIES = 8
"""So many candidates are tried for each run that is wanted."""


@dataclass(frozen=True)
class Judged:
    """A labelled run, and what was said of it.

    Attributes
    ----------
    label
        The fault it was made to show, which the oracle confirmed; ``healthy``.
    truths
        All the faults that the oracle confirmed.
    said
        What was found at the moment that counts, what matters most first: at the end, or, of a fault that passes, at
        the last look while it was there.
    alarms, alarms_at_end
        What a warning or an alarm was given of at any look, and at the last.
    fix
        What the first fix came to; nothing where none was offered.
    """

    name: str
    label: str
    truths: tuple[str, ...]
    said: tuple[str, ...]
    alarms: tuple[str, ...]
    alarms_at_end: tuple[str, ...]
    fix: dict[str, Any] = field(default_factory=dict)

    @property
    def first_two(self) -> tuple[str, ...]:
        """What the window shows first."""
        return self.said[:2]


@dataclass(frozen=True)
class Part:
    """So many runs of one family, from candidates with numbers of its own."""

    which: SetName
    fault: str
    first: int
    wanted: int


@dataclass(frozen=True)
class Made:
    """What came of a part: the runs judged, and how many candidates the oracle was asked about."""

    judged: tuple[Judged, ...]
    tried: int


def measure(
    which: SetName, say: Callable[[str], None], only: tuple[str, ...] = (), each: int = EACH, healthy: int = HEALTHY
) -> list[tuple[Part, Made]]:
    """Make and judge a set, in as many processes as there are cores, two at the most.

    Parameters
    ----------
    each, healthy
        Runs of each fault, and runs without any; those of a smaller set are among those of a larger one.
    """
    torch.set_num_threads(1)
    parts = list(_parts(which, only, each, healthy))
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(2, os.cpu_count() or 1), context, torch.set_num_threads, (1,)) as pool:
            made = pool.map(_make, parts, [Path(folder)] * len(parts))
            found = []
            for part, one in zip(parts, made, strict=True):
                say(f"{part.fault}: {len(one.judged)} runs of {one.tried} candidates")
                found.append((part, one))
            return found


def _parts(which: SetName, only: tuple[str, ...], each: int, healthy: int) -> Iterator[Part]:
    for fault in only or FAMILIES:
        wanted = healthy if fault == "healthy" else each
        for first in range(0, wanted, PART):
            yield Part(which, fault, MOST_TRIES * first, min(PART, wanted - first))


def _make(part: Part, folder: Path) -> Made:
    judged: list[Judged] = []
    tried = 0
    while len(judged) < part.wanted and tried < MOST_TRIES * part.wanted:
        one = candidate(part.which, part.fault, part.first + tried, folder)
        tried += 1
        truth = truth_of(one.experiment, part.fault)
        if part.fault in truth.faults:
            judged.append(judge(one, truth))
    return Made(tuple(judged), tried)


def judge(one: Candidate, truth: Truth) -> Judged:
    """Have a run judged whose label is known."""
    looks = looks_at(one.experiment)
    told = telling(looks, one.fault, truth)
    offered = first_fix(told) if one.fault != "healthy" else None
    fix = asdict(mended(one.experiment, *offered)) if offered else {}
    alarms = tuple(sorted({name for look in looks for name in look.alarms}))
    return Judged(one.name, one.fault, tuple(sorted(truth.faults)), told.names, alarms, looks[-1].alarms, fix)


def telling(looks: list[Look], fault: str, truth: Truth) -> Look:
    """Return the look that counts: the last one; of a fault that passes, the last one while it is there."""
    if fault not in truth.spans:
        return looks[-1]
    first, last = truth.spans[fault]
    return ([look for look in looks if first <= look.step <= last] or looks)[-1]
