"""The board: all panels in their places, with what moves, hides and enlarges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCursor, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.arrangement import DESK, Arrangement, Cell, Column, Row, first_name
from gui.drop_zones import Drop, DropIndicator, drop_at
from gui.panels.header import Header
from gui.panels.panel import Panel
from gui.split import HANDLE, Split
from gui.theme import DARK, Theme
from gui.tips import button_text, plain_label

if TYPE_CHECKING:
    from gui.run_view import RunView

DATA_VIEWS = ("boundary", "loss_landscape", "predicted_true", "confusion")
ROOM = 280
"""Pixels a row needs for each view of the data; one that is too narrow for all shows some of them."""
SETTLE_MS = 150
ALL_HIDDEN = "All panels are hidden. The menu View → Panels brings each of them back."
NONE_SUITS = "None of the panels shown has anything to say about this experiment. The menu View → Panels has others."


class Board(QWidget):
    """Shows panels as an `Arrangement` says: those that suit the run, as far as there is room.

    Panels are moved about and hidden, never destroyed. `suit` is called before the panels begin with
    a run; then ``became_visible`` names each panel that comes into view later, and has not begun.

    ``changed`` follows what the user did to the arrangement; `set_arrangement` does not emit it.
    """

    changed = Signal()
    became_visible = Signal(object)
    maximized_changed = Signal()
    export_wanted = Signal(object, str)

    def __init__(
        self, panels: Sequence[Panel], arrangement: Arrangement = DESK, theme: Theme = DARK, scale: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.panels = {panel.name: panel for panel in panels}
        self.scale = scale
        self.maximized: Panel | None = None
        self._default = self._arrangement = arrangement.known(self.panels)
        self._run: RunView | None = None
        self._columns: tuple[Column, ...] = ()
        self._chosen = ""
        self._last: Panel | None = None
        self._drop: Drop | None = None
        self._splits: list[Split] = []
        self._covered: list[QWidget] = []
        self._make_note()
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.indicator = DropIndicator(theme, scale, self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.area, 1)
        box.addWidget(self.note, 1)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._settled)
        self._menu = QMenu("Panels", self)
        self._menu.aboutToShow.connect(self._list_panels)
        for panel in panels:
            self._connect(panel)
            panel.setParent(self)
            panel.hide()
        self._lay_out()

    def _make_note(self) -> None:
        self.note = QWidget(self)
        self.note_text: QLabel = plain_label()
        self.note_text.setProperty("role", "muted")
        self.note_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note_text.setWordWrap(True)
        self.note_button = QPushButton("Default arrangement")
        self.note_button.setToolTip("Show the panels as they were at first")
        self.note_button.clicked.connect(self.restore_default)
        box = QVBoxLayout(self.note)
        box.addStretch(1)
        box.addWidget(self.note_text)
        box.addWidget(self.note_button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.note.hide()

    def _connect(self, panel: Panel) -> None:
        header = panel.header_row
        panel.maximize_wanted.connect(lambda: self.toggle_maximized(panel))
        panel.hide_wanted.connect(lambda: self.hide_panel(panel))
        panel.move_wanted.connect(lambda way: self.move_panel(panel, way))
        panel.export_wanted.connect(lambda kind: self.export_wanted.emit(panel, kind))
        header.dragged.connect(lambda at: self._drag(panel, at))
        header.dropped.connect(lambda _: self._dropped(panel))
        header.drag_cancelled.connect(self._end_drag)
        header.installEventFilter(self)

    # -- for the window

    @property
    def arrangement(self) -> Arrangement:
        """Where the panels stand, and which are hidden."""
        return self._arrangement

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Show the panels as another arrangement says."""
        self.restore()
        self._arrangement = arrangement.known(self.panels)
        self._lay_out()

    def set_default(self, arrangement: Arrangement) -> None:
        """Say what "Default arrangement" goes back to."""
        self._default = arrangement.known(self.panels)

    def restore_default(self) -> None:
        """Show the panels as they were at first."""
        self._change(self._default)

    def suit(self, run: RunView) -> None:
        """Show the panels that suit a run, which the window then begins."""
        self._run = run
        self._lay_out(announce=False)

    def shows(self, panel: Panel) -> bool:
        """Tell whether a panel has a place on the board now, even if another stands before it."""
        return panel.name in self._names()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`; the panels take theirs from the window."""
        self.indicator.theme = theme
        self.indicator.update()

    def panels_menu(self) -> QMenu:
        """Return the menu with an entry for each panel."""
        return self._menu

    # -- what the user does

    def counts_as_shown(self, panel: Panel) -> bool:
        """Tell whether a panel is in view, or would be if the experiment were one it suits."""
        suits = self._run is None or panel.suits(self._run)
        return panel.name in (self._names() if suits else self._arrangement.shown)

    def toggle_panel(self, panel: Panel) -> None:
        """Bring a panel into view, or take it from the board."""
        if self.counts_as_shown(panel):
            self.hide_panel(panel)
        else:
            self.show_panel(panel)

    def show_panel(self, panel: Panel) -> None:
        """Bring a panel into view at its last place."""
        if panel.name in DATA_VIEWS:
            self._chosen = panel.name
        self._change(self._arrangement.show(panel.name))

    def hide_panel(self, panel: Panel) -> None:
        """Take a panel from the board."""
        self._change(self._arrangement.hide(panel.name))

    def move_panel(self, panel: Panel, way: str) -> None:
        """Move a panel one place ``"left"``, ``"right"``, ``"up"`` or ``"down"``."""
        self._change(self._arrangement.stepped(panel.name, way, self._names()))

    def _change(self, arrangement: Arrangement) -> None:
        self.restore()
        changed = arrangement != self._arrangement
        self._arrangement = arrangement
        self._lay_out()
        if changed:
            self.changed.emit()

    def _list_panels(self) -> None:
        self._menu.clear()
        for panel in self.panels.values():
            suits = self._run is None or panel.suits(self._run)
            action = QAction(button_text(panel.title + ("" if suits else " (not for this experiment)")), self._menu)
            action.setCheckable(True)
            action.setChecked(self.counts_as_shown(panel))
            action.triggered.connect(lambda _=False, panel=panel: self.toggle_panel(panel))
            self._menu.addAction(action)
        self._menu.addSeparator()
        self._menu.addAction("Default arrangement").triggered.connect(lambda: self.restore_default())

    # -- one before all others

    def toggle_maximized(self, panel: Panel | None = None) -> None:
        """Let a panel fill the board, or put it back; without one, the panel in use."""
        before = self.maximized
        panel = panel or before or self.in_use()
        self._uncover()
        if panel is not None and panel is not before and self.shows(panel):
            self._cover(panel)
        if self.maximized is not before:
            self.maximized_changed.emit()

    def restore(self) -> None:
        """Put the panel that fills the board back to its place."""
        if self.maximized is not None:
            self.toggle_maximized(self.maximized)

    def _cover(self, panel: Panel) -> None:
        """Hide everything beside a panel: where it stands does not change."""
        focused = self._in_focus()
        self.maximized = panel
        child: QWidget = panel
        while isinstance(split := child.parentWidget(), Split):
            beside = (split.widget(index) for index in range(split.count()))
            self._covered += [other for other in beside if other is not child]
            child = split
        self._with_covered(hidden=True)
        panel.show_maximized(True)
        panel.moves = frozenset()
        if focused is None or not focused.isVisible():
            panel.header_row.setFocus(Qt.FocusReason.OtherFocusReason)  # so that Esc comes here

    def _uncover(self) -> None:
        panel, self.maximized = self.maximized, None
        if panel is None:
            return
        panel.show_maximized(False)
        self._with_covered(hidden=False)
        self._covered = []
        self._tell_moves()

    def _with_covered(self, *, hidden: bool) -> None:
        self.setUpdatesEnabled(False)
        for other in self._covered:
            other.setHidden(hidden)
        for split in self._splits:
            split.fit()
        self.setUpdatesEnabled(True)

    def in_use(self) -> Panel | None:
        """Return the panel with the focus, or under the pointer, or last used, or else the first in sight."""
        candidates = (self._panel_around(self._in_focus()), self._panel_around(QApplication.widgetAt(QCursor.pos())))
        seen = [self.panels[name] for name in self._names()]
        return next((panel for panel in (*candidates, self._last, *seen[:1]) if panel in seen), None)

    def _in_focus(self) -> QWidget | None:
        focused = QApplication.focusWidget()
        return focused if focused is not None and self.isAncestorOf(focused) else None

    def _panel_around(self, widget: QWidget | None) -> Panel | None:
        while widget is not None and not isinstance(widget, Panel):
            widget = widget.parentWidget()
        return widget

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.maximized is not None:
            self.restore()
        else:
            super().keyPressEvent(event)

    # -- laying out

    def _names(self) -> tuple[str, ...]:
        return tuple(cell.name for column in self._columns for row in column.rows for cell in row.cells)

    def _suiting(self) -> list[str]:
        """Return the panels to show that have something to say about the run."""
        run = self._run
        return [name for name in self._arrangement.shown if run is None or self.panels[name].suits(run)]

    def _crowded(self) -> dict[str, list[str]]:
        """Return the views of the data that have no room, by the one in whose place they could stand."""
        columns = self._arrangement.only(self._suiting())
        crowded = {}
        for column, width in zip(columns, self._widths(columns), strict=True):
            for row in column.rows:
                views = [cell.name for cell in row.cells if cell.name in DATA_VIEWS]
                room = 1 if self._run is None else max(1, int(width / (ROOM * self.scale)))
                if len(views) > room:
                    seen = self._seen(views, room)
                    at = views.index(seen[-1]) + 1
                    crowded[seen[-1]] = [view for view in (*views[at:], *views[:at]) if view not in seen]
        return crowded

    def _seen(self, views: Sequence[str], room: int) -> list[str]:
        """Return those of some views that are seen where there is room for so many: the one chosen is among them."""
        others = [view for view in views if view != self._chosen]
        if self._chosen not in views:
            return others[:room]
        return [*others[: room - 1], self._chosen]

    def _widths(self, columns: tuple[Column, ...]) -> list[float]:
        room = self.width() - round(HANDLE * self.scale) * (len(columns) - 1)
        total = sum(column.share for column in columns)
        return [room * column.share / total for column in columns]

    def _lay_out(self, *, announce: bool = True) -> None:
        """Show what there is to show; where that is what stands there already, only sizes change."""
        crowded = self._crowded()
        without = {name for views in crowded.values() for name in views}
        columns = self._arrangement.only([name for name in self._suiting() if name not in without])
        before, maximized = set(self._names()), self.maximized
        if _outline(columns) != _outline(self._columns):
            self._uncover()
            self._columns = columns
            self._build()
        self._share_room(columns)
        self._offer(crowded)
        self._tell_moves()
        self._say_if_empty()
        if maximized is not None and self.maximized is None:
            if self.shows(maximized):
                self._cover(maximized)
            else:
                self.maximized_changed.emit()
        if announce:
            for name in self._names():
                if name not in before:
                    self.became_visible.emit(self.panels[name])

    def _build(self) -> None:
        """Put the panels into new splitters; the old ones go, and no panel with them."""
        focused = self._in_focus()
        ringed = isinstance(focused, Header) and focused.ringed
        self.setUpdatesEnabled(False)
        for panel in self.panels.values():  # out of the old splitters first: they leave the window for a moment
            panel.hide()
            panel.setParent(self)
        old = self.area.takeWidget()
        self._splits = []
        if self._columns:
            columns = [self._column(column) for column in self._columns]
            self.area.setWidget(self._split("columns", columns, self._columns))
        if old is not None:
            old.setParent(self)  # else it would be gone at once, maybe in the middle of an event of its own
            old.hide()
            old.deleteLater()
        self._order_tabs()
        self.setUpdatesEnabled(True)
        if focused is not None and focused.isVisible():
            focused.setFocus(Qt.FocusReason.TabFocusReason if ringed else Qt.FocusReason.OtherFocusReason)

    def _column(self, column: Column) -> QWidget:
        rows = [self._row(row) for row in column.rows]
        return rows[0] if len(rows) == 1 else self._split("rows", rows, column.rows)

    def _row(self, row: Row) -> QWidget:
        cells: list[QWidget] = [self.panels[cell.name] for cell in row.cells]
        return cells[0] if len(cells) == 1 else self._split("cells", cells, row.cells)

    def _split(self, level: str, widgets: Sequence[QWidget], parts: Sequence[Column | Row | Cell]) -> Split:
        across = Qt.Orientation.Vertical if level == "rows" else Qt.Orientation.Horizontal
        split = Split(level, across, self.scale, self)  # never a window of its own: panels keep their place for Tab
        for widget, part in zip(widgets, parts, strict=True):
            split.add(first_name(part), widget, part.share)
            widget.show()
        split.dragged.connect(lambda: self._resized(split))
        self._splits.append(split)
        return split

    def _share_room(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        parts: list[tuple[str, Sequence[Column | Row | Cell]]] = [("columns", columns)]
        parts += [("rows", column.rows) for column in columns]
        parts += [("cells", row.cells) for column in columns for row in column.rows]
        shares = {(level, first_name(part)): part.share for level, beside in parts for part in beside}
        for split in self._splits:
            split.set_shares([shares[split.level, name] for name in split.names])

    def _resized(self, split: Split) -> None:
        self._arrangement = self._arrangement.resized(split.level, dict(zip(split.names, split.shares, strict=True)))
        self._settling.start()

    def _settled(self) -> None:
        """Take in new sizes, once the handle is let go: rows may have become too narrow for what they show."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._settling.start()
            return
        self._lay_out()
        self.changed.emit()

    def _offer(self, crowded: Mapping[str, Sequence[str]]) -> None:
        """Have each view of the data offer the one that has no room beside it."""
        for name in DATA_VIEWS:
            panel = self.panels.get(name)
            if panel is None:
                continue
            other = next((self.panels[view] for view in crowded.get(name, ())), None)
            offered = panel.other[0] if panel.other is not None else ""
            if other is None and offered:
                panel.offer()
            elif other is not None and offered != other.title:
                panel.offer(other.title, lambda other=other: self.show_panel(other))
                self._order_tabs()  # the button that offers it is new

    def _tell_moves(self) -> None:
        seen = self._names()
        for name in seen:
            panel = self.panels[name]
            panel.moves = frozenset() if panel is self.maximized else self._arrangement.steps(name, seen)

    def _say_if_empty(self) -> None:
        empty = not self._columns
        if empty:
            hidden = not self._arrangement.shown
            self.note_text.setText(ALL_HIDDEN if hidden else NONE_SUITS)
        self.note.setVisible(empty)
        self.area.setVisible(not empty)

    def _order_tabs(self) -> None:
        """Let the tabulator key go through the panels as they are read."""
        before: QWidget | None = None
        for name in self._names():
            panel = self.panels[name]
            for widget in panel.findChildren(QWidget):
                if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    if before is not None:
                        QWidget.setTabOrder(before, widget)
                    before = widget

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._lay_out)

    # -- dragging

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress) and isinstance(watched, QWidget):
            self._last = self._panel_around(watched)
        return super().eventFilter(watched, event)

    def _drag(self, panel: Panel, at: QPoint) -> None:
        """Show where a panel would go if it were dropped here."""
        places = {
            name: QRect(self.panels[name].mapTo(self, QPoint(0, 0)), self.panels[name].size())
            for name in self._names()
        }
        here = self.mapFromGlobal(at).toPointF()
        self._drop = None if self.maximized else drop_at(here, panel.name, self._columns, places, self.scale)
        if self._drop is None:
            self.indicator.hide()
        else:
            self.indicator.show_drop(self._drop, self.panels[self._drop.target].title)

    def _dropped(self, panel: Panel) -> None:
        drop = self._drop
        self._end_drag()
        if drop is not None:
            self._change(self._arrangement.moved(panel.name, drop.target, drop.side))

    def _end_drag(self) -> None:
        self._drop = None
        self.indicator.hide()


def _outline(columns: tuple[Column, ...]) -> list[list[list[str]]]:
    return [[[cell.name for cell in row.cells] for row in column.rows] for column in columns]
