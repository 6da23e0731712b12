"""Replicas: the runs that train side by side, each an experiment of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.errors import InputError
from training.experiment import Experiment
from training.validation import as_values, get, replace

VARYING = ("name", "notes", "seed", "optimizer", "regularization", "network.initialization.gain")
"""What may differ between replicas; of the optimizer everything but its method."""


def replicas_of(experiment: Experiment) -> tuple[Experiment, ...]:
    """Return one experiment for each replica, the same but for the seed: seed, seed + 1 and so on."""
    if experiment.replicas == 1:
        return (experiment,)
    single = experiment.model_copy(update={"replicas": 1})
    return tuple(single.model_copy(update={"seed": experiment.seed + index}) for index in range(experiment.replicas))


def check_population(experiments: Sequence[Experiment]) -> None:
    """Raise unless the experiments can train side by side.

    Raises
    ------
    InputError
        If they differ in more than `VARYING`; the message names the key.
    """
    first = _shared(experiments[0])
    for index, experiment in enumerate(experiments[1:], start=2):
        other = _shared(experiment)
        different = [key for key in first if first[key] != other.get(key)]
        if different:
            raise InputError(
                f"replica {index} differs from the first in {', '.join(different)}",
                allowed=f"differences in {', '.join(VARYING)}",
                hint="Run it by itself",
            )


def edited(experiments: Sequence[Experiment], changes: Mapping[str, object]) -> tuple[Experiment, ...]:
    """Return the experiments with some values changed in all of them, validated again."""
    return tuple(replace(experiment, dict(changes)) for experiment in experiments)


def values_of(experiments: Sequence[Experiment], key: str) -> list[float]:
    """Return one number for each replica."""
    return [float(get(experiment, key)) for experiment in experiments]


def _shared(experiment: Experiment) -> dict[str, object]:
    values = as_values(experiment)
    method = values["optimizer"]["method"]
    values["network"]["initialization"].pop("gain")
    for key in VARYING:
        values.pop(key, None)
    return {**values, "optimizer.method": method}
