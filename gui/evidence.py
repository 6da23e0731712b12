"""The evidence of a finding as every view shows it: which curves and layers it is about, and in which color."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gui.panels.plot_spans import Span
from gui.theme import Theme
from training.diagnosis.finding import Evidence, Severity
from training.instruments.catalog import INSTRUMENTS

FloatArray = NDArray[np.float64]
Steps = NDArray[np.int64] | FloatArray

MARKS: dict[Severity | None, str] = {None: "○", "fine": "●", "note": "◆", "warning": "▲", "alarm": "▲"}
"""None: nothing was found."""


IN_ITS_UNITS = frozenset({"val_loss", "val_score", "train_score", "update_ratio", *INSTRUMENTS})
"""Curves that evidence holds against a limit in the units in which they are drawn."""


def tone(severity: Severity | None, theme: Theme) -> str:
    """Return the color of a severity; a mark or a word always stands with it."""
    tones: dict[Severity | None, str] = {
        None: theme.muted, "fine": theme.ok, "note": theme.accent, "warning": theme.warn, "alarm": theme.error,
    }  # fmt: skip
    return tones[severity]


@dataclass(frozen=True)
class ShownEvidence:
    """What is drawn on the plots.

    Attributes
    ----------
    title, severity
        Of the finding.
    items
        Its evidence.
    pointed
        Which of the items is pointed at; None: none.
    """

    title: str
    severity: Severity
    items: tuple[Evidence, ...]
    pointed: int | None = None

    def about(self, curves: Collection[str]) -> list[Evidence]:
        """Return the evidence that is about some of these curves; where one is pointed at, that one only."""
        chosen = self.items if self.pointed is None else self.items[self.pointed : self.pointed + 1]
        return [item for item in chosen if item.curve in curves]

    def layers(self, curves: Collection[str] | None = None) -> frozenset[int]:
        """Return the layers that the evidence about these curves (None: about any) names; 0 is the first hidden one."""
        items = self.items if self.pointed is None else self.items[self.pointed : self.pointed + 1]
        return frozenset(
            layer for item in items if curves is None or item.curve in curves for layer in item.layers
        )

    @property
    def label(self) -> str:
        """What stands beside it on a plot."""
        return f"{MARKS[self.severity]} {self.title}"


def limits_of(shown: ShownEvidence | None, curves: Collection[str]) -> list[tuple[float, str]]:
    """Return what evidence about some curves holds them against, and a label, in the units of these curves."""
    if shown is None:
        return []
    limits = {
        item.limit for item in shown.about(curves) if item.curve in IN_ITS_UNITS and math.isfinite(item.limit)
    }
    return [(limit, f"{MARKS[shown.severity]} limit {limit:.3g}") for limit in sorted(limits)]


def rows_told(shown: ShownEvidence | None, curves: Collection[str], steps: Steps, stride: int = 1) -> NDArray[np.bool_]:
    """Return which rows of a record, each of `stride` steps from one of `steps` on, some evidence is about."""
    told = np.zeros(len(steps), dtype=np.bool_)
    for item in shown.items if shown is not None else ():  # whatever is pointed at: the axis is to stay as it is
        if item.curve not in curves:
            continue
        told |= (steps + (stride - 1) >= item.first_step) & (steps <= item.last_step)
    return told


def seen_elsewhere(spans: list[Span], where: str) -> list[Span]:
    """Return spans about curves that are not drawn now, with a word on where to look for them."""
    return [replace(span, label=f"{span.label}, see {where}" if span.label else "") for span in spans]


def spans_of(
    shown: ShownEvidence | None, curves: Collection[str], across: Callable[[FloatArray], FloatArray], theme: Theme
) -> list[Span]:
    """Return the parts of an axis of time that evidence about some curves is about, the same part once.

    `across` tells where steps are on the axis (NaN: nowhere).
    """
    if shown is None:
        return []
    told: dict[tuple[int, int], list[str]] = {}
    for item in shown.about(curves):
        told.setdefault((item.first_step, item.last_step), []).append(item.sentence)
    color, pointed = tone(shown.severity, theme), shown.pointed is not None
    spans = []
    for (first, last), sentences in sorted(told.items()):
        left, right = across(np.array([first, last], dtype=np.float64)).tolist()
        if not np.isnan(right):
            label = shown.label if not spans else ""
            spans.append(Span(left, right, color, label, "\n".join([shown.label, *sentences]), strong=pointed))
    return spans
