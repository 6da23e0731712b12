"""Every loss and its gradient against PyTorch, replica by replica."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models.losses import LOSSES, CrossEntropyLoss, HuberLoss, Loss

ALL: list[Loss] = [*(row.make() for row in LOSSES.values()), HuberLoss(0.3), HuberLoss(2.5)]


@given(
    loss=st.sampled_from(ALL), replicas=st.integers(1, 3), batch=st.integers(1, 6), width=st.integers(1, 5),
    size=st.sampled_from([1e-3, 1.0, 30.0]), seed=st.integers(0, 2**16),
)  # fmt: skip
@settings(max_examples=150)
def test_value_and_gradient(loss: Loss, replicas: int, batch: int, width: int, size: float, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    output = torch.randn(replicas, batch, width, generator=source, dtype=torch.float64) * size
    target = torch.randn(replicas, batch, width, generator=source, dtype=torch.float64)
    if isinstance(loss, CrossEntropyLoss):
        target = torch.softmax(target, -1)
    given_output, given_target = output.clone(), target.clone()
    values, gradient = loss.value_and_gradient(output, target)
    assert torch.equal(output, given_output)
    assert torch.equal(target, given_target)
    torch.testing.assert_close(loss.value(output, target), values, rtol=1e-13, atol=1e-15)
    for replica in range(replicas):
        leaf = output[replica].clone().requires_grad_()
        expected = loss.module()(leaf, target[replica])
        torch.testing.assert_close(values[replica], expected.detach(), rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(
            gradient[replica], torch.autograd.grad(expected, leaf)[0], rtol=1e-11, atol=1e-14
        )


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_cross_entropy_of_smoothed_targets_is_that_of_pytorch_with_label_smoothing(smoothing: float) -> None:
    source = torch.Generator().manual_seed(3)
    output = torch.randn(1, 20, 4, generator=source, dtype=torch.float64)
    labels = torch.randint(4, (20,), generator=source)
    target = nn.functional.one_hot(labels, 4).double() * (1 - smoothing) + smoothing / 4
    expected = nn.CrossEntropyLoss(label_smoothing=smoothing)(output[0], labels)
    value = LOSSES["cross_entropy"].make().value(output, target[None])
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)


def test_cross_entropy_of_huge_logits_is_finite() -> None:
    output = torch.tensor([[[1e4, -1e4], [-1e4, 1e4]]])
    value, gradient = CrossEntropyLoss().value_and_gradient(output, torch.tensor([[[0.0, 1.0], [0.0, 1.0]]]))
    assert value.item() == pytest.approx(1e4)
    assert torch.isfinite(gradient).all()


def test_losses_at_known_points() -> None:
    output, target = torch.tensor([[[0.0], [3.0]]]), torch.tensor([[[0.5], [0.0]]])
    assert LOSSES["mse"].make().value(output, target).item() == pytest.approx((0.25 + 9) / 2)
    assert LOSSES["mae"].make().value(output, target).item() == pytest.approx(1.75)
    assert LOSSES["huber"].make(1.0).value(output, target).item() == pytest.approx((0.125 + 2.5) / 2)
    even = torch.zeros(1, 3, 5)
    assert LOSSES["cross_entropy"].make().value(even, torch.full((1, 3, 5), 0.2)).item() == pytest.approx(math.log(5))


def test_the_gradient_of_the_absolute_error_is_zero_at_zero() -> None:
    output = torch.zeros(1, 2, 1)
    assert LOSSES["mae"].make().value_and_gradient(output, output.clone())[1].abs().max() == 0
