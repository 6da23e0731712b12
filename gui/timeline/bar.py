"""The bar below the criteria: the line of the run, and buttons to play it back, to return to now, and to fork."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from gui.icons import icon
from gui.theme import Theme
from gui.timeline.playback import SPEEDS, Speed
from gui.timeline.track import Shown, Track

PLAY_TIPS = {
    False: "Play the run back, from its start or from the moment shown (P)", True: "Hold the playback here (P)",
}
FORK_TIP = (
    "Fork here (F): another run goes on from the moment shown, and waits for what you change. "
    "This one stays behind it as a ghost. Unchanged, the two are the same to the last bit."
)


class TimelineBar(QWidget):
    """Only reports what was pressed. ``speed_chosen`` carries a `Speed`, ``speed_times`` a factor."""

    play = Signal()
    now = Signal()
    fork = Signal()
    speed_chosen = Signal(object)
    speed_times = Signal(float)

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale = theme, scale
        self._playing: bool | None = None
        self.track = Track(theme, scale, self)
        self.play_button = self._button("", "", self.play)
        self.speed_button = QPushButton(self)
        self.speed_button.setProperty("role", "pill")
        self.speed_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._make_menu()
        self.now_button = self._button("Now", "Back to the present of the run (.)", self.now)
        self.fork_button = self._button("Fork here", FORK_TIP, self.fork)
        row = QHBoxLayout(self)
        row.setContentsMargins(round(10 * scale), 0, round(10 * scale), round(5 * scale))
        row.setSpacing(round(6 * scale))
        for widget in (self.play_button, self.track, self.speed_button, self.now_button, self.fork_button):
            row.addWidget(widget, 1 if widget is self.track else 0)
        self.restyle(theme)
        self.show_run(Shown(), playing=False)

    def _button(self, text: str, tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "pill")
        button.setAccessibleName(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: signal.emit())
        return button

    def _make_menu(self) -> None:
        self.menu = QMenu(self)
        self._choices = QActionGroup(self.menu)
        for speed in SPEEDS:
            choice = QAction(speed.in_words, self.menu)
            choice.setCheckable(True)
            choice.setData(speed)
            choice.triggered.connect(lambda _=False, speed=speed: self.speed_chosen.emit(speed))
            self._choices.addAction(choice)
            self.menu.addAction(choice)
        self.menu.addSeparator()
        self.menu.addAction("Half as fast", lambda: self.speed_times.emit(0.5))
        self.menu.addAction("Twice as fast", lambda: self.speed_times.emit(2.0))
        self.speed_button.clicked.connect(self._open_menu)

    def _open_menu(self) -> None:
        at = self.speed_button.mapToGlobal(QPoint(0, 0))
        self.menu.popup(at - QPoint(0, self.menu.sizeHint().height()))

    # ------------------------------------------------------------------------------ showing

    def show_run(self, shown: Shown, *, playing: bool) -> None:
        """Show where the run stands, and whether it is being played back."""
        self.track.show_run(shown)
        trained = shown.now > 0
        self.play_button.setEnabled(trained)
        self.speed_button.setEnabled(trained)
        self.fork_button.setEnabled(trained)
        self.now_button.setEnabled(shown.past is not None)
        if playing != self._playing:
            self._playing = playing
            self.play_button.setAccessibleName("Hold the playback" if playing else "Play back")
            self.play_button.setToolTip(PLAY_TIPS[playing])
            self._show_icon()

    def show_speed(self, speed: Speed) -> None:
        """Show how fast it is played back."""
        self.speed_button.setText(f"{speed.in_few_words} ▾")
        self.speed_button.setAccessibleName(f"Speed of the playback: {speed.in_words}")
        self.speed_button.setToolTip(f"Playback: {speed.in_words.lower()}")
        metrics = QFontMetrics(self.speed_button.font())
        widest = max(metrics.horizontalAdvance(f"{each.in_few_words} ▾") for each in (*SPEEDS, speed))
        self.speed_button.setFixedWidth(widest + round(12 * self._scale))
        for choice in self._choices.actions():
            choice.setChecked(choice.data() == speed)

    def _show_icon(self) -> None:
        px = round(13 * self._scale)
        name = "pause" if self._playing else "play"
        self.play_button.setIcon(icon(name, self._theme.text, self._theme.faint, px=px))
        self.play_button.setIconSize(QSize(px, px))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.track.restyle(theme)
        self._show_icon()
