"""Says in plain words where a run stands. No Qt."""

from __future__ import annotations

from typing import NamedTuple

from gui.grouped import grouped
from gui.run_control import RunControl
from gui.run_view import RunView

CHANGES_NOW = "What you change changes the run as it is now; a fork (F) goes on from this moment."
GOES_ON = "Change something and press Space: it goes on from here. The run before stays behind as the ghost."


class Words(NamedTuple):
    """A heading and a sentence; `tone` is "", "ok", "warn" or "error"."""

    heading: str
    sentence: str
    tone: str = ""


def words_about(control: RunControl, reason_invalid: str) -> Words | None:
    """Return what to say about a run, or None if it has ended: then its outcomes speak.

    `reason_invalid` says why what stands in the form cannot be run.
    """
    view, phase = control.view, control.phase
    if view is not None and view.moment is not None and control.session is not None:
        return words_about_past(view)
    if reason_invalid and phase != "playing":
        return Words("Cannot run yet", f"{reason_invalid}.", "warn")
    if phase == "refused":
        return Words("Cannot run", "See the message above; nothing you set up is lost.", "warn")
    if phase == "loading":
        share = control.loaded
        return Words("Preparing…", f"Loading the data: {share:.0%}." if 0 < share < 1 else "Building the network.")
    if phase == "none":
        return Words("Stopped", "The run was not prepared to the end. Press Space to prepare it again and train.")
    if view is None or (view.outcomes and all(outcome is not None for outcome in view.outcomes)):
        return None
    if phase == "ready":
        return Words("Ready", "Press Space to train. Change anything at the left: the network follows at once.")
    if view.forked_at == view.history.step and not view.playing:
        return Words(f"Forked at epoch {epoch_text(view.history.epoch)}", f"{GOES_ON} {progress_sentence(view)}")
    return Words("Training" if view.playing else "Paused", progress_sentence(view))


def words_about_past(view: RunView) -> Words:
    """Return what to say while a past moment is looked at."""
    heading = f"◀ Epoch {epoch_text(view.shown_epoch)} – not now"
    step, now = grouped(view.shown_step), grouped(view.history.step)
    going_on = "; training goes on" if view.playing else ""
    sentence = f"Step {step} of {now} so far{going_on}. {progress_sentence(view)} {CHANGES_NOW}"
    return Words(heading, sentence, "warn")


def epoch_text(epoch: float) -> str:
    """Return an epoch with as many digits as it takes to tell it from the next step's."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def progress_sentence(view: RunView) -> str:
    """Return the losses at the last evaluation, of the moment looked at, in words."""
    latest = view.shown_evaluation
    if latest is None:
        return "Waiting for the first evaluation."
    train, validation = float(latest.train_loss[0]), float(latest.val_loss[0])
    text = f"Training loss {train:.3g}"
    if validation == validation:  # NaN without held-out samples
        score = "accuracy" if view.data.task == "classification" else "R²"
        text += f", validation loss {validation:.3g}, {score} {float(latest.val_score[0]):.3g}"
    if view.experiment.replicas > 1:
        text += f" (replica 1 of {view.experiment.replicas})"
    return f"{text}."


def transport_state(control: RunControl, reason_invalid: str) -> str:
    """Return the state of the transport's buttons."""
    phase = control.phase
    if phase == "paused" and control.view is not None and control.view.reopened:
        return "extendable"
    if reason_invalid and phase in ("ready", "refused", "none"):
        return "invalid"
    return phase
