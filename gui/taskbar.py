"""How far the run is, in the title and, where the desktop has it, in the task bar."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtGui import QGuiApplication

SECONDS = 1.0  # between two messages to the desktop
DESKTOP_FILE = "convergence-lab"
INTERFACE = "com.canonical.Unity.LauncherEntry"
OBJECT = "/org/convergencelab/Lab"

Send = Callable[[float | None], None]


class Taskbar:
    """Progress of the run on the program's entry in the task bar or dock.

    On Linux it is a signal on the session bus, to which KDE Plasma, Ubuntu's dock, Dash to Dock and others listen;
    elsewhere the number on the program's icon. Where there is neither, nothing happens.
    """

    def __init__(self, send: Send | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send or sender_of_this_desktop()
        self._clock = clock
        self._shown: int | None = None  # percent
        self._at = -SECONDS

    def show(self, share: float | None) -> None:
        """Show what share of the run is done; None: no run is under way."""
        percent = None if share is None else round(100 * min(1.0, max(0.0, share)))
        if percent == self._shown:
            return
        now = self._clock()
        if percent is not None and self._shown is not None and now - self._at < SECONDS:
            return
        self._shown, self._at = percent, now
        self._send(None if percent is None else percent / 100)


def titled(name: str, share: float | None, phase: str) -> str:
    """Return the title of a window on an experiment: how far its run is comes first, for it is what a task bar shows.

    Examples
    --------
    >>> titled("two spirals", 0.42, "playing")
    '42% · two spirals'
    """
    if phase == "finished":
        return f"Finished · {name}"
    if share is None or phase not in ("playing", "paused"):
        return name
    percent = min(99, int(100 * share))  # all of it is done only when the run has ended
    return f"{percent}% · {name}" if phase == "playing" else f"Paused at {percent}% · {name}"


def sender_of_this_desktop() -> Send:
    """Return what shows progress here: a function of the share done, or None for nothing to show."""
    if sys.platform.startswith("linux"):
        return _launcher_entry() if _has_session_bus() else _nowhere
    return _badge


def _nowhere(share: float | None) -> None:
    """Show nothing: this desktop has no place for it."""


def _badge(share: float | None) -> None:
    QGuiApplication.setBadgeNumber(0 if share is None else round(100 * share))


def _has_session_bus() -> bool:
    """Tell whether there is a session bus; Qt would start one, or wait for it, to find out."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(runtime, "bus").exists()


def _launcher_entry() -> Send:
    try:
        from PySide6.QtDBus import QDBusConnection
    except ImportError:  # a Qt that was built without it
        return _nowhere
    bus = QDBusConnection.sessionBus()

    def send(share: float | None) -> None:
        if bus.isConnected():
            bus.send(launcher_message(share))

    return send


def launcher_message(share: float | None) -> Any:
    """Return the signal that a dock takes its progress from."""
    from PySide6.QtDBus import QDBusMessage

    name = QGuiApplication.desktopFileName() or DESKTOP_FILE
    message = QDBusMessage.createSignal(OBJECT, INTERFACE, "Update")
    # The bus is told types: a share of 0 or 1 has to stay a float.
    properties = {"progress": float(share or 0.0), "progress-visible": share is not None}
    message.setArguments([f"application://{name}.desktop", properties])
    return message
