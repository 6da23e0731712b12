"""Every optimizer against `torch.optim`, alone and in a population, and against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor

from training.experiment import Adam, AmsGrad, Momentum, Optimizer, Sgd
from training.optimizers import OPTIMIZERS, make_optimizer, scaled_lr

STEPS = 60
PARAMETERS = 19  # odd, so that vectorized kernels have a remainder

Reference = Callable[[Tensor, Any, Tensor], torch.optim.Optimizer]
Make = TypeAdapter(Optimizer).validate_python


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


BETAS = {"beta1": floats(0.0, 0.99), "beta2": floats(0.0, 0.9999), "eps": floats(1e-10, 1e-2)}

SETTINGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "sgd": {},
    "momentum": {"momentum": floats(0.0, 0.99), "dampening": floats(0.0, 1.0)},
    "nesterov": {"momentum": floats(0.01, 0.99)},
    "adagrad": {"lr_decay": floats(0.0, 1.0), "initial_accumulator": floats(0.0, 1.0), "eps": floats(1e-10, 1e-2)},
    "rmsprop": {
        "alpha": floats(0.1, 0.999), "momentum": st.just(0.0) | floats(0.0, 0.95), "centered": st.booleans(),
        "eps": floats(1e-10, 1e-2),
    },
    "adam": BETAS,
    "amsgrad": BETAS,
    "adamw": BETAS | {"weight_decay": floats(0.0, 1.0)},
}

REFERENCES: dict[str, Reference] = {
    "sgd": lambda p, c, mask: torch.optim.SGD([p], lr=1.0),
    "momentum": lambda p, c, mask: torch.optim.SGD([p], lr=1.0, momentum=c.momentum, dampening=c.dampening),
    "nesterov": lambda p, c, mask: torch.optim.SGD([p], lr=1.0, momentum=c.momentum, nesterov=True),
    "adagrad": lambda p, c, mask: torch.optim.Adagrad(
        [p], lr=1.0, lr_decay=c.lr_decay, initial_accumulator_value=c.initial_accumulator, eps=c.eps
    ),
    "rmsprop": lambda p, c, mask: torch.optim.RMSprop(
        [p], lr=1.0, alpha=c.alpha, momentum=c.momentum, centered=c.centered, eps=c.eps
    ),
    "adam": lambda p, c, mask: torch.optim.Adam([p], lr=1.0, betas=(c.beta1, c.beta2), eps=c.eps),
    "amsgrad": lambda p, c, mask: torch.optim.Adam([p], lr=1.0, betas=(c.beta1, c.beta2), eps=c.eps, amsgrad=True),
    "adamw": lambda p, c, mask: torch.optim.AdamW(
        [p], lr=1.0, betas=(c.beta1, c.beta2), eps=c.eps, weight_decay=c.weight_decay
    ),
}

METHODS = sorted(OPTIMIZERS)


def draw_config(data: st.DataObject, method: str) -> Optimizer:
    return Make({"method": method} | {name: data.draw(values, name) for name, values in SETTINGS[method].items()})


def a_config(method: str, **changes: object) -> Optimizer:
    return Make({"method": method} | {name: value for name, value in changes.items() if name in SETTINGS[method]})


def problem(replicas: int, steps: int, dtype: torch.dtype, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return a start ``[R, P]`` and gradients ``[steps, R, P]``, some of them zero."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(replicas, PARAMETERS, generator=generator, dtype=dtype)
    grads = torch.randn(steps, replicas, PARAMETERS, generator=generator, dtype=dtype)
    return start, grads * (torch.rand(grads.shape, generator=generator) > 0.1)


def rates(replicas: int, steps: int, dtype: torch.dtype) -> Tensor:
    """Return a rate that differs by step and replica, ``[steps, R, 1]``."""
    generator = torch.Generator().manual_seed(7)
    return 0.1 * torch.rand(steps, replicas, 1, generator=generator, dtype=dtype)


def torch_result(start: Tensor, grads: Tensor, lrs: list[float], config: Any, mask: Tensor) -> Tensor:
    """Return where `torch.optim` takes one replica ``[P]``."""
    p = torch.nn.Parameter(start.clone())
    optimizer = REFERENCES[config.method](p, config, mask)
    for grad, lr in zip(grads, lrs, strict=True):
        p.grad = grad.clone()
        before = p.detach().clone()
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        if config.method == "adamw":  # torch decays every parameter: give back what a mask leaves out
            with torch.no_grad():
                p.add_(before * (1.0 - mask), alpha=lr * config.weight_decay)
    return p.detach()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mixed", [False, True], ids=["same settings", "mixed settings"])
@pytest.mark.parametrize("own_rates", [False, True], ids=["one rate", "rate by replica"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_as_torch_optim(method: str, mixed: bool, own_rates: bool, data: st.DataObject) -> None:
    replicas = 3
    start, grads = problem(replicas, STEPS, torch.float64)
    configs = [draw_config(data, method) for _ in range(replicas)] if mixed else [draw_config(data, method)] * replicas
    lrs = rates(replicas, STEPS, torch.float64)
    if not own_rates:
        lrs = lrs[:, :1].expand(-1, replicas, -1)
    mask = (torch.arange(PARAMETERS) % 3 > 0).double()
    params = start.clone()
    optimizer = make_optimizer(params, configs, mask)
    for grad, lr in zip(grads, lrs, strict=True):
        optimizer.step(grad, lr if own_rates else float(lr[0, 0]))
    for k in range(replicas):
        expected = torch_result(start[k], grads[:, k], lrs[:, k, 0].tolist(), configs[k], mask)
        torch.testing.assert_close(params[k], expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_as_torch_optim_in_float32(method: str) -> None:
    start, grads = problem(1, STEPS, torch.float32)
    config, mask = a_config(method, momentum=0.9, centered=True), torch.ones(PARAMETERS)
    params = start.clone()
    optimizer = make_optimizer(params, [config], mask)
    for grad in grads:
        optimizer.step(grad, 0.01)
    expected = torch_result(start[0], grads[:, 0], [0.01] * STEPS, config, mask)
    torch.testing.assert_close(params[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("method", METHODS)
def test_replica_of_a_population_equals_the_run_alone(method: str, dtype: torch.dtype) -> None:
    replicas = 5
    start, grads = problem(replicas, STEPS, dtype)
    lrs = rates(replicas, STEPS, dtype)
    configs = [
        a_config(method, momentum=0.5 + 0.1 * k, beta1=0.9 - 0.1 * k, alpha=0.9 + 0.01 * k, lr_decay=0.1 * k,
                 dampening=0.2 * k, weight_decay=0.1 * k, centered=k % 2 == 0)
        for k in range(replicas)
    ]
    together = start.clone()
    population = make_optimizer(together, configs)
    for grad, lr in zip(grads, lrs, strict=True):
        population.step(grad, lr)
    tolerance = {torch.float32: 2e-5, torch.float64: 1e-12}[dtype]
    for k in range(replicas):
        alone = start[k : k + 1].clone()
        optimizer = make_optimizer(alone, configs[k : k + 1])
        for grad, lr in zip(grads, lrs, strict=True):
            optimizer.step(grad[k : k + 1].contiguous(), float(lr[k, 0]))
        torch.testing.assert_close(together[k], alone[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("method", METHODS)
def test_a_replica_that_overflows_leaves_the_others_alone(method: str) -> None:
    start, grads = problem(2, 10, torch.float64)
    results = []
    for poison in (0.0, math.nan):
        params = start.clone()
        optimizer = make_optimizer(params, [a_config(method)] * 2)
        for grad in grads:
            optimizer.step(grad + torch.tensor([[0.0], [poison]], dtype=torch.float64), 0.01)
        results.append(params)
    assert torch.equal(results[0][0], results[1][0])
    assert results[1][1].isnan().all()


@pytest.mark.parametrize("tensor_rate", [False, True])
@pytest.mark.parametrize("saved_at", [0, 1, 13])
@pytest.mark.parametrize("method", METHODS)
def test_state_goes_on_exactly(method: str, saved_at: int, tensor_rate: bool) -> None:
    start, grads = problem(2, 30, torch.float32)
    config = a_config(method, momentum=0.9, dampening=0.3, centered=True, lr_decay=0.01, initial_accumulator=0.1)
    lr = torch.full((2, 1), 0.01) if tensor_rate else 0.01
    params = start.clone()
    optimizer = make_optimizer(params, [config] * 2)
    for grad in grads[:saved_at]:
        optimizer.step(grad, lr)
    saved, resumed = optimizer.state(), params.clone()
    for grad in grads[saved_at:]:
        optimizer.step(grad, lr)  # must not touch what was saved
    again = make_optimizer(resumed, [config] * 2)
    again.load_state(saved)
    for grad in grads[saved_at:]:
        again.step(grad, lr)
    assert torch.equal(params, resumed)
    for name, buffer in optimizer.state().items():
        assert torch.equal(buffer, again.state()[name])


def test_state_of_another_optimizer_is_refused() -> None:
    adam, sgd = (make_optimizer(torch.zeros(1, 3), [a_config(method)]) for method in ("adam", "sgd"))
    with pytest.raises(ValueError, match="does not fit adam"):
        adam.load_state(sgd.state())
    with pytest.raises(ValueError, match="does not fit adam"):
        adam.load_state(make_optimizer(torch.zeros(1, 4), [a_config("adam")]).state())


@pytest.mark.parametrize("method", METHODS)
def test_settings_changed_in_mid_run_act_as_in_torch(method: str) -> None:
    """Change what `torch.optim` keeps in its parameter groups, at the same step."""
    start, grads = problem(1, 40, torch.float64)
    changes = {"momentum": 0.5, "beta1": 0.8, "beta2": 0.9, "alpha": 0.8, "lr_decay": 0.5, "eps": 1e-4,
               "weight_decay": 0.3}
    before, after = a_config(method, momentum=0.9), a_config(method, **changes)
    params, p = start.clone(), torch.nn.Parameter(start[0].clone())
    optimizer, reference = make_optimizer(params, [before]), REFERENCES[method](p, before, torch.ones(PARAMETERS))
    for step, grad in enumerate(grads):
        if step == 20:
            assert optimizer.configure([after]) is (method != "sgd")
            for group in reference.param_groups:
                own = {name: value for name, value in changes.items() if name in SETTINGS[method]}
                group.update(own | ({"betas": (0.8, 0.9)} if "betas" in group else {}))
        for group in reference.param_groups:
            group["lr"] = 0.01
        p.grad = grad[0].clone()
        reference.step()
        optimizer.step(grad, 0.01)
    torch.testing.assert_close(params[0], p.detach(), rtol=1e-10, atol=1e-11)


def test_a_new_rate_alone_needs_no_new_graph() -> None:
    optimizer = make_optimizer(torch.zeros(1, 3), [Adam(lr=0.01)])
    assert not optimizer.configure([Adam(lr=0.5, clip_norm=1.0)])


def test_dampening_armed_in_mid_run_spares_no_gradient() -> None:
    """Only the very first gradient is not dampened, however late dampening is switched on."""
    params = torch.zeros(1, 1)
    optimizer = make_optimizer(params, [Momentum(method="momentum", momentum=0.5)])
    optimizer.step(torch.ones(1, 1), 1.0)
    optimizer.configure([Momentum(method="momentum", momentum=0.5, dampening=0.5)])
    optimizer.step(torch.ones(1, 1), 1.0)
    assert params.item() == -2.0  # −1, then −(0.5 · 1 + 0.5 · 1)


def test_method_and_number_of_replicas_are_fixed() -> None:
    optimizer = make_optimizer(torch.zeros(2, 3), [Adam()] * 2)
    with pytest.raises(ValueError, match="from 'adam' to 'sgd'"):
        optimizer.configure([Sgd(method="sgd")] * 2)
    with pytest.raises(ValueError, match="1 configs for 2 replicas"):
        optimizer.configure([Adam()])
    with pytest.raises(ValueError, match="same method"):
        make_optimizer(torch.zeros(2, 3), [Adam(), Sgd(method="sgd")])
    with pytest.raises(ValueError, match="one config for each replica"):
        make_optimizer(torch.zeros(0, 3), [])
    with pytest.raises(ValueError, match="contiguous"):
        make_optimizer(torch.zeros(3, 2).T, [Adam()] * 2)
    with pytest.raises(ValueError, match="decay_mask"):
        make_optimizer(torch.zeros(2, 3), [Adam()] * 2, torch.ones(2))


def test_centered_rmsprop_survives_a_constant_gradient() -> None:
    """s − m² tends to zero, and rounding takes it below: the root of that would be NaN."""
    params = torch.zeros(1, 1000, dtype=torch.float32)
    grads = torch.linspace(0.1, 10.0, 1000)[None]
    optimizer = make_optimizer(params, [a_config("rmsprop", centered=True, alpha=0.5)])
    for _ in range(200):
        optimizer.step(grads, 1e-3)
    assert params.isfinite().all()


# --------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize(
    ("batch", "lr", "expected"),
    [(1, 0.01, 0.00503), (1, 1.0, 1.0), (1, 1.5, 3.0), (10, 0.1, 0.00526)],
)
def test_stationary_variance_of_sgd(batch: int, lr: float, expected: float) -> None:
    """T5 and T6: on ½x² with gradient noise of variance 1/B, SGD ends in a ball of variance ησ²/(2 − η)."""
    generator = torch.Generator().manual_seed(batch)
    x = torch.zeros(1, 20_000)
    optimizer = make_optimizer(x, [Sgd(method="sgd")])
    for _ in range(max(50, round(6 / lr))):
        noise = torch.randn(x.shape, generator=generator) / math.sqrt(batch)
        optimizer.step(x + noise, lr)
    assert lr / batch / (2.0 - lr) == pytest.approx(expected, rel=2e-3)
    assert x.var().item() == pytest.approx(expected, rel=0.04)  # four standard errors of 20,000 samples


def test_divergence_overflows_when_it_must() -> None:
    """T16: with ηλ = 3 every update doubles |x|; from 1, update 1023 (the first is 0) leaves float64."""
    x = torch.ones(1, 1, dtype=torch.float64)
    optimizer = make_optimizer(x, [Sgd(method="sgd")])
    for update in range(1024):
        assert abs(x.item()) == 2.0**update
        optimizer.step(3.0 * x, 1.0)
    assert not x.isfinite()


@pytest.mark.parametrize("curvature", [0.5, 4.0])
@pytest.mark.parametrize(
    ("method", "beta", "limit"),
    [
        ("sgd", 0.0, 2.0),
        ("momentum", 0.5, 3.0),  # 2 (1 + β)
        ("momentum", 0.9, 3.8),
        ("nesterov", 0.9, 3.8 / 2.8),  # 2 (1 + β) / (1 + 2β)
    ],
)
def test_limit_of_stability(method: str, beta: float, limit: float, curvature: float) -> None:
    """T16: on ½λx² the iteration is stable up to a limit of ηλ, and grows beyond it."""
    sizes = []
    for share in (0.98, 1.02):
        x = torch.ones(1, 1, dtype=torch.float64)
        optimizer = make_optimizer(x, [a_config(method, momentum=beta)])
        for _ in range(2000):
            optimizer.step(curvature * x, share * limit / curvature)
        sizes.append(abs(x.item()))
    assert sizes[0] < 1e-3
    assert sizes[1] > 1e3


def test_amsgrad_keeps_the_maximum() -> None:
    start, grads = problem(1, STEPS, torch.float64)
    grads[STEPS // 2 :] *= 0.01
    optimizer = make_optimizer(start, [AmsGrad(method="amsgrad", beta2=0.9)])
    seen = []
    for grad in grads:
        optimizer.step(grad, 0.01)
        seen.append(optimizer.state())
    maxima = torch.stack([state["max_second_moment"] for state in seen])
    assert (maxima.diff(dim=0) >= 0).all()
    torch.testing.assert_close(maxima, torch.stack([state["second_moment"] for state in seen]).cummax(dim=0).values)


def test_amsgrad_converges_where_adam_does_not() -> None:
    """The example of Reddi et al. 2018, §3: gradients C, −1, −1, … with C > 2, projected onto [−1, 1]."""
    c = 3.0
    ends = {}
    for method in ("adam", "amsgrad"):
        x = torch.zeros(1, 1, dtype=torch.float64)
        optimizer = make_optimizer(x, [a_config(method, beta1=0.0, beta2=1.0 / (1.0 + c * c))])
        for t in range(6000):
            grad = torch.full_like(x, c if t % 3 == 0 else -1.0)
            optimizer.step(grad, 0.5 / math.sqrt(1 + t))
            x.clamp_(-1.0, 1.0)
        ends[method] = x.item()
    assert ends["adam"] > 0.9  # the worst point
    assert ends["amsgrad"] < -0.9  # the minimum


def test_linear_scaling_rule() -> None:
    config = Sgd(method="sgd", lr=0.1, reference_batch=256)
    assert scaled_lr(config, 256) == 0.1
    assert scaled_lr(config, 8192) == pytest.approx(3.2)  # Goyal et al. 2017
    assert scaled_lr(Sgd(method="sgd", lr=0.1), 8192) == 0.1


# ----------------------------------------------------------------------------------------- CUDA


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_captured_in_a_cuda_graph(method: str, mixed: bool) -> None:
    """A replayed graph advances the step count, and follows rates written into its tensor."""
    replicas, steps = 2, 20
    start, grads = problem(replicas, steps + 1, torch.float64)
    lrs = rates(replicas, steps + 1, torch.float64)
    configs = [
        a_config(method, momentum=0.9 - mixed * 0.1 * k, beta1=0.9 - mixed * 0.1 * k, dampening=0.1, lr_decay=0.1)
        for k in range(replicas)
    ]
    expected = start.clone()
    on_cpu = make_optimizer(expected, configs)
    for grad, lr in zip(grads, lrs, strict=True):
        on_cpu.step(grad, lr)

    params, grad_buffer, lr_buffer = start.cuda(), grads[0].cuda(), lrs[0].cuda()
    optimizer = make_optimizer(params, configs)
    optimizer.step(grad_buffer, lr_buffer)  # warm-up, and the first step
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        optimizer.step(grad_buffer, lr_buffer)
    for grad, lr in zip(grads[1:], lrs[1:], strict=True):
        grad_buffer.copy_(grad)
        lr_buffer.copy_(lr)
        graph.replay()
    torch.testing.assert_close(params.cpu(), expected, rtol=1e-10, atol=1e-11)
