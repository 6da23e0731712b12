"""Painting that never raises: an error in a paint event would leave Qt with a painter still at work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel


@contextmanager
def guarded(widget: QWidget | None) -> Iterator[None]:
    """Keep an error from leaving a paint event: the panel around `widget` is told, and rests."""
    try:
        yield
    except Exception as error:  # whatever it is, Qt cannot take it
        panel = _panel_around(widget)
        if panel is not None:
            panel.fail(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)


@contextmanager
def painter_of(picture: QPixmap) -> Iterator[QPainter]:
    """Give a painter for a picture, and end it whatever happens."""
    painter = QPainter(picture)
    try:
        yield painter
    finally:
        painter.end()


@contextmanager
def painter_on(widget: QWidget) -> Iterator[QPainter]:
    """Give a painter for a paint event, and end it whatever happens; see `guarded`."""
    painter = QPainter(widget)
    try:
        with guarded(widget):
            yield painter
    finally:
        painter.end()


def _panel_around(widget: QWidget | None) -> Panel | None:
    while widget is not None and not isinstance(widget, Panel):
        widget = widget.parentWidget()
    return widget
