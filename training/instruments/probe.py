"""One moment of a run, as instruments look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from models.network import BlockValues
from training.engine import Engine
from training.experiment import Experiment
from training.instruments.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Probe:
    """The first replica of a run at a step boundary; copies, so that it never changes.

    Attributes
    ----------
    step, epoch
        When.
    experiment
        Edits included.
    params, statistics
        Its parameters ``[P]`` and running statistics, on the CPU in the precision of the run.
    before
        The parameters before the last step, ``[P]``; None before the first.
    gradient
        What the optimizer was given in the last step, after penalties, clipping and noise, ``[P]``; None likewise.
    lr
        Learning rate of the last step, or of the first one to come.
    batch_size
        Samples in a step.
    bench
        Where to compute.
    optimizer
        What the optimizer remembers, as `FlatOptimizer.state_of` names it: ``[P]`` each, and counters of shape [].
    """

    step: int
    epoch: float
    experiment: Experiment
    params: Tensor
    statistics: Tensor
    before: Tensor | None
    gradient: Tensor | None
    lr: float
    batch_size: int
    bench: Workbench
    optimizer: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    @torch.inference_mode()
    def of(cls, engine: Engine, bench: Workbench) -> Probe:
        """Copy what an engine stands at; the engine is not changed, nor is any of its random numbers used."""
        trained = engine.step > 0
        return cls(
            step=engine.step,
            epoch=engine.epoch,
            experiment=engine.experiment,
            params=_copied(engine.network.params[0]),
            statistics=_copied(engine.network.statistics_of(0)),
            before=_copied(engine.params_before_step[0]) if trained else None,
            gradient=_copied(engine.network.grads[0]) if trained else None,
            lr=engine.lr,
            batch_size=engine.batch_size,
            bench=bench,
            optimizer={name: _copied(values) for name, values in engine.optimizer_state().items()},
        )

    @cached_property
    def inside(self) -> tuple[list[BlockValues], Tensor]:
        """What `Workbench.inside` computes here: hidden blocks and outputs, for a few samples; once, whoever asks."""
        return self.bench.inside(self.params, self.statistics)


def _copied(values: Tensor) -> Tensor:
    return values.detach().to("cpu", copy=True)
