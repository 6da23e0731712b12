"""The bar at the top: what is open, the buttons that drive the run, and where it stands."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QMenu, QPushButton, QToolButton, QWidget

from gui.epoch_dialog import EpochDialog
from gui.icons import icon, pixmap
from gui.pills import DevicePill, ElidedPill
from gui.run_figures import RunFigures
from gui.speed_limits import LIMITS, faster, in_few_words, in_words, slower
from gui.theme import Theme
from gui.tips import plain_tip

HEIGHT = 51
NAME_ROOM, SEED_ROOM = (190, 110, 64), (120, 74)  # pixels of text, and where there is less of it
FOLDS = 13

# In which states each control does something. "refused" and "none": there is no run, but one may be started.
WORKS: dict[str, frozenset[str]] = {
    "run": frozenset({"ready", "paused", "playing", "extendable", "loading", "finished", "refused", "none"}),
    "step": frozenset({"ready", "paused", "extendable"}),
    "epoch": frozenset({"ready", "paused", "extendable"}),
    "stop": frozenset({"paused", "extendable", "playing", "loading"}),
    "reset": frozenset({"ready", "paused", "playing", "extendable", "loading", "finished", "refused", "none"}),
}

RUN_LOOKS = {
    "playing": ("Pause", "pause"), "extendable": ("Continue", "play"), "loading": ("Loading…", "play"),
    "finished": ("Run again", "reset"),
}
RUN_TIPS = {
    "playing": "Pause (Space)",
    "finished": "Start again from the same weights (Space). More epochs, or more patience, extend this run.",
    "extendable": "Go on with this run (Space)",
    "loading": "Wait no longer, or train as soon as it is ready (Space)",
}


class Transport(QFrame):
    """Buttons and figures. It only reports what was pressed; the window decides what it means.

    ``speed_limit_changed`` carries steps per second, or None for full speed; ``run_to_epoch`` an epoch ahead.
    """

    reset = Signal()
    toggle = Signal()
    step = Signal()
    epoch = Signal()
    stop = Signal()
    run_to_epoch = Signal(int)
    speed_limit_changed = Signal(object)
    name_pressed = Signal()
    new_seed = Signal()
    seed_pressed = Signal()
    device_pressed = Signal()
    theme_pressed = Signal()

    def __init__(self, theme: Theme, menu: QMenu, scale: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self.setFixedHeight(round(HEIGHT * scale))
        self._theme, self._scale = theme, scale
        self._icon_px = round(14 * scale)
        self._run_look = ""
        self._fold = -1
        self._folded_for: object = None
        self.speed_limit: float | None = None
        self.logo = QLabel(self)
        self.app_name = QLabel("Convergence Lab", self)
        self.app_name.setObjectName("appName")
        self.name = ElidedPill(round(NAME_ROOM[0] * scale), self)
        self.name.setToolTip("Name of the experiment (click to change it)")
        self.name.clicked.connect(self.name_pressed)
        self.reset_button = self._button("Reset", "Start over from the same initial weights (R)", self.reset)
        self.run_button = self._button("Run", "", self.toggle)
        self.run_button.setProperty("role", "primary")
        self.step_button = self._button("Step", "One optimizer step (→)", self.step)
        self.epoch_button = self._button("Epoch", "One pass over the training data (E)", self.epoch)
        self.stop_button = self._button("Stop", "End the run here (S)", self.stop)
        self.figures = RunFigures(theme, scale, self)
        self.device = DevicePill(theme, scale, self)
        self.device.clicked.connect(self.device_pressed)
        self.theme_button = self._button("", "Dark or light (Ctrl+T)", self.theme_pressed)
        self.theme_button.setAccessibleName("Switch between dark and light")
        self.menu_button = QToolButton(self)
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setToolTip("Menu: open, save, presets, help (F10)")
        self.menu_button.setMenu(menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._make_epoch_menu()
        self._make_speed_menu()
        self._make_seed_menu()
        self._lay_out()
        self.show_speed_limit(None)
        self.restyle(theme)
        self.show_state("empty")

    # ------------------------------------------------------------------------------ building

    def _button(self, text: str, tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: signal.emit())
        return button

    def _make_epoch_menu(self) -> None:
        self.more_button = QToolButton(self)
        self.more_button.setStyleSheet("padding: 0;")
        self.more_button.setAccessibleName("Run several epochs")
        self.more_button.setToolTip("Run ten epochs, or up to a certain one")
        self.more_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.epoch_menu = QMenu(self)
        self.epoch_menu.addAction("One epoch (E)", self.epoch.emit)
        self.epoch_menu.addAction("10 epochs (Shift+E)", lambda: self.run_to_epoch.emit(self._epochs_ahead(10)))
        self.epoch_menu.addAction("To epoch… (Ctrl+E)", self.ask_epoch)
        self.more_button.clicked.connect(lambda: _open_below(self.epoch_menu, self.more_button))

    def _make_speed_menu(self) -> None:
        self.speed_button = QPushButton(self)
        self.speed_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed_menu = QMenu(self)
        self._speeds = QActionGroup(self.speed_menu)
        for limit in LIMITS:
            choice = QAction(in_words(limit), self.speed_menu)
            choice.setCheckable(True)
            choice.setData(limit)
            choice.triggered.connect(lambda _=False, limit=limit: self._limit_speed(limit))
            self._speeds.addAction(choice)
            self.speed_menu.addAction(choice)
        self.speed_button.clicked.connect(lambda: _open_below(self.speed_menu, self.speed_button))

    def _make_seed_menu(self) -> None:
        self.seed = ElidedPill(round(SEED_ROOM[0] * self._scale), self)
        self.seed.setToolTip("Seed of the run: a new one, the same again, or one of your own")
        self.seed_menu = QMenu(self)
        self.new_seed_action = self.seed_menu.addAction("New seed (N)", self.new_seed.emit)
        self.same_seed_action = self.seed_menu.addAction("The same seed again: reset (R)", self.reset.emit)
        self.seed_menu.addAction("Type a seed…", self.seed_pressed.emit)
        self.seed.clicked.connect(lambda: _open_below(self.seed_menu, self.seed))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # the bar fits itself into what there is
        row.setContentsMargins(round(14 * self._scale), 0, round(12 * self._scale), 0)
        row.setSpacing(round(6 * self._scale))
        row.addWidget(self.logo)
        row.addWidget(self.app_name)
        row.addWidget(self.name)
        row.addStretch(1)
        epochs = self._epoch_buttons = QHBoxLayout()
        epochs.setSpacing(1)
        epochs.addWidget(self.epoch_button)
        epochs.addWidget(self.more_button)
        for button in (self.reset_button, self.run_button, self.step_button):
            row.addWidget(button)
        row.addLayout(epochs)
        row.addWidget(self.stop_button)
        row.addWidget(self.speed_button)
        row.addSpacing(round(4 * self._scale))
        row.addWidget(self.figures)
        row.addStretch(1)
        for widget in (self.device, self.seed, self.theme_button, self.menu_button):
            row.addWidget(widget)
        self.more_button.setFixedSize(round(20 * self._scale), self.epoch_button.sizeHint().height())
        for button in (self.theme_button, self.menu_button):
            button.setFixedWidth(round(37 * self._scale))
        order = (
            self.name, self.reset_button, self.run_button, self.step_button, self.epoch_button, self.more_button,
            self.stop_button, self.speed_button, self.device, self.seed, self.theme_button, self.menu_button,
        )  # fmt: skip
        for before, after in zip(order, order[1:], strict=False):
            QWidget.setTabOrder(before, after)

    def _widest(self, texts: tuple[str, ...]) -> int:
        metrics = QFontMetrics(self.run_button.font())
        return max(metrics.horizontalAdvance(text) for text in texts)

    # ------------------------------------------------------------------------------ showing

    def show_state(self, state: str, reason: str = "", tip: str = "") -> None:
        """Show what can be pressed.

        `state` is one of "empty", "loading", "ready", "paused", "playing", "finished", "extendable", "refused",
        "none" and "invalid"; `reason` says why nothing can be run. With a state of the run and a reason, what ends
        or pauses it still works. `tip` says what the first button does, where that is not the usual.
        """
        text, look = RUN_LOOKS.get(state, ("Run", "play"))
        if text != self.run_button.accessibleName():
            self.run_button.setAccessibleName(text)
            self._show_run()
        if look != self._run_look:
            self._run_look = look
            self._show_icons()
        blocked = bool(reason) and state != "playing"
        tip = f"Cannot run: {reason}" if blocked else tip or RUN_TIPS.get(state, f"{text} (Space)")
        if plain_tip(tip) != self.run_button.toolTip():
            self.run_button.setToolTip(plain_tip(tip))
            self.run_button.setAccessibleDescription(tip if blocked else "")
        works = {name: state in states and (not blocked or name == "stop") for name, states in WORKS.items()}
        self.run_button.setEnabled(works["run"])
        self.step_button.setEnabled(works["step"])
        self.epoch_button.setEnabled(works["epoch"])
        self.more_button.setEnabled(works["epoch"])
        self.stop_button.setEnabled(works["stop"])
        self.reset_button.setEnabled(works["reset"])
        self.new_seed_action.setEnabled(works["reset"])
        self.same_seed_action.setEnabled(works["reset"])

    def show_name(self, name: str, modified: bool) -> None:
        """Show what is open, and whether it has unsaved changes."""
        self.name.show_text(f"{name} •" if modified else name)
        self._fit()

    def show_seed(self, seed: int) -> None:
        """Show the seed of the experiment."""
        self.seed.show_text(f"Seed {seed}")
        self._fit()

    def show_speed_limit(self, limit: float | None) -> None:
        """Show how fast the run may go (None: full speed)."""
        self.speed_limit = limit
        self.speed_button.setAccessibleName(f"Speed: {in_words(limit)}")
        self.speed_button.setToolTip(f"{in_words(limit)}. Slower with [, faster with ]")
        for choice in self._speeds.actions():
            choice.setChecked(choice.data() == limit)
        self._show_speed()

    def _show_run(self) -> None:
        words = self._fold < 10
        self.run_button.setText(self.run_button.accessibleName() if words else "")
        texts = ("Run", *(text for text, _ in RUN_LOOKS.values())) if words else ("",)
        self.run_button.setFixedWidth(self._widest(texts) + self._icon_px + round(28 * self._scale))

    def _show_speed(self) -> None:
        words = in_few_words if self._fold >= 2 else in_words
        self.speed_button.setText(f"{words(self.speed_limit)} ▾")
        texts = tuple(f"{words(limit)} ▾" for limit in (*LIMITS, self.speed_limit))
        self.speed_button.setFixedWidth(self._widest(texts) + round(18 * self._scale))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.logo.setPixmap(pixmap("logo", theme.accent, px=self._icon_px, ratio=self.devicePixelRatioF()))
        self.figures.restyle(theme)
        self.device.restyle(theme)
        self._show_icons()

    def _show_icons(self) -> None:
        theme, size = self._theme, QSize(self._icon_px, self._icon_px)
        for button, name in (
            (self.reset_button, "reset"), (self.step_button, "step"), (self.epoch_button, "epoch"),
            (self.more_button, "more"), (self.stop_button, "stop"), (self.theme_button, "theme"),
            (self.menu_button, "menu"),
        ):  # fmt: skip
            button.setIcon(icon(name, theme.text, theme.faint, px=self._icon_px))
            button.setIconSize(size)
        self.run_button.setIcon(icon(self._run_look or "play", theme.on_accent, theme.faint, px=self._icon_px))
        self.run_button.setIconSize(size)

    # ------------------------------------------------------------------------------ speed, epochs

    def slower(self) -> None:
        """Take the next speed limit below."""
        self._limit_speed(slower(self.speed_limit))

    def faster(self) -> None:
        """Take the next speed limit above."""
        self._limit_speed(faster(self.speed_limit))

    def _limit_speed(self, limit: float | None) -> None:
        if limit != self.speed_limit:
            self.show_speed_limit(limit)
            self.speed_limit_changed.emit(limit)

    def _epochs_ahead(self, count: int) -> int:
        return min(self.figures.epoch + count, self.figures.epochs)

    def ask_epoch(self) -> None:
        """Ask up to which epoch to run."""
        dialog = EpochDialog(lambda: (self.figures.epoch, self.figures.epochs), self._scale, self.window())
        dialog.chosen.connect(self.run_to_epoch)
        dialog.open()

    # ------------------------------------------------------------------------------ room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.height())  # whatever the width, the bar leaves out as much as it takes

    def _fit(self) -> None:
        """Leave out as little as there is room for: nothing depends on figures that change while training."""
        if self._folded_for == self._room_asked():
            return
        for fold in range(FOLDS):
            self._show_fold(fold)
            if self.layout().sizeHint().width() <= self.width():
                break
        for pill, room in ((self.name, NAME_ROOM), (self.seed, SEED_ROOM)):  # what is left over goes to the words
            left = self.width() - self.layout().sizeHint().width()
            used = pill.fontMetrics().horizontalAdvance(pill.text())
            pill.set_limit(min(round(room[0] * self._scale), max(pill.limit, used + left)))
            self.layout().invalidate()
        self._folded_for = self._room_asked()

    def _room_asked(self) -> object:
        widest = self.name, self.seed, self.device
        return self.width(), self.figures.sizeHint().width(), *(pill.accessibleName() for pill in widest)

    def _show_fold(self, fold: int) -> None:
        """Leave things out, step by step: what can be read elsewhere first, words beside icons last."""
        self._fold = fold
        self.app_name.setVisible(fold < 1)
        self.name.set_limit(round(NAME_ROOM[0 if fold < 1 else 1 if fold < 6 else 2] * self._scale))
        self.figures.set_compact(0 if fold < 3 else 1 if fold < 7 else 2)
        self.reset_button.setText("Reset" if fold < 4 else "")
        self.stop_button.setText("Stop" if fold < 4 else "")
        self.step_button.setText("Step" if fold < 5 else "")
        self.epoch_button.setText("Epoch" if fold < 5 else "")
        self.theme_button.setVisible(fold < 6)  # it is in the menu too
        self.seed.set_limit(round(SEED_ROOM[0 if fold < 6 else 1] * self._scale))
        self.device.setVisible(fold < 8)  # the form has it, and the name
        self.name.setVisible(fold < 9)
        self.speed_button.setVisible(fold < 11)  # the keys [ and ] set it too
        self.figures.setVisible(fold < 12)
        self._show_run()
        self._show_speed()
        self._epoch_buttons.invalidate()  # it keeps what its buttons asked for until the next turn of the event loop
        self.layout().invalidate()


def _open_below(menu: QMenu, button: QWidget) -> None:
    menu.popup(button.mapToGlobal(QPoint(0, button.height())))
