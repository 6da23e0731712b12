"""Gradient preparation against autograd and `torch.nn.utils`, with numbers and with values by replica."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from training.gradient import add_penalties, clip_norm, clip_value, noise_std

R, P = 3, 11
SEEDS = st.integers(0, 2**31 - 1)
STRENGTHS = st.tuples(*[st.just(0.0) | st.floats(1e-6, 10.0)] * R)


def draw(seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(R, P, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def column(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, l1=STRENGTHS, l2=STRENGTHS)
def test_penalties_are_the_gradient_of_what_they_say(seed: int, l1: tuple[float, ...], l2: tuple[float, ...]) -> None:
    params, grads = draw(seed).requires_grad_(), draw(seed + 1)
    mask = (torch.arange(P) % 4 > 0).double()
    weights = params * mask
    penalty = (column(l1) * weights.abs()).sum() + (column(l2) * weights.square()).sum() / 2
    (expected,) = torch.autograd.grad(penalty, params)

    result = grads.clone()
    add_penalties(result, params.detach(), mask, column(l1), column(l2))
    torch.testing.assert_close(result, grads + expected)

    for k in range(R):
        alone = grads[k : k + 1].clone()
        add_penalties(alone, params.detach()[k : k + 1], mask, l1[k], l2[k])
        torch.testing.assert_close(alone, result[k : k + 1])


def test_penalty_leaves_zero_weights_at_zero() -> None:
    grads = torch.zeros(1, 3)
    add_penalties(grads, torch.tensor([[0.0, 2.0, -2.0]]), torch.ones(3), 0.5, 0.0)
    assert grads.tolist() == [[0.0, 0.5, -0.5]]


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, bounds=STRENGTHS, scale=st.floats(1e-6, 1e6))
def test_clip_norm_as_torch(seed: int, bounds: tuple[float, ...], scale: float) -> None:
    grads = draw(seed, scale)
    result = grads.clone()
    norms = clip_norm(result, column(bounds))
    assert norms.shape == (R, 1)
    for k in range(R):
        p = torch.nn.Parameter(torch.zeros(P, dtype=torch.float64))
        p.grad = grads[k].clone()
        if bounds[k] > 0:
            torch.nn.utils.clip_grad_norm_([p], bounds[k])
        torch.testing.assert_close(result[k], p.grad, rtol=1e-12, atol=0.0)
        torch.testing.assert_close(norms[k, 0], grads[k].norm())
        alone = grads[k : k + 1].clone()
        clip_norm(alone, bounds[k])
        torch.testing.assert_close(alone[0], p.grad, rtol=1e-12, atol=0.0)


def test_clip_norm_takes_norms_that_are_known() -> None:
    grads, known = draw(0), draw(0).norm(dim=1, keepdim=True)
    given_norms, measured = grads.clone(), grads.clone()
    assert clip_norm(given_norms, 0.1, known) is known
    clip_norm(measured, 0.1)
    torch.testing.assert_close(given_norms, measured)


@pytest.mark.parametrize("bound", [0.0, torch.zeros(1, 1)])
def test_no_bound_passes_infinities_on(bound: float | Tensor) -> None:
    """So that a diverged run shows as such."""
    grads = torch.tensor([[1.0, math.inf, math.nan]])
    clip_norm(grads, bound)
    clip_value(grads, bound)
    assert grads[0, :2].tolist() == [1.0, math.inf]
    assert grads[0, 2].isnan()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, bounds=STRENGTHS)
def test_clip_value_as_torch(seed: int, bounds: tuple[float, ...]) -> None:
    grads = draw(seed)
    result = grads.clone()
    clip_value(result, column(bounds))
    for k in range(R):
        p = torch.nn.Parameter(torch.zeros(P, dtype=torch.float64))
        p.grad = grads[k].clone()
        if bounds[k] > 0:
            torch.nn.utils.clip_grad_value_([p], bounds[k])
        assert torch.equal(result[k], p.grad)
        alone = grads[k : k + 1].clone()
        clip_value(alone, bounds[k])
        assert torch.equal(alone[0], p.grad)


@pytest.mark.parametrize(
    ("eta", "decay", "step", "variance"),
    [(0.01, 0.55, 0, 0.01), (1.0, 0.55, 99, 100**-0.55), (0.3, 0.0, 10**6, 0.3), (0.0, 0.55, 5, 0.0)],
)
def test_noise_falls_as_in_the_paper(eta: float, decay: float, step: int, variance: float) -> None:
    assert noise_std(eta, decay, step) ** 2 == pytest.approx(variance)
