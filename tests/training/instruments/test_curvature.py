"""The ends of the Hessian's spectrum and its trace, against the whole Hessian by autograd and closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.instruments.hessians import hessian_at, objective_outputs
from tests.training.instruments.probes import probe_at, probe_of
from tests.training.runs import REGRESSION, small
from training.engine import Engine
from training.instruments import curvature
from training.instruments.curvature import HessianEigenvalue, Spectrum, ends_of_spectrum, products
from training.instruments.probe import Probe
from training.instruments.trace import HessianTrace, curvatures
from training.instruments.workbench import Workbench

FloatArray = NDArray[np.float64]

NETWORKS: dict[str, dict[str, Any]] = {
    "tanh": {"network": {"hidden": [5, 4], "activation": "tanh"}},
    "regression": {**REGRESSION, "network": {"hidden": [5, 4], "activation": "tanh"}},
    "skip": {"network": {"hidden": [4, 3, 4, 4], "skip_every": 2, "activation": "tanh"}},
    "layer norm": {"network": {"hidden": [5, 4], "normalization": "layer", "activation": "sigmoid"}},
    "batch norm": {"network": {"hidden": [5, 4], "normalization": "batch", "activation": "tanh"}},
    "L2, smoothing": {
        "network": {"hidden": [5]}, "regularization": {"l2": 0.3},
        "loss": {"kind": "cross_entropy", "label_smoothing": 0.1},
    },
    "relu": {"network": {"hidden": [6, 5], "activation": "relu"}},
    "no hidden layer": {"network": {"hidden": []}, **REGRESSION},
    "single precision": {"dtype": "float32", "network": {"hidden": [5], "activation": "tanh"}},
}  # fmt: skip


@pytest.mark.parametrize(("name", "steps"), [*((name, 40) for name in NETWORKS), ("tanh", 0), ("relu", 0)])
def test_as_the_whole_hessian_has_it(name: str, steps: int) -> None:
    probe = probe_at(steps, **NETWORKS[name], epochs=20)
    whole = hessian_at(probe.bench, probe.params)
    values = np.linalg.eigvalsh(whole)
    size = np.abs(values).max()
    directions = torch.randn(3, len(values), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    got = products(probe.bench, probe.params, directions).numpy()
    np.testing.assert_allclose(got, directions.numpy() @ whole, atol=1e-8 * size * 5)
    largest, smallest, residual = HessianEigenvalue().measure(probe)
    assert largest == pytest.approx(values[-1], abs=1e-4 * size)
    assert residual <= curvature.KNOWN
    if np.isfinite(smallest):
        assert smallest == pytest.approx(values[0], abs=0.03 * size)
    found = curvatures(probe, 1000)
    assert found.mean() == pytest.approx(np.trace(whole), abs=4.5 * found.std() / np.sqrt(1000) + 1e-6 * size)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hardtanh", "selu", "elu"])
def test_samples_right_on_a_kink_have_the_slope_of_training(activation: str) -> None:
    """Biases are zero at the start: where nothing comes up from below, units stand right on their kink."""
    network = {"hidden": [3, 3, 3, 3, 3], "activation": activation, "initialization": {"scheme": "he_normal"}}
    probe = probe_at(0, network=network)
    params = probe.params.clone()
    slot = next(slot for slot in probe.bench.architecture.slots if slot.name == "blocks.1.linear.weight")
    params[slot.span] = -params[slot.span].abs()  # nothing is left of what ReLU lets through
    _expect_the_whole_hessian(replace(probe, params=params))


def test_weights_near_the_kink_of_l1() -> None:
    probe = probe_at(30, network={"hidden": [5, 4], "activation": "tanh"}, regularization={"l1": 0.1, "l2": 0.01})
    params = probe.params.clone()
    params[::2] *= 1e-9
    _expect_the_whole_hessian(replace(probe, params=params))


@pytest.mark.parametrize("off", [1e-9, -1e-8])
def test_targets_that_are_met_by_an_absolute_error(off: float) -> None:
    probe = probe_at(30, **{**REGRESSION, "loss": {"kind": "mae"}})
    output = objective_outputs(probe.bench, probe.params)
    probe.bench.target = torch.where(torch.arange(len(output))[:, None] % 3 == 0, output + off, probe.bench.target)
    _expect_the_whole_hessian(probe)


def test_a_piece_is_left_as_it_was_found() -> None:
    """The networks of the workbench are the same for all who compute on them."""
    probe = probe_at(10, network={"hidden": [6, 5], "activation": "relu"})
    places = torch.stack([probe.params, -probe.params]).double()
    before = probe.bench.gradients(places)
    products(probe.bench, probe.params, places[:1])
    for was, now in zip(before, probe.bench.gradients(places), strict=True):
        torch.testing.assert_close(now, was, rtol=0, atol=0)


def _expect_the_whole_hessian(probe: Probe) -> None:
    whole = hessian_at(probe.bench, probe.params)
    size = np.abs(whole).max()
    directions = torch.randn(4, len(whole), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    got = products(probe.bench, probe.params, directions).numpy()
    np.testing.assert_allclose(got, directions.numpy() @ whole, atol=1e-6 * size)
    largest = HessianEigenvalue().measure(probe)[0]
    assert largest == pytest.approx(np.linalg.eigvalsh(whole)[-1], abs=0.03 * size)


def test_variance_of_the_trace_is_that_of_hutchinson() -> None:
    """Var zᵀHz = 2(‖H‖² − Σ Hᵢᵢ²) for components ±1."""
    probe = probe_at(20, network__hidden=(5,))
    whole = hessian_at(probe.bench, probe.params)
    wanted = 2.0 * ((whole**2).sum() - (np.diag(whole) ** 2).sum())
    assert curvatures(probe, 3000).var() == pytest.approx(wanted, rel=0.2)


def test_trace_tells_its_error() -> None:
    probe = probe_at(20)
    found = curvatures(probe)
    mean, error = HessianTrace().measure(probe)
    assert (mean, error) == pytest.approx((found.mean(), found.std(ddof=1) / np.sqrt(len(found))))


def test_trace_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probe_at(20)
    whole = curvatures(probe)
    monkeypatch.setattr("training.instruments.trace.SIDE_BY_SIDE", 3 * len(probe.params))
    np.testing.assert_allclose(curvatures(probe), whole, rtol=1e-9)


def test_curvature_of_linear_regression() -> None:
    """Of mean (xᵀw + b − y)² it is the largest eigenvalue of 2/N XᵀX with a column of ones."""
    probe = probe_at(3, **REGRESSION, network={"hidden": []}, regularization={"l2": 0.25})
    x = np.column_stack([probe.bench.x.numpy(), np.ones(len(probe.bench.x))])
    wanted = np.linalg.eigvalsh(2.0 / len(x) * x.T @ x + np.diag([0.25] * (x.shape[1] - 1) + [0.0]))
    assert HessianEigenvalue().measure(probe)[:2] == pytest.approx(wanted[[-1, 0]], rel=1e-6)
    mean, error = HessianTrace().measure(probe)
    assert mean == pytest.approx(wanted.sum(), abs=5 * error + 1e-6)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=24), st.integers(0, 99))
@settings(max_examples=60)
def test_ends_of_a_known_spectrum(eigenvalues: list[float], seed: int) -> None:
    """With as many products as directions the ends are exact, whatever their sign."""
    size = len(eigenvalues)
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.standard_normal((size, size)))
    whole = torch.from_numpy(turned @ np.diag(eigenvalues) @ turned.T)
    ends = ends_of_spectrum(lambda v: whole @ v, torch.from_numpy(rng.standard_normal(size)))
    largest = np.abs(eigenvalues).max()
    assert ends.largest == pytest.approx(max(eigenvalues), abs=2e-3 * largest + 1e-12)
    if np.isfinite(ends.smallest):
        assert ends.smallest >= min(eigenvalues) - 1e-9 * (1.0 + largest)
    assert ends.products <= curvature.MOST_PRODUCTS
    if ends.top is not None and largest > 1e-6:
        left = torch.linalg.vector_norm(whole @ ends.top - ends.largest * ends.top)
        assert float(left) <= (ends.residual + 1e-6) * largest * 1.01


def test_cost_is_bounded() -> None:
    """A spectrum without end costs no more products than allowed, and its residual says how little is known."""
    values = torch.linspace(-1.0, 1.0, 3000, dtype=torch.float64)
    start = torch.randn(3000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ends = ends_of_spectrum(lambda v: values * v, start, most=8)
    assert ends.products == 8
    assert ends.residual > curvature.KNOWN
    assert np.isnan(ends.smallest)
    assert ends.largest <= 1.0


def test_followed_along_a_run() -> None:
    """Each search starts where the last one ended; it finds what a search from nothing finds, with fewer products."""
    engine = Engine(small(epochs=60, optimizer={"method": "sgd", "lr": 0.3}, network__hidden=(5,)))
    bench = Workbench(engine.experiment, engine.data, engine.architecture)
    instrument, cost, cold = HessianEigenvalue(), [], []
    for _ in range(6):
        engine.advance(10)
        probe = replace(probe_of(engine), bench=bench)
        values = np.linalg.eigvalsh(hessian_at(bench, probe.params))
        assert instrument.measure(probe)[0] == pytest.approx(values[-1], abs=1e-4 * np.abs(values).max())
        cost.append(Spectrum.of(bench).at(probe).products)
        cold.append(Spectrum().at(probe).products)
    assert sum(cost) < sum(cold)


def test_one_search_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probe_at(5)
    HessianEigenvalue().measure(probe)
    monkeypatch.setattr(curvature, "products", None)
    assert np.isfinite(HessianEigenvalue().measure(probe)).all()


def test_an_edit_of_the_objective_counts_at_once() -> None:
    probe = probe_at(5, **REGRESSION, network={"hidden": []})
    before = HessianEigenvalue().measure(probe)[0]
    probe.bench.experiment = small(**REGRESSION, network={"hidden": []}, regularization={"l2": 1.0})
    after = HessianEigenvalue().measure(replace(probe, experiment=probe.bench.experiment))[0]
    assert after > before + 0.5


def test_the_same_in_every_run() -> None:
    first, second = (HessianEigenvalue().measure(probe_at(17)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_nothing_is_known_of_parameters_that_are_not_finite() -> None:
    probe = probe_at(5)
    broken = replace(probe, params=torch.full_like(probe.params, torch.nan))
    assert np.isnan(HessianEigenvalue().measure(broken)).all()
    assert np.isnan(HessianTrace().measure(broken)).all()


def test_nothing_is_known_where_the_gradient_overflows() -> None:
    probe = probe_at(5, **REGRESSION, network={"hidden": [3], "activation": "relu"})
    assert np.isnan(HessianEigenvalue().measure(replace(probe, params=probe.params * 1e200))).all()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature, "MOST_BYTES", 10 * 8 * 500)
    values = torch.linspace(-1.0, 1.0, 500, dtype=torch.float64)
    assert ends_of_spectrum(lambda v: values * v, torch.ones(500)).products == 10
