"""Findings that stay long enough to be read: they come and go, and take each other's place, only after a while."""

from __future__ import annotations

from collections.abc import Sequence

from training.diagnosis.finding import Finding, Severity

APPEAR_SECONDS = 0.9
LEAVE_SECONDS = 1.0
OVERTAKE_SECONDS = 1.0
"""How long something must be found, or not any more, or rank above another, before that is shown."""
RANK: dict[Severity, int] = {"fine": 0, "note": 1, "warning": 2, "alarm": 3}


class Steady:
    """What is shown of what a doctor finds, look by look."""

    def __init__(self) -> None:
        self.shown: list[Finding] = []
        self._found_since: dict[str, float] = {}
        self._seen_at: dict[str, float] = {}
        self._overtaken_since: float | None = None

    def take(self, findings: Sequence[Finding], now: float, *, settled: bool = False) -> list[Finding]:
        """Return what to show, the most important first.

        Parameters
        ----------
        findings
            What is found now, ranked.
        now
            Seconds.
        settled
            Whether nothing goes on: then what is found is shown as it is, at once.
        """
        present = {finding.name: finding for finding in findings}
        if settled:
            self._found_since = dict.fromkeys(present, now)
            self._seen_at, self._overtaken_since = dict.fromkeys(present, now), None
            self.shown = list(findings)
            return self.shown
        self._found_since = {name: self._found_since.get(name, now) for name in present}
        before = {finding.name: finding for finding in self.shown}
        here = [finding for finding in findings if finding.name in before or self._ripe(finding, now)]
        leaving = [finding for name, finding in before.items() if name not in present and self._lingers(name, now)]
        self._seen_at = {**self._seen_at, **dict.fromkeys(present, now)}
        self.shown = self._ordered(here, leaving, now)
        return self.shown

    def _ripe(self, finding: Finding, now: float) -> bool:
        return finding.severity == "alarm" or now - self._found_since[finding.name] >= APPEAR_SECONDS

    def _lingers(self, name: str, now: float) -> bool:
        """Tell whether it was found a short while ago; the first look after a longer one lets it go."""
        return now - self._seen_at[name] < LEAVE_SECONDS

    def _ordered(self, here: list[Finding], leaving: list[Finding], now: float) -> list[Finding]:
        """Keep the first one first, unless something worse has come or it has ranked lower for a while."""
        there = [*here, *leaving]
        first = self.shown[0].name if self.shown else ""
        kept = next((finding for finding in there if finding.name == first), None)
        rival = here[0] if here else None
        if kept is None or rival is None or rival is kept:
            self._overtaken_since = None
            return there if kept is None or rival is kept else [kept, *(one for one in there if one is not kept)]
        if self._overtaken_since is None:
            self._overtaken_since = now
        if RANK[rival.severity] > RANK[kept.severity] or now - self._overtaken_since >= OVERTAKE_SECONDS:
            self._overtaken_since = None
            return there
        return [kept, *(one for one in there if one is not kept)]
