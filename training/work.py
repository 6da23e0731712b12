"""How long a run takes, by estimate."""

from __future__ import annotations

from functools import lru_cache

from training.data.load import load_prepared
from training.data.prepare import PreparedData
from training.experiment import Data, Experiment
from training.feasibility import architecture_of, batch_size_of
from training.length import steps_at_most

# Of one core, and generous, as the slowest laptop is not what is measured here.
SECONDS_PER_LAYER = 30e-6
OPERATIONS_PER_SECOND = 5e9


@lru_cache(maxsize=8)
def prepared(data: Data) -> PreparedData:
    """Return the data of an experiment, loaded once for many runs."""
    return load_prepared(data)


def seconds_of(experiment: Experiment, data: PreparedData, steps: int, *, runs: int = 1) -> float:
    """Return about how long so many steps take, their evaluations included.

    Parameters
    ----------
    runs
        So many are trained side by side.
    """
    architecture, batch = architecture_of(experiment, data), batch_size_of(experiment, data)
    per_epoch = -(-len(data.x_train) // batch)
    evaluation = experiment.evaluation
    apart = evaluation.every * (per_epoch if evaluation.unit == "epoch" else 1)
    evaluated = min(len(data.x_train), evaluation.train_samples) + len(data.x_val)
    overhead = SECONDS_PER_LAYER * architecture.layers
    forward = 2 * runs * architecture.n_parameters / OPERATIONS_PER_SECOND
    return steps * (overhead + 3 * batch * forward) + (steps / apart + 2) * (overhead + evaluated * forward)


def seconds_to_the_end(experiment: Experiment, *, runs: int = 1) -> float:
    """Return about how long a run takes from its start to its last epoch.

    Raises
    ------
    InputError
        If its data cannot be loaded.
    """
    data = prepared(experiment.data)
    steps = steps_at_most(experiment, -(-len(data.x_train) // batch_size_of(experiment, data)))
    return seconds_of(experiment, data, steps, runs=runs)
