"""What a recorded run says in a list."""

from __future__ import annotations

from datetime import datetime

from gui.builder import wording
from gui.grouped import grouped
from training.progress import STOP
from training.recordings.again import Again
from training.recordings.recording import Recording

FIGURES = {
    "train_loss": "training loss", "val_loss": "validation loss", "best_val_loss": "best validation loss",
    "train_score": "training accuracy or R²", "val_score": "accuracy or R²", "grad_norm": "gradient norm",
    "ended_step": "last step", "diverged": "diverged",
}  # fmt: skip
MOST_DIFFERENCES = 3


def when(recording: Recording, now: datetime | None = None) -> str:
    """Return when a run was made: the time today, the day else."""
    try:
        made = datetime.fromisoformat(recording.made)
    except ValueError:
        return "some time"
    made = made.astimezone() if made.tzinfo else made
    today = (now or datetime.now()).date()
    if made.date() == today:
        return f"{made:%H:%M}"
    return f"{made.day} {made:%b} {made:%H:%M}" if made.year == today.year else f"{made.day} {made:%b %Y}"


def outcome(recording: Recording) -> str:
    """Return in a word how a run ended."""
    if recording.figures.get("diverged"):
        return "diverged"
    if was_stopped(recording):
        return "stopped"
    return "ended" if recording.fingerprint else "not to its end"


def was_stopped(recording: Recording) -> bool:
    """Tell whether the user ended the run."""
    return any(STOP in edit.changes for edit in recording.edits)


def facts(recording: Recording) -> str:
    """Return when, how far, how it ended."""
    said = [when(recording), f"{grouped(recording.steps)} steps", outcome(recording), changed(recording)]
    return " · ".join(text for text in said if text)


def changed(recording: Recording) -> str:
    """Return what tells a fork from the run that it was forked from: what was changed on the way, "" for nothing."""
    steps = [edit.step for edit in recording.edits if STOP not in edit.changes]
    return f"changed at step {grouped(steps[0])}" if len(steps) == 1 else f"{len(steps)} changes" if steps else ""


def setup(recording: Recording) -> str:
    """Return what tells runs of the same experiment apart most often: the method and its rate."""
    optimizer = recording.experiment.optimizer
    return f"{wording.title('optimizer.method', optimizer.method)} {wording.number(optimizer.lr)}"


def figures(recording: Recording) -> str:
    """Return what a run came to, in the figures that count most."""
    return " · ".join(_figures(recording))


def fewer_figures(recording: Recording) -> str:
    """Return less of it, for little room: the training loss only where there is no other."""
    found = _figures(recording)
    return " · ".join(found[1:] or found)


def _figures(recording: Recording) -> list[str]:
    score = "accuracy" if recording.experiment.loss.kind == "cross_entropy" else "R²"
    titles = {"train_loss": "training loss", "val_loss": "validation loss", "val_score": score}
    return [f"{title} {recording.figures[name]:.3g}" for name, title in titles.items() if name in recording.figures]


def comparison(recording: Recording, again: Again) -> tuple[str, bool]:
    """Return whether a replay came to the same result, in a sentence; and whether it did."""
    if again.exact:
        return "Replayed to the same result, bit for bit.", True
    if again.close:
        exactly = all(recording.figures.get(name) == value for name, value in again.figures.items())
        if exactly:
            return "Replayed to the same figures, to the last digit.", True
        return "Replayed to the same figures but for their last digits: another machine rounds otherwise.", True
    if not recording.figures:
        return "Replayed. The recording has no figures to compare with.", True
    differing = [
        f"{FIGURES.get(each.name, each.name)} {_number(each.recorded)} then, {_number(each.again)} now"
        for each in again.differences[:MOST_DIFFERENCES]
    ]
    return f"The replay came out otherwise: {'; '.join(differing)}.", False


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
