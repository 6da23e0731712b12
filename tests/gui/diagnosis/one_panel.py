"""One panel by itself, at work on a run."""

from __future__ import annotations

from typing import Any

import pytest

from gui import theme
from gui.panels.panel import Panel
from gui.run_view import RunView
from gui.selection import Selection


def begun(qtbot: Any, kind: type[Panel], run: RunView) -> Panel:
    """Return a panel that shows a run; what goes wrong in it fails the test."""
    panel = kind()
    panel.share(Selection(panel))
    panel.failed.connect(lambda message, details: pytest.fail(f"{message}\n{details}"))
    panel.restyle(theme.DARK)
    qtbot.addWidget(panel)
    panel.resize(420, 240)
    panel.show()
    panel.begin(run)
    return panel
