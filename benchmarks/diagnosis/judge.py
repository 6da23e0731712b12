"""What the diagnosis says of a run, at moments that are the same every time, and what its first fix comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.diagnosis.runs import Run, held_out_loss, run_of, trained
from training.diagnosis.case import Case
from training.diagnosis.doctor import Doctor
from training.diagnosis.finding import Finding, Fix
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.instruments.instruments import Instruments
from training.instruments.log import InstrumentLog
from training.progress import Edit, EvaluationRecord
from training.validation import replace

LOOKS = 25
"""So many looks, evenly over the steps that are planned; and one at the end."""
ALARMING = ("warning", "alarm")


@dataclass(frozen=True)
class Look:
    """What was said at one moment, what matters most first."""

    step: int
    findings: tuple[Finding, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The rules, in their order."""
        return tuple(finding.name for finding in self.findings)

    @property
    def alarms(self) -> tuple[str, ...]:
        """Those that warn of something that is not over."""
        return tuple(one.name for one in self.findings if one.severity in ALARMING and not one.over)


def looks_at(experiment: Experiment) -> list[Look]:
    """Train a run beside its instruments, without a budget of time, and ask the doctor on the way and at the end."""
    engine = Engine(experiment)
    instruments, log = Instruments(engine, share=None), InstrumentLog()
    history, doctor = History(1, len(engine.layer_names)), Doctor()
    grid = max(1, experiment.epochs * engine.steps_per_epoch // LOOKS)
    found: list[Look] = []
    with np.errstate(all="ignore"):
        progress = engine.advance(0)
        while True:
            history.extend(progress)
            log.take(instruments.follow(progress))
            if engine.finished or (engine.step and engine.step % grid == 0):
                case = Case.of_engine(engine, history, log)
                found.append(Look(engine.step, tuple(doctor.look(case))))
            if engine.finished:
                return found
            progress = engine.advance(int(min(grid - engine.step % grid, instruments.steps_until_next())))


@dataclass(frozen=True)
class Mended:
    """What a fix has come to: the validation loss of the weights that are kept, without it and with it."""

    finding: str
    fix: str
    before: float
    after: float
    longer: bool

    @property
    def better(self) -> bool:
        """Whether it is lower with the fix."""
        return self.after < self.before


def first_fix(look: Look) -> tuple[Finding, Fix] | None:
    """Return the fix that is offered first: the first one of the first finding that has any."""
    return next(((finding, finding.fixes[0]) for finding in look.findings if finding.fixes), None)


def mended(experiment: Experiment, finding: Finding, fix: Fix) -> Mended:
    """Run an experiment without and with a fix: an edit where the finding begins if it is live, else from the start.

    Both have the same seed, and the same number of epochs unless the fix changes that. Both losses are those of the
    loss function and in the units of the run without it.
    """
    before = trained([experiment])[0]
    try:
        if fix.live:
            edits = [Edit(finding.first_step, key, value) for key, value in fix.changes.items()]
            after = _with_edits(experiment, edits)
        else:
            after = trained([replace(experiment, dict(fix.changes))])[0]
        reached = held_out_loss(after.final, after.data, before) if np.isfinite(after.kept) else np.inf
    except InputError:
        reached = np.inf
    return Mended(finding.name, fix.name, before.kept, reached, "epochs" in fix.changes)


def _with_edits(experiment: Experiment, edits: Iterable[Edit]) -> Run:
    engine = Engine(experiment)
    evaluations: list[EvaluationRecord] = []
    rates = [np.empty(0)]
    for progress in engine.train(edits):
        evaluations.extend(progress.evaluations)
        rates.append(progress.records[:, 0, 1])
    return run_of(engine, 0, evaluations, np.concatenate(rates))
