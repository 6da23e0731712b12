"""The bar at the top: what is open, the buttons that drive the run, and where it stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from gui.icons import icon, pixmap
from gui.theme import Theme, mono_font
from gui.tips import button_text, plain_tip

HEIGHT = 51
NARROW = 1280  # below this width the bar leaves out what can be read elsewhere
GAP = "\u2009"  # thin space between groups of three digits


class Transport(QFrame):
    """Buttons and figures. It only reports what was pressed; the window decides what it means."""

    reset = Signal()
    toggle = Signal()
    step = Signal()
    epoch = Signal()
    stop = Signal()
    name_pressed = Signal()
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
        self.logo = QLabel(self)
        self.app_name = QLabel("Convergence Lab", self)
        self.app_name.setObjectName("appName")
        self.name = ElidedPill(round(190 * scale), self)
        self.name.setToolTip("Name of the experiment (click to change it)")
        self.name.clicked.connect(self.name_pressed)
        self.reset_button = self._button("Reset", "Start over from the same initial weights (R)", self.reset)
        self.run_button = self._button("Run", "", self.toggle)
        self.run_button.setProperty("role", "primary")
        self.step_button = self._button("Step", "One optimizer step (→)", self.step)
        self.epoch_button = self._button("Epoch", "One pass over the training data (E)", self.epoch)
        self.stop_button = self._button("Stop", "End the run here (S)", self.stop)
        self.figures = RunFigures(theme, scale, self)
        self.device = DevicePill(theme, self)
        self.device.clicked.connect(self.device_pressed)
        self.seed = ElidedPill(round(120 * scale), self)
        self.seed.setToolTip("Seed of the run (click to change it)")
        self.seed.clicked.connect(self.seed_pressed)
        self.theme_button = self._button("", "Dark or light (Ctrl+T)", self.theme_pressed)
        self.theme_button.setAccessibleName("Switch between dark and light")
        self.menu_button = QToolButton(self)
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setToolTip("Menu: open, save, presets, help (F10)")
        self.menu_button.setMenu(menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._lay_out()
        self.restyle(theme)
        self.show_state("empty")

    def _button(self, text: str, tip: str, signal: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(7)
        row.addWidget(self.logo)
        row.addWidget(self.app_name)
        row.addSpacing(4)
        row.addWidget(self.name)
        row.addStretch(1)
        for button in (self.reset_button, self.run_button, self.step_button, self.epoch_button, self.stop_button):
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.figures)
        row.addStretch(1)
        for widget in (self.device, self.seed, self.theme_button, self.menu_button):
            row.addWidget(widget)
        metrics = QFontMetrics(self.run_button.font())
        widest = max(metrics.horizontalAdvance(text) for text in ("Run again", "Pause", "Continue", "Loading…"))
        self.run_button.setFixedWidth(widest + self._icon_px + round(38 * self._scale))

    # ------------------------------------------------------------------------------ showing

    def show_state(self, state: str, reason: str = "") -> None:
        """Show what can be pressed.

        `state` is one of "empty", "loading", "ready", "paused", "playing", "finished", "extendable",
        "invalid"; `reason` says why nothing can be run.
        """
        text, look = {
            "playing": ("Pause", "pause"), "extendable": ("Continue", "play"), "loading": ("Loading…", "play"),
            "finished": ("Run again", "reset"),
        }.get(state, ("Run", "play"))
        if text != self.run_button.text():
            self.run_button.setText(text)
            self.run_button.setAccessibleName(text)
        if look != self._run_look:
            self._run_look = look
            self._show_icons()
        runnable = state in ("ready", "paused", "playing", "extendable", "loading", "finished")
        tips = {
            "playing": "Pause (Space)",
            "finished": "Start again from the same weights (Space). More epochs, or more patience, extend this run.",
            "extendable": "Go on with this run (Space)",
        }
        tip = f"Cannot run: {reason}" if reason else tips.get(state, f"{text} (Space)")
        if plain_tip(tip) != self.run_button.toolTip():
            self.run_button.setToolTip(plain_tip(tip))
            self.run_button.setAccessibleDescription(tip if reason else "")
        self.run_button.setEnabled(runnable)
        self.step_button.setEnabled(state in ("ready", "paused", "extendable"))
        self.epoch_button.setEnabled(state in ("ready", "paused", "extendable"))
        self.stop_button.setEnabled(state in ("paused", "playing", "loading"))
        self.reset_button.setEnabled(state != "empty")

    def show_name(self, name: str, modified: bool) -> None:
        """Show what is open, and whether it has unsaved changes."""
        self.name.show_text(f"{name} •" if modified else name)

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
            (self.stop_button, "stop"), (self.theme_button, "theme"), (self.menu_button, "menu"),
        ):
            button.setIcon(icon(name, theme.text, theme.faint, px=self._icon_px))
            button.setIconSize(size)
        self.run_button.setIcon(icon(self._run_look or "play", theme.on_accent, theme.faint, px=self._icon_px))
        self.run_button.setIconSize(size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW * self._scale
        self.app_name.setVisible(not narrow)
        self.name.set_limit(round((130 if narrow else 190) * self._scale))
        self.figures.set_compact(narrow)


class RunFigures(QWidget):
    """Epoch, step and speed, painted in places that do not move when a number grows."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = mono_font(scale, px=12.5)
        self._bold = QFont(self._font)
        self._bold.setWeight(QFont.Weight.Bold)
        self._metrics = QFontMetrics(self._bold)
        self._compact = False
        self._epochs, self._steps = 1, 1
        self._pieces: tuple[str, str, str, str] = ("", "", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_totals(1, 1)

    def show_totals(self, epochs: int, steps: int) -> None:
        """Say how far the run goes: that decides how much room each number gets."""
        if (epochs, steps) != (self._epochs, self._steps) or not self._pieces[1]:
            self._epochs, self._steps = epochs, steps
            self.show_figures(0, 0, 0.0)
            self.updateGeometry()

    def show_figures(self, epoch: float, step: int, steps_per_second: float) -> None:
        """Show where the run is."""
        speed = f"{grouped(round(steps_per_second))} steps/s" if steps_per_second > 0 else ""
        pieces = (grouped(int(epoch + 1e-9)), f"/{grouped(self._epochs)}", f"step {grouped(step)}", speed)
        if pieces != self._pieces:
            self._pieces = pieces
            self.setAccessibleName(f"epoch {pieces[0]} of {self._epochs}, {pieces[2]}, {speed or 'not training'}")
            self.update()

    def set_compact(self, compact: bool) -> None:
        """Leave the step out where there is little room."""
        if compact != self._compact:
            self._compact = compact
            self.updateGeometry()
            self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def _columns(self) -> tuple[int, int, int]:
        """Return the widths of "epoch 142/400", "step 18 176" and "6 940 steps/s" at their largest."""
        advance = self._metrics.horizontalAdvance
        most = grouped(self._epochs)
        epoch = advance("epoch ") + 2 * advance(most) + advance("/")
        step = 0 if self._compact else advance("step ") + advance(grouped(max(self._steps, 9999)))
        return epoch, step, advance("999" + GAP + "999 steps/s")

    def sizeHint(self) -> QSize:
        epoch, step, speed = self._columns()
        gap = self._metrics.horizontalAdvance("  ")
        return QSize(epoch + gap + (step + gap if step else 0) + speed, self._metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        epoch_width, step_width, speed_width = self._columns()
        gap = self._metrics.horizontalAdvance("  ")
        base = (self.height() + self._metrics.ascent() - self._metrics.descent()) / 2
        muted, text = QColor(self._theme.muted), QColor(self._theme.text)
        epoch, of, step, speed = self._pieces
        # The number of the epoch is set right, against its total.
        x = float(self._metrics.horizontalAdvance("epoch ") + self._metrics.horizontalAdvance(grouped(self._epochs)))
        painter.setFont(self._font)
        painter.setPen(muted)
        start = x - self._metrics.horizontalAdvance(epoch)
        painter.drawText(QPointF(start - self._metrics.horizontalAdvance("epoch "), base), "epoch ")
        painter.drawText(QPointF(x, base), of)
        painter.setFont(self._bold)
        painter.setPen(text)
        painter.drawText(QPointF(start, base), epoch)
        painter.setFont(self._font)
        painter.setPen(muted)
        x = float(epoch_width + gap)
        if step_width:
            painter.drawText(QPointF(x, base), step)
            x += step_width + gap
        if speed:
            painter.drawText(QPointF(x + speed_width - self._metrics.horizontalAdvance(speed), base), speed)
        painter.end()


class ElidedPill(QPushButton):
    """A rounded button with a text that is cut rather than pushing its neighbors away."""

    def __init__(self, limit: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pill")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._limit = limit
        self._full = ""

    def show_text(self, text: str) -> None:
        """Show a text; the whole of it is in the tooltip's place for screen readers."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self._fit()

    def set_limit(self, limit: int) -> None:
        """Set the widest it may get, in pixels."""
        if limit != self._limit:
            self._limit = limit
            self._fit()

    def _fit(self) -> None:
        self.setText(button_text(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self._limit)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()


class DevicePill(ElidedPill):
    """Where the run computes, with a dot that is filled while it does."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(160, parent)
        self._theme = theme
        self._busy = False
        self.show_device("CPU", "Where the run computes (click to change it)")

    def show_device(self, name: str, tip: str) -> None:
        """Name the device."""
        self.show_text(f"    {name}")
        self.setAccessibleName(f"Device: {name}")
        self.setToolTip(plain_tip(tip))

    def show_busy(self, busy: bool) -> None:
        """Fill the dot while training."""
        if busy != self._busy:
            self._busy = busy
            self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(self._theme.ok)
        painter.setPen(QPen(color, 1.4))
        if self._busy:
            painter.setBrush(color)
        painter.drawEllipse(QPointF(15, self.height() / 2), 3.6, 3.6)
        painter.end()


def grouped(number: int) -> str:
    """Return a whole number with thin spaces between groups of three digits."""
    return f"{number:,}".replace(",", GAP)
