"""The log as a table of Qt: the newest messages of the chosen levels that hold the searched words."""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from gui.activity_log import LEVELS, ActivityLog, Entry, Level
from gui.theme import Theme
from gui.tips import plain_tip

COLUMNS = ("Time", "Level", "Message")
WORDS: dict[Level, str] = {"debug": "Detail", "info": "Note", "warning": "Warning", "error": "Error"}
Index = QModelIndex | QPersistentModelIndex


class LogModel(QAbstractTableModel):
    """Holds what is shown; `catch_up` adds what has come since, and lets go what the log has forgotten."""

    def __init__(self, log: ActivityLog, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: list[Entry] = []
        self._log = log
        self._theme = theme
        self._known = 0
        self._least: Level = "debug"
        self._words = ""
        self.catch_up()

    def catch_up(self) -> bool:
        """Take over new messages; return whether there were any."""
        if self._log.count == self._known:
            return False
        entries = self._log.entries(self._known)
        self._known = entries[-1].number + 1 if entries else self._known
        self._let_go()
        added = [entry for entry in entries if self._wanted(entry)]
        if added:
            first = len(self.shown)
            self.beginInsertRows(QModelIndex(), first, first + len(added) - 1)
            self.shown.extend(added)
            self.endInsertRows()
        return True

    def choose(self, least: Level, words: str) -> None:
        """Show only messages of at least this level that hold all the words."""
        if (least, words) == (self._least, self._words):
            return
        self.beginResetModel()
        self._least, self._words = least, words
        self.shown = [entry for entry in self._log.entries() if entry.number < self._known and self._wanted(entry)]
        self.endResetModel()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, len(COLUMNS) - 1))

    def _let_go(self) -> None:
        oldest = self._log.oldest
        gone = next((at for at, entry in enumerate(self.shown) if entry.number >= oldest), len(self.shown))
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self.shown[:gone]
            self.endRemoveRows()

    def _wanted(self, entry: Entry) -> bool:
        if LEVELS.index(entry.level) < LEVELS.index(self._least):
            return False
        if not self._words:
            return True
        held = f"{entry.text}\n{entry.details}".casefold()
        return all(word in held for word in self._words.casefold().split())

    # ------------------------------------------------------------------------------ for the view

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid() or index.row() >= len(self.shown):
            return None
        entry = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (entry.clock(), WORDS[entry.level], entry.text.replace("\n", " ⏎ "))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{WORDS[entry.level]}, {entry.clock()}: {entry.text}"
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return level_icon(entry.level, _color(entry.level, self._theme))
        if role == Qt.ItemDataRole.ForegroundRole and index.column() != 2:
            return QColor(self._theme.muted)
        return None


def _color(level: Level, theme: Theme) -> str:
    return {"debug": theme.faint, "info": theme.accent, "warning": theme.warn, "error": theme.error}[level]


@cache
def level_icon(level: Level, color: str) -> QIcon:
    """Return the sign of a level: a dot, an i, a triangle, an octagon; told apart without color."""
    icon = QIcon()
    for ratio in (1, 2, 3):
        picture = QPixmap(QSize(16, 16) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(color), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        _SIGNS[level](painter)
        painter.end()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(picture, mode)
    return icon


def _dot(painter: QPainter) -> None:
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QRectF(6.5, 6.5, 3, 3))


def _note(painter: QPainter) -> None:
    painter.drawEllipse(QRectF(2, 2, 12, 12))
    painter.drawLine(QPointF(8, 7.5), QPointF(8, 11))
    painter.drawPoint(QPointF(8, 5))


def _warning(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(8, 2), QPointF(14.5, 13.5), QPointF(1.5, 13.5)]))
    painter.drawLine(QPointF(8, 6.5), QPointF(8, 9.5))
    painter.drawPoint(QPointF(8, 11.5))


def _error(painter: QPainter) -> None:
    corners = ((5, 1.5), (11, 1.5), (14.5, 5), (14.5, 11), (11, 14.5), (5, 14.5), (1.5, 11), (1.5, 5))
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
    painter.setPen(QPen(Qt.GlobalColor.white, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(8, 4.5), QPointF(8, 9))
    painter.drawPoint(QPointF(8, 11.5))


_SIGNS = {"debug": _dot, "info": _note, "warning": _warning, "error": _error}
