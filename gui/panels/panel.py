"""The frame every panel stands in: a title, small figures and pills in one line, and the view below."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.panels.header import Header, OtherButton, TitleLabel
from gui.panels.panel_menu import PanelMenu
from gui.panels.pill import Pill
from gui.panels.scale import scale
from gui.selection import Selection
from gui.theme import DARK, Theme
from gui.tips import plain_label

__all__ = ["GAP", "REST_NOTE", "Panel", "Pill", "Table", "scale"]

if TYPE_CHECKING:
    from gui.run_view import RunView

EDGES = 34
"""Pixels of a header that nothing stands in: margins of panel, row and figure."""
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
    short_title
        Shown in the header where there is no room for more; without one, the title is cut.
    name
        Identifies the panel in files: ``"learning_curves"``.
    selection
        The layer selected and the moment pointed at, shared with the other panels.
    shortcut
        The keys that show or hide it; without any, it is Ctrl and its number.
    needs_snapshot
        Whether the panel draws the network's weights or predictions, so that the window asks the
        session for snapshots while it is visible.
    maximized
        Whether the panel stands before all others; see `show_maximized`.
    curves
        What it shows, by the names that `training.diagnosis.finding.Evidence` has for it: evidence about that is drawn.
    moves
        The directions in which the panel can be moved, for its menu: ``"left"``, ``"up"``, …

    What its header and menu ask for is for the board to do: ``maximize_wanted``, ``hide_wanted``,
    ``move_wanted`` with a direction, ``export_wanted`` with one of ``"png"``, ``"svg"``, ``"csv"``,
    ``"picture"`` and ``"figures"`` (the last two to the clipboard).
    """

    title = ""
    short_title = ""
    name = ""
    shortcut = ""
    needs_snapshot = False
    curves: frozenset[str] = frozenset()
    failed = Signal(str, str)
    maximize_wanted = Signal()
    hide_wanted = Signal()
    move_wanted = Signal(str)
    export_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName(self.title)
        self.theme = DARK
        self.selection = Selection(self)
        self.title_label = TitleLabel(self.title)
        self.title_label.setProperty("role", "title")
        self.figure_label = plain_label()
        self.figure_label.setProperty("role", "caption")
        # The header takes the width it is given, and hides what has no room: it holds no column open.
        self.header_row = Header(self.title)
        self.header = QHBoxLayout(self.header_row)
        self.header.setContentsMargins(2, 0, 0, 0)
        self.header.setSpacing(GAP)
        self.header.addWidget(self.title_label)
        self.header.addWidget(self.figure_label, 1)
        self.header.addWidget(self.header_row.tools)
        self.header_row.enlarge_wanted.connect(self.maximize_wanted)
        self.header_row.menu_wanted.connect(self.open_menu)
        self.maximized = False
        self.moves: frozenset[str] = frozenset()
        self.other: tuple[str, Callable[[], object]] | None = None
        self._other_button: OtherButton | None = None
        self._menu: PanelMenu | None = None
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(9, 6, 9, 6)
        self.body.setSpacing(4)
        self.body.addWidget(self.header_row)
        self._extras: list[tuple[int, QWidget]] = []
        self._figures: tuple[str, ...] = ("",)
        self._which: tuple[str, ...] = ()
        self._titles = (self.title, self.short_title or self.title)
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
        one, of_many = self.needs_snapshot and replicas > 1, f"1 of {replicas:,}"
        self._which = (f"replica {of_many}", of_many) if one else ()
        self.attempt(self.start, run)
        self.fit_header()

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
        selection.evidence_changed.connect(lambda: self.attempt(self.show_evidence))

    # -- what a panel is made of

    def suits(self, run: RunView) -> bool:
        """Tell whether there is anything to show of such a run."""
        return True

    def show_layer(self) -> None:
        """Show which layer is selected, in the panel's own way; many have none."""

    def show_moment(self) -> None:
        """Show the moment pointed at, in the panel's own way; many have none."""

    def show_evidence(self) -> None:
        """Show the evidence of a finding about what the panel shows, in its own way; many have none."""

    def show_curve(self, curve: str) -> None:
        """Turn to the view that shows a curve, as the user would by the pills; many panels have but one."""

    def zoom_to_steps(self, first: int, last: int) -> None:
        """Show some of the last steps alone, one by one, where there is an axis of time; a double click goes back."""

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
        self.header_row.restyle(theme)
        if self._other_button is not None:
            self._other_button.restyle(theme)
        for pill in self.pills_in_header():
            pill.restyle(theme)

    def clear(self) -> None:
        """Show no run."""
        raise NotImplementedError

    def add_pill(
        self, text: str, tip: str, *, checked: bool = False, spare: int = 0, changed: Callable[[bool], object]
    ) -> Pill:
        """Add a toggle at the right of the header; `changed` is called with whether it is on.

        Where there is no room, what has the largest `spare` is hidden first.
        """
        pill = Pill(text, tip, checked=checked)
        pill.toggled.connect(changed)
        pill.toggled.connect(lambda: self.fit_header())
        self.add_to_header(pill, spare=spare)
        return pill

    def add_to_header(self, widget: QWidget, *, spare: int = 0) -> None:
        """Add a widget at the right of the header; see `add_pill` for `spare`."""
        self.header.insertWidget(self.header.count() - 1, widget)  # before the buttons every panel has
        self._extras.append((spare, widget))

    def pills_in_header(self) -> list[Pill]:
        """Return the toggles of the header, also those there is no room for."""
        return [widget for _, widget in self._extras if isinstance(widget, Pill)]

    # -- its place on the board

    def show_maximized(self, maximized: bool) -> None:
        """Say in the header whether the panel stands before all others."""
        self.maximized = maximized
        self.header_row.show_enlarged(self.title, maximized)

    def offer(self, title: str = "", act: Callable[[], object] | None = None) -> None:
        """Offer another panel that has no room beside this one; without a title, none."""
        if self._other_button is not None:
            self._extras = [extra for extra in self._extras if extra[1] is not self._other_button]
            self._other_button.hide()
            self._other_button.deleteLater()
            self._other_button = None
        self.other = (title, act) if title and act is not None else None
        if self.other is not None:
            self._other_button = OtherButton(title)
            self._other_button.restyle(self.theme)
            self._other_button.clicked.connect(lambda: QTimer.singleShot(0, self, act))  # the button goes meanwhile
            self.add_to_header(self._other_button, spare=-1)
        self.fit_header()

    def open_menu(self, at: QPoint) -> None:
        """Open the menu of the panel at a place on the screen."""
        if self._menu is None:
            self._menu = PanelMenu(self)
        self._menu.open_at(at)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.header_row.set_active(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.header_row.set_active(False)
        super().leaveEvent(event)

    # -- what has room in the header

    def set_figure(self, *texts: str) -> None:
        """Show beside the title the first of `texts`, longest first, for which there is room."""
        texts = texts or ("",)
        if texts != self._figures:
            self._figures = texts
            self._choose_figure()

    def set_title(self, title: str, short: str) -> None:
        """Show another title, or where there is no room for it and the toggles, a short one."""
        if (title, short) != self._titles:
            self._titles = (title, short)
            self.fit_header()

    def fit_header(self) -> None:
        """Shorten the title or hide what has no room; the menu of the panel still has every toggle."""
        for title in self._titles:
            self.title_label.setText(title)
            if self.fit_extras():
                break
        cut = [title for title in self._titles[:1] if title != self.title_label.text()]
        tip = "\n".join([*cut, *(f"Shows {which}" for which in self._which[:1])])
        if tip != self.title_label.toolTip():
            self.title_label.setToolTip(tip)
        self._choose_figure()

    def fit_extras(self) -> bool:
        """Hide what has no room beside the title; tell whether there is room for all that is not spare."""
        room, fits, used = self.header_room(), True, self.extras()
        for extra in self._extras:
            if extra not in used:
                extra[1].hide()
        for spare, widget in sorted(used, key=_precedence):
            room -= widget.sizeHint().width() + GAP
            widget.setVisible(room >= 0)  # after the first without room there is none for those that matter less
            fits = fits and (room >= 0 or spare > 0)
        return fits and self.header_room() >= 0

    def extras(self) -> list[tuple[int, QWidget]]:
        """Return what stands at the right of the header, each with its `spare`; what is of no use now is left out."""
        return self._extras

    def header_room(self) -> int:
        """Return the pixels for toggles: beside the title, the buttons of every panel, and which replica is shown."""
        room = self.width() - EDGES - self.title_label.sizeHint().width() - self.header_row.tools.width() - 2 * GAP
        if self._which:
            room -= self.figure_label.fontMetrics().horizontalAdvance(self._which[-1]) + GAP + 4
        return room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_header()

    def _choose_figure(self) -> None:
        extras = (widget for _, widget in self._extras if widget.isVisibleTo(self))
        used = [self.title_label, self.header_row.tools, *extras]
        room = self.width() - 26 - sum(widget.sizeHint().width() + GAP for widget in used)
        metrics = self.figure_label.fontMetrics()
        texts = self._figures
        if self._which:  # which of the replicas is shown matters more than any figure
            texts = (*(f"{text} · {self._which[0]}" for text in texts if text), *self._which)
        fitting = next((text for text in texts if metrics.horizontalAdvance(text) <= room - 4), "")
        if fitting != self.figure_label.text():
            self.figure_label.setText(fitting)


def _precedence(extra: tuple[int, QWidget]) -> tuple[int, bool]:
    """Return what comes first where room is short: of equals the toggle that is on, for it says what is shown."""
    spare, widget = extra
    return spare, not (isinstance(widget, Pill) and widget.isChecked())
