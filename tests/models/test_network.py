"""The explicit backward pass against autograd through `to_torch`, and everything else a network does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models import layers
from models import network as network_module
from models.architecture import Architecture
from models.losses import LOSSES, Loss
from models.network import Network
from models.torch_network import TorchNetwork
from tests.models.populations import SMOOTH, architectures, gradients_of, random_batch, random_network

seeds = st.integers(0, 2**16)
TOLERANCE = 1e-9
"""Relative. Batch normalization of a feature that hardly varies multiplies rounding, layer by layer."""
RESIDUAL = Architecture(2, 3, (5, 5, 4, 4, 4), ("tanh",) * 5, "none", skip_every=2)  # projection, identity, a rest


def a_target(kind: str, shape: tuple[int, ...], smoothing: float, seed: int) -> Tensor:
    source = torch.Generator().manual_seed(seed + 7)
    if kind != "cross_entropy":
        return torch.randn(shape, generator=source, dtype=torch.float64)
    labels = torch.randint(shape[-1], shape[:-1], generator=source)
    return nn.functional.one_hot(labels, shape[-1]).double() * (1 - smoothing) + smoothing / shape[-1]


def autograd(
    module: TorchNetwork, x: Tensor, target: Tensor, loss: Loss
) -> tuple[Tensor, dict[str, Tensor], list[Tensor]]:
    """Return loss, gradients by name, and the gradients at the outputs of the linear maps of the main path."""
    outputs: list[Tensor] = []
    layers = [*(block.linear for block in module.blocks), module.output]
    handles = [
        layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output.requires_grad_()))
        for layer in layers
    ]
    value = loss.module()(module(x), target)
    parameters = dict(module.named_parameters())
    found = torch.autograd.grad(value, [*parameters.values(), *outputs], allow_unused=True, materialize_grads=True)
    for handle in handles:
        handle.remove()
    gradients = dict(zip(parameters, found[: len(parameters)], strict=True))
    return value.detach(), gradients, list(found[len(parameters) :])


def assert_near(actual: Tensor, expected: Tensor, size: float, what: str) -> None:
    """Compare to within rounding of numbers of the given size; shapes must agree."""
    assert actual.shape == expected.shape, what
    allowed = TOLERANCE * size
    assert (actual - expected).abs().max() <= allowed, (what, (actual - expected).abs().max().item(), allowed)


def check_backward(network: Network, x: Tensor, target: Tensor, loss: Loss) -> None:
    modules = [network.to_torch(replica) for replica in range(network.replicas)]
    with torch.no_grad():
        output = network.forward(x, training=True)
        values, loss_gradient = loss.value_and_gradient(output, target)
        network.backward(loss_gradient)
    for replica, module in enumerate(modules):
        value, gradients, signals = autograd(module, x[replica], target[replica], loss)
        # A gradient that cancels to zero (a constant unit under batch norm) is exact only for its terms.
        size = max(1.0, *(float(gradient.abs().max()) for gradient in [*gradients.values(), *signals]))
        assert_near(values[replica], value, max(1.0, float(value)), "loss")
        ours = gradients_of(network, replica)
        assert ours.keys() == gradients.keys()
        for name, gradient in gradients.items():
            assert_near(ours[name], gradient, size, name)
        assert len(network.signals()) == len(network.weight_gradients()) == network.architecture.layers
        for index, signal in enumerate(signals):
            assert_near(network.signals()[index][replica], signal, size, f"signal {index}")
            weight = "output.weight" if index == len(module.blocks) else f"blocks.{index}.linear.weight"
            assert torch.equal(network.weight_gradients()[index][replica].T, ours[weight])


@given(
    architecture=architectures(),
    replicas=st.integers(1, 3),
    batch=st.integers(4, 9),
    kind=st.sampled_from(list(LOSSES)),
    smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    seed=seeds,
)
@example(RESIDUAL, 2, 5, "cross_entropy", 0.1, 1)
@settings(max_examples=250)
def test_backward_agrees_with_autograd(
    architecture: Architecture, replicas: int, batch: int, kind: str, smoothing: float, seed: int
) -> None:
    network = random_network(architecture, replicas, seed)
    x = random_batch(architecture, replicas, batch, seed)
    target = a_target(kind, (replicas, batch, architecture.n_outputs), smoothing, seed)
    check_backward(network, x, target, LOSSES[kind].make())


@given(
    architecture=architectures(max_depth=3, names=SMOOTH),
    replicas=st.integers(1, 3),
    kind=st.sampled_from(["cross_entropy", "mse", "huber"]),
    seed=seeds,
)
@settings(max_examples=60)
def test_single_precision_is_as_good_as_that_of_pytorch(
    architecture: Architecture, replicas: int, kind: str, seed: int
) -> None:
    """Both are held against autograd in double precision from the same numbers."""
    network, loss = random_network(architecture, replicas, seed, torch.float32), LOSSES[kind].make()
    x = random_batch(architecture, replicas, 12, seed).float()
    target = a_target(kind, (replicas, 12, architecture.n_outputs), 0.0, seed).float()
    modules = [network.to_torch(replica) for replica in range(replicas)]
    with torch.no_grad():
        network.backward(loss.value_and_gradient(network.forward(x, training=True), target)[1])
    for replica, module in enumerate(modules):
        _, single, _ = autograd(module, x[replica], target[replica], loss)
        _, double, _ = autograd(module.double(), x[replica].double(), target[replica].double(), loss)
        ours = gradients_of(network, replica)
        size = max(1.0, *(float(gradient.abs().max()) for gradient in double.values()))
        theirs = max(float((single[name] - gradient).abs().max()) for name, gradient in double.items())
        for name, gradient in double.items():
            assert ours[name].dtype == torch.float32
            assert (ours[name] - gradient).abs().max() <= 100 * theirs + 1e-5 * size, name


def test_every_kind_of_skip_connection_is_met() -> None:
    starts = [RESIDUAL.skip_starts_at(block) for block in range(5)]
    ends = [RESIDUAL.skip_ends_at(block) for block in range(5)]
    assert starts == [True, False, True, False, False]
    assert ends == [False, True, False, True, False]
    assert [RESIDUAL.needs_projection(block) for block in range(5)] == [False, True, False, True, False]
    same = Architecture(4, 2, (4, 4), ("relu",) * 2, skip_every=1)
    assert not any(slot.name.startswith("projections") for slot in same.slots)


class GivenMask(nn.Module):
    """In the place of a dropout module: multiplies by a mask that is given."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask


