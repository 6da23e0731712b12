"""The preferences, chosen: look, device, run folder, and how much drawing may cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from gui import theme as themes
from gui.builder.editors import Combo
from gui.devices import cuda_found
from gui.look_sample import LookSample
from gui.panels.panel import scale
from gui.preferences import LARGEST, LEAST_DRAWING, MOST_DRAWING, MOST_MEASURING, SMALLEST, Settings
from gui.run_folder import check_run_folder
from gui.tall_content import TallContent
from gui.theme import Theme
from gui.tips import plain_label
from training.errors import shortened
from training.shown_path import shown_path

CHECK_MS = 300
STEP = 5  # percent of the scale
COST_OF_DRAWING = 2.2
"""What a share of a core spent drawing takes from training, by its own: 13% took 22% (docs/benchmarks.md)."""

THEMES = (("System", "system", "Dark or light as the desktop says"), ("Dark", "dark", ""), ("Light", "light", ""))
DEVICES = (
    ("Auto", "auto", "A GPU only where it is faster for the experiment"), ("CPU", "cpu", ""), ("CUDA", "cuda", ""),
)  # fmt: skip


class PreferencesDialog(QDialog):
    """Nothing is applied before "Apply" or "OK"; until then a sample shows the look.

    ``changed`` brings only the values that were changed here, by name: the window goes on behind the
    dialog, and what was chosen there meanwhile stays.
    """

    changed = Signal(dict)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle("Preferences")
        self.settings = settings
        self._cuda, self._cuda_text = cuda_found()
        self._checking = QTimer(self)
        self._checking.setSingleShot(True)
        self._checking.setInterval(CHECK_MS)
        self._checking.timeout.connect(self._check_folder)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self._content = QWidget(self)
        self._build()
        self._show(settings)

    # ------------------------------------------------------------------------------ building

    def _build(self) -> None:
        """Make everything at the interface scale that holds now."""
        old = self._content
        self._content = content = QWidget(self)
        self._outer.replaceWidget(old, content)
        self._outer.addWidget(content)
        old.hide()
        old.deleteLater()
        size = self._size = scale()
        self.theme = _choice(THEMES, "Theme", "Colors of the window", content)
        self.scale = _slider(round(SMALLEST * 100), round(LARGEST * 100), "Interface scale", content)
        self.scale.setSingleStep(STEP)
        self.scale.setPageStep(20)
        self.scale.setToolTip("Size of everything in the window, 80 to 200%")
        self.scale_text = _figure("200%", content)
        self.sample = LookSample(content)
        self.device = _choice(DEVICES, "Device for new experiments", "An experiment that names its device keeps it",
                              content)
        self.device_note = _note(self._cuda_text, content)
        self.folder = QLineEdit(content)
        self.folder.setToolTip("Where runs are saved; a relative folder is taken from where the program was started")
        self.folder.setAccessibleName("Run folder")
        self.browse = QPushButton("Browse…", content)
        self.browse.setToolTip("Choose the run folder")
        self.browse.setAutoDefault(False)
        self.folder_note = _note("", content)
        self.budget = _slider(round(LEAST_DRAWING * 100), round(MOST_DRAWING * 100), "Redraw budget", content)
        self.budget.setPageStep(5)
        self.budget.setToolTip("Share of one core that drawing may take while a run trains: more is smoother")
        self.budget_text = _figure("50%", content)
        self.budget_note = _note("", content)
        self.instruments = _slider(0, round(MOST_MEASURING * 100), "Instruments budget", content)
        self.instruments.setPageStep(5)
        self.instruments.setToolTip("Time for instruments, as a share of the training time: more, and they are read "
                                    "more often; 0 reads none")
        self.instruments_text = _figure("50%", content)
        self.instruments_note = _note("", content)
        self._lay_out(content, size)
        self._connect()

    def _lay_out(self, content: QWidget, size: float) -> None:
        def px(value: int) -> int:
            return round(value * size)

        grid = QGridLayout()
        grid.setHorizontalSpacing(px(14))
        grid.setVerticalSpacing(px(5))
        grid.setColumnMinimumWidth(1, px(360))
        rows: tuple[tuple[str, QWidget | tuple[QWidget, QWidget] | None], ...] = (
            ("Theme", self.theme), ("Interface scale", (self.scale, self.scale_text)), ("", self.sample), ("", None),
            ("Device for new\nexperiments", self.device), ("", self.device_note), ("", None),
            ("Run folder", (self.folder, self.browse)), ("", self.folder_note), ("", None),
            ("Redraw budget", (self.budget, self.budget_text)), ("", self.budget_note), ("", None),
            ("Instruments budget", (self.instruments, self.instruments_text)), ("", self.instruments_note),
        )  # fmt: skip
        for index, (text, what) in enumerate(rows):
            if what is None:
                grid.setRowMinimumHeight(index, px(6))
                continue
            parts = what if isinstance(what, tuple) else (what,)
            if text:
                label = plain_label(text, content)
                label.setProperty("role", "label")
                label.setBuddy(parts[0])
                grid.addWidget(label, index, 0, Qt.AlignmentFlag.AlignVCenter)
            holder = QHBoxLayout()
            holder.setSpacing(px(8))
            holder.addWidget(parts[0], 1)
            for part in parts[1:]:
                holder.addWidget(part)
            grid.addLayout(holder, index, 1)
        self.sample.setFixedHeight(px(20) + round(44 * LARGEST))
        for note in (self.device_note, self.folder_note, self.budget_note, self.instruments_note):
            note.setFixedWidth(px(360))
            note.setMinimumHeight(2 * note.fontMetrics().height())
            note.setAlignment(Qt.AlignmentFlag.AlignTop)
        upper = QWidget()
        grid.setContentsMargins(px(20), px(16), px(20), px(8))
        upper.setLayout(grid)
        buttons = self._buttons(content, px(8))
        buttons.setContentsMargins(px(20), px(8), px(20), px(14))
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(TallContent(upper, buttons.sizeHint().height(), content), 1)
        box.addLayout(buttons)

    def _buttons(self, content: QWidget, gap: int) -> QHBoxLayout:
        self.reset_button = QPushButton("Reset to defaults", content)
        self.cancel_button = QPushButton("Cancel", content)
        self.apply_button = QPushButton("Apply", content)
        self.ok_button = QPushButton("OK", content)
        self.reset_button.setToolTip("Show the defaults; nothing changes before Apply or OK")
        self.cancel_button.setToolTip("Close and change nothing (Esc)")
        self.apply_button.setToolTip("Use these preferences and leave this open")
        self.ok_button.setToolTip("Use these preferences (Enter)")
        row = QHBoxLayout()
        row.setSpacing(gap)
        row.addWidget(self.reset_button)
        row.addStretch(1)
        for button in (self.cancel_button, self.apply_button, self.ok_button):
            row.addWidget(button)
        for button in (self.reset_button, self.cancel_button, self.apply_button):
            button.setAutoDefault(False)
        self.ok_button.setProperty("role", "primary")
        self.ok_button.setDefault(True)
        return row

    def _connect(self) -> None:
        self.theme.activated.connect(self._show_sample)
        self.scale.valueChanged.connect(self._show_sample)
        self.budget.valueChanged.connect(self._show_budget)
        self.instruments.valueChanged.connect(self._show_instruments)
        self.device.activated.connect(self._show_device)
        self.folder.textChanged.connect(lambda: self._checking.start())
        self.folder.editingFinished.connect(self._check_folder)
        self.browse.clicked.connect(self._browse)
        self.reset_button.clicked.connect(self._reset)
        self.cancel_button.clicked.connect(self.reject)
        self.apply_button.clicked.connect(self.apply)
        self.ok_button.clicked.connect(self.accept)

    # ------------------------------------------------------------------------------ what is chosen

    def chosen(self) -> dict[str, Any]:
        """Return what was changed in the dialog, by name."""
        values = {
            "theme": self.theme.currentData(), "scale": self._rounded_scale() / 100,
            "device": self.device.currentData(), "run_folder": self.folder.text().strip(),
            "redraw_budget": self.budget.value() / 100, "instrument_budget": self.instruments.value() / 100,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value != getattr(self.settings, name)}

    def apply(self) -> bool:
        """Report what is chosen; return whether all of it can be used."""
        if not self._check_folder():
            self.folder.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        chosen = self.chosen()
        if chosen:
            self.settings = self.settings.model_copy(update=chosen)
            self.changed.emit(chosen)
        return True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.theme.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        if self.apply():
            super().accept()

    def restyle(self, theme: Theme) -> None:
        """Show a theme chosen in the window, unless another one is being chosen here."""
        if "theme" not in self.chosen() and themes.named(self.settings.theme).name != theme.name:
            self.settings = self.settings.model_copy(update={"theme": theme.name})
            self.theme.setCurrentIndex(self.theme.findData(theme.name))
        self._show_sample()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and scale() != self._size:
            QTimer.singleShot(0, self, self._rebuild)

    def _rebuild(self) -> None:
        """Make everything anew at another interface scale, with what was chosen so far."""
        if scale() == self._size:
            return
        chosen, folder = self.chosen(), self.folder.text()
        self._build()
        self._show(self.settings.model_copy(update={**chosen, "run_folder": folder}))
        self.theme.setFocus(Qt.FocusReason.OtherFocusReason)

    def _rounded_scale(self) -> int:
        return round(self.scale.value() / STEP) * STEP

    def _reset(self) -> None:
        defaults = Settings()
        names = ("theme", "scale", "device", "run_folder", "redraw_budget", "instrument_budget")
        self._show(self.settings.model_copy(update={name: getattr(defaults, name) for name in names}))

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Run folder", str(self.settings.folder_for_runs()))
        if path:
            self.folder.setText(path)
            self._check_folder()

    # ------------------------------------------------------------------------------ showing

    def _show(self, settings: Settings) -> None:
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.scale.setValue(round(settings.scale * 100))
        self.device.setCurrentIndex(self.device.findData(settings.device))
        self.folder.setText(settings.run_folder)
        self.budget.setValue(round(settings.redraw_budget * 100))
        self.instruments.setValue(round(settings.instrument_budget * 100))
        self._show_sample()
        self._show_device()
        self._show_budget()
        self._show_instruments()
        self._check_folder()

    def _show_sample(self) -> None:
        percent = self._rounded_scale()
        self.scale_text.setText(f"{percent}%")
        self.sample.show_look(themes.named(self.theme.currentData()), percent / 100)

    def _show_device(self) -> None:
        missing = self.device.currentData() == "cuda" and not self._cuda
        text = f"{self._cuda_text} New experiments use Auto until it is." if missing else self._cuda_text
        _say(self.device_note, text, "note" if missing else "caption")

    def _show_budget(self) -> None:
        share = self.budget.value() / 100
        slower = 1 - 1 / (1 + COST_OF_DRAWING * share)
        self.budget_text.setText(f"{self.budget.value()}%")
        text = (
            f"{self.budget.value()}% of a core: drawing may slow training by up to about {5 * round(20 * slower)}%. "
            "If drawing costs more, the window redraws less often."
        )
        _say(self.budget_note, text, "caption")
        self.budget.setAccessibleDescription(text)

    def _show_instruments(self) -> None:
        share = self.instruments.value()
        self.instruments_text.setText(f"{share}%")
        text = (
            f"Up to {share}% of the training time goes into measuring. Instruments that cost more are read less often; "
            "none of them changes the run."
        ) if share else "No instruments are read beside training."
        _say(self.instruments_note, text, "caption")
        self.instruments.setAccessibleDescription(text)

    def _check_folder(self) -> bool:
        self._checking.stop()
        check = check_run_folder(self.folder.text())
        relative = check.usable and not Path(self.folder.text().strip()).expanduser().is_absolute()
        text = f"In {shortened(shown_path(Path.cwd()), 60)}. {check.text}" if relative else check.text
        _say(self.folder_note, text, "caption" if check.usable else "error")
        if bool(self.folder.property("invalid")) == check.usable:
            self.folder.setProperty("invalid", not check.usable)
            _polish(self.folder)
        self.folder.setAccessibleDescription(check.text)
        return check.usable


def _choice(options: tuple[tuple[str, str, str], ...], name: str, tip: str, parent: QWidget) -> Combo:
    combo = Combo(parent)
    for text, value, about in options:
        combo.addItem(text, value)
        combo.setItemData(combo.count() - 1, about or None, Qt.ItemDataRole.ToolTipRole)
    combo.setAccessibleName(name)
    combo.setToolTip(tip)
    return combo


def _slider(low: int, high: int, name: str, parent: QWidget) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal, parent)
    slider.setRange(low, high)
    slider.setAccessibleName(f"{name}, percent")
    thick, handle = round(4 * scale()), round(16 * scale())
    slider.setStyleSheet(
        f"QSlider {{ min-height: {handle + 4}px; }}"
        f"QSlider::groove {{ background: palette(mid); height: {thick}px; border-radius: {thick // 2}px; }}"
        f"QSlider::sub-page {{ background: palette(highlight); border-radius: {thick // 2}px; }}"
        f"QSlider::handle {{ background: palette(highlight); width: {handle - 4}px; border-radius: {handle // 2}px;"
        f" margin: {(thick - handle) // 2}px 0; border: 2px solid palette(window); }}"
        "QSlider::handle:focus { border-color: palette(text); }"
    )
    return slider


def _figure(widest: str, parent: QWidget) -> QLabel:
    label = plain_label(widest, parent)
    label.setFixedWidth(label.sizeHint().width())
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def _note(text: str, parent: QWidget) -> QLabel:
    label = plain_label(text, parent)
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    return label


def _say(label: QLabel, text: str, role: str) -> None:
    label.setText(text)
    if label.property("role") != role:
        label.setProperty("role", role)
        _polish(label)


def _polish(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)
