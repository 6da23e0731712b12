"""A run being replayed at the window: the plan it follows, and what it came to beside what was recorded."""

from __future__ import annotations

from dataclasses import dataclass

from gui.documents import Document
from gui.recordings.words import comparison, was_stopped
from gui.run_view import RunView
from training.engine import Engine
from training.experiment import Experiment
from training.progress import STOP, Edit
from training.recordings.again import compared
from training.recordings.recording import Recording, figures_of, fingerprint_of, recorded
from training.scenarios.script import Script
from training.session import Session


@dataclass(frozen=True, eq=False)
class Replay:
    """A recording on its way, in a document of its own."""

    recording: Recording
    document: Document

    def plan(self, experiment: Experiment) -> Script | None:
        """Return the recorded changes, and the end where the recording ends; None for an experiment that was changed.

        A run that was reset before its end is replayed that far.
        """
        if experiment != self.recording.experiment:
            return None
        edits = self.recording.made_edits()
        if not self.recording.fingerprint and not was_stopped(self.recording):
            group = edits[-1].group + 1 if edits else 0
            edits = (*edits, Edit(self.recording.steps, STOP, True, group))
        return Script.of_edits(edits)

    def is_faithful(self, view: RunView) -> bool:
        """Tell whether nothing else was changed on the way."""
        made = [edit for edit in recorded(view.edits) if STOP not in edit.changes]
        wanted = [edit for edit in self.recording.edits if STOP not in edit.changes]
        return view.original == self.recording.experiment and made == wanted

    def outcome(self, view: RunView, session: Session[Engine]) -> tuple[str, bool]:
        """Return what it came to, in a sentence, and whether that is what was recorded."""
        if not self.is_faithful(view):
            return "Something else was changed on the way, so this is a run of its own, not a replay.", True
        if view.history.step != self.recording.steps:
            return f"The replay ended at step {view.history.step:,}, the recording at {self.recording.steps:,}.", False
        result = session.engine.result()
        again = compared(self.recording, figures_of(result.outcomes, view.history), fingerprint_of(result.final))
        return comparison(self.recording, again)