@given(architecture=architectures(dropout=0.4, min_depth=1), replicas=st.integers(1, 3), seed=seeds)
@settings(max_examples=60)
def test_dropout_agrees_with_autograd_under_the_same_masks(
    architecture: Architecture, replicas: int, seed: int
) -> None:
    network = random_network(architecture, replicas, seed)
    network.draw_dropout(6, [torch.Generator().manual_seed(seed + replica) for replica in range(replicas)])
    x = random_batch(architecture, replicas, 6, seed)
    target = a_target("mse", (replicas, 6, architecture.n_outputs), 0.0, seed)
    loss = LOSSES["mse"].make()
    modules = [network.to_torch(replica) for replica in range(replicas)]
    with torch.no_grad():
        _, loss_gradient = loss.value_and_gradient(network.forward(x, training=True), target)
        network.backward(loss_gradient)
    for replica, module in enumerate(modules):
        for mine, block in zip(network.blocks, module.blocks, strict=True):
            assert mine.mask is not None
            block.dropout = GivenMask(mine.mask[replica].clone())
        _, gradients, signals = autograd(module, x[replica], target[replica], loss)
        size = max(1.0, *(float(gradient.abs().max()) for gradient in gradients.values()))
        for name, gradient in gradients_of(network, replica).items():
            assert_near(gradient, gradients[name], size, name)
        for mine, signal in zip(network.signals(), signals, strict=True):
            assert_near(mine[replica], signal, size, "signal")


def test_dropout_masks_keep_the_mean_and_come_from_the_generator_of_the_replica() -> None:
    architecture = Architecture(2, 2, (40, 30), ("relu", "relu"), dropout=0.3)
    network = Network(architecture, 3)
    network.draw_dropout(50, [torch.Generator().manual_seed(seed) for seed in (5, 6, 7)])
    first, second = (block.mask for block in network.blocks)
    assert first is not None
    assert second is not None
    assert first.shape == (3, 50, 40)
    assert second.shape == (3, 50, 30)
    values = torch.cat([first.flatten(), second.flatten()])
    assert torch.allclose(values.unique(), torch.tensor([0.0, 1 / 0.7]))
    kept = (values > 0).double().mean().item()
    assert abs(kept - 0.7) < 5 * (0.7 * 0.3 / len(values)) ** 0.5
    alone = Network(architecture, 1)
    alone.draw_dropout(50, [torch.Generator().manual_seed(6)])
    for mine, other in zip(alone.blocks, network.blocks, strict=True):
        assert mine.mask is not None
        assert other.mask is not None
        assert torch.equal(mine.mask[0], other.mask[1])


