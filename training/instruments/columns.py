"""Names of the values that instruments give: those of a layer are ``layer_1``, …, ``output``."""

from __future__ import annotations

from models.architecture import Architecture
from training.progress import layer_names


def of_layers(architecture: Architecture) -> tuple[str, ...]:
    """Return a name for each layer, the output layer last."""
    return tuple(name.replace(" ", "_") for name in layer_names(architecture.layers))


def of_hidden_layers(architecture: Architecture) -> tuple[str, ...]:
    """Return a name for each hidden layer."""
    return of_layers(architecture)[:-1]


def has_hidden_layers(architecture: Architecture) -> bool:
    """Tell whether there is a hidden layer."""
    return bool(architecture.hidden)
