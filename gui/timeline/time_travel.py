"""Looking at past moments of the run, playing it back, and forking it: the run itself takes no notice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gui.actions import Act
from gui.feature import Feature
from gui.grouped import grouped
from gui.narrator import epoch_text
from gui.panels import moments
from gui.panels.time_marks import deeds
from gui.run_control import News
from gui.run_figures import EPOCH_ROUNDING
from gui.run_view import RunView
from gui.theme import Theme
from gui.threads import EndingThreads
from gui.timeline.bar import TimelineBar
from gui.timeline.moment_thread import MomentThread
from gui.timeline.playback import Playback, Speed, bounded
from gui.timeline.track import Shown
from gui.workspace import Workspace
from training.errors import InputError
from training.session import Failure
from training.timeline.moments import Fork, Moment

if TYPE_CHECKING:
    from gui.window import MainWindow

CLOSE_SECONDS = 1.0
GROWS_SECONDS = 0.2
"""So often the line of a run that just goes on grows: at every frame it would take 3 % of a core."""


class TimeTravel(Feature):
    """The timeline of the run in the window.

    Training goes on while a past moment is looked at; settings that are changed meanwhile change the run as it is now.
    What makes the run go on by hand (run, one step, one epoch) leads back to now.

    Attributes
    ----------
    bar
        The widgets.
    playback
        Whether, and how fast, the run is played back.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.playback = Playback()
        self._view: RunView | None = None
        self._thread: MomentThread | None = None
        self._ending = EndingThreads()
        self._wanted: int | None = None  # the moment that is to be shown; None: now
        self._waiting = False  # for an answer
        self._forking = False
        self._resting_at: int | None = None  # where the run stood still when it was left for the past
        self._deeds: tuple[int, dict[int, str]] = (-1, {})
        self._best: tuple[int, float] | None = None
        self._now = 0.0  # of the last look
        self._shown_at = -GROWS_SECONDS

    def adopt(self, workspace: Workspace) -> None:
        self.bar = TimelineBar(workspace.theme, workspace.scale, workspace)
        workspace.below_criteria.addWidget(self.bar)
        self.bar.track.wanted.connect(self.go_to)
        self.bar.play.connect(self.play_back)
        self.bar.now.connect(self.back_to_now)
        self.bar.fork.connect(self.fork_here)
        self.bar.speed_chosen.connect(self._choose_speed)
        self.bar.speed_times.connect(lambda factor: self._choose_speed(bounded(self.playback.speed, factor)))
        self.bar.show_speed(self.playback.speed)
        workspace.selection.moment_wanted.connect(self.go_to)

    def acts(self) -> list[Act]:
        return [
            Act("Run", "Play the run back, or hold it", ("P",), self.play_back, works=self.has_past),
            Act("Run", "Back in time by an epoch", (",",), self.step_back, auto_repeat=True, works=self.has_past),
            Act("Run", "Back to now", (".",), self.back_to_now, works=self.in_the_past),
            Act("Run", "Fork the run here", ("F",), self.fork_here, works=self.has_past),
        ]

    def restyle(self, theme: Theme) -> None:
        self.bar.restyle(theme)

    def close(self) -> None:
        self._leave(None)
        self._ending.wait(CLOSE_SECONDS)

    @property
    def running(self) -> bool:
        return self._ending.running

    # ------------------------------------------------------------------------------ what a person asks for

    def has_past(self) -> bool:
        """Tell whether there is a run that has begun."""
        view = self.window.control.view
        on_stage = self.window.hosting.guest is None
        return on_stage and self.window.control.session is not None and view is not None and view.history.step > 0

    def in_the_past(self) -> bool:
        """Tell whether a past moment is looked at, or on its way."""
        return self._wanted is not None

    def go_to(self, step: float) -> None:
        """Show the moment after so many steps in all views; beyond the last one, now."""
        self.playback.pause()
        self._go_to(round(step))

    def step_back(self) -> None:
        """Show the moment at the last whole epoch before the one that is shown."""
        view = self.window.control.view
        if view is not None and self.has_past():
            shown = view.shown_step if self._wanted is None else self._wanted
            epoch = float(moments.epochs_at(view, np.array([float(shown)]))[0])
            before = max(0.0, math.ceil(epoch - EPOCH_ROUNDING) - 1.0)
            self.go_to(float(moments.steps_at(view, np.array([before]))[0]))

    def back_to_now(self) -> None:
        """Show the run as it is."""
        self.playback.pause()
        view = self.window.control.view
        if self._wanted is None and (view is None or view.moment is None):
            return
        self._wanted = None
        if view is not None:
            view.moment = None
        self._show_everywhere()

    def play_back(self) -> None:
        """Play the run back from the moment shown, from now on from its start; or hold it."""
        view = self.window.control.view
        if self.playback.on:
            self.playback.pause()
        elif view is not None and self.has_past():
            start = self._wanted if self._wanted is not None else 0
            self._go_to(start)
            self.playback.begin(start, view.history.step, self._now)

    def fork_here(self) -> None:
        """Have another run go on from the moment that is shown."""
        view = self.window.control.view
        if view is None or not self.has_past() or self._forking:
            return
        self.playback.pause()
        thread = self._thread_for(view)
        if thread is not None:
            step = view.history.step if self._wanted is None else self._wanted
            self._forking = True
            thread.ask_fork(step, view.edits, view.history.exact_until(step))

    def _choose_speed(self, speed: Speed) -> None:
        self.playback.set_speed(speed, self._now)
        self.bar.show_speed(speed)

    # ------------------------------------------------------------------------------ to a moment

    def _go_to(self, step: int) -> None:
        view = self.window.control.view
        if view is None or not self.has_past():
            return
        if step >= view.history.step:
            self.back_to_now()
            return
        if self._wanted is None:
            self._resting_at = None if view.playing else view.history.step
        thread = self._thread_for(view)
        if thread is not None:
            self._wanted, self._waiting = max(0, step), True
            thread.ask(self._wanted, view.edits)

    def _thread_for(self, view: RunView) -> MomentThread | None:
        """Return the thread that knows the past of a run, begun when it is first needed."""
        if view is not self._view:
            self._leave(view)
        if self._thread is None and view.checkpoints is not None and view.original is not None:
            self._thread = MomentThread(view.original, view.data, view.checkpoints)
            self._thread.start()
        return self._thread

    def _leave(self, view: RunView | None) -> None:
        """Turn to another run."""
        if self._thread is not None:
            self._thread.close()
            self._ending.add(self._thread)
        if self._view is not None:
            self._view.moment = None
        self._thread, self._view = None, view
        self._wanted, self._waiting, self._forking, self._resting_at = None, False, False, None
        self._deeds, self._best = (-1, {}), None
        self.playback.pause()

    # ------------------------------------------------------------------------------ turn by turn

    def look(self, news: News, now: float) -> None:
        self._now = now
        self._ending.look()
        view = self.window.control.view
        if view is not self._view:
            self._leave(view)
        while self._thread is not None and self._thread.outbox:
            self._answered(self._thread.outbox.popleft())
        if view is None or view is not self.window.control.view:
            return
        self._follow_the_run(view)
        self._play_on(view)
        if not self._just_goes_on(view) or now - self._shown_at >= GROWS_SECONDS:
            self._shown_at = now
            self._show(view)

    def _just_goes_on(self, view: RunView) -> bool:
        """Tell whether there is no more to show than that the run is a little longer."""
        shown = self.bar.track.shown
        return view.playing and shown.growing and view.moment is None and shown.past is None and not self.playback.on

    def _answered(self, answer: Moment | Fork | InputError | Failure) -> None:
        view, window = self._view, self.window
        if isinstance(answer, Moment):
            self._waiting = answer.step != self._wanted
            if self._wanted is not None and view is not None:
                view.moment = answer
                self._show_everywhere()
        elif isinstance(answer, Fork):
            self._forking = False
            if window.control.session is not None:
                window.commands.fork(answer)
                where = f"epoch {epoch_text(answer.moment.epoch)}, step {grouped(answer.moment.step)}"
                window.status.say(f"Forked at {where}: change something and run on. The run before is the ghost.", "ok")
        else:
            self._lost(answer)

    def _lost(self, answer: InputError | Failure) -> None:
        """Say why the past cannot be had; the run goes on."""
        view, window = self._view, self.window
        self._leave(view)
        if view is not None:
            view.checkpoints = None
        self._show_everywhere()
        if isinstance(answer, InputError):
            window.banner.show_error(f"The past of this run cannot be shown: {answer.message()}")
        else:
            window.errors.window_failed(answer.message, answer.details)

    def _follow_the_run(self, view: RunView) -> None:
        """Return to now where the run was made to go on by hand."""
        if self._wanted is None:
            return
        if self._resting_at is None:
            self._resting_at = None if view.playing else view.history.step
        elif view.history.step != self._resting_at:
            self.back_to_now()

    def _play_on(self, view: RunView) -> None:
        if not self.has_past():
            self.playback.pause()  # something else is on the stage
        if not self.playback.on or self._waiting:
            return
        step = int(self.playback.step_at(self._now))
        if step >= view.history.step:
            self.back_to_now()
        elif step != self._wanted:
            self._go_to(step)

    def _show_everywhere(self) -> None:
        self.window.frames.changed()
        self.window.show_soon()

    def _show(self, view: RunView) -> None:
        history, moment = view.history, view.moment
        best = self._best_of(view)
        self.bar.show_run(
            Shown(
                now=history.step, now_epoch=history.epoch,
                past=None if moment is None else moment.step, past_epoch=0.0 if moment is None else moment.epoch,
                best=None if best is None else best[0], best_epoch=0.0 if best is None else best[1],
                deeds=self._deeds_of(view), growing=view.playing, page=moments.steps_per_epoch(view),
            ),
            playing=self.playback.on,
        )  # fmt: skip

    def _deeds_of(self, view: RunView) -> dict[int, str]:
        if self._deeds[0] != len(view.edits):
            self._deeds = len(view.edits), deeds(view.edits, view.forked_at)
        return self._deeds[1]

    def _best_of(self, view: RunView) -> tuple[int, float] | None:
        """Return step and epoch of the best evaluation of a single run."""
        latest = view.history.evaluations.latest
        if latest is None or view.history.replicas > 1 or not latest.best_step[0] > 0:
            return None
        step = int(latest.best_step[0])
        if self._best is None or self._best[0] != step:
            row = moments.row_near(view.history.evaluations, "step", step) or 0
            self._best = step, float(view.history.evaluations.epoch[row])
        return self._best
