"""The hidden layers as they are edited: every change gives a valid structure, or says why not. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from training.experiment import MAX_LAYERS, MAX_WIDTH

USUAL_WIDTH = 16
FINE_STEPS = 16
"""The buttons change a width by about one in so many."""


class RefusedEdit(ValueError):
    """A change that would leave what an experiment allows; the message is for people."""


@dataclass(frozen=True)
class Structure:
    """Widths and activations of the hidden layers.

    Attributes
    ----------
    skip_every
        Blocks that a skip connection spans; never more than there are layers.
    usual
        Activation of the first layer put into a network without any.
    """

    hidden: tuple[int, ...]
    activations: tuple[str, ...]
    skip_every: int = 0
    usual: str = "relu"

    @classmethod
    def of(cls, hidden: tuple[int, ...], activation: str | tuple[str, ...], skip_every: int = 0) -> Structure:
        """Return the structure of an experiment's network: one activation for all layers, or one for each."""
        hidden = tuple(hidden)
        if isinstance(activation, str):
            return cls(hidden, (activation,) * len(hidden), skip_every, activation)
        names = (*activation, *("relu",) * (len(hidden) - len(activation)))[: len(hidden)]
        return cls(hidden, names, skip_every, names[-1] if names else "relu")

    def __len__(self) -> int:
        """Return the number of hidden layers."""
        return len(self.hidden)

    def with_layer(self, at: int) -> Structure:
        """Put a layer in at a place, like the one before it (or after it, at the beginning)."""
        if not self.hidden:
            return self._with_layers((USUAL_WIDTH,), (self.usual,))
        like = max(0, at - 1)
        return self._inserted(at, self.hidden[like], self.activations[like])

    def with_copy(self, at: int) -> Structure:
        """Put a copy of a layer in behind it."""
        return self._inserted(at + 1, self.hidden[at], self.activations[at])

    def without(self, at: int) -> Structure:
        """Take a layer out."""
        return self._with_layers(_removed(self.hidden, at), _removed(self.activations, at))

    def moved(self, at: int, to: int) -> Structure:
        """Move a layer to another place."""
        if not 0 <= to < len(self):
            raise RefusedEdit("The layer is at the end already.")
        hidden, names = list(self.hidden), list(self.activations)
        hidden.insert(to, hidden.pop(at))
        names.insert(to, names.pop(at))
        return self._with_layers(tuple(hidden), tuple(names))

    def with_width(self, at: int, width: int) -> Structure:
        """Give a layer another width."""
        if not 1 <= width <= MAX_WIDTH:
            raise RefusedEdit(f"A layer has 1 to {MAX_WIDTH:,} units.")
        return self._with_layers((*self.hidden[:at], width, *self.hidden[at + 1 :]), self.activations)

    def with_activation(self, at: int, name: str) -> Structure:
        """Give a layer another activation."""
        return self._with_layers(self.hidden, (*self.activations[:at], name, *self.activations[at + 1 :]))

    def changes(self, before: Structure) -> dict[str, Any]:
        """Return, by dotted key, how an experiment changes from `before`."""
        names = set(self.activations)
        one_for_all = next(iter(names)) if len(names) == 1 else self.usual
        made: dict[str, Any] = {
            "network.hidden": self.hidden,
            "network.activation": self.activations if len(names) > 1 else one_for_all,
        }
        if self.skip_every != before.skip_every:
            made["network.skip_every"] = self.skip_every
        return made

    def _inserted(self, at: int, width: int, name: str) -> Structure:
        if len(self) >= MAX_LAYERS:
            raise RefusedEdit(f"There are at most {MAX_LAYERS} hidden layers.")
        return self._with_layers(
            (*self.hidden[:at], width, *self.hidden[at:]), (*self.activations[:at], name, *self.activations[at:])
        )

    def _with_layers(self, hidden: tuple[int, ...], names: tuple[str, ...]) -> Structure:
        usual = (names or self.activations or (self.usual,))[-1]
        return replace(
            self, hidden=hidden, activations=names, skip_every=min(self.skip_every, len(hidden)), usual=usual
        )


def next_width(width: int, direction: int) -> int:
    """Return the next width up (1) or down (-1): by one while narrow, in larger round steps where wide."""
    if direction > 0:
        step = _step(width)
        return (width // step + 1) * step
    step = _step(width - 1)
    return (-(-width // step) - 1) * step


def _step(width: int) -> int:
    """Return the power of two at or below a sixteenth of a width, 1 at the least."""
    return 1 << max(0, (width // FINE_STEPS).bit_length() - 1)


def _removed(values: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return values[:at] + values[at + 1 :]
