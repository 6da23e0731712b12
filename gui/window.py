"""The main window: one run at a time, the experiment it is of, and the timer by which the one shows in the other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QMainWindow, QMenu

from gui import theme as themes
from gui.actions import Actions
from gui.activity_log import ActivityLog
from gui.app_name import APP_NAME
from gui.commands import Commands
from gui.documents import Document
from gui.error_reports import ErrorReports
from gui.feature import Feature
from gui.features import FEATURES
from gui.file_actions import FileActions, dropped_file
from gui.form_and_run import FormAndRun
from gui.frames import Frames
from gui.hosting import Driver, Hosting
from gui.looks import Looks
from gui.outputs import Outputs
from gui.own_run import OwnRun
from gui.panels.panel import Panel
from gui.preferences import Preferences
from gui.redraw import RedrawPace
from gui.run_control import RunControl
from gui.side_windows import SideWindows
from gui.stage import BOARD
from gui.state_folder import state_folder
from gui.taskbar import Taskbar, titled
from gui.theme import Theme
from gui.tips import title_text
from gui.tour import Tour
from gui.tour_stops import STOPS
from gui.workspace import Workspace
from training import file_kinds
from training.data.prepare import PreparedData
from training.experiment import Experiment

FIGURES_SECONDS = 0.2  # digits that change more often cannot be read
CLOSE_SECONDS = 1.0
FeatureKind = TypeVar("FeatureKind", bound=Feature)


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
        self.looks = Looks(self, theme, scale)
        self.folder = folder = state_folder()
        self.preferences = Preferences(folder)
        self.control = RunControl()
        self.pace = RedrawPace()
        self.frames = Frames(self.control, self.pace)
        self.own_run = OwnRun(self)
        self.hosting = Hosting(self)
        self.form_and_run = FormAndRun(self)
        self.log = log or ActivityLog()
        self.errors = ErrorReports(self, self.log)
        self.side_windows = SideWindows(self)
        self.outputs = Outputs(self)
        self.saver = self.outputs.saver
        self.taskbar = Taskbar()
        self._follow_settings()
        self.form_shown = True
        self.tour: Tour | None = None
        self._figures_at = 0.0
        self._shown_phase = ""
        self._build(Document(experiment, path), folder)
        self._make_timer()
        self.setAcceptDrops(True)
        self.resize(round(1440 * scale), round(900 * scale))
        self.restoreGeometry(QByteArray.fromBase64(self.preferences.settings.geometry.encode()))
        self._fit_to_screen()
        self.files.offer_recovery()
        self.control.start(experiment)
        self.show_state()

    # ------------------------------------------------------------------------------ building

    def _build(self, document: Document, folder: Path) -> None:
        self.menu = QMenu(self)
        self.features = tuple(feature(self) for feature in FEATURES)
        self._adopt(Workspace(document.start, self.theme, self.scale, self.menu, self.looks.arrangement, self))
        self.commands = Commands(self.control, self.builder, self)
        self.files = FileActions(document, folder, self.builder, self.banner, self.preferences, self)
        self.actions_table = Actions(self)
        self.actions_table.make_menu(self.menu, self.files)
        self._connect_workspace()
        self.commands.starting.connect(self._starting)
        self.commands.acted.connect(self.show_state)
        self.files.opened.connect(self.show_document)
        self.files.saved.connect(self.name_window)
        self.files.other_opened.connect(self._open_other)
        self.errors.again.connect(lambda line: self.banner.show_error(line))
        for feature in self.features:
            feature.meet()

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
        self.own_run.follow()
        for feature in self.features:
            feature.adopt(workspace)

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
        transport.speed_limit_changed.connect(self.hosting.limit_speed)
        transport.show_speed_limit(self.control.speed_limit)
        transport.theme_pressed.connect(self.switch_theme)
        transport.name_pressed.connect(lambda: self.builder.reveal("name"))
        transport.seed_pressed.connect(lambda: self.builder.reveal("seed"))
        transport.device_pressed.connect(lambda: self.builder.reveal("device"))
        self.builder.edited.connect(self.form_and_run.edited)
        self.builder.committed.connect(self.form_and_run.committed)
        self.builder.reset_wanted.connect(commands.reset)
        end = self.end_banner
        end.extend_wanted.connect(commands.extend)
        end.patience_wanted.connect(commands.be_more_patient)
        end.new_seed.connect(commands.new_seed)
        for panel in self.panels:
            panel.failed.connect(self.errors.view_failed)
        self.board.changed.connect(self.looks.keep_arrangement)
        self.board.became_visible.connect(self.own_run.show_in)
        self.board.export_wanted.connect(self.export)
        self.network.edit_wanted.connect(self.builder.apply_changes)
        self.criteria.pressed.connect(lambda name: self.builder.reveal(f"stopping.criteria.{name}.threshold"))
        self.criteria.edit_wanted.connect(self.builder.apply_changes)
        self.criteria.told.connect(lambda _, sentence: self.status.say(sentence, "ok", of_run=True))

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
        began = time.perf_counter()
        news = self.control.drain()
        if news.started:
            self._started()
        if news.changed:
            self.frames.changed()
        for error in news.refused:
            self.banner.show_error(self.commands.refuse(error))  # everything typed stays
            self.show_state()
        for failure in news.failures:
            self.errors.training_failed(failure.message, failure.details)
        for rejected in news.rejected:
            self.banner.show_error(f"Not changed: {rejected.message}")
        self.form_and_run.look(edited=bool(news.edits or news.rejected))
        if news.ended:
            self.control.ask_snapshot()
        self.own_run.tell(news)
        self.outputs.write(news.results)
        self.commands.look()
        now = time.perf_counter()
        for feature in self.features:
            feature.look(news, now)
        if news.started or news.ended or news.failures or self.control.phase != self._shown_phase:
            self._figures_at = 0.0  # what has become of the run is shown without delay
        self._draw()
        # The timer counts from here: what this turn took belongs to the interval.
        self.timer.setInterval(max(1, round(1000 * self.pace.pause(time.perf_counter() - began))))

    def _draw(self) -> None:
        now, started = time.perf_counter(), time.thread_time()
        drawn = not self.isMinimized() and self.frames.draw()
        drawing = time.thread_time() - started
        if now - self._figures_at >= FIGURES_SECONDS:
            self._figures_at = now
            self.hosting.shown.show_figures(self.transport)
            self.show_state()
        self.frames.ask_snapshot(now)
        if drawn:
            self.frames.spend(time.thread_time() - started - drawing)
        if self.frames.count(now):
            pace = self.pace
            playing = self.frames.playing
            self.status.show_pace(
                self.frames.per_second if playing else 0.0, self.frames.work_per_second, pace.share,
                playing and pace.over_budget,
            )

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
        self.own_run.show()
        for feature in self.features:
            feature.started()
        self.commands.started()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # no control is singled out before anyone chose one

    # ------------------------------------------------------------------------------ figures and words

    def show_state(self) -> None:
        """Show where the run, or the guest, stands, and what can be done."""
        self._shown_phase = self.control.phase
        self.hosting.shown.show_state(self.transport, self.end_banner)
        self.name_window()

    def name_window(self) -> None:
        """Name the window after what is shown in it, and how far that is."""
        shown = self.hosting.shown
        share = shown.share_done
        title = f"{title_text(titled(shown.title, share, shown.phase))}[*] — {APP_NAME}"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self.setWindowModified(self.files.modified)
        self.taskbar.show(share if shown.phase == "playing" else None)
        self.transport.show_name(shown.title, shown.modified)

    # ------------------------------------------------------------------------------ documents

    def show_document(self, document: Document, data: PreparedData | None = None) -> None:
        """Make another experiment the one this window is about."""
        self.files.document = document
        self.builder.load(document.start)
        self.banner.hide()
        self.commands.rebuild_timer.stop()
        self.control.start(document.start, data, ghost=False)
        self.workspace.stage.show_only(BOARD)
        self.form_and_run.compare()
        self.form_and_run.summarize()
        self.show_state()
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

    def save_run(self) -> None:
        """Write everything recorded of the run into the run folder."""
        self.outputs.save_run()

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or hide it."""
        self.board.toggle_panel(self.board.panels[name])

    def move_panel(self, panel: Panel | None, way: str) -> None:
        """Give a panel another place on the board."""
        if panel in self.panels:
            self.board.move_panel(panel, way)

    def panel_in_use(self) -> Panel | None:
        """Return the panel with the focus, or under the pointer, of those that are shown."""
        return self.hosting.shown.panel_in_use()

    def toggle_maximized(self) -> None:
        """Let the panel in use take all the room, or put it back."""
        self.hosting.shown.toggle_maximized()

    def export(self, panel: Panel | None, kind: str) -> None:
        """Save or copy what a panel shows."""
        self.outputs.export(panel, kind)

    def toggle_ghost(self) -> None:
        """Show the run before behind this one, or not."""
        self.preferences.change(ghost=not self.preferences.settings.ghost)
        self._follow_settings()
        if not self.control.keep_ghost:
            self.control.forget_ghost()
            self.own_run.show()

    def toggle_form(self) -> None:
        """Show the form at the left, or leave its room to the panels."""
        self.form_shown = self.workspace.left.isHidden()
        self.workspace.show_form(self.form_shown)

    # ------------------------------------------------------------------------------ look and help

    @property
    def theme(self) -> Theme:
        """The theme that was chosen."""
        return self.looks.theme

    @property
    def scale(self) -> float:
        """The size that was chosen."""
        return self.looks.scale

    @property
    def projector(self) -> bool:
        """Whether it is shown for the last row of a lecture hall."""
        return self.looks.projector

    def set_scale(self, scale: float) -> None:
        """Show everything larger or smaller: 1 is the usual size."""
        self.looks.set_scale(scale)

    def set_projector(self, on: bool) -> None:
        """Show few panels, with large type and thick lines, to be read from the last row of a lecture hall."""
        self.looks.set_projector(on)

    def make_anew(self, theme: Theme, scale: float, *, form_shown: bool) -> None:
        """Make all widgets anew, at another size; the run goes on, and what was typed stays."""
        before, look, page = self.builder, self.builder.look(), self.workspace.left.current
        arrangement = self.looks.arrangement
        self._adopt(Workspace(before.draft, theme, scale, self.menu, arrangement, self, history=before.history))
        self.workspace.show_form(form_shown)
        self.builder.take_look(look)
        self.workspace.left.show_page(page)
        self.commands.builder = self.builder
        self.files.attach(self.builder, self.banner)
        self._connect_workspace()
        self._fit_to_screen()
        self.own_run.show()
        self.show_soon()
        self.show_state()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def switch_theme(self) -> None:
        """Dark to light and back; the choice is kept for the next start."""
        self.looks.switch_theme()

    def set_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.looks.set_theme(theme)

    def follow_desktop(self) -> None:
        """Take on the desktop's theme, if that is what was chosen."""
        self.looks.follow_desktop()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.workspace.restyle(theme)
        for part in (*self.features, self.side_windows, *([self.tour] if self.tour is not None else [])):
            part.restyle(theme)
        self.frames.changed()

    def take_settings(self, chosen: dict[str, object]) -> None:
        """Do as was chosen in the preferences."""
        before = self.preferences.settings
        after = self.preferences.change(**chosen)
        self._follow_settings()
        self.looks.follow(before, after)

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

    def _follow_settings(self) -> None:
        settings = self.preferences.settings
        self.pace.share = settings.redraw_budget
        self.control.keep_ghost = settings.ghost
        self.saver.folder = settings.folder_for_runs()

    # ------------------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.hosting.shown.escape():
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

