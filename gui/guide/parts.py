"""Small widgets of the Guide's pages, made in one way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QToolButton, QWidget

from gui.tips import button_text, plain_label, plain_tip


def label(text: str, role: str, parent: QWidget) -> QLabel:
    """Return a text of several lines in the look of a role."""
    made = plain_label(text, parent)
    made.setProperty("role", role)
    made.setWordWrap(True)
    return made


def button(
    text: str, tip: str, pressed: Callable[[], object], parent: QWidget, *, primary: bool = False
) -> QPushButton:
    """Return a button."""
    made = QPushButton(button_text(text), parent)
    made.setToolTip(plain_tip(tip))
    if primary:
        made.setProperty("role", "primary")
    made.clicked.connect(lambda _=False: pressed())
    return made


def quiet(text: str, tip: str, pressed: Callable[[], object], parent: QWidget) -> QToolButton:
    """Return a button that does not stand out."""
    made = QToolButton(parent)
    made.setText(button_text(text))
    made.setToolTip(plain_tip(tip))
    made.setProperty("role", "quiet")
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.clicked.connect(lambda _=False: pressed())
    return made


def column(content: QWidget, parent: QWidget) -> QScrollArea:
    """Return a column that scrolls up and down; its bar always has its place, so that nothing moves."""
    area = QScrollArea(parent)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def margins(scale: float, *sizes: int) -> tuple[int, ...]:
    """Return sizes at the interface scale."""
    return tuple(round(size * scale) for size in sizes)
