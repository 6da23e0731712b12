"""What the corner says of a run, in words: of a finding, of none, and of what was found before. No widgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gui.builder import wording
from gui.diagnosis.bar import Told
from gui.diagnosis.fix_race import FixRace
from gui.diagnosis.fix_row import button_title
from gui.diagnosis.track import when
from gui.narrator import Words, epoch_text
from gui.run_view import RunView
from gui.timeline.continued import after
from training.diagnosis.finding import Finding, Severity
from training.diagnosis.rules import RULES
from training.diagnosis.verdict import Kind, Verdict
from training.experiment import Experiment
from training.validation import get, keys_of

SEVERITIES: dict[Kind, Severity] = {"better": "fine", "same": "note", "worse": "warning", "mixed": "note"}
SAYS: dict[Kind, str] = {"better": "Better", "same": "The same", "worse": "Worse", "mixed": "Mixed result"}
ADVICE: dict[Kind, str] = {
    "better": "Keep the change, and train on with it?",
    "same": "It makes no difference here; the run can stay as it is.",
    "worse": "Here it does not help: go back and try another one.",
    "mixed": "Loss and score do not say the same: which of them counts here?",
}
JUDGED = (
    "By the loss of the weights that each run keeps; less than 2 % of difference counts as the same. A score that "
    "says otherwise by more than 0.02 is told of"
)
LABELS = {"stopping.early.enabled": "Early stopping", "network.dropout": "Dropout"}
"""What the form says under a heading is said here without one."""
EXPLAIN = "What it means, what shows it and what can be done, in the panel Why (W)"


def told_of(finding: Finding, view: RunView) -> Told:
    """Return what is said of a finding."""
    figure = finding.evidence[0].sentence if finding.evidence else ""
    about = "About replica 1" if view.history.replicas > 1 else ""
    tip = "\n".join(filter(None, (f"{round(100 * finding.confidence)} % sure, {when(finding)}", about)))
    return Told(finding.severity, finding.title, _where(view, figure), finding.sentence, tip)


def told_of_nothing(view: RunView, *, over: bool) -> Told:
    """Return what is said where no rule is met, by a run that is under way, looked at in the past, or over."""
    if view.moment is not None:
        sentence = f"At this moment none of the {len(RULES)} rules was met."
        return Told(None, "Nothing found", _where(view), sentence)
    if over:
        sentence = f"None of {len(RULES)} rules is met: nothing is clearly wrong, and it is not clearly healthy either."
        return Told(None, "Nothing found", _where(view), sentence)
    sentence = (
        f"{len(RULES)} rules look at the curves, the layers and the data while the run trains. None is met so far; "
        "the first few evaluations tell most of them too little."
    )
    return Told(None, "Nothing found yet", _where(view), sentence)


def _where(view: RunView, figure: str = "") -> str:
    """Return the figure with what it is about, if that is not the whole run as it is now."""
    replicas = view.history.replicas
    which = f"replica 1 of {replicas:,}" if replicas > 1 else ""
    moment = f"at epoch {epoch_text(view.moment.epoch)}" if view.moment is not None else ""
    return " · ".join(filter(None, (which, moment, figure)))


def earlier(past: Sequence[Finding]) -> tuple[str, str, Finding] | None:
    """Return text and tip of a button about what was found before and is over, and the last of it; None: nothing."""
    told = [finding for finding in past if finding.severity != "fine"]
    if not told:
        return None
    last = told[-1]
    others = len({finding.name for finding in told} - {last.name})
    text = f"Earlier: {last.title.lower()}" + (f" + {others}" if others else "")
    return text, "\n".join(f"{finding.title}, {when(finding)}" for finding in told[-8:]), last


def told_of_race(race: FixRace) -> Told:
    """Return what is said while a fix is raced."""
    sentence = (
        f"The run as it is and the run with {race.fix.title} train side by side, step by step. When both have ended, "
        "the lab says which is better, and by how much."
    )
    return Told("note", f"Trying {race.fix.title}", race.since, sentence)


def story_of(race: FixRace) -> Words:
    """Return what is tried in a race, against what, and what exactly is changed."""
    _, start, edits = race.runs["as_it_is"]
    there = [edit for edit in edits if race.fix.live and edit.step <= race.finding.first_step]
    changed = changes_of(after(start, there), race.fix.changes)
    heading = f"{button_title(race.fix.title)}, against: {race.finding.title.lower()}"
    return Words(heading, f"{race.fix.why}\nChanged {race.since}: {changed}.")


def outcome_of(race: FixRace, verdict: Verdict, stopped_at: float | None) -> Told:
    """Return what a race has come to; `stopped_at` is the epoch at which it was stopped by hand, None: it was not."""
    so_far = " so far" if stopped_at is not None else ""
    stopped = f"The race was stopped at epoch {epoch_text(stopped_at)}." if stopped_at is not None else ""
    both_failed = math.isinf(verdict.before) and math.isinf(verdict.after)
    advice = "Go back, and try another change." if both_failed else ADVICE[verdict.kind]
    sentence = " ".join(filter(None, (verdict.sentence, stopped, advice)))
    heading = f"{SAYS[verdict.kind]}{so_far} with {race.fix.title}"
    return Told(SEVERITIES[verdict.kind], heading, verdict.by_how_much, sentence, JUDGED)


def changes_of(experiment: Experiment, changes: Mapping[str, Any]) -> str:
    """Return what changes in an experiment, in the words of the form: ``Activation: Sigmoid → ReLU``."""
    said = []
    for key, value in changes.items():
        before = _value(experiment, key)
        if before != value:
            was = f"{_worded(key, before)} → " if before is not None else ""
            said.append(f"{LABELS.get(key, wording.label(key))}: {was}{_worded(key, value)}")
    return " · ".join(said)


def _value(experiment: Experiment, key: str) -> Any:
    """Return a setting; None for one that only the changed experiment has."""
    return get(experiment, key) if key in keys_of(experiment) else None


def _worded(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return wording.title(key, value)
    if isinstance(value, list | tuple):
        alike = len(set(value)) == 1 and len(value) > 1
        return f"{value[0]} ×{len(value)}" if alike else "-".join(map(str, value)) or "none"
    return wording.at_rest(key, value)
