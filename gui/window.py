"""The main window: the form left, the network and the data in the middle, curves right, criteria below."""

from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
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
    QFileDialog,
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
from gui.criteria_strip import CriteriaStrip
from gui.dialogs import Banner, ErrorDialog, TextDialog, ask_unsaved
from gui.documents import Autosave, Document, RecentFiles, Recovered, state_folder
from gui.end_banner import EndBanner
from gui.panels.boundary import Boundary
from gui.panels.confusion import ConfusionMatrix
from gui.panels.gradient_norms import GradientNorms
from gui.panels.learning_curves import LearningCurves
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.predicted_true import PredictedTrue
from gui.redraw import RedrawPace
from gui.run_control import RunControl
from gui.run_view import RunView
from gui.theme import Theme
from gui.transport import Transport, grouped
from training.engine import is_editable
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.experiment_file import shipped_experiments
from training.feasibility import architecture_of
from training.session import Failure

APP_NAME = "Convergence Lab"
LEFT_WIDTH = 304
AUTOSAVE_MS = 1000
REBUILD_MS = 200
SNAPSHOT_SECONDS = 0.08
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
        self.document = Document(experiment, path)
        folder = state_folder()
        self.recent = RecentFiles(folder)
        self.autosave = Autosave(folder)
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
        self._recovered: Recovered | None = None
        self._build(experiment)
        self._make_timers()
        self._make_shortcuts()
        self._name_window()
        self.setAcceptDrops(True)
        self.resize(round(1440 * scale), round(900 * scale))
        self.setMinimumSize(round(960 * scale), round(600 * scale))
        self._offer_recovery()
        self.control.start(experiment)
        self._show_state()

    # ------------------------------------------------------------------------------ building

    def _build(self, experiment: Experiment) -> None:
        self.menu = QMenu(self)
        self.transport = Transport(self.theme, self.menu, self.scale, self)
        self.builder = Builder(experiment, self.theme, self.scale, self)
        self.banner = Banner(self.theme, self)
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
        self.pace.rest = {self.boundary: 3, self.confusion: 6, self.predicted: 4}
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
        transport.toggle.connect(self.toggle)
        transport.reset.connect(self.reset)
        transport.step.connect(self.step_once)
        transport.epoch.connect(self.run_epoch)
        transport.stop.connect(self.stop)
        transport.theme_pressed.connect(self.switch_theme)
        transport.name_pressed.connect(lambda: self.builder.reveal("name"))
        transport.seed_pressed.connect(lambda: self.builder.reveal("seed"))
        transport.device_pressed.connect(lambda: self.builder.reveal("device"))
        self.builder.edited.connect(self._on_edited)
        self.builder.committed.connect(self._on_committed)
        self.builder.reset_wanted.connect(self.reset)
        self.criteria.pressed.connect(lambda name: self.builder.reveal(f"stopping.criteria.{name}.threshold"))

    def _make_menu(self) -> None:
        self._presets = QMenu("New from preset", self.menu)
        self._presets.aboutToShow.connect(self._list_presets)
        self._recent_menu = QMenu("Open recent", self.menu)
        self._recent_menu.aboutToShow.connect(self._list_recent)
        entries: list[Any] = [
            ("New", "Ctrl+N", self.new), self._presets, None,
            ("Open…", "Ctrl+O", self.ask_open), ("Open CSV…", "Ctrl+Shift+O", self.ask_open_csv), self._recent_menu,
            None, ("Save", "Ctrl+S", self.save), ("Save as…", "Ctrl+Shift+S", self.save_as), None,
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

    def _list_presets(self) -> None:
        self._presets.clear()
        for name, path in shipped_experiments().items():
            title = name.replace("_", " ")
            self._presets.addAction(title[:1].upper() + title[1:], lambda path=path: self.open_preset(path))

    def _list_recent(self) -> None:
        self._recent_menu.clear()
        for path in self.recent.paths():
            self._recent_menu.addAction(path.name, lambda path=path: self.open_file(path)).setToolTip(str(path))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No files yet").setEnabled(False)

    def _make_shortcuts(self) -> None:
        for keys, slot in (
            ("Space", self.toggle), ("Right", self.step_once), ("E", self.run_epoch), ("S", self.stop),
            ("R", self.reset), ("Ctrl+L", lambda: self.builder.reveal("optimizer.lr")),
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
        self._autosave_timer = _single_shot(self, AUTOSAVE_MS, self._write_autosave)
        self._rebuild_timer = _single_shot(self, REBUILD_MS, self._rebuild)

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
        if news.started or news.failures or self.control.phase != self._shown_phase:
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
        self.timer.setInterval(round(1000 * self.pace.interval()))

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
            panel.refresh(view)
        return bool(changed)

    def _ask_snapshot(self, now: float) -> None:
        view = self.control.view
        if view is None or now - self._snapshot_at < SNAPSHOT_SECONDS:
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

    # ------------------------------------------------------------------------------ a run begins

    def _started(self) -> None:
        view, session = self.control.view, self.control.session
        assert view is not None
        assert session is not None
        engine = session.engine
        self._version += 1
        self._arrange_views(view)
        for panel in self.panels:
            if not panel.isHidden():
                panel.start(view)
            else:
                panel.clear()
            self._seen[panel] = self._version
        self.criteria.show_settings(view.experiment.stopping.criteria)
        self.builder.show_steps_per_epoch(engine.steps_per_epoch)
        notes = "\n".join(engine.notes)
        self.transport.device.show_device(
            "CPU" if engine.device.type == "cpu" else "GPU", f"{engine.device_name}\n{notes}".strip()
        )
        self._compare_with_run()
        self._summarize()
        if notes:
            self.builder.cards["Data"].setToolTip(notes)

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
                panel.start(view)
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

    # ------------------------------------------------------------------------------ commands

    def toggle(self) -> None:
        """Run, pause, or run again: what Space does."""
        phase = self.control.phase
        if phase == "playing":
            self.control.toggle()
        elif not self.builder.draft.valid:
            self._point_at_problem()
        elif self._rebuild_timer.isActive() or phase in ("finished", "refused", "none"):
            self._start(play=True)
        else:
            self.control.toggle()
        self._show_state()

    def step_once(self) -> None:
        if self._may_step():
            self.control.step_once()

    def run_epoch(self) -> None:
        if self._may_step():
            self.control.run_epoch()

    def _may_step(self) -> bool:
        if not self.builder.draft.valid:
            self._point_at_problem()
            return False
        if self._rebuild_timer.isActive():
            self._start(play=False)
            return False
        return True

    def stop(self) -> None:
        self.control.stop()
        self._show_state()

    def reset(self) -> None:
        """Start over from the same weights, with the experiment as it now stands in the form."""
        if not self.builder.draft.valid:
            self._point_at_problem()
            return
        self._start(play=False)

    def _start(self, *, play: bool) -> None:
        self._rebuild_timer.stop()
        self.banner.hide()
        self.control.start(self.builder.draft.experiment, play=play)
        self._show_state()

    def _rebuild(self) -> None:
        """Show a change of structure at once as long as nothing has been trained."""
        if self.builder.draft.valid and self.control.phase in ("ready", "refused", "none", "loading"):
            self._start(play=self.control.will_play)

    def _point_at_problem(self) -> None:
        key = next(iter(self.builder.draft.problems))
        row = self.builder.row(key)
        if row is not None:
            self.builder.reveal(next((own for own in row.editors if key.startswith(own)), row.fields[0].key))

    # ------------------------------------------------------------------------------ the form

    def _on_edited(self) -> None:
        self._autosave_timer.start()
        self._name_window()
        self._compare_with_run()
        self._summarize()
        if self.builder.draft.valid and self._waiting() and self.control.phase in ("ready", "refused", "none"):
            self._rebuild_timer.start()
        self._show_state()

    def _on_committed(self) -> None:
        """A value is meant: send what can change at once to the run."""
        if self.builder.draft.valid and self.control.session is not None and self.control.asked is not None:
            for key in self.builder.draft.differences(self.control.asked):
                if is_editable(key) and self._exists_in_run(key):
                    self.control.edit(key, self.builder.draft.get(key))
            self.criteria_changed()
        self._compare_with_run()
        self._show_state()

    def criteria_changed(self) -> None:
        """Show new thresholds at once, as long as nothing has been measured."""
        view = self.control.view
        if view is None or view.history.evaluations.latest is None:
            self.criteria.show_settings(self.builder.draft.experiment.stopping.criteria)

    def _exists_in_run(self, key: str) -> bool:
        asked = self.control.asked
        if asked is None:
            return False
        section, _, name = key.partition(".")
        return not name or section != "optimizer" or name in type(asked.optimizer).model_fields

    def _waiting(self) -> frozenset[str]:
        """Return the changed keys that only a reset brings into effect."""
        asked = self.control.asked
        if asked is None:
            return frozenset()
        changed = self.builder.draft.differences(asked)
        return frozenset(
            key for key in changed
            if not (is_editable(key) and self._exists_in_run(key)) and key not in ("name", "notes")
        )

    def _is_under_way(self) -> bool:
        view = self.control.view
        return view is not None and view.history.step > 0

    def _compare_with_run(self) -> None:
        """Mark what applies at once, and what waits for a reset."""
        running = self._marked_under_way = self._is_under_way()
        live = frozenset(
            key for card in self.builder.cards.values() for key in card.rows if is_editable(key)
        ) if running else frozenset()
        self.builder.show_run(live, self._waiting() if running else frozenset())

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
        if phase == "paused" and view is not None and view.edits and view.edits[-1].key == "epochs":
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
        elif view is not None and view.outcomes and all(outcome is not None for outcome in view.outcomes):
            self.end_banner.say_outcomes(view.outcomes)
        elif state == "ready" and view is not None:
            say("Ready", "Press Space to train. Change anything at the left: the network follows at once.")
        elif view is not None:
            say("Training" if view.playing else "Paused", _progress_sentence(view))

    def _name_window(self) -> None:
        draft = self.builder.draft
        name = draft.experiment.name
        modified = self.modified
        self.setWindowTitle(f"{name}[*] — {APP_NAME}")
        self.setWindowModified(modified)
        self.transport.show_name(name, modified)

    # ------------------------------------------------------------------------------ what goes wrong

    def _refuse(self, error: InputError) -> None:
        """Show why a run cannot start; everything typed stays."""
        problems = getattr(error, "problems", []) if isinstance(error, ExperimentError) else []
        if problems:
            text = "; ".join(problem.message for problem in problems)
            self.builder.draft.problems = {problem.key: problem.message for problem in problems}
            self.builder.refresh()
        else:
            text = error.message()
        self.banner.show_error(text)
        self._show_state()

    def _report_failure(self, failure: Failure) -> None:
        kept = "The run has ended as failed; everything recorded up to there is kept, and the program goes on."
        self._open_error("Training failed", failure.message, kept, failure.details)

    def report_exception(self, message: str, details: str) -> None:
        """Show an unexpected error of the window itself."""
        if self._closing:
            return
        kept = "Your experiment is kept. If the window misbehaves, save and start it again."
        self._open_error("Something went wrong", message, kept, details)

    def _open_error(self, title: str, message: str, kept: str, details: str) -> None:
        dialog = ErrorDialog(title, message, kept, details, self)
        dialog.finished.connect(self.activateWindow)
        dialog.open()

    # ------------------------------------------------------------------------------ documents

    @property
    def modified(self) -> bool:
        """Whether there are unsaved changes."""
        draft = self.builder.draft
        return not draft.valid or self.document.differs_from(draft.experiment)

    def show_document(self, document: Document, data: Any = None) -> None:
        """Make another experiment the one this window is about."""
        self.document = document
        self.builder.load(document.saved)
        self.banner.hide()
        self._rebuild_timer.stop()
        self.control.start(document.saved, data)
        self._name_window()
        self._compare_with_run()
        self._summarize()
        self._show_state()
        self._autosave_timer.start()

    def _may_replace(self) -> bool:
        """Ask about unsaved changes; return whether another experiment may take the place of this one."""
        if not self.modified:
            return True
        answer = ask_unsaved(self.builder.draft.experiment.name, self)
        if answer == "save":
            return self.save()
        return answer == "discard"

    def new(self) -> None:
        """Start from the default experiment."""
        if self._may_replace():
            self.show_document(Document(Experiment()))

    def open_preset(self, path: Path) -> None:
        """Start from a shipped experiment, as a new document."""
        if self._may_replace():
            self._open(path, as_new=True)

    def open_file(self, path: Path) -> None:
        """Open an experiment, or a table as a new experiment."""
        if path.suffix.lower() in (".csv", ".tsv", ".txt", ".data"):
            self.open_csv(path)
        elif self._may_replace():
            self._open(path, as_new=False)

    def _open(self, path: Path, *, as_new: bool) -> None:
        try:
            document = Document.open(path)
        except InputError as error:
            self.banner.show_error(_lines(error))
            return
        if as_new:
            document.path = None
        else:
            self.recent.add(path)
        self.show_document(document)

    def ask_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open an experiment", self._folder(), "Experiments (*.toml)")
        if path:
            self.open_file(Path(path))

    def ask_open_csv(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a table", self._folder(), "Tables (*.csv *.tsv *.txt *.data);;All files (*)"
        )
        if path:
            self.open_csv(Path(path))

    def open_csv(self, path: Path) -> None:
        """Ask what to predict, load the table, and make an experiment of it."""
        if not self._may_replace():
            return
        from gui.csv_dialog import CsvDialog

        dialog = CsvDialog(path, Experiment(), self)
        dialog.exec()
        if dialog.experiment is not None:
            self.show_document(Document(dialog.experiment), dialog.data)
        dialog.deleteLater()

    def save(self) -> bool:
        """Save; return whether it is on disk."""
        return self.save_to(self.document.path) if self.document.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and save there."""
        name = self.builder.draft.experiment.name.replace("/", "-").replace("\\", "-")
        suggestion = str(Path(self._folder()) / f"{name}.toml")
        path, _ = QFileDialog.getSaveFileName(self, "Save the experiment", suggestion, "Experiments (*.toml)")
        if not path:
            return False
        return self.save_to(Path(path) if Path(path).suffix else Path(path).with_suffix(".toml"))

    def save_to(self, path: Path) -> bool:
        """Save to a file; what cannot be saved is said, and nothing is lost."""
        if not self.builder.draft.valid:
            self.banner.show_error(f"Not saved: {self.builder.reason_invalid()}")
            self._point_at_problem()
            return False
        try:
            self.document.save(self.builder.draft.experiment, path)
        except InputError as error:
            self.banner.show_error(f"Not saved: {error.message()}")
            return False
        self.recent.add(path)
        self.autosave.clear()
        self._name_window()
        return True

    def _folder(self) -> str:
        return str(self.document.path.parent) if self.document.path is not None else ""

    # ------------------------------------------------------------------------------ autosave

    def _write_autosave(self) -> None:
        if not self.modified:
            self.autosave.clear()
            return
        try:
            self.autosave.write(self.builder.draft.experiment)
        except InputError as error:
            self.banner.show_error(f"Autosave does not work: {error.message()}")

    def _offer_recovery(self) -> None:
        self._recovered = self.autosave.find()
        if self._recovered is None:
            return
        name = self._recovered.experiment.name
        self.banner.show_notice(
            f"Unsaved changes to “{name}” from the last session were kept.",
            ("Restore", self._restore), ("Discard", self._forget_recovered),
        )

    def _restore(self) -> None:
        if self._recovered is None:
            return
        document = Document(self._recovered.experiment)
        self._forget_recovered()
        self.show_document(document)
        document.saved = Experiment(name=f"{document.saved.name} ")  # restored changes are still unsaved
        self._name_window()
        self._write_autosave()

    def _forget_recovered(self) -> None:
        if self._recovered is not None:
            self._recovered.forget()
            self._recovered = None

    # ------------------------------------------------------------------------------ look and help

    def switch_theme(self) -> None:
        """Dark to light and back."""
        self.set_theme(themes.LIGHT if self.theme.dark else themes.DARK)

    def set_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.theme = theme
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        themes.apply(app, theme, self.scale)
        for part in (self.transport, self.builder, self.criteria, self.end_banner, self.banner, *self.panels):
            part.restyle(theme)
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
        if _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            QTimer.singleShot(0, self, lambda: self.open_file(path))  # a dialog must not hold up the other program

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the run and go: unsaved changes are kept, and offered at the next start."""
        self._closing = True
        self.timer.stop()
        self._rebuild_timer.stop()
        self._autosave_timer.stop()
        self._write_autosave()
        self.control.shut_down(CLOSE_SECONDS)
        self.autosave.close()
        if self._recovered is not None:
            self._recovered.lock.unlock()
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


def _single_shot(parent: QObject, milliseconds: int, slot: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer


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


def _lines(error: InputError) -> str:
    if isinstance(error, ExperimentError):
        return "\n".join([error.file, *(problem.line() for problem in error.problems)]).strip()
    return error.message()


def _dropped(event: QDropEvent) -> Path | None:
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if path.suffix.lower() in (".toml", ".csv", ".tsv", ".txt", ".data"):
            return path
    return None


def _versions() -> list[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    rows = [("Python", platform.python_version()), ("System", f"{platform.system()} {platform.machine()}")]
    for package in ("convergence-lab", "torch", "PySide6-Essentials", "pyqtgraph", "numpy", "pydantic"):
        try:
            rows.append((package, version(package)))
        except PackageNotFoundError:
            rows.append((package, "not installed as a package"))
    return [*rows, ("Executable", sys.executable)]
