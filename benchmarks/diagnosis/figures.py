"""The figures of a judged set: how often a fault is named, a sound run alarmed, a faulty one helped by a fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.diagnosis.bench import Judged
from benchmarks.diagnosis.families import FAMILIES

NOTHING = "nothing"
CLEARLY = 0.02


@dataclass(frozen=True)
class Share:
    """So many of so many, and what it is held against."""

    title: str
    part: int
    whole: int
    limit: float | None = None
    at_most: bool = False

    @property
    def value(self) -> float:
        """The share; NaN of nothing."""
        return self.part / self.whole if self.whole else float("nan")

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the true share is likely to be, at 95 % (Wilson 1927)."""
        if not self.whole:
            return 0.0, 1.0
        z, n, p = 1.96, self.whole, self.value
        middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))

    @property
    def text(self) -> str:
        """In words: ``97 % (155 of 160)``."""
        return f"{100 * self.value:.1f} % ({self.part} of {self.whole})" if self.whole else "–"


def figures(judged: Sequence[Judged]) -> list[Share]:
    """Return the three figures that have a bar, and what is told beside them."""
    faulty = [one for one in judged if one.label != "healthy"]
    sound = [one for one in judged if one.label == "healthy"]
    return [
        _share("Faults named among the first two findings", [named(one) for one in faulty], 0.95),
        _share("the same, where any fault the run truly has counts", [named_any(one) for one in faulty]),
        _share("the same, named first", [one.said[:1] == (one.label,) for one in faulty]),
        _share("Healthy runs alarmed at any of the looks", [bool(one.alarms) for one in sound], 0.02, at_most=True),
        _share("the same, at the end of the run", [bool(one.alarms_at_end) for one in sound]),
        _share("First fix lowers the validation loss of a faulty run", [better(one) for one in faulty], 0.8),
        _share(f"the same, by at least {100 * CLEARLY:.0f} %", [better(one, CLEARLY) for one in faulty]),
    ]


def _share(title: str, found: Sequence[bool], limit: float | None = None, *, at_most: bool = False) -> Share:
    return Share(title, sum(found), len(found), limit, at_most)


def named(one: Judged) -> bool:
    """Tell whether the fault a run was made to show is among the first two findings."""
    return one.label in one.first_two


def named_any(one: Judged) -> bool:
    """Tell whether any fault that a run truly has is among the first two findings."""
    return bool(set(one.truths) & set(one.first_two))


def better(one: Judged, by: float = 0.0) -> bool:
    """Tell whether the first fix keeps weights with a validation loss lower by such a share; no fix is no help."""
    if not one.fix:
        return False
    before, after = one.fix["before"], one.fix["after"]
    return bool(after < before and after <= (1 - by) * before)


def confusion(judged: Iterable[Judged]) -> dict[str, Counter[str]]:
    """Return how often each finding came first, by label: of what was said, `NOTHING` where nothing was."""
    found: dict[str, Counter[str]] = {name: Counter() for name in FAMILIES}
    for one in judged:
        found[one.label][one.said[0] if one.said else NOTHING] += 1
    return found


def by_fault(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Return the runs of every label that has any."""
    found = {name: [one for one in judged if one.label == name] for name in FAMILIES}
    return {name: ones for name, ones in found.items() if ones}
