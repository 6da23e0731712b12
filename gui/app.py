"""The application around the window: look, unexpected errors, and the way out."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import theme as themes
from gui.activity_log import ActivityLog
from gui.app_name import APP_NAME
from gui.preferences import Preferences
from gui.qt_messages import forward_qt_messages
from gui.state_folder import state_folder
from gui.window import MainWindow
from training import file_kinds
from training.errors import InputError
from training.experiment import Experiment
from training.experiment_file import load, shipped_experiments

DEFAULT_EXPERIMENT = "two_spirals"


def run_gui(path: Path | None = None) -> int:
    """Open the window and return the exit status once it is closed.

    Parameters
    ----------
    path
        Experiment to open; None: the default one. A shipped experiment opens as a new document.
    """
    torch.set_num_threads(1)  # at this size more threads are 10 to 100 times slower
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName(APP_NAME)
    app.setDesktopFileName("convergence-lab")  # by which docks find the program that tells its progress
    folder = state_folder()
    log = ActivityLog(folder)
    log.install()
    restore_qt_messages = forward_qt_messages(log)
    settings = Preferences(folder).settings
    theme = themes.named(settings.theme)
    themes.apply(app, theme, settings.scale)
    pass_over_imports()
    window = open_window(path, theme, settings.scale, log)
    sys.excepthook = _reporter(window)
    app.styleHints().colorSchemeChanged.connect(window.follow_desktop)
    signal.signal(signal.SIGINT, lambda *_: window.close())  # the window's timer lets Python notice
    window.show()
    window.begin_first_time()
    status = app.exec()
    restore_qt_messages()
    log.remove()
    if window.running:
        _leave_at_once(status)
    return status


def pass_over_imports() -> None:
    """Let collections pass over all that was imported: with it each holds the window up for some 100 ms."""
    gc.freeze()  # with what little garbage imports leave; to look for it takes 0.2 s
    gc.enable()
    gc.collect()  # counts anew what lives on: from here on collections come as soon as this window leaves something


def _leave_at_once(status: int) -> None:
    """End the process although a step is still being computed: waiting for it could take minutes.

    Everything is saved by now (closing the window wrote it). The usual way out would destroy a
    running thread, and for that Qt aborts.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a program without a console has none
            stream.flush()
    os._exit(status)


def open_window(
    path: Path | None, theme: themes.Theme, scale: float = 1.0, log: ActivityLog | None = None
) -> MainWindow:
    """Return the window with an experiment; if that cannot be read, with the default and a message.

    A file of another kind (a scenario, a lab, a recorded run) is opened over the default experiment.
    """
    if path is not None and _is_of_another_kind(path):
        window = open_window(None, theme, scale, log)
        QTimer.singleShot(0, window, lambda: window.files.open_file(path))
        return window
    shipped = shipped_experiments()
    chosen = path or shipped.get(DEFAULT_EXPERIMENT)
    try:
        experiment = load(chosen) if chosen is not None else Experiment()
    except InputError as error:
        window = MainWindow(Experiment(), None, theme, scale, log)
        window.banner.show_error(error.message())
        return window
    own = chosen if chosen not in shipped.values() else None
    return MainWindow(experiment, own, theme, scale, log)


def _is_of_another_kind(path: Path) -> bool:
    """Tell whether a file holds something that is no experiment; one that cannot be read counts as an experiment."""
    try:
        return file_kinds.read_kind(path).name != "experiment"
    except InputError:
        return False


def _reporter(window: MainWindow) -> object:
    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        if issubclass(kind, Exception):
            window.errors.window_failed(f"{kind.__name__}: {error}", details)

    return report
