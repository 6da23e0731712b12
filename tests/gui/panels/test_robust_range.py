from __future__ import annotations

import numpy as np
import pytest

from gui.panels.robust_range import extent_of

FALLING = 0.7 * np.exp(-np.arange(60) / 20)


def shown(values, **options):
    extent = extent_of([(values, values)], **options)
    assert extent is not None
    return extent.low, extent.high


@pytest.mark.parametrize(("log", "first"), [(False, 1e2), (False, 1e300), (True, 1e8), (True, 1e300)])
def test_a_first_spike_does_not_flatten_the_rest(log, first):
    for length in (5, 20, 60):
        values = np.concatenate([[first], FALLING[:length]])
        drawn = np.log10(values) if log else values
        low, high = shown(drawn, log=log, zero=not log)
        rest = drawn[1:]
        inside = rest[(rest >= low) & (rest <= high)]
        assert len(inside) == length
        assert high < drawn[0]
        assert np.ptp(inside) > 0.05 * (high - (low if log else 0.0))


@pytest.mark.parametrize("log", [False, True])
def test_a_common_curve_is_shown_whole(log):
    drawn = np.log10(FALLING) if log else FALLING
    assert shown(drawn, log=log, zero=not log) == (drawn.min(), drawn.max())


def test_every_curve_is_judged_by_itself():
    train, val = np.full(100, 0.01), np.full(100, 3.0)
    extent = extent_of([(train, train), (val, val)])
    assert (extent.low, extent.high) == (0.01, 3.0)


def test_what_is_left_out_is_known():
    extent = extent_of([(np.append(FALLING, 1e9), np.append(FALLING, 1e9))], zero=True)
    assert extent.high < 2
    assert extent.highest == extent.whole.high == 1e9


def test_only_finite_values_count():
    values = np.array([np.nan, np.inf, -np.inf, 2.0, 1.0])
    assert shown(values) == (1.0, 2.0)
    assert extent_of([(values[:3], values[:3])]) is None
    assert extent_of([]) is None


def test_another_curve_widens_the_range_only_so_far():
    values = np.linspace(1.0, 2.0, 50)
    extent, other = extent_of([(values, values)]), extent_of([(100 * values, 100 * values)])
    assert extent.stretched_to(other, 2.0, 0.0).high == 4.0
    assert extent.stretched_to(None, 2.0, 0.0) is extent
