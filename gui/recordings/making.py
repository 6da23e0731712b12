"""From a run of the window to its recording."""

from __future__ import annotations

from gui.run_view import RunView
from training.engine import Engine
from training.errors import InputError
from training.progress import Outcome
from training.recordings.recording import Recording, record
from training.result import Result
from training.session import Session


def recording_of(view: RunView, session: Session[Engine] | None, scenario: str = "") -> Recording:
    """Return the recording of a run as far as the window has seen it.

    With the session of a run that has ended, the parameters it came to are part of it.

    Raises
    ------
    InputError
        If it cannot be recorded.
    """
    assert view.original is not None
    result = _seen(view) if session is None else session.engine.result()
    try:
        recording = record(view.original, result, view.history, scenario=scenario, when=view.started.astimezone())
    except ValueError as error:
        raise InputError(f"the run cannot be recorded: {error}") from None
    return recording if session is not None else recording.model_copy(update={"fingerprint": ""})


def _seen(view: RunView) -> Result:
    """Return what the window has seen of a run whose engine is at work or gone: all but its parameters."""
    outcome = view.outcomes[0] if view.outcomes else None
    history = view.history
    return Result(
        step=history.step, epoch=history.epoch,
        outcomes=(outcome or Outcome("running", history.step, history.epoch, ""),),
        initial=(), final=(), edits=tuple(view.edits), data=view.data, device="", parameters=0, steps_per_epoch=1,
        notes=(),
    )  # fmt: skip
