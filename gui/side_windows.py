"""The windows beside the main one: preferences, shortcuts, log, self-test, about. Each is open once at the most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from gui.about_dialog import AboutDialog
from gui.app_name import APP_NAME, SENTENCE, versions
from gui.log_window import LogWindow
from gui.preferences_dialog import PreferencesDialog
from gui.shortcuts_dialog import ShortcutsDialog
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.window import MainWindow


class SideWindows(QObject):
    """Opens windows beside the main one; the run goes on meanwhile."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._open: dict[str, QDialog] = {}

    def preferences(self) -> None:
        """Open the preferences."""

        def make() -> QDialog:
            dialog = PreferencesDialog(self._window.preferences.settings, self._window)
            dialog.changed.connect(self._window.take_settings)
            return dialog

        self._show("preferences", make)

    def log(self) -> None:
        """Open the log."""
        self._show("log", lambda: LogWindow(self._window.log, self._window.theme, self._window))

    def shortcuts(self) -> None:
        """Open the list of shortcuts."""
        self._show("shortcuts", lambda: ShortcutsDialog(self._window.actions_table.shortcuts(), self._window))

    def self_test(self) -> None:
        """Open the check of this computer."""
        from gui.self_test_dialog import SelfTestDialog  # what it tests takes its time to import

        folders = {"State folder": self._window.folder, "Run folder": self._window.saver.folder}
        self._show("self_test", lambda: SelfTestDialog(self._window.theme, self._window, folders=folders))

    def about(self) -> None:
        """Open what this program is and what it is made of."""
        self._show("about", lambda: AboutDialog(APP_NAME, SENTENCE, versions(), self._window.theme, self._window))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        for dialog in self._open.values():
            restyle = getattr(dialog, "restyle", None)
            if restyle is not None:
                restyle(theme)

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        dialog = self._open.get(name)
        if dialog is None:
            dialog = self._open[name] = make()
            dialog.finished.connect(lambda _: self._forget(name))
            dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _forget(self, name: str) -> None:
        dialog = self._open.pop(name, None)
        if dialog is not None:
            dialog.deleteLater()
