"""What the corner says of a run, in words: of a finding, of none, and of what was found before. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

from gui.diagnosis.bar import Told
from gui.diagnosis.track import when
from gui.narrator import epoch_text
from gui.run_view import RunView
from training.diagnosis.finding import Finding
from training.diagnosis.rules import RULES

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


def button_title(title: str) -> str:
    """Return the title of a fix as it stands on a button."""
    return f"{title[:1].upper()}{title[1:]}"
