"""From the command to a window that answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.display import Display
from benchmarks.effort import Effort

COLD = 2


def measure(effort: Effort, display: Display, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the seconds to an idle event loop and to a run that is ready; the first starts are not counted."""
    idle, ready = [], []
    for turn in range(COLD + effort.starts):
        say(f"Start {turn + 1} of {COLD + effort.starts}")
        started = time.time()
        found = display.run("benchmarks.startup_process")
        if turn >= COLD:
            idle.append(found["idle"] - started)
            ready.append(found["ready"] - started)
    return {
        "platform": display.name,
        "starts": effort.starts,
        "seconds_to_window": median(idle),
        "seconds_to_ready": median(ready),
        "slowest_to_ready": max(ready),
    }
