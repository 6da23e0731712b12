"""The main window: the form left, the network and the data in the middle, curves right, criteria below."""

from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from gui import theme as themes
from gui.builder.form import Builder
from gui.builder.schedule_preview import total_steps
from gui.commands import Commands
from gui.criteria_strip import CriteriaStrip
from gui.dialogs import Banner, ErrorDialog, TextDialog
from gui.documents import Document, state_folder
from gui.end_banner import EndBanner
from gui.file_actions import FileActions, dropped_file
from gui.panels.boundary import Boundary
from gui.panels.confusion import ConfusionMatrix
from gui.panels.gradient_norms import GradientNorms
from gui.panels.learning_curves import LearningCurves
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.predicted_true import PredictedTrue
from gui.preferences import Preferences
from gui.redraw import RedrawPace
from gui.run_control import RunControl
from gui.run_view import RunView
from gui.theme import Theme
from gui.tips import plain_tip, title_text
from gui.transport import Transport, grouped
from training.data.prepare import PreparedData
from training.engine import is_editable
from training.errors import InputError
from training.experiment import Experiment
from training.feasibility import architecture_of
from training.session import Failure

APP_NAME = "Convergence Lab"
LEFT_WIDTH = 304
FIGURES_SECONDS = 0.2  # digits that change more often cannot be read
CLOSE_SECONDS = 1.0
ROOM_FOR_TWO = 560  # pixels the data row needs to show two views side by side

SHORTCUTS = [
    ("Space", "Run or pause"), ("→", "One step"), ("E", "One epoch"), ("S", "Stop"), ("R", "Reset to the same start"),
    ("Ctrl+N", "New experiment"), ("Ctrl+O", "Open an experiment"), ("Ctrl+Shift+O", "Open a CSV file of your own"),
    ("Ctrl+S", "Save"), ("Ctrl+Shift+S", "Save as"), ("Ctrl+L", "Go to the learning rate"),
    ("Ctrl+T", "Dark or light"), ("F10", "Menu"), ("F1", "This list"), ("Ctrl+Q", "Quit"),
    ("↑ ↓", "In a number: the next one up or down"), ("Enter", "Apply what was typed; press a focused button"),
    ("Esc", "Take back what was typed"),
]


