"""A part of the program that the window carries: it has widgets, actions, and a look at every turn of the timer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.actions import Act
from gui.run_control import News
from gui.theme import Theme
from gui.workspace import Workspace

if TYPE_CHECKING:
    from gui.window import MainWindow


class Feature(QObject):
    """Base of the features in `gui.features.FEATURES`; each overrides what it needs.

    A feature outlives its widgets: at another interface scale the window makes a new workspace, and the
    feature is asked to `adopt` it, which means to make its widgets anew and put them there.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window

    def adopt(self, workspace: Workspace) -> None:
        """Make the widgets and put them into a new workspace."""

    def meet(self) -> None:
        """All features, and what lasts of the window, are there: connect to them. Called once."""

    def acts(self) -> list[Act]:
        """Return what it adds to the menus and keys."""
        return []

    def starting(self) -> None:
        """A new run is about to be prepared."""

    def started(self) -> None:
        """A new run is ready: it is `window.control.view`, and its session waits."""

    def look(self, news: News, now: float) -> None:
        """One turn of the window's timer; `now` is `time.perf_counter()`."""

    def read_ahead(self) -> None:
        """Read what takes a moment, to have it when it is asked for. Called once, in a thread: no widget is touched."""

    def takes(self, kind: str) -> bool:
        """Tell whether it opens files of a kind (of `training.file_kinds.KINDS`)."""
        return False

    def open_file(self, path: Path) -> None:
        """Open a file of a kind that it takes; what is wrong with it is said."""

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""

    @property
    def running(self) -> bool:
        """Whether a thread of it is still at work, once it was asked to close."""
        return False

    def close(self) -> None:
        """The window closes: keep what must be kept, end every thread."""
