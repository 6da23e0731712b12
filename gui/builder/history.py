"""What was done to the form, to be taken back and done again. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from gui.builder.draft import State

LIMIT = 200
"""Changes kept; older ones can no longer be taken back."""
PAUSE_SECONDS = 1.0
"""Steps with the arrow keys that follow each other faster than this are one change."""


@dataclass(frozen=True)
class Change:
    """One thing that can be taken back.

    Attributes
    ----------
    key
        The field it began with: that is where it is shown.
    """

    key: str
    before: State
    after: State


class EditHistory:
    """Two stacks: what can be taken back, and what was taken back and can be done again.

    The last change stays open while the same field is typed into: all of it is one change, until it
    is meant. A change that comes back to where it began leaves no trace.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.done: list[Change] = []
        self.undone: list[Change] = []
        self._clock = clock
        self._open_until = float("-inf")

    def record(self, key: str, before: State, after: State) -> None:
        """Note that the field `key` changed the draft."""
        if self._goes_on(key, before):
            change = replace(self.done.pop(), after=after)
        elif before == after:
            return
        else:
            change = Change(key, before, after)
        self.undone.clear()
        self._open_until = float("inf")
        if change.before == change.after:
            self.seal()
            return
        self.done.append(change)
        del self.done[:-LIMIT]

    def _goes_on(self, key: str, before: State) -> bool:
        """Tell whether an edit of `key` belongs to the last change."""
        if not self.done or self._clock() > self._open_until:
            return False
        return self.done[-1].key == key and self.done[-1].after == before

    def seal(self, *, after_a_pause: bool = False) -> None:
        """End the last change, at once or unless it goes on without a pause."""
        self._open_until = self._clock() + PAUSE_SECONDS if after_a_pause else float("-inf")

    def undo(self) -> Change | None:
        """Take the last change back and return it; None if there is none."""
        return self._move(self.done, self.undone)

    def redo(self) -> Change | None:
        """Do again what was taken back last and return it; None if there is nothing."""
        return self._move(self.undone, self.done)

    def take_back_typing(self, key: str) -> State | None:
        """Drop what is being typed into `key` and is not meant yet; return what stood there before."""
        if not self.done or self.done[-1].key != key or self._open_until != float("inf"):
            return None
        self.seal()
        return self.done.pop().before

    def clear(self) -> None:
        """Forget everything: another document is edited."""
        self.done.clear()
        self.undone.clear()
        self.seal()

    def _move(self, source: list[Change], target: list[Change]) -> Change | None:
        self.seal()
        if not source:
            return None
        target.append(source.pop())
        return target[-1]
