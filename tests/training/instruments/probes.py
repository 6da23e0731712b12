"""Probes of small runs, for the tests of instruments."""

from __future__ import annotations

from typing import Any

import torch

from models.network import Network
from tests.training.runs import small
from training.engine import Engine
from training.instruments.probe import Probe
from training.instruments.workbench import Workbench


def probe_of(engine: Engine) -> Probe:
    """Return the moment at which an engine stands."""
    return Probe.of(engine, Workbench(engine.experiment, engine.data, engine.architecture))


def probe_at(steps: int, **changes: Any) -> Probe:
    """Return a moment of a small run; see `small`."""
    engine = Engine(small(**changes))
    engine.advance(steps)
    return probe_of(engine)


def autograd(probe: Probe, params: torch.Tensor, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the objective ``[P]`` on samples ``[B, …]``, by autograd on the PyTorch module."""
    network = Network(probe.bench.architecture, 1, torch.float64)
    network.load_flat(params.double(), probe.statistics.double(), 0)
    module = network.to_torch().train()
    loss = probe.bench.loss.module()(module(x), target)
    l2 = probe.experiment.regularization.l2
    for name, parameter in module.named_parameters():
        if name.endswith(("linear.weight", "output.weight")):
            loss = loss + 0.5 * l2 * parameter.square().sum()
    loss.backward()
    found = {name: parameter.grad for name, parameter in module.named_parameters()}
    row = torch.zeros_like(params, dtype=torch.float64)
    for slot in probe.bench.architecture.slots:
        gradient = found[slot.name]
        assert gradient is not None
        row[slot.span] = (gradient.T if slot.is_weight else gradient).flatten()
    return row
