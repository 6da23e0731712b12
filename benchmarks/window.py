"""Training in the window against training without one, the event loop's delay, and what a redraw costs."""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cases import DEEP, S
from benchmarks.display import Display
from benchmarks.effort import Effort


def measure(effort: Effort, display: Display, say: Callable[[str], None]) -> dict[str, Any]:
    """Return speeds, delays and redraw times; every figure comes from a fresh process."""
    shares, naps, windows, headless = [], [], [], []
    for turn in range(effort.window_rounds):
        say(f"Window, round {turn + 1} of {effort.window_rounds}")
        order = ("headless", "window", "napping") if turn % 2 == 0 else ("napping", "window", "headless")
        found = {what: _measure(display, what, effort.window_seconds) for what in order}
        windows.append(found["window"])
        headless.append(found["headless"]["steps_per_second"])
        shares.append(_share(found, "window"))
        naps.append(_share(found, "napping"))
    on_one_core = _on_one_core(effort, display, say)
    say("Projector mode, 64 layers, redraws")
    projector, deep = (
        [_measure(display, what, effort.window_seconds) for _ in range(effort.window_rounds)]
        for what in ("projector", "deep")
    )
    redraw = _measure(display, "redraw", 0)
    few, many = redraw["milliseconds"]
    return {
        "network": S.title,
        "platform": display.name,
        "size": windows[0]["size"],
        "rounds": effort.window_rounds,
        "seconds_each": effort.window_seconds,
        "steps_per_second": median(round_["steps_per_second"] for round_ in windows),
        "headless_steps_per_second": median(headless),
        "share_of_headless": median(shares),
        "share_of_headless_on_one_core": on_one_core,
        "share_with_naps": median(naps),
        "redraws_per_second": median(round_["redraws_per_second"] for round_ in windows),
        "panels_per_second": {
            title: median(round_["panels_per_second"][title] for round_ in windows)
            for title in windows[0]["panels_per_second"]
        },
        "share_of_a_core_for_the_window": median(round_["share_of_window_thread"] for round_ in windows),
        "delay_ms": _delays(windows),
        "projector": _of_rounds(projector),
        "deep": {"network": DEEP.title, **_of_rounds(deep)},
        "redraw": {"steps": redraw["steps"], "milliseconds": [few, many], "ratio": many / few},
    }


def _share(found: dict[str, dict[str, Any]], what: str) -> float:
    """Return a speed as a part of that without a window."""
    return float(found[what]["steps_per_second"] / found["headless"]["steps_per_second"])


def _on_one_core(effort: Effort, display: Display, say: Callable[[str], None]) -> float | None:
    """Return that part where every thread has to stay on one core; None where the system cannot say so.

    Where there are two, each falls asleep while its thread waits for the other's: see the method in `docs`.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    core, rounds = str(min(os.sched_getaffinity(0))), (effort.window_rounds + 1) // 2
    shares = []
    for turn in range(rounds):
        say(f"Window on one core, round {turn + 1} of {rounds}")
        order = ("headless", "window") if turn % 2 == 0 else ("window", "headless")
        found = {what: _measure(display, what, effort.window_seconds, core) for what in order}
        shares.append(_share(found, "window"))
    return median(shares)


def _of_rounds(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return speed, redraws and delays of some rounds together."""
    return {
        "steps_per_second": median(round_["steps_per_second"] for round_ in rounds),
        "redraws_per_second": median(round_["redraws_per_second"] for round_ in rounds),
        "delay_ms": _delays(rounds),
    }


def _delays(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Return how late the event loop was over all rounds, in milliseconds."""
    lateness = np.concatenate([round_["lateness_ms"] for round_ in rounds])
    return {
        "p50": float(np.percentile(lateness, 50)),
        "p99": float(np.percentile(lateness, 99)),
        "max": float(lateness.max()),
        "max_median_of_rounds": median(max(round_["lateness_ms"]) for round_ in rounds),
    }


def _measure(display: Display, what: str, seconds: float, *core: str) -> dict[str, Any]:
    return display.run("benchmarks.window_process", what, str(seconds), *core)
