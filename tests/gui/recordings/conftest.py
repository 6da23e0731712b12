"""One window for each module of tests of recorded runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.recordings.runs import Runs
from gui.window import MainWindow
from tests.gui.one_window import anew, opened


@pytest.fixture(scope="module")
def one_lab(qapp: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    with opened(qapp, tmp_path_factory.mktemp("state")) as window:
        yield window


@pytest.fixture
def lab(one_lab: MainWindow, qtbot: Any, tmp_path: Path) -> Iterator[MainWindow]:
    """Return a window as if it had just been opened."""
    with anew(one_lab, qtbot, tmp_path) as window:
        yield window


@pytest.fixture
def runs(lab: MainWindow) -> Runs:
    """Return the recorded runs of the window, with their page in front."""
    lab.workspace.left.show_page("Runs")
    return lab.feature(Runs)
