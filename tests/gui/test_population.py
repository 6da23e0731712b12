"""Replicas that end at different times: what is shown of the first one once it has ended, and others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gui.panels.network.figures import norms_of
from gui.panels.network.health import Health
from gui.window import MainWindow
from training.experiment_file import find, load
from training.validation import replace


def test_a_replica_that_ended_first_is_shown_as_it_ended_and_not_as_broken(
    qtbot: Any, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(replace(load(find("moons_quick")), {"replicas": 8, "stopping.early.patience": 8}))
    window.toggle()
    qtbot.waitUntil(lambda: window.control.phase == "finished", timeout=20_000)
    window._tick()
    run = window.control.view
    assert run is not None
    assert run.outcomes[0] is not None
    ended = run.outcomes[0].step
    assert run.ended_at == ended < run.history.step
    assert np.isnan(run.history.last_layers("weight_grad_norm")).all()

    recorded = run.history.layers("weight_grad_norm", first=ended, last=ended)
    for layer in range(len(run.layer_names)):
        norms = norms_of(run, layer)
        assert recorded.low[0, layer] <= norms.gradient <= recorded.high[0, layer]
        assert norms.verdict is not None
        assert norms.verdict.health is not Health.NOT_FINITE
    window.layer_map.refresh(run)
    assert window.layer_map.map.rect.right() < ended + 10 < run.history.step