class MainWindow(QMainWindow):
    """The whole program, around one run at a time.

    The window owns the run (`RunControl`); the form owns the experiment being edited; the
    panels only look. Everything that happens arrives through one timer.
    """

    def __init__(self, experiment: Experiment, path: Path | None = None, theme: Theme = themes.DARK,
                 scale: float = 1.0) -> None:
        super().__init__()
        self.setObjectName("window")
        self.theme, self.scale = theme, scale
        folder = state_folder()
        self.preferences = Preferences(folder)
        self.control = RunControl()
        self.pace = RedrawPace()
        self.redraws = 0
        self._version = 0
        self._seen: dict[Panel, int] = {}
        self._snapshot_at = 0.0
        self._figures_at = 0.0
        self._shown_phase = ""
        self._closing = False
        self._marked_under_way = False
        self._errors: ErrorDialog | None = None
        self._dismissed: set[str] = set()
        self._build(Document(experiment, path), folder)
        self._make_timers()
        self._make_shortcuts()
        self._name_window()
        self.setAcceptDrops(True)
        self.resize(round(1440 * scale), round(900 * scale))
        self.setMinimumSize(round(960 * scale), round(600 * scale))
        self.files.offer_recovery()
        self.control.start(experiment)
        self._show_state()

    # ------------------------------------------------------------------------------ building

    def _build(self, document: Document, folder: Path) -> None:
        experiment = document.start
        self.menu = QMenu(self)
        self.transport = Transport(self.theme, self.menu, self.scale, self)
        self.builder = Builder(experiment, self.theme, self.scale, self)
        self.banner = Banner(self.theme, self)
        self.commands = Commands(self.control, self.builder, self)
        self.files = FileActions(document, folder, self.builder, self.banner, self)
        self.network = Network()
        self.boundary = Boundary()
        self.predicted = PredictedTrue()
        self.confusion = ConfusionMatrix()
        self.curves = LearningCurves()
        self.gradients = GradientNorms()
        self.panels: tuple[Panel, ...] = (
            self.network, self.boundary, self.predicted, self.confusion, self.curves, self.gradients,
        )
        self.criteria = CriteriaStrip(self.theme, self.scale, self)
        self.end_banner = EndBanner(self.theme, self)
        self._make_menu()
        self._lay_out()
        self._connect()
        self.pace.rest = {
            self.curves: 2, self.network: 2, self.boundary: 4, self.predicted: 5, self.confusion: 8,
        }  # fmt: skip
        for panel in self.panels:
            panel.restyle(self.theme)
        self.criteria.show_settings(experiment.stopping.criteria)

    def _lay_out(self) -> None:
        left = QFrame(self)
        left.setObjectName("leftColumn")
        left.setFixedWidth(round(LEFT_WIDTH * self.scale))
        self.tabs = QTabBar(left)
        self.tabs.addTab("Experiment")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName("What the left column shows")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(8)
        tab_row = QHBoxLayout()
        tab_row.setContentsMargins(10, 0, 10, 0)
        tab_row.addWidget(self.tabs)
        tab_row.addStretch(1)
        column.addLayout(tab_row)
        column.addWidget(self.builder, 1)

        self.data_row = QWidget(self)
        data = QHBoxLayout(self.data_row)
        data.setContentsMargins(0, 0, 0, 0)
        data.setSpacing(8)
        for panel in (self.boundary, self.predicted, self.confusion):
            data.addWidget(panel, 1)
        centre = _splitter(Qt.Orientation.Vertical, (self.network, self.data_row), (9, 10))
        right = _splitter(Qt.Orientation.Vertical, (self.curves, self.gradients), (1, 1))
        self.columns = _splitter(Qt.Orientation.Horizontal, (centre, right), (59, 41))
        views = QVBoxLayout()
        views.setContentsMargins(10, 10, 10, 10)
        views.setSpacing(8)
        views.addWidget(self.banner)
        views.addWidget(self.columns, 1)

        upper = QHBoxLayout()
        upper.setSpacing(0)
        upper.addWidget(left)
        upper.addLayout(views, 1)
        bottom = QFrame(self)
        bottom.setObjectName("bottomBar")
        lower = QHBoxLayout(bottom)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(0)
        strip = QFrame(bottom)
        strip.setObjectName("bottomLeft")
        strip_box = QVBoxLayout(strip)
        strip_box.setContentsMargins(0, 0, 0, 0)
        strip_box.addWidget(self.criteria)
        strip_box.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        lower.addWidget(strip, 65)
        lower.addWidget(self.end_banner, 35)
        bottom.setFixedHeight(round(86 * self.scale))

        whole = QWidget(self)
        box = QVBoxLayout(whole)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.transport)
        box.addLayout(upper, 1)
        box.addWidget(bottom)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        transport = self.transport
        commands = self.commands
        transport.toggle.connect(commands.toggle)
        transport.reset.connect(commands.reset)
        transport.step.connect(commands.step_once)
        transport.epoch.connect(commands.run_epoch)
        transport.stop.connect(commands.stop)
        transport.theme_pressed.connect(self.switch_theme)
        transport.name_pressed.connect(lambda: self.builder.reveal("name"))
        transport.seed_pressed.connect(lambda: self.builder.reveal("seed"))
        transport.device_pressed.connect(lambda: self.builder.reveal("device"))
        self.builder.edited.connect(self._on_edited)
        self.builder.committed.connect(self._on_committed)
        self.builder.reset_wanted.connect(commands.reset)
        commands.starting.connect(self._starting)
        commands.acted.connect(self._show_state)
        self.files.opened.connect(self.show_document)
        self.files.saved.connect(self._name_window)
        for panel in self.panels:
            panel.failed.connect(self._panel_failed)
        self.criteria.pressed.connect(lambda name: self.builder.reveal(f"stopping.criteria.{name}.threshold"))

    def _make_menu(self) -> None:
        files = self.files
        entries: list[Any] = [
            ("New", "Ctrl+N", files.new), files.presets_menu, None,
            ("Open…", "Ctrl+O", files.ask_open), ("Open CSV…", "Ctrl+Shift+O", files.ask_open_csv),
            files.recent_menu,
            None, ("Save", "Ctrl+S", files.save), ("Save as…", "Ctrl+Shift+S", files.save_as), None,
            ("Dark or light", "Ctrl+T", self.switch_theme), None,
            ("Keyboard shortcuts", "F1", self.show_shortcuts), ("About", "", self.show_about), None,
            ("Quit", "Ctrl+Q", self.close),
        ]
        for entry in entries:
            if entry is None:
                self.menu.addSeparator()
            elif isinstance(entry, QMenu):
                self.menu.addMenu(entry)
            else:
                text, keys, slot = entry
                action = QAction(text, self)
                if keys:
                    action.setShortcut(QKeySequence(keys))
                action.triggered.connect(lambda _=False, slot=slot: slot())
                self.addAction(action)  # so that the keys work while the menu is closed
                self.menu.addAction(action)

    def _make_shortcuts(self) -> None:
        commands = self.commands
        for keys, slot in (
            ("Space", commands.toggle), ("Right", commands.step_once), ("E", commands.run_epoch), ("S", commands.stop),
            ("R", commands.reset), ("Ctrl+L", lambda: self.builder.reveal("optimizer.lr")),
            ("F10", self.transport.menu_button.click),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setAutoRepeat(keys == "Right")
            shortcut.activated.connect(slot)

    def _make_timers(self) -> None:
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
            self._version += 1
        for error in news.refused:
            self._refuse(error)
        for failure in news.failures:
            self._report_failure(failure)
        for rejected in news.rejected:
            self.banner.show_error(f"Not changed: {rejected.message}")
        if news.edits or news.rejected or self._is_under_way() != self._marked_under_way:
            self._compare_with_run()
        if news.ended:
            self.control.ask_snapshot()
        self.commands.look()
        if news.started or news.ended or news.failures or self.control.phase != self._shown_phase:
            self._figures_at = 0.0  # what has become of the run is shown without delay
        self._redraw()

    def _redraw(self) -> None:
        now, started = time.perf_counter(), time.thread_time()
        self.pace.begin()
        drawn = self._refresh_panels()
        if now - self._figures_at >= FIGURES_SECONDS:
            self._figures_at = now
            self._show_figures()
            self._show_state()
        self._ask_snapshot(now)
        if drawn:
            self.pace.spend(time.thread_time() - started)  # work, without the waits for the interpreter
            self.redraws += 1
        # The timer counts from here: what this turn took belongs to the interval.
        left = self.pace.interval() - (time.perf_counter() - now)
        self.timer.setInterval(max(1, round(1000 * left)))

    def _refresh_panels(self) -> bool:
        """Refresh the panels that can be seen and have changed; while training, those whose turn it is."""
        view = self.control.view
        if view is None or self.isMinimized():
            return False
        changed = [panel for panel in self.panels if self._seen.get(panel) != self._version and panel.isVisible()]
        if view.playing:
            turn = self.pace.choose(changed)
            changed = [panel for panel in changed if panel in turn]
        for panel in changed:
            self._seen[panel] = self._version
            panel.follow(view)
        return bool(changed)

    def _ask_snapshot(self, now: float) -> None:
        view = self.control.view
        if view is None or now - self._snapshot_at < self.control.snapshot_pause:
            return
        stale = view.snapshot is None or view.snapshot.step != view.history.step
        if stale and any(panel.needs_snapshot and panel.isVisible() for panel in self.panels):
            self._snapshot_at = now
            self.control.ask_snapshot()

    def event(self, event: QEvent) -> bool:
        # All painting of the window happens inside this one event: its cost sets the pace.
        if event.type() == QEvent.Type.UpdateRequest:
            started = time.thread_time()
            handled = super().event(event)
            self.pace.spend(time.thread_time() - started)
            return handled
        return super().event(event)

    def toggle(self) -> None:
        """Run, pause, or run again: what Space does."""
        self.commands.toggle()

    # ------------------------------------------------------------------------------ a run begins

    def _starting(self) -> None:
        self.banner.hide()
        self._dismissed.clear()

    def _started(self) -> None:
        view, session = self.control.view, self.control.session
        assert view is not None
        assert session is not None
        engine = session.engine
        self._version += 1
        self._arrange_views(view)
        for panel in self.panels:
            if not panel.isHidden():
                panel.begin(view)
            else:
                panel.attempt(panel.clear)
            self._seen[panel] = self._version
        self.criteria.show_settings(view.experiment.stopping.criteria)
        self.builder.show_steps_per_epoch(engine.steps_per_epoch)
        notes = "\n".join(engine.notes)
        self.transport.device.show_device(
            "CPU" if engine.device.type == "cpu" else "GPU", f"{engine.device_name}\n{notes}".strip()
        )
        self._compare_with_run()
        self._summarize()
        self.builder.cards["Data"].setToolTip(plain_tip(notes))
        self.commands.started()

    def _arrange_views(self, view: RunView) -> None:
        """Choose the views that suit the data: a map for up to two features, and the table or scatter beside it."""
        mapped = Boundary.suits(view)
        second: Panel = self.predicted if view.data.task == "regression" else self.confusion
        room = self.data_row.width() >= ROOM_FOR_TWO * self.scale
        shown = {self.boundary} if mapped else {second}
        if mapped and room:
            shown.add(second)
        for panel in (self.boundary, self.predicted, self.confusion):
            was = not panel.isHidden()
            panel.setVisible(panel in shown)
            if panel in shown and not was:
                panel.begin(view)
                self._seen[panel] = -1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._resized)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # no control is singled out before anyone chose one
        QTimer.singleShot(0, self, self._resized)

    def _resized(self) -> None:
        if self.control.view is not None:
            self._arrange_views(self.control.view)

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
        """Show new thresholds at once, as long as nothing has been measured."""
        view = self.control.view
        if view is None or view.history.evaluations.latest is None:
            self.criteria.show_settings(self.builder.draft.experiment.stopping.criteria)

    def _is_under_way(self) -> bool:
        view = self.control.view
        return view is not None and view.history.step > 0

    def _compare_with_run(self) -> None:
        """Mark what applies at once, and what waits for a reset."""
        running = self._marked_under_way = self._is_under_way()
        live = frozenset(
            key for card in self.builder.cards.values() for key in card.rows if is_editable(key)
        ) if running else frozenset()
        self.builder.show_run(live, self.commands.waiting() if running else frozenset())

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
        view, session = self.control.view, self.control.session
        if view is None or session is None:
            return
        history = view.history
        engine = session.engine
        steps = total_steps(view.experiment, engine.steps_per_epoch)
        self.transport.figures.show_totals(view.experiment.epochs, steps)
        speed = session.steps_per_second if view.playing else 0.0
        self.transport.figures.show_figures(history.epoch, history.step, speed)
        self.transport.device.show_busy(view.playing)
        self.builder.preview.show_position(history.step / steps if history.step else None)
        latest = history.evaluations.latest
        if latest is not None:
            self.criteria.show_states(latest.criteria[0])

    def _show_state(self) -> None:
        phase = self._shown_phase = self.control.phase
        reason = self.builder.reason_invalid()
        view = self.control.view
        state: str = phase
        if phase == "paused" and view is not None and view.reopened:
            state = "extendable"
        if reason and phase != "playing":
            state = "invalid"
        elif phase in ("refused", "none"):
            state = "ready"
        self.transport.show_state(state, reason)
        self._say(state, reason)
        self.transport.seed.show_text(f"Seed {self.builder.draft.get('seed')}")

    def _say(self, state: str, reason: str) -> None:
        """Say in plain words where things stand."""
        view = self.control.view
        say = self.end_banner.say
        if state == "invalid":
            say("Cannot run yet", f"{reason}.", "warn")
        elif self.control.phase == "refused":
            say("Cannot run", "See the message above; nothing you set up is lost.", "warn")
        elif state == "loading":
            share = self.control.loaded
            say("Preparing…", f"Loading the data: {share:.0%}." if 0 < share < 1 else "Building the network.")
        elif self.control.phase == "none":
            say("Stopped", "The run was not prepared to the end. Press Space to prepare it again and train.")
        elif view is not None and view.outcomes and all(outcome is not None for outcome in view.outcomes):
            self.end_banner.say_outcomes(view.outcomes)
        elif state == "ready" and view is not None:
            say("Ready", "Press Space to train. Change anything at the left: the network follows at once.")
        elif view is not None:
            say("Training" if view.playing else "Paused", _progress_sentence(view))

    def _name_window(self) -> None:
        draft = self.builder.draft
        name = draft.experiment.name
        modified = self.files.modified
        self.setWindowTitle(f"{title_text(name)}[*] — {APP_NAME}")
        self.setWindowModified(modified)
        self.transport.show_name(name, modified)

    # ------------------------------------------------------------------------------ what goes wrong

    def _refuse(self, error: InputError) -> None:
        """Show why a run cannot start; everything typed stays."""
        self.banner.show_error(self.commands.refuse(error))
        self._show_state()

    def _report_failure(self, failure: Failure) -> None:
        kept = "The run has ended as failed; everything recorded up to there is kept, and the program goes on."
        self._open_error("Training failed", failure.message, kept, failure.details)

    def report_exception(self, message: str, details: str) -> None:
        """Show an unexpected error of the window itself."""
        kept = "Your experiment is kept. If the window misbehaves, save and start it again."
        self._open_error("Something went wrong", message, kept, details)

    def _panel_failed(self, message: str, details: str) -> None:
        sys.stderr.write(details)
        kept = "That view rests until the next start; everything else goes on, and your experiment is kept."
        self._open_error("Something went wrong", message, kept, details)

    def _open_error(self, title: str, message: str, kept: str, details: str) -> None:
        """Show an error: one dialog for all of them, and only a line for what was dismissed before."""
        if self._closing:
            return
        if self._errors is not None:
            self._errors.add(message, details)
        elif message in self._dismissed:
            self.banner.show_error(f"Again: {message}")
        else:
            self._errors = dialog = ErrorDialog(title, message, kept, details, self)
            dialog.finished.connect(self._error_dismissed)
            QTimer.singleShot(0, dialog, dialog.open)  # an error may come from the middle of a painting

    def _error_dismissed(self) -> None:
        if self._errors is not None:
            self._dismissed.update(self._errors.messages)
            self._errors = None
        self.activateWindow()

    # ------------------------------------------------------------------------------ documents

    def show_document(self, document: Document, data: PreparedData | None = None) -> None:
        """Make another experiment the one this window is about."""
        self.files.document = document
        self.builder.load(document.start)
        self.banner.hide()
        self.commands.rebuild_timer.stop()
        self.control.start(document.start, data)
        self._name_window()
        self._compare_with_run()
        self._summarize()
        self._show_state()
        self.files.autosave_soon()

    # ------------------------------------------------------------------------------ look and help

    def switch_theme(self) -> None:
        """Dark to light and back; the choice is kept for the next start."""
        self.set_theme(themes.LIGHT if self.theme.dark else themes.DARK)
        self.preferences.remember("theme", self.theme.name)

    def set_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.theme = theme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        themes.apply(app, theme, self.scale)
        for part in (self.transport, self.builder, self.criteria, self.end_banner, self.banner):
            part.restyle(theme)
        for panel in self.panels:
            panel.attempt(panel.restyle, theme)
        self._version += 1

    def show_shortcuts(self) -> None:
        TextDialog("Keyboard shortcuts", "", SHORTCUTS, self).open()

    def show_about(self) -> None:
        TextDialog(
            APP_NAME, "Build a small neural network, train it live, and see why it converges, stalls or blows up.",
            _versions(), self,
        ).open()

    # ------------------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
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
        self._closing = True
        self.timer.stop()
        self.commands.rebuild_timer.stop()
        self.files.close()
        self.control.shut_down(CLOSE_SECONDS)
        super().closeEvent(event)


