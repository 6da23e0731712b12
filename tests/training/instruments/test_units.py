"""Units that are copies of each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.instruments.probes import probe_at
from training.instruments.units import UnitSimilarity, share_of_copies


@given(
    groups=st.lists(st.integers(1, 5), min_size=1, max_size=8), inputs=st.integers(2, 9), seed=st.integers(0, 2**32 - 1)
)
@settings(max_examples=60)
def test_units_that_have_a_copy_are_counted(groups: list[int], inputs: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    units = np.repeat(random.standard_normal((inputs, len(groups))), groups, axis=1)
    copies = sum(size for size in groups if size > 1)
    order = random.permutation(units.shape[1])
    assert share_of_copies(units[:, order]) == copies / units.shape[1]


@pytest.mark.parametrize(("apart", "share"), [(1e-7, 1.0), (1e-3, 0.0)])
def test_rounding_does_not_tell_units_apart_but_learning_does(apart: float, share: float) -> None:
    unit = np.array([0.5, -2.0, 1.0])
    assert share_of_copies(np.column_stack([unit, unit + apart])) == share


def test_a_weight_that_is_not_finite() -> None:
    assert np.isnan(share_of_copies(np.array([[np.nan, 1.0]])))


@pytest.mark.parametrize(
    ("scheme", "steps", "shares"),
    [("xavier_uniform", 0, [0.0, 0.0]), ("xavier_uniform", 24, [0.0, 0.0]), ("zeros", 0, [1.0, 1.0]),
     ("zeros", 24, [1.0, 1.0])],
)  # fmt: skip
def test_a_symmetric_start_lasts(scheme: str, steps: int, shares: list[float]) -> None:
    initialization = {"scheme": scheme}
    probe = probe_at(steps, network={"hidden": [7, 5], "activation": "sigmoid", "initialization": initialization})
    np.testing.assert_array_equal(UnitSimilarity().measure(probe), shares)
