"""Runs measured beside the window: the last one asked for is the one that is told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gui.measurements import Measurements
from gui.run_record import RunSoFar
from tests.gui.one_window import experiment
from training.data.load import load_prepared
from training.scenarios.record import RunRecord


@pytest.fixture
def measurements() -> Iterator[Measurements]:
    made = Measurements()
    yield made
    made.close()
    assert not made.running


@pytest.fixture(scope="module")
def run() -> RunSoFar:
    wanted = experiment()
    return RunSoFar(wanted, (), 6, load_prepared(wanted.data))


def test_a_measurement_comes_with_what_it_is_about(qtbot: Any, measurements: Measurements, run: RunSoFar) -> None:
    measurements.begin(run, "mine")
    qtbot.waitUntil(lambda: not measurements.running)
    ((about, came),) = measurements.taken()
    assert about == "mine"
    assert isinstance(came, RunRecord)
    assert not measurements.busy
    assert measurements.taken() == []


def test_what_nobody_waits_for_does_not_come(qtbot: Any, measurements: Measurements, run: RunSoFar) -> None:
    measurements.begin(run, "first")
    qtbot.waitUntil(lambda: not measurements.running)  # it has come, and was not yet looked for
    measurements.begin(run, "second")
    qtbot.waitUntil(lambda: not measurements.running)
    assert [about for about, _ in measurements.taken()] == ["second"]
