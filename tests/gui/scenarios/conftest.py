"""One window for each module of tests, whose gallery has a few small scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.scenarios.library import Entry
from gui.scenarios.scenarios import Scenarios
from gui.window import MainWindow
from tests.gui.one_window import anew, opened
from tests.gui.scenarios.small import entries

LIBRARY = entries()


@pytest.fixture(scope="module")
def library() -> Iterator[tuple[Entry, ...]]:
    """Let the gallery show a few small scenarios."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gui.scenarios.scenarios.shipped", lambda: LIBRARY)
        yield LIBRARY


@pytest.fixture(scope="module")
def one_lab(qapp: Any, library: tuple[Entry, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    with opened(qapp, tmp_path_factory.mktemp("state")) as window:
        yield window


@pytest.fixture
def lab(one_lab: MainWindow, qtbot: Any, tmp_path: Path) -> Iterator[MainWindow]:
    """Return a window with the small library, as if it had just been opened."""
    with anew(one_lab, qtbot, tmp_path) as window:
        yield window


@pytest.fixture
def gallery(lab: MainWindow) -> Scenarios:
    """Return the scenarios of the window, with the gallery on the stage."""
    feature = lab.feature(Scenarios)
    feature.show_gallery()
    return feature
