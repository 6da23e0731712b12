"""All that a rule may look at of one run, with what many rules ask for worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.architecture import Architecture
from training.data.prepare import PreparedData
from training.diagnosis.facts import DataFacts, facts_of
from training.diagnosis.reading import Shape, shape_of
from training.diagnosis.recorded import Recorded
from training.diagnosis.units import UnitShares, measured
from training.experiment import Experiment
from training.feasibility import architecture_of, batch_size_of
from training.history import History
from training.instruments.log import InstrumentLog
from training.length import steps_at_most
from training.progress import Outcome
from training.snapshot import Snapshot

if TYPE_CHECKING:
    from training.engine import Engine

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """One run (the first replica), as far as it has come.

    Attributes
    ----------
    experiment
        With the edits made so far.
    original
        Without them.
    data
        As the network sees them.
    architecture
        Of the network.
    recorded
        Its curves.
    instruments
        What instruments have said; empty without any.
    outcome
        How it ended; None while it runs.
    snapshot
        Its weights now, for what no instrument has said; None where they are not at hand.
    """

    experiment: Experiment
    original: Experiment
    data: PreparedData
    architecture: Architecture
    recorded: Recorded
    instruments: InstrumentLog = field(default_factory=InstrumentLog)
    outcome: Outcome | None = None
    snapshot: Snapshot | None = None

    # ------------------------------------------------------------------------------------ where from

    @classmethod
    def of(
        cls,
        history: History,
        experiment: Experiment,
        data: PreparedData,
        *,
        original: Experiment | None = None,
        instruments: InstrumentLog | None = None,
        outcome: Outcome | None = None,
        snapshot: Snapshot | None = None,
    ) -> Case:
        """Return the case of a run that is under way, or over, as its history has it now.

        Parameters
        ----------
        experiment
            With the edits so far; of a population, that of the first replica.
        outcome
            None: what the history says of the first replica.
        """
        ended = outcome or history.outcomes[0]
        recorded = Recorded.of(history, ended=ended.step if ended else None)
        return cls(
            experiment, original or experiment, data, architecture_of(experiment, data), recorded,
            instruments or InstrumentLog(), ended, snapshot,
        )  # fmt: skip

    @classmethod
    def of_engine(cls, engine: Engine, history: History, instruments: InstrumentLog | None = None) -> Case:
        """Return the case of an engine driven by a plain loop, whose progress `history` was extended with."""
        return cls.of(
            history, engine.experiment, engine.data, original=engine.original[0], instruments=instruments,
            snapshot=engine.snapshot(),
        )  # fmt: skip

    def until(self, step: int) -> Case:
        """Return the case as it stood after a step, without the weights, which are those of the end."""
        if step >= self.recorded.step:
            return self
        return replace(
            self, recorded=self.recorded.until(step), instruments=self.instruments.until(step), outcome=None,
            snapshot=None,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------ how far it is

    @property
    def step(self) -> int:
        """Steps done."""
        return self.recorded.step

    @cached_property
    def steps_per_epoch(self) -> int:
        """Steps that make an epoch, with the batch size it has now."""
        return -(-len(self.data.x_train) // self.batch_size)

    @cached_property
    def batch_size(self) -> int:
        """Samples in a step."""
        return batch_size_of(self.experiment, self.data)

    @cached_property
    def planned_steps(self) -> int:
        """Steps it makes if nothing ends it before."""
        return max(1, steps_at_most(self.experiment, self.steps_per_epoch))

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.outcome is not None

    @property
    def hidden_layers(self) -> int:
        """Number of hidden layers."""
        return len(self.architecture.hidden)

    @property
    def classes(self) -> int:
        """Number of classes; 0 for a regression."""
        return self.data.n_outputs if self.data.task == "classification" else 0

    # ------------------------------------------------------------------------------------ what was evaluated

    def evaluated(self, name: str) -> FloatArray:
        """Return a column of the evaluations, ``[E]``."""
        return self.recorded.evaluations[name]

    @cached_property
    def evaluation_steps(self) -> FloatArray:
        """Steps done at every evaluation, ``[E]``."""
        return self.evaluated("step")

    @property
    def evaluations(self) -> int:
        """How often it was evaluated."""
        return len(self.evaluation_steps)

    @cached_property
    def has_held_out(self) -> bool:
        """Whether there are held-out samples, so that there is a validation loss."""
        return len(self.data.x_val) > 0

    @cached_property
    def shape(self) -> Shape | None:
        """The shape of the training loss over the second half of what was evaluated; None while it has none."""
        return shape_of(self.evaluated("train_loss"))

    @cached_property
    def left(self) -> float:
        """Training loss now over that of chance: the middle of the last three evaluations; NaN before the first."""
        last = self.share_of_chance[-3:]
        return float(np.median(last)) if len(last) else float("nan")

    @cached_property
    def falls(self) -> bool:
        """Whether the training loss has fallen by a tenth of late, the middle of three from the three before."""
        losses = self.evaluated("train_loss")
        if len(losses) < 6:
            return len(losses) >= 4 and bool(losses[-1] < 0.9 * losses[-4])
        return bool(np.median(losses[-3:]) < 0.9 * np.median(losses[-6:-3]))

    def step_at(self, evaluation: int) -> int:
        """Return how many steps had been done at an evaluation, by its index."""
        return int(self.evaluation_steps[evaluation])

    # ------------------------------------------------------------------------------------ what it is held against

    @cached_property
    def facts(self) -> DataFacts:
        """Facts of the data."""
        return facts_of(self.data)

    @cached_property
    def chance_loss(self) -> float:
        """Training loss of the best prediction that looks at no input: what a network has that has learned nothing.

        The entropy of the (smoothed) classes for cross-entropy; for a regression the loss of the best constant.
        """
        return _chance_loss(self.experiment, self.data)

    @cached_property
    def share_of_chance(self) -> FloatArray:
        """Training loss at every evaluation over `chance_loss`, ``[E]``: 1 has learned nothing, 0 everything."""
        return self.evaluated("train_loss") / self.chance_loss

    @cached_property
    def reachable(self) -> float:
        """Share of chance's error that the nearest neighbors make on held-out samples; NaN where that is not known.

        The error is that of the labels, or the mean square: what can be learned without a network, at the least.
        """
        if self.data.task == "regression":
            return 1.0 - self.facts.neighbor_score
        majority = np.bincount(self.data.y_train.astype(np.int64)).max() / len(self.data.y_train)
        return float((1.0 - self.facts.neighbor_score) / max(1e-9, 1.0 - majority))

    @cached_property
    def learnable(self) -> float:
        """Share of chance's loss above which the data would clearly allow a lower one; 0 where that is not known.

        Twice what the nearest neighbors reach and a tenth more; or, where they know little, half of the way from there
        to chance.
        """
        return float(np.nan_to_num(min(2.0 * self.reachable + 0.1, (1.0 + self.reachable) / 2)))

    # ------------------------------------------------------------------------------------ steps and units

    @cached_property
    def pace(self) -> float:
        """Update ratio of the middle layer in the first steps (up to 10, or a tenth of the run); NaN before any.

        About 1e-3 is usual, see `training.meter`.
        """
        count = int(np.searchsorted(self.recorded.steps, max(3, min(10, self.step // 10)), side="right"))
        ratios = self.recorded.middle("update_ratio", slice(count))
        finite = ratios[np.isfinite(ratios)]
        return float(np.median(finite)) if len(finite) else float("nan")

    @cached_property
    def dead(self) -> UnitShares:
        """Share of the units of every hidden layer that have slope 0 for every sample."""
        return self._units("dead_units")

    @cached_property
    def saturated(self) -> UnitShares:
        """Share of the activations of every hidden layer at the flat ends of their function."""
        return self._units("saturation")

    @cached_property
    def alike(self) -> UnitShares:
        """Share of the units of every hidden layer with the incoming weights of another."""
        return self._units("unit_similarity")

    def _units(self, name: str) -> UnitShares:
        return measured(name, self.instruments, self.snapshot, self.data.x_train)


def _chance_loss(experiment: Experiment, data: PreparedData) -> float:
    kind = experiment.loss.kind
    if data.task == "classification":
        smoothing = getattr(experiment.loss, "label_smoothing", 0.0)
        shares = np.bincount(data.y_train.astype(np.int64), minlength=data.n_outputs) / len(data.y_train)
        target = shares * (1.0 - smoothing) + smoothing / data.n_outputs
        if kind == "cross_entropy":
            known = target[target > 0]
            return _not_zero(float(-(known * np.log(known)).sum()))
        one_hot = np.eye(data.n_outputs)[data.y_train.astype(np.int64)] * (1.0 - smoothing)
        values = one_hot + smoothing / data.n_outputs
    else:
        values = np.asarray(data.y_train, dtype=np.float64)
    if kind == "mse":
        return _not_zero(float(values.var(0).mean()))
    apart = np.abs(values - np.median(values, axis=0))
    if kind == "mae":
        return _not_zero(float(apart.mean()))
    delta = getattr(experiment.loss, "delta", 1.0)
    apart = np.abs(values - values.mean(0)) if delta >= apart.max() else apart
    inner = np.minimum(apart, delta)
    return _not_zero(float((inner * (apart - inner / 2)).mean()))


def _not_zero(loss: float) -> float:
    """Return NaN for a target that does not vary, of which nothing can be learned."""
    return loss if loss > 1e-12 else float("nan")
