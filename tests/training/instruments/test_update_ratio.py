"""The update-to-weight ratio of an instrument is the one that the history has of every step."""

from __future__ import annotations

import numpy as np

from tests.training.instruments.probes import probe_of
from tests.training.runs import small
from training.engine import Engine
from training.history import History
from training.instruments.catalog import INSTRUMENTS, standard_instruments
from training.instruments.update_ratio import UpdateRatio


def test_as_the_history_has_it() -> None:
    engine = Engine(small())
    history = History(1, engine.architecture.layers)
    assert np.isnan(UpdateRatio().measure(probe_of(engine))).all()
    history.extend(engine.advance(13))
    np.testing.assert_allclose(UpdateRatio().measure(probe_of(engine)), history.last_layers("update_ratio"), rtol=1e-9)


def test_it_is_listed_but_never_measured() -> None:
    assert INSTRUMENTS["update_ratio"].recorded
    assert "update_ratio" not in standard_instruments(Engine(small()).architecture)
