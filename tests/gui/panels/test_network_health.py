"""What is said of a layer's gradient beside the others', and the height of its bar."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from gui.panels.network.health import MARKS, Health, bar_limits, bar_share, health_color, judged
from gui.theme import DARK, LIGHT

FINE, SMALL, VANISHED, LARGE, NOT_FINITE = (
    Health.FINE, Health.SMALL, Health.VANISHED, Health.LARGE, Health.NOT_FINITE,
)


CASES = [
    ([1.0], [FINE]),
    ([0.3, 0.5, 1.0], [FINE, FINE, FINE]),
    ([1e-2, 1.0, 1.0, 1.0], [SMALL, FINE, FINE, FINE]),
    ([1.1e-2, 1.0, 1.0, 1.0], [FINE, FINE, FINE, FINE]),
    ([1e-4, 0.0, 1.0, 1.0, 1.0], [VANISHED, VANISHED, FINE, FINE, FINE]),
    ([100.0, 99.0, 1.0, 1.0, 1.0], [LARGE, FINE, FINE, FINE, FINE]),
    ([np.nan, np.inf, 1.0, 1.0, 1.0], [NOT_FINITE, NOT_FINITE, FINE, FINE, FINE]),
    ([1e-6, 1.0], [VANISHED, FINE]),
    ([1e-3, 1e-3, 0.0], [FINE, FINE, VANISHED]),
    ([0.0, 0.0], [VANISHED, VANISHED]),
    ([], []),
]


def test_layers_are_compared_with_those_near_the_loss():
    for norms, expected in CASES:
        assert [verdict.health for verdict in judged(np.array(norms, dtype=float))] == expected, norms


def test_a_gradient_that_fades_over_many_layers_leaves_those_near_the_loss_healthy():
    healths = [verdict.health for verdict in judged(10.0 ** -np.arange(20.0)[::-1])]
    assert healths[-1] is FINE
    assert healths[0] is VANISHED
    assert LARGE not in healths
    assert healths == sorted(healths, key=[VANISHED, SMALL, FINE].index)


def test_every_health_that_needs_care_has_a_mark_and_a_color_told_apart_by_lightness_or_hue():
    assert set(MARKS) == {SMALL, VANISHED, LARGE, NOT_FINITE}
    for theme in (DARK, LIGHT):
        fine = QColor(health_color(FINE, theme))
        for health in MARKS:
            assert health_color(health, theme) != fine.name()


def test_bars_are_on_a_log_scale():
    for norm, share in ((0.0, 0.0), (np.nan, 1.0), (np.inf, 1.0), (1e-2, 0.5), (1e9, 1.0), (1e-9, 0.0)):
        assert bar_share(norm, (-4.0, 0.0)) == pytest.approx(share), norm


def test_the_scale_of_the_bars_holds_still_while_it_suits():
    limits = bar_limits(np.array([1e-3, 1e-1]), None)
    assert bar_limits(np.array([2e-3, 2e-1]), limits) == limits
    grown = bar_limits(np.array([1e-7, 1e-1]), limits)
    assert grown is not None
    assert grown[0] < -7