def _splitter(orientation: Qt.Orientation, widgets: tuple[QWidget, ...], shares: tuple[int, ...]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(8)
    splitter.setChildrenCollapsible(False)
    for index, (widget, share) in enumerate(zip(widgets, shares, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, share)
    splitter.setSizes([share * 100 for share in shares])
    return splitter


def _progress_sentence(view: RunView) -> str:
    latest = view.history.evaluations.latest
    if latest is None:
        return "Waiting for the first evaluation."
    train, held_out = float(latest.train_loss[0]), float(latest.val_loss[0])
    text = f"Training loss {train:.3g}"
    if held_out == held_out:  # NaN without held-out samples
        score = "accuracy" if view.data.task == "classification" else "R²"
        text += f", held-out loss {held_out:.3g}, held-out {score} {float(latest.val_score[0]):.3g}"
    if view.experiment.replicas > 1:
        text += f" (replica 1 of {view.experiment.replicas})"
    return f"{text}."


def _versions() -> list[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    rows = [("Python", platform.python_version()), ("System", f"{platform.system()} {platform.machine()}")]
    for package in ("convergence-lab", "torch", "PySide6-Essentials", "pyqtgraph", "numpy", "pydantic"):
        try:
            rows.append((package, version(package)))
        except PackageNotFoundError:
            rows.append((package, "not installed as a package"))
    return [*rows, ("Executable", sys.executable)]
