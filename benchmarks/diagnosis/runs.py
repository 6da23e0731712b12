"""Runs as the bench looks at them: curves, the weights that are kept, and what they are worth on held-out samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.load import load_prepared
from training.data.prepare import PreparedData
from training.data.synthetic import make
from training.engine import Engine
from training.experiment import Experiment, SyntheticData
from training.progress import EvaluationRecord, Outcome
from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]
LAST_PART = 0.1
"""The end of a run is this share of its evaluations, three at the least."""
FRESH = 1_000
"""New samples that a generated data set is judged on."""
SMALLEST = 1e-38  # a probability below it is none in single precision


@dataclass(frozen=True, eq=False)
class Run:
    """One run that has ended.

    Attributes
    ----------
    steps
        Steps done at each evaluation, ``[E]``.
    train, validation, train_score
        At each evaluation, ``[E]``.
    rates
        Learning rate of each step, ``[T]``.
    initial, final
        Its weights before the first step, and those it keeps.
    """

    experiment: Experiment
    data: PreparedData
    steps: FloatArray
    train: FloatArray
    validation: FloatArray
    train_score: FloatArray
    rates: FloatArray
    outcome: Outcome
    initial: Snapshot
    final: Snapshot

    @property
    def finite(self) -> bool:
        """Whether it ended with numbers."""
        return self.outcome.reason != "diverged" and bool(np.isfinite(self.train[-1]))

    @property
    def end(self) -> float:
        """Training loss at the end, the median of the last evaluations; infinite if it diverged."""
        return float(np.median(self.last(self.train))) if self.finite else np.inf

    @property
    def kept(self) -> float:
        """Validation loss of the weights that are kept; infinite if it diverged."""
        if self.outcome.reason == "diverged" and not self.outcome.restored:
            return np.inf
        return held_out_loss(self.final, self.data, self)

    def last(self, curve: FloatArray) -> FloatArray:
        """Return the end of a curve."""
        return curve[-max(3, round(LAST_PART * len(curve))) :]


def held_out_loss(snapshot: Snapshot, own: PreparedData, judged_as: Run) -> float:
    """Return the loss of some weights on the held-out samples, by the loss and in the units of a run.

    Parameters
    ----------
    own
        The data as these weights saw them: the same samples as those of `judged_as`, maybe scaled in another way.
    """
    with np.errstate(all="ignore"):
        output = snapshot.predict(own.x_val)
        if own.task == "regression":
            output = judged_as.data.target_scaling.apply(own.unscale_target(output))
        return finite_or_infinite(loss_of(output, judged_as.data.y_val, judged_as.experiment))


def fresh_loss(run: Run) -> float:
    """Return the loss of the weights a run keeps on samples it has never seen: new ones where the data are generated.

    Of a data set that cannot be generated anew, the held-out samples.
    """
    source = run.experiment.data
    if not isinstance(source, SyntheticData):
        return held_out_loss(run.final, run.data, run)
    drawn = make(source.model_copy(update={"samples": FRESH, "seed": source.seed + 1}))
    output = run.final.predict(run.data.transform(drawn.x))
    target = drawn.y if run.data.task == "classification" else run.data.target_scaling.apply(drawn.y)
    return finite_or_infinite(loss_of(output, target, run.experiment))


def loss_of(output: FloatArray, target: FloatArray | NDArray[np.int64], experiment: Experiment) -> float:
    """Return the mean loss of class probabilities, or of values, computed apart from `models.losses`."""
    kind = experiment.loss.kind
    if kind == "cross_entropy":
        chosen = output[np.arange(len(target)), target.astype(np.int64)]
        return float(-np.log(np.maximum(chosen, SMALLEST)).mean())
    apart = np.abs(output - target)
    if kind == "mse":
        return float((apart**2).mean())
    if kind == "mae":
        return float(apart.mean())
    delta = getattr(experiment.loss, "delta", 1.0)
    return float(np.where(apart < delta, apart**2 / 2, delta * (apart - delta / 2)).mean())


def finite_or_infinite(value: float) -> float:
    """Return a value, or infinity for what is no number."""
    return value if np.isfinite(value) else np.inf


def chance_of(run: Run) -> float:
    """Return the loss of the best constant answer on the training samples."""
    y = run.data.y_train
    if run.data.task == "classification":
        shares = np.bincount(y.astype(np.int64), minlength=run.data.n_outputs) / len(y)
        return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    middle = np.median(y) if run.experiment.loss.kind == "mae" else y.mean()
    return loss_of(np.full(y.shape, middle), y, run.experiment)


def trained(experiments: Sequence[Experiment], data: PreparedData | None = None) -> list[Run]:
    """Train experiments that differ only in numbers side by side; see `training.population.VARYING`."""
    engine = Engine(experiments, data or load_prepared(experiments[0].data))
    evaluations: list[EvaluationRecord] = []
    records: list[FloatArray] = []
    for progress in engine.train():
        evaluations.extend(progress.evaluations)
        records.append(progress.records[:, :, 1])
    rates = np.concatenate(records)
    return [run_of(engine, replica, evaluations, rates[:, replica]) for replica in range(engine.replicas)]


def run_of(engine: Engine, replica: int, evaluations: Sequence[EvaluationRecord], rates: FloatArray) -> Run:
    """Return one replica of an engine that has ended."""
    outcome = engine.outcomes[replica]
    assert outcome is not None
    made = [one for one in evaluations if one.step <= outcome.step]

    def column(name: str) -> FloatArray:
        return np.array([getattr(one, name)[replica] for one in made])

    return Run(
        engine.experiments[replica], engine.data, np.array([one.step for one in made], dtype=np.float64),
        column("train_loss"), column("val_loss"), column("train_score"), rates[: outcome.step], outcome,
        engine.initial_snapshot(replica), engine.snapshot(replica),
    )  # fmt: skip

