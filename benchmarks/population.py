"""Thirty-two replicas of S at once, beside the plain PyTorch loop run thirty-two times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import jax_peer
from benchmarks.cases import S
from benchmarks.effort import Effort
from benchmarks.lab import Lab
from benchmarks.rounds import Contender, race, ratio, speed
from benchmarks.single import JAX_MANY, LAB, TUTORIAL, UNEVALUATED
from benchmarks.torch_peers import TutorialLoop

REPLICAS = 32


class Population:
    """A contender that moves many replicas at once, counted in replica steps."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender

    def run(self, steps: int) -> int:
        """Do at least `steps` replica steps."""
        return REPLICAS * self.contender.run(-(-steps // REPLICAS))


def measure(effort: Effort, say: Callable[[str], None]) -> dict[str, Any]:
    """Return replica steps per second and ratios; the PyTorch loop runs once, as 32 times takes 32 times as long."""
    say(f"{REPLICAS} replicas of S: {S.title}")
    contenders: dict[str, Contender] = {
        LAB: Population(Lab(S, replicas=REPLICAS)),
        UNEVALUATED: Population(Lab(S, replicas=REPLICAS, evaluated=False)),
        TUTORIAL: TutorialLoop(S),
    }
    absent = {}
    if jax_peer.installed():
        contenders[JAX_MANY] = Population(jax_peer.Jax(S, REPLICAS))
    else:
        absent[JAX_MANY] = "not installed"
    rates = race(contenders, rounds=effort.rounds, seconds=effort.seconds)
    return {
        "network": S.title,
        "replicas": REPLICAS,
        "contenders": {name: speed(values) for name, values in rates.items()},
        "absent": absent,
        "lab_against": {name: ratio(rates, LAB, name) for name in rates if name != LAB},
        "lab_without_evaluations_against": {
            name: ratio(rates, UNEVALUATED, name) for name in rates if name not in (LAB, UNEVALUATED)
        },
    }
