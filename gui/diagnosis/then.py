"""What could be found at a past moment of the run: the rules, asked about the run as it stood there. No widgets."""

from __future__ import annotations

from dataclasses import replace

from gui.run_view import RunView
from gui.timeline.continued import after
from training.diagnosis.case import Case
from training.diagnosis.doctor import findings
from training.diagnosis.finding import Finding
from training.population import replicas_of


def case_of(view: RunView) -> Case:
    """Return what rules look at of the first replica of a run."""
    original = view.original or view.experiment
    return Case.of(
        view.history, replicas_of(view.experiment)[0], view.data, original=replicas_of(original)[0],
        instruments=view.instruments, snapshot=view.snapshot,
    )  # fmt: skip


def case_then(view: RunView) -> Case:
    """Return the case of a run as it stood at the moment that is looked at: its edits and weights of then."""
    moment, now = view.moment, case_of(view)
    if moment is None or moment.step >= now.step:
        return now
    experiment = after(view.original or view.experiment, view.edits[: moment.edits])
    return replace(now.until(moment.step), experiment=replicas_of(experiment)[0], snapshot=moment.snapshot)


class Then:
    """Remembers what was found at the moment looked at last: the past does not change.

    Attributes
    ----------
    found
        What holds at that moment, what matters most first.
    """

    def __init__(self) -> None:
        self.found: tuple[Finding, ...] = ()
        self._moment: object = None

    def knows(self, view: RunView) -> bool:
        """Tell whether this very moment was looked at."""
        return view.moment is self._moment

    def turn_to(self, view: RunView) -> None:
        """Turn to the moment that is looked at; nothing is known of it yet."""
        self.found, self._moment = (), view.moment

    def look(self, view: RunView, broken: dict[str, Exception]) -> None:
        """Ask the rules about that moment, but for those that are broken; nothing where it is now."""
        if view.moment is not None:
            self.found = tuple(finding for finding in findings(case_then(view), broken) if not finding.over)
