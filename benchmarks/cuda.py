"""S on a GPU: one run and 1,024 replicas, the step replayed from a CUDA graph and launched kernel by kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.cases import S
from benchmarks.effort import Effort
from benchmarks.lab import Lab
from benchmarks.rounds import race, speed

REPLICAS = (1, 1024)


def measure(effort: Effort, say: Callable[[str], None]) -> dict[str, Any]:
    """Return steps and replica steps per second; without a GPU, only that there is none."""
    if not torch.cuda.is_available():
        return {"measured": False, "why": "no GPU at hand"}
    return {
        "measured": True,
        "gpu": torch.cuda.get_device_name(),
        "network": S.title,
        "replicas": {str(replicas): _measure(replicas, effort, say) for replicas in REPLICAS},
    }


def _measure(replicas: int, effort: Effort, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"{replicas} replicas of S on the GPU")
    labs = {
        "graph": Lab(S, replicas=replicas, device="cuda"),
        "no graph": Lab(S, replicas=replicas, device="cuda", use_graph=False),
        "graph, no evaluations": Lab(S, replicas=replicas, device="cuda", evaluated=False),
        "CPU": Lab(S, replicas=replicas),
    }
    found = {}
    for name, rates in race(labs, rounds=effort.rounds, seconds=effort.seconds).items():
        found[name] = speed(rates)
        found[name]["replica_steps_per_second"] = replicas * found[name]["steps_per_second"]
    return {"contenders": found, "notes": {name: lab.engine.notes for name, lab in labs.items()}}
