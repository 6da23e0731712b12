"""What Qt has to say, for the log instead of the terminal alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QtMsgType, qInstallMessageHandler

from gui.activity_log import ActivityLog, Level

LEVELS: dict[QtMsgType, Level] = {
    QtMsgType.QtDebugMsg: "debug", QtMsgType.QtInfoMsg: "info", QtMsgType.QtWarningMsg: "warning",
    QtMsgType.QtCriticalMsg: "error", QtMsgType.QtFatalMsg: "error",
}  # fmt: skip


def forward_qt_messages(log: ActivityLog) -> Callable[[], None]:
    """Send Qt's messages to the log from now on; return what ends that."""

    def take(kind: QtMsgType, context: Any, message: str) -> None:
        try:
            log.add(LEVELS.get(kind, "warning"), f"Qt: {message}", _place(context))
            if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg) and sys.stderr is not None:
                sys.stderr.write(f"{message}\n")  # the program may not live to show its log
        except Exception:  # Qt calls from anywhere, also while the program ends, and cannot take an exception
            return

    before = qInstallMessageHandler(take)
    return lambda: _restore(before)


def _restore(handler: Any) -> None:
    qInstallMessageHandler(handler)


def _place(context: Any) -> str:
    category = getattr(context, "category", None) or ""
    file, line = getattr(context, "file", None), getattr(context, "line", 0)
    parts = [category if category != "default" else "", f"{file}:{line}" if file else ""]
    return ", ".join(part for part in parts if part)
