"""The list of recorded runs: two lines each, drawn by a delegate, so that two hundred of them cost nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.recordings import words
from gui.recordings.kept import Kept
from gui.theme import Theme, mix, text_font
from gui.tips import plain_tip

ROW = 60


class RunModel(QAbstractListModel):
    """The runs as Qt reads them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Kept] = []

    def show_runs(self, runs: Sequence[Kept]) -> None:
        """Have other runs."""
        self.beginResetModel()
        self.runs = list(runs)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.runs)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        recording = self.runs[index.row()].recording
        if role == Qt.ItemDataRole.DisplayRole:
            return recording.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{recording.name}, {words.facts(recording)}, {words.figures(recording)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            scenario = f"\nScenario: {recording.scenario}" if recording.scenario else ""
            return plain_tip(f"{recording.name}\n{words.facts(recording)}\n{words.figures(recording)}{scenario}")
        return None


class RunDelegate(QStyledItemDelegate):
    """Draws a run: its name, then when and how far, then its figures."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.scale = theme, scale

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, round(ROW * self.scale))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        if not isinstance(model, RunModel):
            return
        theme, scale = self.theme, self.scale
        recording = model.runs[index.row()].recording
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(0, 2, -1, -2)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QColor(theme.accent if focused else theme.border))
        painter.setBrush(QColor(mix(theme.surface, theme.accent, 0.14) if chosen else theme.surface))
        painter.drawRoundedRect(box, 6 * scale, 6 * scale)
        line = QRect(box.left() + round(9 * scale), box.top() + round(5 * scale),
                     box.width() - round(18 * scale), round(16 * scale))  # fmt: skip
        setup = words.setup(recording)
        taken = self._line(painter, line, setup, theme.muted, 11, right=True)
        name = line.adjusted(0, 0, -taken - round(8 * scale), 0)
        self._line(painter, name, recording.name, theme.text, 13, bold=True)
        line.translate(0, round(17 * scale))
        diverged = bool(recording.figures.get("diverged"))
        self._line(painter, line, words.facts(recording), theme.warn if diverged else theme.muted, 11)
        line.translate(0, round(15 * scale))
        whole = words.figures(recording)
        fits = QFontMetrics(text_font(scale, px=11)).horizontalAdvance(whole) <= line.width()
        self._line(painter, line, whole if fits else words.fewer_figures(recording), theme.muted, 11)
        painter.restore()

    def _line(
        self, painter: QPainter, place: QRect, text: str, color: str, px: float, *, bold: bool = False,
        right: bool = False,
    ) -> int:
        """Draw a line of text, and return how wide it is."""
        font = text_font(self.scale, px=px, weight=QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, shown)
        return QFontMetrics(font).horizontalAdvance(shown)


class RunList(QListView):
    """The runs, newest first; ``wanted`` carries the one that Enter or a double click asks for."""

    wanted = Signal(object)
    delete_wanted = Signal()
    chosen_changed = Signal()

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runList")
        self.setAccessibleName("Recorded runs, newest first")
        self.runs = RunModel(self)
        self.setModel(self.runs)
        self.drawing = RunDelegate(theme, scale, self)
        self.setItemDelegate(self.drawing)
        self.setUniformItemSizes(True)
        self.setStyleSheet("QListView { background: transparent; border: none; }")
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.doubleClicked.connect(lambda index: self.wanted.emit(self.runs.runs[index.row()]))
        self.selectionModel().currentChanged.connect(lambda *_: self.chosen_changed.emit())

    @property
    def chosen(self) -> Kept | None:
        """The run chosen, or None."""
        row = self.currentIndex().row()
        return self.runs.runs[row] if 0 <= row < len(self.runs.runs) else None

    def show_runs(self, runs: Sequence[Kept], chosen: Kept | None = None) -> None:
        """Show other runs, one of them chosen: the one given, or else the one before.

        Whoever is not at work in the list, and has not chosen an older run, has the newest chosen.
        """
        row = self.currentIndex().row()
        before = chosen or (self.chosen if row > 0 or self.hasFocus() else None)
        self.runs.show_runs(runs)
        wanted = next((i for i, run in enumerate(runs) if before is not None and run.path == before.path), None)
        if wanted is None:
            wanted = min(max(row, 0), len(runs) - 1)
        if wanted >= 0:
            self.setCurrentIndex(self.runs.index(wanted, 0))
        self.chosen_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen is not None:
            self.wanted.emit(self.chosen)
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        else:
            super().keyPressEvent(event)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.drawing.theme = theme
        self.viewport().update()