def test_dropout_masks_of_a_batch_size_stay_where_they_are() -> None:
    """A captured step goes on reading the masks at the address it was captured with."""
    network = Network(Architecture(2, 2, (4, 4), ("relu", "relu"), dropout=0.5), 2)
    sources = [torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)]
    places = {}
    for batch in (8, 3, 8, 3):
        network.draw_dropout(batch, sources)
        found = []
        for block in network.blocks:
            assert block.mask is not None
            assert block.mask.shape == (2, batch, 4)
            found.append(block.mask.data_ptr())
        assert places.setdefault(batch, found) == found


def test_without_training_nothing_is_dropped() -> None:
    architecture = Architecture(3, 2, (8, 8), ("tanh", "relu"), "layer", dropout=0.5)
    network = random_network(architecture, 2, 3)
    network.draw_dropout(4, [torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)])
    x = random_batch(architecture, 2, 4, 3)
    for replica in range(2):
        expected = network.to_torch(replica).eval()(x[replica])
        torch.testing.assert_close(network.forward(x, training=False)[replica], expected, rtol=1e-12, atol=1e-12)


@given(architecture=architectures(min_depth=1), replicas=st.integers(1, 3), seed=seeds)
@settings(max_examples=60)
def test_running_statistics_and_evaluation_mode(architecture: Architecture, replicas: int, seed: int) -> None:
    network = random_network(architecture, replicas, seed)
    modules = [network.to_torch(replica).train() for replica in range(replicas)]
    for batch in (7, 4, 5):
        x = random_batch(architecture, replicas, batch, seed + batch)
        trained = network.forward(x, training=True)
        for replica, module in enumerate(modules):
            torch.testing.assert_close(trained[replica], module(x[replica]), rtol=1e-9, atol=1e-9)
    x = random_batch(architecture, replicas, 6, seed + 99)
    before = network.statistics.clone()
    evaluated = network.forward(x, training=False)
    assert torch.equal(network.statistics, before)
    for replica, module in enumerate(modules):
        torch.testing.assert_close(evaluated[replica], module.eval()(x[replica]), rtol=1e-9, atol=1e-9)
        for name, value in network.tensors(replica).items():
            if "running" in name:
                torch.testing.assert_close(value, module.state_dict()[name], rtol=1e-11, atol=1e-11)


@given(architecture=architectures(), seed=seeds)
@settings(max_examples=40)
def test_a_replica_computes_what_it_computes_alone(architecture: Architecture, seed: int) -> None:
    network = random_network(architecture, 3, seed)
    x = random_batch(architecture, 3, 5, seed)
    target = a_target("mse", (3, 5, architecture.n_outputs), 0.0, seed)
    loss = LOSSES["mse"].make()
    alone = Network(architecture, 1, torch.float64)
    alone.load_tensors(network.tensors(1))
    output = network.forward(x, training=True)
    network.backward(loss.value_and_gradient(output, target)[1])
    single = alone.forward(x[1:2], training=True)
    alone.backward(loss.value_and_gradient(single, target[1:2])[1])
    torch.testing.assert_close(single[0], output[1], rtol=1e-10, atol=1e-10)
    size = max(1.0, float(alone.grads.abs().max()))
    assert_near(network.grads[1], alone.grads[0], size, "gradients")
    torch.testing.assert_close(alone.statistics_of(0), network.statistics_of(1), rtol=1e-10, atol=1e-10)


# ---------------------------------------------------------------------------------------- import, export


