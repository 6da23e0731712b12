"""The frame every panel stands in: a title, small figures and pills in one line, and the view below."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.selection import Selection
from gui.theme import BASE_PX, DARK, Theme, mix
from gui.tips import plain_label

if TYPE_CHECKING:
    from gui.run_view import RunView

GAP = 5
REST_NOTE = "This view met an error and rests until the next start."


@dataclass(frozen=True)
class Table:
    """What a panel shows, as figures.

    Attributes
    ----------
    columns
        A name for each column, with the unit where there is one.
    rows
        Numbers or texts, a sequence for each row.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


class Panel(QFrame):
    """A view of a run.

    The window calls `start` when a run begins (or is replaced), `refresh` while it is visible and
    something may have changed, `restyle` when the theme changes, and `clear` when there is no run.
    A panel only reads the run.

    A panel that raises is left alone, with a quiet note in its place, until the next `begin`; the
    window is told by `failed`, with a message and the traceback.

    Attributes
    ----------
    title
        Shown in the header, and the name of the panel in menus.
    name
        Identifies the panel in files: ``"learning_curves"``.
    selection
        The layer selected and the moment pointed at, shared with the other panels.
    needs_snapshot
        Whether the panel draws the network's weights or predictions, so that the window asks the
        session for snapshots while it is visible.
    """

    title = ""
    name = ""
    needs_snapshot = False
    failed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName(self.title)
        self.theme = DARK
        self.selection = Selection(self)
        self.title_label = plain_label(self.title)
        self.title_label.setProperty("role", "title")
        self.figure_label = plain_label()
        self.figure_label.setProperty("role", "caption")
        # The header takes the width it is given, and hides what has no room: it holds no column open.
        self.header_row = QWidget()
        self.header_row.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.header = QHBoxLayout(self.header_row)
        self.header.setContentsMargins(2, 0, 0, 0)
        self.header.setSpacing(GAP)
        self.header.addWidget(self.title_label)
        self.header.addWidget(self.figure_label, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(9, 6, 9, 6)
        self.body.setSpacing(4)
        self.body.addWidget(self.header_row)
        self._extras: list[tuple[int, QWidget]] = []
        self._figures: tuple[str, ...] = ("",)
        self._which = ""
        self.resting = False
        self.rest_note = plain_label(REST_NOTE)
        self.rest_note.setProperty("role", "caption")
        self.rest_note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.rest_note.setWordWrap(True)
        self.rest_note.hide()
        self.body.addWidget(self.rest_note, 1)

    # -- for the window: nothing of these raises

    def begin(self, run: RunView) -> None:
        """Start with a run, also after an error."""
        self.resting = False
        self._show_rest()
        replicas = run.history.replicas
        self._which = f"replica 1 of {replicas:,}" if self.needs_snapshot and replicas > 1 else ""
        self.title_label.setToolTip(f"Shows {self._which}" if self._which else "")
        self.attempt(self.start, run)
        self._choose_figure()

    def follow(self, run: RunView) -> None:
        """Refresh, unless the panel rests after an error."""
        if not self.resting:
            self.attempt(self.refresh, run)

    def attempt(self, act: Callable[..., None], *arguments: object) -> None:
        """Do something of the panel; an error ends in a note."""
        try:
            act(*arguments)
        except Exception as error:  # one view must not take the others along
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Rest because of an error; may be called while painting."""
        if self.resting:
            return
        self.resting = True
        QTimer.singleShot(0, self, self._show_rest)  # no widget may come or go in the middle of a painting
        details = "".join(traceback.format_exception(error))
        self.failed.emit(f"{self.title}: {type(error).__name__}: {error}", details)

    def _show_rest(self) -> None:
        if self.resting == self.rest_note.isVisibleTo(self):
            return
        for index in range(self.body.count()):
            widget = self.body.itemAt(index).widget()
            if widget is not None and widget is not self.header_row:
                widget.setVisible(self.resting == (widget is self.rest_note))

    def share(self, selection: Selection) -> None:
        """Take part in a selection shared with other panels."""
        self.selection = selection
        selection.layer_changed.connect(lambda: self.attempt(self.show_layer))
        selection.moment_changed.connect(lambda: self.attempt(self.show_moment))

    # -- what a panel is made of

    def suits(self, run: RunView) -> bool:
        """Tell whether there is anything to show of such a run."""
        return True

    def show_layer(self) -> None:
        """Show which layer is selected, in the panel's own way; many have none."""

    def show_moment(self) -> None:
        """Show the moment pointed at, in the panel's own way; many have none."""

    def table(self) -> Table | None:
        """Return what is shown as figures, exactly as recorded; None while nothing is."""
        return None

    def start(self, run: RunView) -> None:
        """Show a run from its beginning."""
        raise NotImplementedError

    def refresh(self, run: RunView) -> None:
        """Show what the run has become."""
        raise NotImplementedError

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        for pill in self.findChildren(Pill):
            pill.restyle(theme)

    def clear(self) -> None:
        """Show no run."""
        raise NotImplementedError

    def add_pill(
        self, text: str, tip: str, *, checked: bool = False, spare: int = 0, changed: Callable[[bool], object]
    ) -> Pill:
        """Add a toggle at the right of the header; `changed` is called with whether it is on.

        Where there is no room, what has the largest `spare` is hidden first, and what has 0 never.
        """
        pill = Pill(text, tip, checked=checked)
        pill.toggled.connect(changed)
        self.add_to_header(pill, spare=spare)
        return pill

    def add_to_header(self, widget: QWidget, *, spare: int = 0) -> None:
        """Add a widget at the right of the header; see `add_pill` for `spare`."""
        self.header.addWidget(widget)
        self._extras.append((spare, widget))

    def set_figure(self, *texts: str) -> None:
        """Show beside the title the first of `texts`, longest first, for which there is room."""
        texts = texts or ("",)
        if texts != self._figures:
            self._figures = texts
            self._choose_figure()

    def fit_header(self) -> None:
        """Hide what has no room in the header."""
        room = self.width() - self.title_label.sizeHint().width() - 28
        shown = sorted(self._extras, key=lambda extra: extra[0])
        for spare, widget in shown:
            room -= widget.sizeHint().width() + GAP
            widget.setVisible(spare == 0 or room >= 0)
            if not widget.isVisibleTo(self):
                room += widget.sizeHint().width() + GAP
        self._choose_figure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_header()

    def _choose_figure(self) -> None:
        used = [self.title_label, *(widget for _, widget in self._extras if widget.isVisibleTo(self))]
        room = self.width() - 26 - sum(widget.sizeHint().width() + GAP for widget in used)
        metrics = self.figure_label.fontMetrics()
        texts = self._figures
        if self._which:  # which of the replicas is shown matters more than any figure
            together = [f"{text} · {self._which}" for text in texts if text]
            texts = (*together, self._which, self._which.removeprefix("replica "), *texts)
        fitting = next((text for text in texts if metrics.horizontalAdvance(text) <= room - 4), "")
        if fitting != self.figure_label.text():
            self.figure_label.setText(fitting)


class Pill(QToolButton):
    """A small toggle in a panel's header; given a color, it is the key to a curve too."""

    def __init__(self, text: str, tip: str, *, checked: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._color: Callable[[Theme], str] = lambda theme: theme.accent

    def color_by(self, color: Callable[[Theme], str]) -> Pill:
        """Show the pill, while on, in a color of the theme."""
        self._color = color
        return self

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        color = self._color(theme)
        self.setStyleSheet(
            f"QToolButton {{ padding: {round(2 * scale())}px {round(5 * scale())}px; }}"
            f"QToolButton:checked {{ color: {color}; border-color: {mix(theme.border, color, 0.35)}; }}"
            f"QToolButton:disabled {{ color: {theme.faint}; border-color: transparent; }}"
        )


def scale() -> float:
    """Return the interface scale: the size of the application's font against the usual one."""
    pixels = QApplication.font().pixelSize()
    return pixels / BASE_PX if pixels > 0 else 1.0
