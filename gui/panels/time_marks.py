"""What stands on an axis of time: where something was changed, and which past moment is looked at. No widgets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.panels.moments import moment_text
from gui.panels.plot_marks import Mark
from gui.theme import Theme
from training.progress import STOP

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.progress import Edit

FloatArray = NDArray[np.float64]


def time_marks(run: RunView, across: Callable[[FloatArray], FloatArray], theme: Theme) -> list[Mark]:
    """Return a tick for every step at which something was done, and a line at the past moment that is looked at.

    `across` tells where steps are on the axis (NaN: nowhere).
    """
    done = deeds(run.edits, run.forked_at)
    marks = [Mark(0.0, theme.accent, tick=True, tip=f"After step {step:,}: {what}") for step, what in done.items()]
    steps = list(done)
    if run.moment is not None:
        told = moment_text(run.moment.step, run.moment.epoch)
        marks.append(Mark(0.0, theme.warn, tip=f"Shown in all views, and not now: {told}"))
        steps.append(run.moment.step)
    places = across(np.array(steps, dtype=np.float64)).tolist() if steps else []
    return [
        Mark(place, mark.color, mark.label, mark.tip, mark.tick)
        for place, mark in zip(places, marks, strict=True) if math.isfinite(place)
    ]  # fmt: skip


def deeds(edits: Sequence[Edit], forked_at: int | None = None) -> dict[int, str]:
    """Return what was done to a run, in words, by the step after which it was."""
    found: dict[int, list[str]] = {}
    for edit in edits:
        found.setdefault(edit.step, []).append(in_words(edit))
    if forked_at is not None:
        found.setdefault(forked_at, []).append("forked from the run before")
    return {step: ", ".join(found[step]) for step in sorted(found)}


def in_words(edit: Edit) -> str:
    """Return what an edit did."""
    if edit.key == STOP:
        return "stopped by you"
    return f"{edit.key} = {edit.value:g}" if isinstance(edit.value, float) else f"{edit.key} = {edit.value}"
