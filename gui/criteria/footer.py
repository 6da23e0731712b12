"""The line under the criteria: how they end the run together, early stopping counted down, and what is wrong."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from gui.criteria.words import armed, evaluations_left, rule
from gui.panels.painting import painter_on
from gui.theme import Theme, text_font
from gui.tips import plain_label, plain_tip
from training.experiment import Criteria, EarlyStopping

HEIGHT = 19
MOST = 5  # criteria there are


class Footer(QWidget):
    """``wanted`` asks for another combination: "any", "all" or "k", and how many."""

    wanted = Signal(str, int)

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(round(HEIGHT * scale))
        self.before = plain_label("", self)
        self.rest = plain_label("", self)
        self.error = plain_label("", self)
        for label, role in ((self.before, "caption"), (self.rest, "caption"), (self.error, "error")):
            label.setProperty("role", role)
        self.button = QToolButton(self)
        self.button.setProperty("role", "pill")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setToolTip("How many of the criteria set to stop have to be met at once")
        self.button.setFixedSize(round(42 * scale), round(17 * scale))
        self.button.clicked.connect(self._open_menu)
        self.patience = PatienceBar(theme, scale, self)
        self._make_menu()
        row = QHBoxLayout(self)
        row.setContentsMargins(round(2 * scale), 0, round(2 * scale), 0)
        row.setSpacing(round(6 * scale))
        for widget in (self.before, self.button, self.rest):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.error)
        row.addWidget(self.patience)

    def _make_menu(self) -> None:
        self.menu = QMenu(self)
        self._choices = QActionGroup(self.menu)
        rows = [("any", 0, "Any of them"), ("all", 0, "All of them at once")]
        rows += [("k", k, f"{k} of them at once") for k in range(2, MOST + 1)]
        for combine, k, text in rows:
            choice = QAction(text, self.menu)
            choice.setCheckable(True)
            choice.setData((combine, k))
            choice.triggered.connect(lambda _=False, combine=combine, k=k: self.wanted.emit(combine, k))
            self._choices.addAction(choice)
            self.menu.addAction(choice)

    def _open_menu(self) -> None:
        at = self.button.mapToGlobal(QPoint(0, 0))
        self.menu.popup(at - QPoint(0, self.menu.sizeHint().height()))

    def show_settings(self, criteria: Criteria) -> None:
        """Say how the criteria end the run."""
        before, many, rest = rule(criteria)
        self.before.setText(before)
        self.button.setText(f"{many} ▾")
        self.button.setAccessibleName(f"{before} {many} {rest}")
        self.rest.setText(rest)
        chosen = (criteria.combine, criteria.k if criteria.combine == "k" else 0)
        for choice in self._choices.actions():
            choice.setChecked(tuple(choice.data()) == chosen)
            choice.setEnabled(choice.data()[1] <= armed(criteria))

    def show_error(self, text: str) -> None:
        """Say what is wrong with what is being typed ("": nothing)."""
        if text != self.error.text():
            self.error.setText(text)
            self.error.setToolTip(plain_tip(text))
        self.patience.setVisible(not text)
        self.error.setVisible(bool(text))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.patience.restyle(theme)


class PatienceBar(QWidget):
    """The patience of early stopping, counted down."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale = theme, scale
        self._font = text_font(scale, px=11)
        self._patience, self._left = 0, math.nan
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def text(self) -> str:
        """What is said."""
        if not self._patience:
            return "Early stopping is off"
        left = "" if math.isnan(self._left) else f"{self._left:.0f} left of "
        return f"Early stopping: {left}{self._patience}"

    def said(self, room: float) -> str:
        """Return what is said in so many pixels: in whole words."""
        fits = QFontMetrics(self._font).horizontalAdvance(self.text) <= room
        return self.text if fits else self.text.removeprefix("Early stopping: ").removeprefix("Early stopping is ")

    def show_settings(self, early: EarlyStopping) -> None:
        """Take over the patience."""
        patience = early.patience if early.enabled else 0
        if patience != self._patience:
            self._patience = patience
            self._changed()
            self.updateGeometry()

    def show_waited(self, waited: float) -> None:
        """Show how many evaluations did not improve (NaN: not known)."""
        left = evaluations_left(waited, self._patience) if not math.isnan(waited) else math.nan
        if left != self._left and not (math.isnan(left) and math.isnan(self._left)):
            self._left = left
            self._changed()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def _changed(self) -> None:
        self.setAccessibleName(self.text)
        self.setToolTip("Evaluations without improvement until early stopping ends the run (set in the form)")
        self.update()

    def sizeHint(self) -> QSize:
        widest = f"Early stopping: {self._patience} left of {self._patience}"
        bar = round(52 * self._scale) if self._patience else 0
        return QSize(QFontMetrics(self._font).horizontalAdvance(widest) + bar, round(HEIGHT * self._scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, round(HEIGHT * self._scale))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            theme, bar = self._theme, 44 * self._scale if self._patience else 0.0
            out = self._patience and self._left == 0
            painter.setFont(self._font)
            painter.setPen(QColor(theme.warn if out else theme.muted if self._patience else theme.faint))
            words = QRectF(0, 0, self.width() - bar - (8 * self._scale if bar else 0), self.height())
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(words, right, self.said(words.width()))
            if bar:
                height = 4 * self._scale
                box = QRectF(self.width() - bar, (self.height() - height) / 2, bar, height)
                painter.fillRect(box, QColor(theme.grid))
                share = 1.0 if math.isnan(self._left) else self._left / self._patience
                painter.fillRect(QRectF(box.left(), box.top(), bar * share, height), QColor(theme.validation))
