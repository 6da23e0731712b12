"""Initialization schemes against `torch.nn.init` draw for draw, and against their closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor, nn

from models.architecture import Architecture
from models.initializers import INITIALIZERS
from models.network import Network

Reference = Callable[[Tensor, Generator], object]

# PyTorch keeps weights as [fan_out, fan_in]. The draws fill the memory in order, so the values agree one by one.
REFERENCES: dict[str, Reference] = {
    "xavier_uniform": lambda weight, source: nn.init.xavier_uniform_(weight, generator=source),
    "xavier_normal": lambda weight, source: nn.init.xavier_normal_(weight, generator=source),
    "he_uniform": lambda weight, source: nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=source),
    "he_normal": lambda weight, source: nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=source),
    "lecun_normal": lambda weight, source: nn.init.kaiming_normal_(weight, nonlinearity="linear", generator=source),
    "normal": lambda weight, source: nn.init.normal_(weight, 0.0, 0.25, generator=source),
    "uniform": lambda weight, source: nn.init.uniform_(weight, -0.25, 0.25, generator=source),
    "zeros": lambda weight, _source: nn.init.zeros_(weight),
}

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "xavier_uniform": lambda n, m: 2 / (n + m),
    "xavier_normal": lambda n, m: 2 / (n + m),
    "he_uniform": lambda n, m: 2 / n,
    "he_normal": lambda n, m: 2 / n,
    "lecun_normal": lambda n, m: 1 / n,
    "normal": lambda n, m: 0.25**2,
    "uniform": lambda n, m: 0.25**2 / 3,
    "zeros": lambda n, m: 0.0,
}

BOUNDS: dict[str, Callable[[int, int], float]] = {
    "xavier_uniform": lambda n, m: math.sqrt(6 / (n + m)),
    "he_uniform": lambda n, m: math.sqrt(6 / n),
    "uniform": lambda n, m: 0.25,
}


def drawn(scheme: str, fan_in: int, fan_out: int, seed: int = 1) -> Tensor:
    weight = torch.empty(fan_in, fan_out, dtype=torch.float64)
    INITIALIZERS[scheme].draw(weight, Generator().manual_seed(seed), 0.25)
    return weight


def test_every_scheme_is_tested() -> None:
    assert {*REFERENCES, "orthogonal"} == set(INITIALIZERS)
    assert set(VARIANCES) == set(REFERENCES)


@pytest.mark.parametrize("scheme", REFERENCES)
@given(fan_in=st.integers(1, 40), fan_out=st.integers(1, 40), seed=st.integers(0, 2**16))
@settings(max_examples=20)
def test_draws_are_those_of_pytorch(scheme: str, fan_in: int, fan_out: int, seed: int) -> None:
    expected = torch.empty(fan_out, fan_in, dtype=torch.float64)
    REFERENCES[scheme](expected, Generator().manual_seed(seed))
    torch.testing.assert_close(
        drawn(scheme, fan_in, fan_out, seed).flatten(), expected.flatten(), rtol=1e-13, atol=1e-300
    )


@pytest.mark.parametrize("scheme", VARIANCES)
@pytest.mark.parametrize(("fan_in", "fan_out"), [(300, 200), (50, 400)])
def test_mean_and_variance_are_those_of_the_formula(scheme: str, fan_in: int, fan_out: int) -> None:
    weight, variance = drawn(scheme, fan_in, fan_out), VARIANCES[scheme](fan_in, fan_out)
    count = weight.numel()
    assert abs(weight.mean().item()) <= 5 * math.sqrt(variance / count)
    # The variance of a sample variance is at most 2 σ⁴ / n, that of the normal distribution.
    assert abs(weight.var().item() - variance) <= 5 * variance * math.sqrt(2 / count)
    if scheme in BOUNDS:
        bound = BOUNDS[scheme](fan_in, fan_out)
        assert weight.abs().max().item() <= bound
        assert weight.abs().max().item() > 0.999 * bound


@pytest.mark.parametrize(("fan_in", "fan_out"), [(30, 30), (40, 25), (25, 40), (1, 7)])
def test_orthogonal_weights_have_singular_values_of_one(fan_in: int, fan_out: int) -> None:
    weight = drawn("orthogonal", fan_in, fan_out)
    torch.testing.assert_close(
        torch.linalg.svdvals(weight), torch.ones(min(fan_in, fan_out), dtype=torch.float64), rtol=1e-12, atol=1e-12
    )
    small = weight.T @ weight if fan_in >= fan_out else weight @ weight.T
    torch.testing.assert_close(small, torch.eye(len(small), dtype=torch.float64), rtol=0, atol=1e-12)
    assert not torch.equal(drawn("orthogonal", fan_in, fan_out, 2), weight)


SMALL = Architecture(3, 2, (5, 4, 4), ("relu",) * 3, "batch", skip_every=2)


@pytest.mark.parametrize("scheme", INITIALIZERS)
def test_a_replica_starts_as_it_does_alone(scheme: str) -> None:
    seeds, gains = (11, 12, 13), (1.0, 0.5, 2.0)
    together = Network(SMALL, 3, torch.float64)
    together.initialize([Generator().manual_seed(seed) for seed in seeds], scheme, 0.3, gains)
    for replica, (seed, gain) in enumerate(zip(seeds, gains, strict=True)):
        alone = Network(SMALL, 1, torch.float64)
        alone.initialize([Generator().manual_seed(seed)], scheme, 0.3, [gain])
        assert torch.equal(alone.params[0], together.params[replica])
    if scheme != "zeros":
        assert not torch.equal(together.params[0], together.params[1])


def test_the_gain_multiplies_the_weights_alone() -> None:
    plain, doubled = Network(SMALL, 1, torch.float64), Network(SMALL, 1, torch.float64)
    plain.initialize([Generator().manual_seed(4)], "he_normal")
    doubled.initialize([Generator().manual_seed(4)], "he_normal", gains=[2.0])
    mask = plain.weight_mask()
    torch.testing.assert_close(doubled.params[0], plain.params[0] * (1 + mask), rtol=1e-15, atol=0)


def test_initializing_again_forgets_everything() -> None:
    network = Network(SMALL, 2, torch.float64)
    sources = [Generator().manual_seed(1), Generator().manual_seed(2)]
    network.initialize(sources, "he_normal")
    first = network.params.clone()
    network.params.normal_(generator=Generator().manual_seed(0))
    network.forward(torch.randn(2, 5, 3, generator=Generator().manual_seed(0), dtype=torch.float64), training=True)
    network.initialize([Generator().manual_seed(1), Generator().manual_seed(2)], "he_normal")
    assert torch.equal(network.params, first)
    for replica in range(2):
        for name, value in network.tensors(replica).items():
            if name.endswith(("bias", "running_mean")):
                assert value.abs().max() == 0, name
            if name.endswith(("norm.weight", "running_var")):
                assert (value == 1).all(), name
