"""What keys, buttons and the form ask of the run: play, pause, step, stop, reset, and changes while it trains."""

from __future__ import annotations

import secrets
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from gui.builder.draft import flat
from gui.builder.form import Builder
from gui.end_banner import extension
from gui.run_control import RunControl
from gui.run_figures import EPOCH_ROUNDING
from training.engine import is_editable
from training.errors import ExperimentError, InputError
from training.timeline.moments import Fork

REBUILD_MS = 200
DESCRIPTIVE = ("name", "notes")  # what may change without a run taking notice
SEEDS = 1_000  # a new seed is below: short enough to be said aloud in a class
LOOKS_AFTER_EDITS = 2  # turns of the window's timer until a run that an edit reopens is known to be open


class Commands(QObject):
    """Carries out commands on the run, as far as the form and the state of the run allow.

    ``acted`` follows every command, ``starting`` comes before a new run is prepared.
    """

    acted = Signal()
    starting = Signal()

    def __init__(self, control: RunControl, builder: Builder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.control = control
        self.builder = builder
        self.rebuild_timer = QTimer(self)
        self.rebuild_timer.setSingleShot(True)
        self.rebuild_timer.setInterval(REBUILD_MS)
        self.rebuild_timer.timeout.connect(self._rebuild)
        self._looks_left = 0
        self._stood_at = 0

    # ------------------------------------------------------------------------------ transport

    def toggle(self) -> None:
        """Run, pause, or run again: what Space does."""
        phase = self.control.phase
        if phase == "playing":
            self.control.toggle()
        elif not self.builder.draft.valid:
            self.builder.point_at_problem()
        elif phase == "finished":
            self._go_on_or_start()
        elif self.rebuild_timer.isActive() or phase in ("refused", "none"):
            self.start(play=True)
        else:
            self.send_edits()
            self.control.toggle()
        self.acted.emit()

    def _go_on_or_start(self) -> None:
        """Run again; but where edits are on their way, find out first whether they let the run go on."""
        self.send_edits()
        if self.control.editing and self.control.view is not None:
            self._looks_left, self._stood_at = LOOKS_AFTER_EDITS, self.control.view.history.step
        else:
            self.start(play=True)

    def look(self) -> None:
        """Do what had to wait for edits to arrive; called with every turn of the window's timer."""
        view = self.control.view
        if not self._looks_left or view is None or self.control.editing:
            return
        self._looks_left -= 1
        if self._looks_left:
            return
        if not (view.reopened or view.history.step > self._stood_at):
            self.start(play=True)
        elif self.control.phase == "paused":
            self.control.toggle()
        self.acted.emit()

    def may_step(self) -> bool:
        """Tell whether single steps and epochs can be run now."""
        return self.control.phase in ("ready", "paused")

    def has_trained(self) -> bool:
        """Tell whether anything is recorded of the run."""
        return self.control.view is not None and self.control.view.history.step > 0

    def may_stop(self) -> bool:
        """Tell whether there is a run to end."""
        return self.control.phase in ("loading", "paused", "playing")

    def step_once(self) -> None:
        if self._prepare_step():
            self.control.step_once()

    def run_epoch(self) -> None:
        if self._prepare_step():
            self.control.run_epoch()

    def run_epochs(self, count: int) -> None:
        """Run so many epochs, then pause."""
        view = self.control.view
        if view is not None:
            self.run_to_epoch(int(view.history.epoch + EPOCH_ROUNDING) + count)

    def run_to_epoch(self, epoch: int) -> None:
        """Run until so many epochs are done, then pause."""
        if self._prepare_step():
            self.control.run_to_epoch(epoch)

    def has_ended(self) -> bool:
        """Tell whether there is a run that may be made longer."""
        return self.control.phase == "finished"

    def extend_by_half(self) -> None:
        """Let a finished run go on for half as many epochs more."""
        if self.has_ended():
            self.extend(extension(self.builder.draft.experiment.epochs))

    def be_twice_as_patient(self) -> None:
        """Let a run that was stopped early wait as long again."""
        if self.has_ended():
            self.be_more_patient(self.builder.draft.experiment.stopping.early.patience)

    def extend(self, epochs: int) -> None:
        """Let a finished run go on for so many epochs more."""
        self._go_on_with({"epochs": self.builder.draft.experiment.epochs + epochs})

    def be_more_patient(self, evaluations: int) -> None:
        """Let a run that was stopped early go on, by waiting so many evaluations more for a better one."""
        patience = self.builder.draft.experiment.stopping.early.patience
        self._go_on_with({"stopping.early.patience": patience + evaluations})

    def _go_on_with(self, changes: dict[str, Any]) -> None:
        """Make changes that let a finished run go on, and go on as soon as they have arrived."""
        if self.control.phase == "finished" and self.control.view is not None:
            self._looks_left, self._stood_at = LOOKS_AFTER_EDITS, self.control.view.history.step
        self.builder.apply_changes(changes)

    def new_seed(self) -> None:
        """Start over with other draws: another initialization, split and order of the data."""
        if not self.builder.draft.valid:
            self.builder.point_at_problem()
            return
        before = self.builder.draft.experiment.seed
        seed = secrets.choice([seed for seed in range(1, SEEDS) if seed != before])
        playing = self.control.phase == "playing"
        self.builder.apply_changes({"seed": seed})
        self.start(play=playing)

    def _prepare_step(self) -> bool:
        if not self.may_step():
            return False
        if not self.builder.draft.valid:
            self.builder.point_at_problem()
            return False
        if self.rebuild_timer.isActive():
            self.start(play=False)
            return False
        self.send_edits()
        return True

    def stop(self) -> None:
        self.control.stop()
        self.acted.emit()

    def reset(self) -> None:
        """Start over from the same weights, with the experiment as it now stands in the form."""
        if self.builder.draft.valid:
            self.start(play=False)
        else:
            self.builder.point_at_problem()

    def restart(self, *, ghost: bool) -> None:
        """Start over with what was changed, and go on training if that is what was done."""
        if self.builder.draft.valid:
            self.start(play=self.control.phase == "playing", ghost=ghost)
        else:
            self.builder.point_at_problem()

    def start(self, *, play: bool, ghost: bool | None = None) -> None:
        """Prepare a run of the experiment in the form."""
        self.rebuild_timer.stop()
        self._looks_left = 0
        self.builder.show_refusal({})
        self.starting.emit()
        self.control.start(self.builder.draft.experiment, play=play, ghost=ghost)
        self.acted.emit()

    def fork(self, fork: Fork) -> None:
        """Go on from a past moment in a run of its own, with the form as it was there; it waits for the first step."""
        self.rebuild_timer.stop()
        self._looks_left = 0
        self.builder.show_refusal({})
        self.starting.emit()
        experiment = self.control.fork(fork)
        there = flat(experiment)
        changed = self.builder.draft.differences(experiment)
        self.builder.apply_changes({key: there[key] for key in changed if key in there and key not in DESCRIPTIVE})
        self.acted.emit()

    def started(self) -> None:
        """Take up what was changed while the run was being prepared; then train, if that is wanted."""
        if self.waiting():
            if self.builder.draft.valid:
                self.start(play=self.control.will_play)
            return
        if not self.builder.typing:
            self.send_edits()
        self.control.play_if_wanted()

    def _rebuild(self) -> None:
        """Show a change of structure at once as long as nothing has been trained."""
        if self.builder.draft.valid and self.control.phase in ("ready", "refused", "none", "loading"):
            self.start(play=self.control.will_play)

    # ------------------------------------------------------------------------------ the form

    def follow_form(self) -> None:
        """Prepare another run where a change of the form asks for it."""
        waiting = self.waiting() if self.builder.draft.valid else frozenset()
        phase = self.control.phase
        if phase == "loading":  # a network is built in no time; loading data that nobody wants is worth stopping
            waiting = frozenset(key for key in waiting if key.startswith("data."))
        if waiting and phase in ("ready", "refused", "none", "loading"):
            self.rebuild_timer.start()

    def send_edits(self) -> None:
        """Send what can change at once to the run, all together."""
        asked = self.control.asked
        if not self.builder.draft.valid or self.control.session is None or asked is None:
            return
        changed = {key: self.builder.draft.get(key) for key in self.builder.draft.differences(asked)}
        self.control.edit({key: value for key, value in changed.items() if self._is_live(key, value)})

    def waiting(self) -> frozenset[str]:
        """Return the changed keys that only a reset brings into effect."""
        asked = self.control.asked
        if asked is None:
            return frozenset()
        draft = self.builder.draft
        return frozenset(
            key for key in draft.differences(asked)
            if key not in DESCRIPTIVE and not self._is_live(key, draft.get(key))
        )

    def _is_live(self, key: str, value: Any) -> bool:
        return is_editable(key) and self._exists_in_run(key) and not self._was_refused(key, value)

    def _was_refused(self, key: str, value: Any) -> bool:
        refused = self.control.refused_edits
        return key in refused and refused[key] == value

    def _exists_in_run(self, key: str) -> bool:
        """Tell whether both the run's optimizer and the form's have this setting: another method waits for a reset."""
        asked = self.control.asked
        if asked is None or not self.builder.draft.has(key):
            return False
        section, _, name = key.partition(".")
        return not name or section != "optimizer" or name in type(asked.optimizer).model_fields

    # ------------------------------------------------------------------------------ what is wrong

    def refuse(self, error: InputError) -> str:
        """Show in the form what a run was refused for, and return it in words; everything typed stays."""
        problems = error.problems if isinstance(error, ExperimentError) else []
        if not problems:
            return error.message()
        self.builder.show_refusal({problem.key: problem.message for problem in problems})
        return "; ".join(problem.message for problem in problems)
