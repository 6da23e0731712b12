"""The tables of instruments in the folder of a run: what was read, number for number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.runs import small
from training import outputs
from training.engine import Engine
from training.headless import run_headless
from training.instruments.catalog import INSTRUMENTS, standard_instruments
from training.instruments.instruments import Instruments
from training.instruments.log import InstrumentLog
from training.instruments.tables import instrument_tables


def test_a_table_holds_every_reading_of_its_instrument() -> None:
    engine, log = Engine(small()), InstrumentLog()
    instruments = Instruments(engine, share=None, every=4)
    while not engine.finished:
        log.take(instruments.follow(engine.advance(int(instruments.steps_until_next()))))
    made = {name: list(lines) for name, lines in instrument_tables(log, engine.architecture).items()}
    assert set(made) == set(standard_instruments(engine.architecture))
    for name, lines in made.items():
        columns = INSTRUMENTS[name].columns(engine.architecture)
        assert lines[0] == ",".join(["step", "epoch", *columns])
        rows = np.array([line.split(",") for line in lines[1:]], dtype=np.float64)
        np.testing.assert_array_equal(rows[:, 0], log[name].steps)
        np.testing.assert_array_equal(rows[:, 1], log[name].epochs)
        np.testing.assert_allclose(rows[:, 2:], log[name].values, rtol=1e-8)


def test_the_same_run_with_instruments_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "curves_picture", lambda run: b"a picture takes most of the time")
    run_headless(small(epochs=60), out=tmp_path / "with", instruments=1.0)
    run_headless(small(epochs=60), out=tmp_path / "without")
    assert any((tmp_path / "with" / "instruments").iterdir())
    assert not (tmp_path / "without" / "instruments").exists()
    for name in ("history.csv", "gradients.csv", "weights.safetensors"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()
