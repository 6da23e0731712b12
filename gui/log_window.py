"""The log as a window: what happened, filtered and searched, to copy and to save."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelection, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.activity_log import ActivityLog, Entry, Level
from gui.builder.editors import Combo
from gui.log_model import LogModel
from gui.panels.panel import scale
from gui.theme import Theme, mono_font
from gui.tips import plain_label
from training.atomic import write_whole
from training.errors import InputError

LOOK_MS = 250
SEARCH_MS = 150
FILTERS: tuple[tuple[str, Level], ...] = (
    ("All messages", "debug"), ("Notes and above", "info"), ("Warnings and errors", "warning"), ("Errors", "error"),
)  # fmt: skip


class LogWindow(QDialog):
    """A list that follows its end unless it was scrolled away, and below it the whole of the chosen message."""

    def __init__(self, log: ActivityLog, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self.setObjectName("logWindow")
        self.setWindowTitle("Log")
        self.setModal(False)
        self._size = scale()
        self.model = LogModel(log, theme, self)
        self.level = Combo(self)
        self.search = QLineEdit(self)
        self.table = QTableView(self)
        self.details = QPlainTextEdit(self)
        self.count = plain_label(parent=self)
        self.copy_button = QPushButton("Copy", self)
        self.save_button = QPushButton("Save…", self)
        self._make_filters()
        self._make_table()
        self._make_buttons()
        self._lay_out()
        self.timer = QTimer(self)
        self.timer.setInterval(LOOK_MS)
        self.timer.timeout.connect(self.catch_up)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_MS)
        self._typing.timeout.connect(self._filter)
        self._show_count()

    # ------------------------------------------------------------------------------ building

    def _make_filters(self) -> None:
        for text, level in FILTERS:
            self.level.addItem(text, level)
        self.level.setToolTip("Which messages are shown")
        self.level.setAccessibleName("Level of the messages shown")
        self.level.activated.connect(self._filter)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Show only messages with all of these words (Ctrl+F)")
        self.search.setAccessibleName("Search the log")
        self.search.textChanged.connect(lambda: self._typing.start())

    def _make_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName("Messages")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setIconSize(QSize(16, 16) * self._size)
        table.setFont(mono_font(self._size))
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(round(22 * self._size))
        columns = table.horizontalHeader()
        columns.setStretchLastSection(True)
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setColumnWidth(0, round(110 * self._size))
        table.setColumnWidth(1, round(100 * self._size))
        table.selectionModel().selectionChanged.connect(self._show_details)
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setFont(mono_font(self._size))
        self.details.setPlaceholderText("The whole message, once one is chosen")
        self.details.setAccessibleName("The whole of the chosen message")

    def _make_buttons(self) -> None:
        self.count.setProperty("role", "muted")
        self.copy_button.setToolTip("Copy the chosen messages, or all that are shown (Ctrl+C)")
        self.copy_button.clicked.connect(self.copy)
        self.save_button.setToolTip("Save all that are shown as a text file (Ctrl+S)")
        self.save_button.clicked.connect(self.ask_save)
        for button in (self.copy_button, self.save_button):
            button.setAutoDefault(False)
        for keys, slot in (
            ("Ctrl+F", self._go_to_search), ("Ctrl+S", self.ask_save), ("F12", self.close), ("Ctrl+W", self.close),
        ):  # fmt: skip
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)

    def _lay_out(self) -> None:
        def px(size: int) -> int:
            return round(size * self._size)

        top = QHBoxLayout()
        top.setSpacing(px(8))
        self.level.setMinimumWidth(px(190))
        top.addWidget(self.level)
        top.addWidget(self.search, 1)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(px(8))
        parts.addWidget(self.table)
        parts.addWidget(self.details)
        parts.setStretchFactor(0, 4)
        parts.setStretchFactor(1, 1)
        parts.setSizes([400, 100])
        bottom = QHBoxLayout()
        bottom.setSpacing(px(8))
        bottom.addWidget(self.count, 1)
        bottom.addWidget(self.copy_button)
        bottom.addWidget(self.save_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(px(12), px(12), px(12), px(12))
        box.setSpacing(px(8))
        box.addLayout(top)
        box.addWidget(parts, 1)
        if self.log.file is not None:
            box.addWidget(_file_label(self.log.file))
        box.addLayout(bottom)
        self.resize(min(px(860), 1080), min(px(560), 680))
        self.setMinimumSize(px(420), px(280))

    # ------------------------------------------------------------------------------ what it does

    def catch_up(self) -> None:
        """Show what has come since, and stay at the end if that is where the list stood."""
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum()
        if self.model.catch_up():
            if at_end:
                self.table.scrollToBottom()
            self._show_count()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.model.restyle(theme)

    def chosen(self) -> list[Entry]:
        """Return the chosen messages, oldest first."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.shown[row] for row in rows]

    def copy(self) -> None:
        """Put the chosen messages on the clipboard, or all that are shown if none is chosen."""
        QGuiApplication.clipboard().setText(_text(self.chosen() or self.model.shown))
        self.copy_button.setText("Copied")
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText("Copy"))

    def ask_save(self) -> None:
        """Ask for a file and save there."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the log", "convergence-lab-log.txt", "Text (*.txt)")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Save all messages shown; what cannot be saved is said."""
        try:
            write_whole(path, f"{_text(self.model.shown)}\n".encode())
        except InputError as error:
            self.count.setText(f"Not saved: {error.message()}")
        else:
            self.count.setText(f"Saved: {path}")

    def _filter(self) -> None:
        self.model.choose(self.level.currentData(), self.search.text())
        self.table.scrollToBottom()
        self._show_details()
        self._show_count()

    def _show_details(self, _new: QItemSelection | None = None, _old: QItemSelection | None = None) -> None:
        self.details.setPlainText("\n".join(f"{entry.text}\n{entry.details}".rstrip() for entry in self.chosen()[:50]))

    def _show_count(self) -> None:
        shown, total = len(self.model.shown), self.log.count - self.log.oldest
        of = " message" if total == 1 else " messages"
        self.count.setText(f"{total:,}{of}" if shown == total else f"{shown:,} of {total:,}{of}")

    def _go_to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # ------------------------------------------------------------------------------ events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.catch_up()
        self.table.scrollToBottom()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.timer.stop()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self.timer.stop()
        super().done(result)


def _text(entries: list[Entry]) -> str:
    return "\n".join(entry.line() for entry in entries)


def _file_label(path: Path) -> QLabel:
    label = plain_label(f"Also kept in {path}")
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
