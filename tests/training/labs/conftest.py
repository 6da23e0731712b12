from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.labs import small_lab
from training.labs.lab import OpenLab
from training.labs.learner import LearnerResult


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> OpenLab:
    return small_lab.open_lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def result(lab: OpenLab) -> LearnerResult:
    """Return an honest learner's result; it is frozen, so all tests can share it."""
    return small_lab.honest(lab)


@pytest.fixture
def lab_path(tmp_path: Path) -> Path:
    return small_lab.write_lab(tmp_path)
