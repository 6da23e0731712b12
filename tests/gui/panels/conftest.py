from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from pytestqt.qtbot import QtBot

from gui.panels.panel import Panel
from gui.theme import DARK, apply

Some = TypeVar("Some", bound=Panel)


@pytest.fixture
def show(qtbot: QtBot, qapp) -> Callable[..., Panel]:
    """Return a function that shows a panel of a class, at the size it has in the window."""
    apply(qapp, DARK)

    def shown(kind: type[Some], width: int = 455, height: int = 240) -> Some:
        panel = kind()
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.restyle(DARK)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return shown
