"""One run: the lab beside PyTorch, scikit-learn and JAX on the networks S, D and M."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks import jax_peer, sklearn_peer
from benchmarks.cases import CASES, Case
from benchmarks.effort import Effort
from benchmarks.lab import Lab
from benchmarks.rounds import Contender, race, ratio, speed
from benchmarks.torch_peers import TunedLoop, TutorialLoop

LAB = "lab"
UNEVALUATED = "lab, no evaluations"
TUTORIAL = "PyTorch, plain loop"
TUNED = "PyTorch, fused Adam"
SKLEARN = "scikit-learn"
SKLEARN_VALIDATING = "scikit-learn, validating"
JAX = "JAX, jit + scan"
JAX_MANY = "JAX, jit + scan + vmap"


def measure(effort: Effort, say: Callable[[str], None]) -> dict[str, Any]:
    """Return speeds and ratios for every network."""
    return {case.name: _measure(case, effort, say) for case in CASES}


def _measure(case: Case, effort: Effort, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"{case.name}: {case.title}")
    contenders: dict[str, Contender] = {
        LAB: Lab(case), UNEVALUATED: Lab(case, evaluated=False), TUTORIAL: TutorialLoop(case), TUNED: TunedLoop(case),
    }
    absent: dict[str, str] = {}
    setting = ""
    if case.batch_norm:
        absent[SKLEARN] = "has no batch normalization"
    else:
        fastest = _fastest(sklearn_peer.settings(case), effort)
        setting = fastest.title
        contenders |= {SKLEARN: fastest, SKLEARN_VALIDATING: fastest.validating(case)}
    if jax_peer.installed():
        contenders[JAX] = jax_peer.Jax(case)
    else:
        absent[JAX] = "not installed"
    rates = race(contenders, rounds=effort.rounds, seconds=effort.seconds)
    return {
        "network": case.title,
        "training_samples": len(case.data.x_train),
        "held_out_samples": len(case.data.x_val),
        "scikit_learn_setting": setting,
        "contenders": {name: speed(values) for name, values in rates.items()},
        "absent": absent,
        "lab_against": {name: ratio(rates, LAB, name) for name in rates if name != LAB},
        "lab_without_evaluations_against": {
            name: ratio(rates, UNEVALUATED, name) for name in rates if name not in (LAB, UNEVALUATED)
        },
    }


def _fastest(peers: dict[str, sklearn_peer.ScikitLearn], effort: Effort) -> sklearn_peer.ScikitLearn:
    rates = race(peers, rounds=3, seconds=effort.seconds / 3)
    return peers[max(rates, key=lambda name: median(rates[name]))]
