"""Every activation and its derivative against the PyTorch module that says the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.activations import ACTIVATIONS

POINTS = torch.cat([torch.linspace(-30.0, 30.0, 1201, dtype=torch.float64) + 0.0137, torch.tensor([-700.0, 700.0])])


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_value_and_derivative(name: str, dtype: torch.dtype) -> None:
    row = ACTIVATIONS[name]
    z = POINTS.to(dtype).requires_grad_()
    expected = row.module()(z)
    upstream = torch.linspace(-2.0, 3.0, len(z), dtype=dtype)
    (slope,) = torch.autograd.grad(expected, z, upstream)
    with torch.no_grad():
        inputs, weights = z.clone(), upstream.clone()
        a = row.forward(inputs)
        g = row.backward(weights, inputs, a)
    tolerance = 1e-14 if dtype == torch.float64 else 1e-6
    torch.testing.assert_close(a, expected.detach(), rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(g, slope, rtol=tolerance * 10, atol=tolerance * 10)
    assert torch.equal(inputs, z.detach()), "the input was changed"
    assert torch.equal(weights, upstream), "the upstream gradient was changed"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_that_of_the_value(name: str) -> None:
    row = ACTIVATIONS[name]
    z = POINTS[(POINTS.abs() < 20) & ((POINTS.abs() - 1).abs() > 1e-3) & (POINTS.abs() > 1e-3)]
    step = 1e-6
    numeric = (row.forward(z + step) - row.forward(z - step)) / (2 * step)
    torch.testing.assert_close(row.backward(torch.ones_like(z), z, row.forward(z)), numeric, rtol=1e-7, atol=2e-8)


@pytest.mark.parametrize(
    ("name", "torch_name"), [("tanh", "tanh"), ("relu", "relu"), ("leaky_relu", "leaky_relu"), ("selu", "selu")]
)
def test_gains_are_those_of_pytorch(name: str, torch_name: str) -> None:
    parameter = 0.01 if name == "leaky_relu" else None
    assert ACTIVATIONS[name].gain == pytest.approx(nn.init.calculate_gain(torch_name, parameter))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_saturates_is_flat_at_both_ends(name: str) -> None:
    row = ACTIVATIONS[name]
    z = torch.cat([POINTS, torch.zeros(1, dtype=torch.float64)])
    slope = row.backward(torch.ones_like(z), z, row.forward(z))
    at_ends = slope[(z - z.min()).abs().argmin()], slope[(z - z.max()).abs().argmin()]
    flat = all(end < 1e-4 for end in at_ends)
    assert flat == (row.steepest is not None)
    if row.steepest is not None:
        assert slope.max().item() == pytest.approx(row.steepest, rel=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_dies_has_no_slope_at_all_somewhere_near(name: str) -> None:
    """Within ±10, where no derivative is lost to rounding."""
    row = ACTIVATIONS[name]
    z = POINTS[POINTS.abs() < 10]
    slope = row.backward(torch.ones_like(z), z, row.forward(z))
    assert bool((slope == 0).any()) == row.dies
