"""The run of the window as the bar at the top, the title and the keys tell of it, while no guest is on the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.builder import wording
from gui.builder.schedule_preview import total_steps
from gui.end_banner import EndBanner
from gui.grouped import grouped
from gui.narrator import transport_state, words_about
from gui.panels.panel import Panel
from gui.run_control import News
from gui.session_control import Phase
from gui.tips import plain_tip
from gui.transport import Transport
from training.progress import STOP

if TYPE_CHECKING:
    from gui.window import MainWindow


class OwnRun:
    """What `gui.hosting.Guest` is for a race, this is for the run."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def title(self) -> str:
        """What the experiment is called."""
        return self._window.builder.draft.experiment.name

    @property
    def modified(self) -> bool:
        """Whether there are changes that are not saved."""
        return self._window.files.modified

    @property
    def phase(self) -> Phase:
        """Where the run stands."""
        return self._window.control.phase

    @property
    def share_done(self) -> float | None:
        """How much of it is done, 0 to 1; None before its first step."""
        view = self._window.control.view
        return None if view is None or view.history.step == 0 else view.history.epoch / view.experiment.epochs

    def show(self) -> None:
        """Show it from its beginning in every part of the window."""
        window = self._window
        view, session, board = window.control.view, window.control.session, window.board
        if view is None or session is None:
            return
        engine = session.engine
        board.suit(view)
        for panel in window.panels:
            if not board.shows(panel):
                panel.attempt(panel.clear)
        window.frames.begin([panel for panel in window.panels if board.shows(panel)], view)
        window.criteria.reset(forked=view.forked_at is not None and view.history.evaluations.latest is not None)
        window.criteria.show_settings(view.experiment.stopping.criteria, view.experiment.stopping.early)
        window.builder.show_steps_per_epoch(engine.steps_per_epoch)
        notes = "\n".join(engine.notes)
        window.transport.device.show_device(
            "CPU" if engine.device.type == "cpu" else "GPU", f"{engine.device_name}\n{notes}".strip()
        )
        window.form_and_run.compare()
        window.form_and_run.summarize()
        window.builder.cards["Data"].setToolTip(plain_tip(notes))

    def show_in(self, panel: Panel) -> None:
        """Show it in a panel that has come into view."""
        view = self._window.control.view
        if view is not None:
            self._window.frames.begin([panel], view)

    def follow(self) -> None:
        """Draw it from now on, frame by frame."""
        window = self._window
        window.frames.follow(window.control, window.panels)
        window.frames.changed()
        window.pace.rest = {
            window.curves: 2, window.network: 2, window.boundary: 4, window.predicted: 5, window.confusion: 8,
            window.rate: 4, window.ratios: 2, window.layer_map: 3, window.workspace.why: 4,
            **dict.fromkeys(window.workspace.instruments.values(), 6),
            window.workspace.instruments["loss_landscape"]: 4,  # its point moves
        }  # fmt: skip

    def show_figures(self, transport: Transport) -> None:
        """Show how far it is, and its criteria as they stand."""
        window = self._window
        view, session = window.control.view, window.control.session
        if view is None or session is None:
            return
        history = view.history
        steps = total_steps(view.experiment, session.engine.steps_per_epoch)
        transport.figures.show_totals(view.experiment.epochs, steps)
        speed = session.steps_per_second if view.playing else 0.0
        past = (view.moment.epoch, view.moment.step) if view.moment is not None else None
        transport.figures.show_figures(history.epoch, history.step, speed, past=past)
        transport.device.show_busy(view.playing)
        window.builder.preview.show_position(history.step / steps if history.step else None)
        if view.moment is not None and view.moment.evaluation is not None:
            window.criteria.show_past(view.moment.evaluation)
        else:
            window.criteria.show_evaluations(history.evaluations)

    def show_state(self, transport: Transport, banner: EndBanner) -> None:
        """Show what can be done with it, and say where it stands."""
        control, builder = self._window.control, self._window.builder
        reason = builder.reason_invalid()
        transport.show_state(transport_state(control, reason), reason)
        transport.show_seed(builder.draft.experiment.seed)
        words, view = words_about(control, reason), control.view
        if words is not None:
            banner.say(*words)
        elif view is not None:
            banner.say_outcomes(view.outcomes, view.experiment.epochs, view.experiment.stopping.early.patience)

    def tell(self, news: News) -> None:
        """Say in the status bar, and in the log, what happened to it."""
        window = self._window
        for edit in news.edits:
            if edit.key == STOP:
                continue  # the end of the run is said below
            text = f"{wording.label(edit.key)} is {edit.value} from step {grouped(edit.step + 1)} on"
            window.status.say(text, of_run=True)
            window.log.add("info", text)
        if news.ended and window.control.view is not None:
            for outcome in window.control.view.outcomes:
                if outcome is not None:
                    window.log.add("info", f"Run ended: {outcome.message}")

    def panel_in_use(self) -> Panel | None:
        """Return the panel with the focus, or under the pointer, of those that are shown."""
        return self._window.board.in_use()

    def toggle_maximized(self) -> None:
        """Let the panel in use take all the room, or put it back."""
        self._window.board.toggle_maximized()

    def escape(self) -> bool:
        """Put a panel that takes all the room back; return whether there was one."""
        board = self._window.board
        if board.maximized is None:
            return False
        board.restore()
        return True