@given(architecture=architectures(), replicas=st.integers(1, 3), seed=seeds)
@settings(max_examples=60)
def test_tensors_round_trip_by_way_of_pytorch(architecture: Architecture, replicas: int, seed: int) -> None:
    network = random_network(architecture, replicas, seed)
    network.forward(random_batch(architecture, replicas, 5, seed), training=True)  # moves the running statistics
    other = Network(architecture, replicas, torch.float64)
    for replica in range(replicas):
        module = network.to_torch(replica)
        other.load_tensors(dict(module.state_dict()), replica)
        assert architecture.n_parameters == sum(parameter.numel() for parameter in module.parameters())
    assert torch.equal(other.params, network.params)
    assert torch.equal(other.statistics, network.statistics)
    third = Network(architecture, replicas, torch.float64)
    for replica in range(replicas):
        third.load_flat(network.params[replica], network.statistics_of(replica), replica)
    assert torch.equal(third.params, network.params)
    assert torch.equal(third.statistics, network.statistics)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_tensors_that_do_not_fit_change_nothing(normalization: Any) -> None:
    architecture = Architecture(2, 2, (3, 4), ("relu", "relu"), normalization, skip_every=1)
    network = random_network(architecture, 2, 1)
    before, statistics = network.params.clone(), network.statistics.clone()
    good = {name: value + 1 for name, value in network.tensors(0).items()}
    for name in good:
        missing = {other: value for other, value in good.items() if other != name}
        with pytest.raises(ValueError, match=f"tensor '{name}' is missing"):
            network.load_tensors(missing, 1)
        with pytest.raises(ValueError, match=f"tensor '{name}' has shape .* expected"):
            network.load_tensors({**good, name: torch.zeros(9, 9)}, 1)
    assert torch.equal(network.params, before)
    assert torch.equal(network.statistics, statistics)


def test_exported_copies_are_apart_from_the_network() -> None:
    architecture = Architecture(2, 2, (3,), ("relu",), "batch")
    network = random_network(architecture, 1, 1)
    before = network.params.clone()
    for tensor in network.tensors().values():
        tensor.add_(1.0)
    module = network.to_torch()
    loss = module(torch.randn(4, 2, dtype=torch.float64)).square().sum()
    loss.backward()
    torch.optim.SGD(module.parameters(), lr=1.0).step()
    assert torch.equal(network.params, before)
    assert torch.equal(network.statistics, torch.tensor([0.0, 0, 0, 1, 1, 1], dtype=torch.float64))


def test_an_exported_module_can_be_trained_even_from_within_inference_mode() -> None:
    network = random_network(RESIDUAL, 1, 1)
    with torch.inference_mode():
        module = network.to_torch()
    module(torch.randn(4, 2, dtype=torch.float64)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_prediction_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    architecture = Architecture(3, 2, (6, 5), ("tanh", "relu"), "batch", skip_every=1)
    network = random_network(architecture, 2, 4)
    network.forward(random_batch(architecture, 2, 30, 4), training=True)
    x = random_batch(architecture, 2, 31, 5)
    whole = network.predict(x)
    monkeypatch.setattr(network_module, "EVALUATION_BLOCK", 50)
    torch.testing.assert_close(network.predict(x), whole, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(whole[1], network.to_torch(1).eval()(x[1]), rtol=1e-10, atol=1e-10)


def test_the_mask_of_weights_marks_the_matrices_of_linear_maps() -> None:
    architecture = Architecture(2, 3, (4, 5), ("relu", "relu"), "batch", skip_every=1)
    network = Network(architecture, 1)
    mask = network.weight_mask()
    matrices = [name for name, value in network.tensors().items() if value.ndim == 2]
    assert mask.sum() == sum(network.tensors()[name].numel() for name in matrices)
    assert {slot.name for slot in architecture.slots if mask[slot.span].all()} == set(matrices)


def test_an_architecture_needs_one_activation_a_layer() -> None:
    with pytest.raises(ValueError, match="1 activations for 2 hidden layers"):
        Architecture(1, 1, (2, 2), ("relu",))


def test_tensors_are_named_in_the_order_they_are_computed() -> None:
    network = random_network(Architecture(2, 2, (3, 3), ("relu", "relu")), 1, 1)
    x = random_batch(network.architecture, 1, 4, 1)
    network.backward(network.forward(x, training=True))
    assert [name for name, _ in network.forward_tensors()] == [
        "layer 1 pre-activation", "layer 1 activation", "layer 2 pre-activation", "layer 2 activation",
    ]  # fmt: skip
    assert [name for name, _ in network.backward_tensors()] == [
        "output signal", "output weight gradient", "layer 2 signal", "layer 2 weight gradient",
        "layer 1 signal", "layer 1 weight gradient",
    ]  # fmt: skip


def test_normalization_has_the_settings_that_pytorch_has_by_default() -> None:
    batch, layer = nn.BatchNorm1d(1), nn.LayerNorm(1)
    assert (batch.eps, batch.momentum) == (layers.NORM_EPS, layers.BATCH_NORM_MOMENTUM)
    assert layer.eps == layers.NORM_EPS
