"""The main window: one run at a time, the experiment it is of, and the timer by which the one shows in the other."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QMainWindow, QMenu

from gui import export
from gui import theme as themes
from gui.actions import IN_USE, PANELS, Actions
from gui.activity_log import ActivityLog
from gui.app_name import APP_NAME
from gui.arrangement import DESK, PROJECTOR, Arrangement
from gui.builder import wording
from gui.builder.schedule_preview import total_steps
from gui.commands import Commands
from gui.documents import Document
from gui.error_reports import ErrorReports
from gui.feature import Feature
from gui.features import FEATURES
from gui.file_actions import FileActions, dropped_file
from gui.frames import Frames
from gui.grouped import grouped
from gui.hosting import Driver, Hosting
from gui.narrator import transport_state, words_about
from gui.panels.panel import Panel
from gui.preferences import LARGEST, SMALLEST, Preferences
from gui.redraw import RedrawPace
from gui.run_control import News, RunControl
from gui.run_saver import RunSaver
from gui.side_windows import SideWindows
from gui.state_folder import state_folder
from gui.taskbar import Taskbar, titled
from gui.theme import Theme
from gui.tips import plain_tip, title_text
from gui.tour import Tour
from gui.tour_stops import STOPS
from gui.workspace import Workspace
from training import file_kinds
from training.data.prepare import PreparedData
from training.engine import is_editable
from training.errors import InputError
from training.experiment import Experiment
from training.feasibility import architecture_of
from training.progress import STOP
from training.shown_path import shown_path

FIGURES_SECONDS = 0.2  # digits that change more often cannot be read
CLOSE_SECONDS = 1.0
PROJECTOR_SCALE = 1.35
CRAMPED = 800  # pixels at the usual size: a narrower window has no room for form and panels side by side
FeatureKind = TypeVar("FeatureKind", bound=Feature)
FRAMES, PROJECTOR_FRAMES = 15.5, 23.0
"""Frames per second that are drawn even where that costs more than its share: on a wall, a slower one is seen."""


class MainWindow(QMainWindow):
    """The whole program, around one run at a time.

    The window owns the run (`RunControl`); the form owns the experiment being edited; the
    panels only look. Everything that happens arrives through one timer.
    """

    def __init__(
        self, experiment: Experiment, path: Path | None = None, theme: Theme = themes.DARK, scale: float = 1.0,
        log: ActivityLog | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.theme, self.scale = theme, scale
        self.folder = folder = state_folder()
        self.preferences = Preferences(folder)
        self.control = RunControl()
        self.pace = RedrawPace()
        self.frames = Frames(self.control, self.pace)
        self.hosting = Hosting(self)
        self.log = log or ActivityLog()
        self.errors = ErrorReports(self, self.log)
        self.side_windows = SideWindows(self)
        self.saver = RunSaver(self)
        self.saver.saved.connect(self._run_saved)
        self.saver.refused.connect(lambda why: self.banner.show_error(f"Not saved: {why}"))
        self.saver.failed.connect(self.errors.window_failed)
        self.taskbar = Taskbar()
        self._follow_settings()
        self.projector = False
        self.form_shown = True
        self.tour: Tour | None = None
        self._export_folder = Path.home()
        self._figures_at = 0.0
        self._shown_phase = ""
        self._marked_under_way = False
        self._offered: frozenset[str] = frozenset()
        self._offer = ""
        self._build(Document(experiment, path), folder)
        self._make_timer()
        self._name_window()
        self.setAcceptDrops(True)
        self.resize(round(1440 * scale), round(900 * scale))
        self.restoreGeometry(QByteArray.fromBase64(self.preferences.settings.geometry.encode()))
        self._fit_to_screen()
        self.files.offer_recovery()
        self.control.start(experiment)
        self._show_state()

    # ------------------------------------------------------------------------------ building

    def _build(self, document: Document, folder: Path) -> None:
        self.menu = QMenu(self)
        self.features = tuple(feature(self) for feature in FEATURES)
        self._adopt(Workspace(document.start, self.theme, self.scale, self.menu, self._stored_arrangement(), self))
        self.commands = Commands(self.control, self.builder, self)
        self.files = FileActions(document, folder, self.builder, self.banner, self.preferences, self)
        self.actions_table = Actions(self)
        self._make_menu()
        self._connect_workspace()
        self.commands.starting.connect(self._starting)
        self.commands.acted.connect(self._show_state)
        self.files.opened.connect(self.show_document)
        self.files.saved.connect(self._name_window)
        self.files.other_opened.connect(self._open_other)
        self.errors.again.connect(lambda line: self.banner.show_error(line))

    def _adopt(self, workspace: Workspace) -> None:
        """Fill the window with a workspace; its parts go by their names here too."""
        self.workspace = workspace
        self.transport, self.builder, self.banner = workspace.transport, workspace.builder, workspace.banner
        self.panels, self.selection = workspace.panels, workspace.selection
        self.network, self.boundary, self.predicted = workspace.network, workspace.boundary, workspace.predicted
        self.confusion, self.curves, self.gradients = workspace.confusion, workspace.curves, workspace.gradients
        self.rate, self.ratios, self.layer_map = workspace.rate, workspace.ratios, workspace.layer_map
        self.board, self.criteria, self.end_banner = workspace.board, workspace.criteria, workspace.end_banner
        self.status = workspace.status
        self.setCentralWidget(workspace)
        self.follow_run()
        for feature in self.features:
            feature.adopt(workspace)

    def follow_run(self) -> None:
        """Draw the run of this window from now on, frame by frame."""
        self.frames.follow(self.control, self.panels)
        self.frames.changed()
        self.pace.rest = {
            self.curves: 2, self.network: 2, self.boundary: 4, self.predicted: 5, self.confusion: 8,
            self.rate: 4, self.ratios: 2, self.layer_map: 3,
        }  # fmt: skip

    @property
    def driver(self) -> Driver:
        """What keys and buttons drive now: the run, or what stands on the stage in its place."""
        return self.hosting.driver

    def feature(self, kind: type[FeatureKind]) -> FeatureKind:
        """Return the window's feature of a kind."""
        return next(feature for feature in self.features if isinstance(feature, kind))

    def _connect_workspace(self) -> None:
        transport = self.transport
        commands = self.commands
        transport.toggle.connect(self.toggle)
        transport.reset.connect(lambda: self.driver.reset())
        transport.step.connect(lambda: self.driver.step_once())
        transport.epoch.connect(lambda: self.driver.run_epoch())
        transport.stop.connect(lambda: self.driver.stop())
        transport.run_to_epoch.connect(lambda epoch: self.driver.run_to_epoch(epoch))
        transport.new_seed.connect(lambda: self.driver.new_seed())
        transport.speed_limit_changed.connect(self._limit_speed)
        transport.show_speed_limit(self.control.speed_limit)
        transport.theme_pressed.connect(self.switch_theme)
        transport.name_pressed.connect(lambda: self.builder.reveal("name"))
        transport.seed_pressed.connect(lambda: self.builder.reveal("seed"))
        transport.device_pressed.connect(lambda: self.builder.reveal("device"))
        self.builder.edited.connect(self._on_edited)
        self.builder.committed.connect(self._on_committed)
        self.builder.reset_wanted.connect(commands.reset)
        end = self.end_banner
        end.extend_wanted.connect(commands.extend)
        end.patience_wanted.connect(commands.be_more_patient)
        end.new_seed.connect(commands.new_seed)
        for panel in self.panels:
            panel.failed.connect(self.errors.view_failed)
        self.board.changed.connect(self._keep_arrangement)
        self.board.became_visible.connect(self._show_in)
        self.board.export_wanted.connect(self.export)
        self.network.edit_wanted.connect(self.builder.apply_changes)
        self.criteria.pressed.connect(lambda name: self.builder.reveal(f"stopping.criteria.{name}.threshold"))
        self.criteria.edit_wanted.connect(self.builder.apply_changes)
        self.criteria.told.connect(lambda _, sentence: self.status.say(sentence, "ok", of_run=True))

    def _make_menu(self) -> None:
        actions = self.actions_table
        actions.fill(self.menu, "File", between=(
            ("New experiment", self.files.presets_menu), ("Open a CSV file of your own…", self.files.recent_menu),
        ))  # fmt: skip
        self.menu.addSeparator()
        panels, in_use = QMenu(PANELS, self.menu), QMenu(IN_USE, self.menu)
        actions.fill(panels, PANELS)
        actions.fill(in_use, IN_USE)
        for group in ("Run", "Edit", "View", "Help"):
            submenu = QMenu(group, self.menu)
            actions.fill(submenu, group, between=(("Default arrangement", panels), ("Usual size", in_use)))
            self.menu.addMenu(submenu)
        self.menu.aboutToShow.connect(actions.look)
        self.menu.aboutToHide.connect(actions.enable_all)

    def _fit_to_screen(self) -> None:
        """Let the window be no smaller than what it holds, and no larger than the screen."""
        room = self.screen().availableSize()
        wanted = QSize(round(960 * self.workspace.scale), round(600 * self.workspace.scale))
        self.setMinimumSize(wanted.boundedTo(room))

    def _make_timer(self) -> None:
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self._tick)
        self.timer.start(round(1000 / self.pace.fastest))

    # ------------------------------------------------------------------------------ the one timer

    def _tick(self) -> None:
        """Take over what happened, then draw what changed: the window's only way to learn about the run."""
        news = self.control.drain()
        if news.started:
            self._started()
        if news.changed:
            self.frames.changed()
        for error in news.refused:
            self._refuse(error)
        for failure in news.failures:
            self.errors.training_failed(failure.message, failure.details)
        for rejected in news.rejected:
            self.banner.show_error(f"Not changed: {rejected.message}")
        if news.edits or news.rejected or self._is_under_way() != self._marked_under_way:
            self._compare_with_run()
        if news.ended:
            self.control.ask_snapshot()
        self._note(news)
        for result in news.results:
            if self.control.view is not None:
                self.saver.write(self.control.view, result)
        self.commands.look()
        now = time.perf_counter()
        for feature in self.features:
            feature.look(news, now)
        if news.started or news.ended or news.failures or self.control.phase != self._shown_phase:
            self._figures_at = 0.0  # what has become of the run is shown without delay
        self._draw()

    def _note(self, news: News) -> None:
        """Say in the status bar, and in the log, what happened to the run."""
        for edit in news.edits:
            if edit.key == STOP:
                continue  # the end of the run is said below
            text = f"{wording.label(edit.key)} is {edit.value} from step {grouped(edit.step + 1)} on"
            self.status.say(text, of_run=True)
            self.log.add("info", text)
        if news.ended and self.control.view is not None:
            for outcome in self.control.view.outcomes:
                if outcome is not None:
                    self.log.add("info", f"Run ended: {outcome.message}")

    def _draw(self) -> None:
        now, started = time.perf_counter(), time.thread_time()
        drawn = not self.isMinimized() and self.frames.draw()
        drawing = time.thread_time() - started
        if now - self._figures_at >= FIGURES_SECONDS:
            self._figures_at = now
            self._show_figures()
            self._show_state()
        self.frames.ask_snapshot(now)
        if drawn:
            self.frames.spend(time.thread_time() - started - drawing)
        if self.frames.count(now):
            pace = self.pace
            playing = self.frames.playing
            self.status.show_pace(
                self.frames.per_second if playing else 0.0, self.frames.work_per_second, pace.share,
                playing and pace.slowed,
            )
        # The timer counts from here: what this turn took belongs to the interval.
        left = self.pace.interval() - (time.perf_counter() - now)
        self.timer.setInterval(max(1, round(1000 * left)))

    def event(self, event: QEvent) -> bool:
        # All painting of the window happens inside this one event: its cost sets the pace.
        if event.type() == QEvent.Type.UpdateRequest:
            started = time.thread_time()
            handled = super().event(event)
            self.frames.spend(time.thread_time() - started)
            return handled
        return super().event(event)

    def toggle(self) -> None:
        """Run, pause, or run again: what Space does."""
        self.driver.toggle()

    def _limit_speed(self, limit: float | None) -> None:
        self.control.limit_speed(limit)
        if self.hosting.guest is not None:
            self.hosting.guest.limit_speed(limit)

    def show_soon(self) -> None:
        """Show where things stand with the next turn of the timer, without delay."""
        self._figures_at = 0.0

    @property
    def running(self) -> bool:
        """Whether a thread is still at work, once the window was asked to close."""
        return self.control.running or any(feature.running for feature in self.features)

    @property
    def redraws(self) -> int:
        """Frames drawn so far."""
        return self.frames.drawn

    # ------------------------------------------------------------------------------ a run begins

    def _starting(self) -> None:
        self.banner.hide()
        self.errors.forget()
        for feature in self.features:
            feature.starting()

    def _started(self) -> None:
        self.status.forget_run()
        self.frames.changed()
        self._show_run()
        for feature in self.features:
            feature.started()
        self.commands.started()

    def _show_run(self) -> None:
        """Show the run from its beginning in every part of the window."""
        view, session = self.control.view, self.control.session
        if view is None or session is None:
            return
        engine = session.engine
        self.board.suit(view)
        for panel in self.panels:
            if not self.board.shows(panel):
                panel.attempt(panel.clear)
        self.frames.begin([panel for panel in self.panels if self.board.shows(panel)], view)
        self.criteria.reset(forked=view.forked_at is not None and view.history.evaluations.latest is not None)
        self.criteria.show_settings(view.experiment.stopping.criteria, view.experiment.stopping.early)
        self.builder.show_steps_per_epoch(engine.steps_per_epoch)
        notes = "\n".join(engine.notes)
        self.transport.device.show_device(
            "CPU" if engine.device.type == "cpu" else "GPU", f"{engine.device_name}\n{notes}".strip()
        )
        self._compare_with_run()
        self._summarize()
        self.builder.cards["Data"].setToolTip(plain_tip(notes))

    def _show_in(self, panel: Panel) -> None:
        """Show the run in a panel that has come into view."""
        if self.control.view is not None:
            self.frames.begin([panel], self.control.view)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # no control is singled out before anyone chose one

    # ------------------------------------------------------------------------------ the form

    def _on_edited(self) -> None:
        self.files.autosave_soon()
        self._name_window()
        self._compare_with_run()
        self._summarize()
        self.commands.follow_form()
        self._show_state()

    def _on_committed(self) -> None:
        """A value is meant: send what can change at once to the run."""
        self.commands.send_edits()
        self.criteria_changed()
        self._compare_with_run()
        self._show_state()

    def criteria_changed(self) -> None:
        """Show new thresholds at once."""
        stopping = self.builder.draft.experiment.stopping
        self.criteria.show_settings(stopping.criteria, stopping.early)

    def _is_under_way(self) -> bool:
        view = self.control.view
        return view is not None and view.history.step > 0

    def _compare_with_run(self) -> None:
        """Mark what applies at once, and what waits for a reset."""
        running = self._marked_under_way = self._is_under_way()
        live = frozenset(
            key for card in self.builder.cards.values() for key in card.rows if is_editable(key)
        ) if running else frozenset()
        waiting = self.commands.waiting() if running else frozenset()
        self.builder.show_run(live, waiting)
        network = self.builder.draft.experiment.network
        self.network.show_draft(
            network.hidden, network.activation, any(key.startswith("network.") for key in waiting),
            skip_every=network.skip_every,
        )
        self._offer_restart(waiting)

    def _offer_restart(self, waiting: frozenset[str]) -> None:
        """Say that another network needs another run, and what may become of the one under way."""
        structure = frozenset(key for key in waiting if key.startswith("network."))
        if structure == self._offered or self.builder.typing:
            return
        self._offered = structure
        if structure:
            names = " and ".join(sorted({wording.label(key) for key in structure}))
            self._offer = f"{names} changed, which takes a new run. The one under way stays as it is until then."
            self.banner.show_notice(
                self._offer,
                ("Restart", lambda: self.commands.restart(ghost=False)),
                ("Restart, keep the old run as a ghost", lambda: self.commands.restart(ghost=True)),
                ("Undo", self.builder.undo),
            )
        elif self.banner.text.text() == self._offer:
            self.banner.hide()

    def _summarize(self) -> None:
        experiment, view = self.builder.draft.experiment, self.control.view
        same_data = view is not None and view.experiment.data == experiment.data
        if same_data and view is not None:
            train, held = len(view.data.x_train), len(view.data.x_val)
            self.builder.set_summary("Data", f"{grouped(train)} train · {grouped(held)} held out")
            count = architecture_of(experiment, view.data).n_parameters
            self.builder.set_summary("Network", f"{grouped(count)} parameters")
        else:
            self.builder.set_summary("Data", "")
            self.builder.set_summary("Network", "")

    # ------------------------------------------------------------------------------ figures and words

    def _show_figures(self) -> None:
        if self.hosting.guest is not None:
            self.hosting.guest.show_figures(self.transport)
            return
        view, session = self.control.view, self.control.session
        if view is None or session is None:
            return
        history = view.history
        engine = session.engine
        steps = total_steps(view.experiment, engine.steps_per_epoch)
        self.transport.figures.show_totals(view.experiment.epochs, steps)
        speed = session.steps_per_second if view.playing else 0.0
        past = (view.moment.epoch, view.moment.step) if view.moment is not None else None
        self.transport.figures.show_figures(history.epoch, history.step, speed, past=past)
        self.transport.device.show_busy(view.playing)
        self.builder.preview.show_position(history.step / steps if history.step else None)
        if view.moment is not None and view.moment.evaluation is not None:
            self.criteria.show_past(view.moment.evaluation)
        else:
            self.criteria.show_evaluations(history.evaluations)

    def _show_state(self) -> None:
        self._shown_phase = self.control.phase
        if self.hosting.guest is None:
            self._show_state_of_run()
        else:
            self.hosting.guest.show_state(self.transport, self.end_banner)
        self._name_window()

    def _show_state_of_run(self) -> None:
        reason = self.builder.reason_invalid()
        self.transport.show_state(transport_state(self.control, reason), reason)
        self.transport.show_seed(self.builder.draft.experiment.seed)
        words = words_about(self.control, reason)
        if words is not None:
            self.end_banner.say(*words)
        elif self.control.view is not None:
            view = self.control.view
            self.end_banner.say_outcomes(
                view.outcomes, view.experiment.epochs, view.experiment.stopping.early.patience
            )

    def _name_window(self) -> None:
        guest = self.hosting.guest
        name = self.builder.draft.experiment.name if guest is None else guest.title
        phase = self.control.phase if guest is None else guest.phase
        modified = self.files.modified
        share = self._share_done()
        title = f"{title_text(titled(name, share, phase))}[*] — {APP_NAME}"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self.setWindowModified(modified)
        self.taskbar.show(share if phase == "playing" else None)
        self.transport.show_name(name, modified and guest is None)

    def _share_done(self) -> float | None:
        """Return how much of what trains is done, 0 to 1."""
        if self.hosting.guest is not None:
            return self.hosting.guest.share_done
        view = self.control.view
        return None if view is None or view.history.step == 0 else view.history.epoch / view.experiment.epochs

    # ------------------------------------------------------------------------------ what goes wrong

    def _refuse(self, error: InputError) -> None:
        """Show why a run cannot start; everything typed stays."""
        self.banner.show_error(self.commands.refuse(error))
        self._show_state()

    # ------------------------------------------------------------------------------ documents

    def show_document(self, document: Document, data: PreparedData | None = None) -> None:
        """Make another experiment the one this window is about."""
        self.files.document = document
        self.builder.load(document.start)
        self.banner.hide()
        self.commands.rebuild_timer.stop()
        self.control.start(document.start, data, ghost=False)
        self._name_window()
        self._compare_with_run()
        self._summarize()
        self._show_state()
        self.files.autosave_soon()

    def _open_other(self, kind: str, path: Path) -> None:
        """Open a file that holds something else than an experiment."""
        for feature in self.features:
            if feature.takes(kind):
                feature.open_file(path)
                return
        what = file_kinds.KINDS[kind]
        self.banner.show_error(f"Not opened: {path.name} is {what.what}. To use it, {what.advice}.")

    # ------------------------------------------------------------------------------ panels

    def _stored_arrangement(self) -> Arrangement:
        return Arrangement.from_plain(self.preferences.settings.arrangement or None, DESK.names, DESK)

    def _keep_arrangement(self) -> None:
        if not self.projector:  # what is moved about for a talk is no arrangement for the desk
            self.preferences.change(arrangement=self.board.arrangement.to_plain())

    def save_run(self) -> None:
        """Write everything recorded of the run into the run folder."""
        if not self.saver.busy:
            self.control.ask_result()

    def _run_saved(self, folder: str) -> None:
        text = f"Run saved in {shown_path(Path(folder))}"
        self.status.say(text, "ok")
        self.log.add("info", text)

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or hide it."""
        self.board.toggle_panel(self.board.panels[name])

    def move_panel(self, panel: Panel | None, way: str) -> None:
        """Give a panel another place on the board."""
        if panel in self.panels:
            self.board.move_panel(panel, way)

    def panel_in_use(self) -> Panel | None:
        """Return the panel with the focus, or under the pointer, of those that are shown."""
        guest = self.hosting.guest
        return guest.panel_in_use() if guest is not None else self.board.in_use()

    def toggle_maximized(self) -> None:
        """Let the panel in use take all the room, or put it back."""
        guest = self.hosting.guest
        if guest is not None:
            guest.toggle_maximized()
        else:
            self.board.toggle_maximized()

    def export(self, panel: Panel | None, kind: str) -> None:
        """Save or copy what a panel shows."""
        if panel is None:
            return
        guest = self.hosting.guest
        name = guest.title if guest is not None else self.builder.draft.experiment.name
        try:
            path = export.export(panel, kind, name, self._export_folder, self)
        except InputError as error:
            self.banner.show_error(f"Not saved: {error.message()}")
            return
        if path is not None:
            self._export_folder = path.parent

    def toggle_ghost(self) -> None:
        """Show the run before behind this one, or not."""
        self.preferences.change(ghost=not self.preferences.settings.ghost)
        self._follow_settings()
        if not self.control.keep_ghost:
            self.control.forget_ghost()
            self._show_run()

    def toggle_form(self) -> None:
        """Show the form at the left, or leave its room to the panels."""
        self.form_shown = self.workspace.left.isHidden()
        self.workspace.show_form(self.form_shown)

    # ------------------------------------------------------------------------------ look and help

    def set_scale(self, scale: float) -> None:
        """Show everything larger or smaller: 1 is the usual size."""
        self.scale = round(min(LARGEST, max(SMALLEST, scale)), 2)
        self.preferences.change(scale=self.scale)
        self._rebuild()

    def set_projector(self, on: bool) -> None:
        """Show few panels, with large type and thick lines, to be read from the last row of a lecture hall."""
        if on != self.projector:
            self.projector = on
            self._rebuild()

    def _rebuild(self) -> None:
        """Make all widgets anew, at another size; the run goes on, and what was typed stays."""
        scale = self.scale * (PROJECTOR_SCALE if self.projector else 1.0)
        theme = replace(self.theme, bold=self.projector)
        self.pace.slowest = PROJECTOR_FRAMES if self.projector else FRAMES
        themes.change(self, theme, scale)
        before, look, page = self.builder, self.builder.look(), self.workspace.left.current
        arrangement = PROJECTOR if self.projector else self._stored_arrangement()
        self._adopt(Workspace(before.draft, theme, scale, self.menu, arrangement, self, history=before.history))
        cramped = self.width() < CRAMPED * scale
        self.workspace.show_form(self.form_shown and not self.projector and not cramped)
        if cramped and self.form_shown and not self.projector:
            self.status.say("At this size the panels take the room of the form; Ctrl+B shows it.")
        self.builder.take_look(look)
        self.workspace.left.show_page(page)
        self.commands.builder = self.builder
        self.files.attach(self.builder, self.banner)
        self._connect_workspace()
        self._fit_to_screen()
        if self.control.view is not None:
            self._show_run()
        self._figures_at = 0.0
        self._name_window()
        self._show_state()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def switch_theme(self) -> None:
        """Dark to light and back; the choice is kept for the next start."""
        self.set_theme(themes.LIGHT if self.theme.dark else themes.DARK)
        self.preferences.change(theme=self.theme.name)

    def set_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.theme = theme
        shown = replace(theme, bold=self.projector)
        themes.change(self, shown, self.workspace.scale)
        self.workspace.restyle(shown)
        for feature in self.features:
            feature.restyle(shown)
        self.side_windows.restyle(shown)
        if self.tour is not None:
            self.tour.restyle(shown)
        self.frames.changed()

    def take_settings(self, chosen: dict[str, object]) -> None:
        """Do as was chosen in the preferences."""
        before = self.preferences.settings
        settings = self.preferences.change(**chosen)
        self._follow_settings()
        theme = themes.named(settings.theme)
        if theme is not self.theme:
            self.set_theme(theme)
        if settings.scale != before.scale:
            self.set_scale(settings.scale)

    def take_tour(self) -> None:
        """Show a newcomer around."""
        if self.tour is None:
            self.set_projector(False)
            self.workspace.show_form(True)
            self.tour = Tour(self, STOPS, self.theme)
            self.tour.finished.connect(self._tour_ended)
            self.tour.start()

    def begin_first_time(self) -> None:
        """Take a tour, if there has been none."""
        if not self.preferences.settings.tour_done:
            self.take_tour()

    def _tour_ended(self, _seen: bool) -> None:
        self.tour = None
        self.preferences.change(tour_done=True)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow_desktop(self) -> None:
        """Take on the desktop's theme, if that is what was chosen."""
        if self.preferences.settings.theme == "system" and themes.system_theme() is not self.theme:
            self.set_theme(themes.system_theme())

    def _follow_settings(self) -> None:
        settings = self.preferences.settings
        self.pace.share = settings.redraw_budget
        self.control.keep_ghost = settings.ghost
        self.saver.folder = settings.folder_for_runs()

    # ------------------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.hosting.guest is not None:
            self.hosting.guest.escape()
            return
        if event.key() == Qt.Key.Key_Escape and self.board.maximized is not None:
            self.board.restore()
            return
        # Space runs and pauses wherever the focus is, so Enter is what presses a focused button.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = QApplication.focusWidget()
            if isinstance(focused, QAbstractButton):
                focused.click()
                return
            if isinstance(focused, QComboBox):
                focused.showPopup()
                return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            # Later: a dialog must not hold up the program that the file comes from.
            QTimer.singleShot(0, self, lambda: self.files.open_file(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the run and go: unsaved changes are kept, and offered at the next start."""
        self.errors.close()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        self.preferences.change(geometry=bytes(self.saveGeometry().toBase64().data()).decode())
        self.timer.stop()
        self.commands.rebuild_timer.stop()
        self.files.close()
        for feature in self.features:
            feature.close()
        self.control.shut_down(CLOSE_SECONDS)
        self.saver.close()
        self.taskbar.show(None)
        super().closeEvent(event)

