"""JAX: the step compiled with jit, an epoch as a scan, replicas by vmap. Used only where JAX is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.cases import LEARNING_RATE, Case

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
NORM_EPS = 1e-5
RUNNING = 0.1


def installed() -> bool:
    """Tell whether JAX can be imported."""
    return find_spec("jax") is not None and find_spec("jaxlib") is not None


class Jax:
    """Records what the lab records: the loss, and the norm of weight gradient and signal of every layer.

    Every call of the compiled function is one epoch of full batches; a last batch that is not full is left out.
    """

    def __init__(self, case: Case, replicas: int = 1) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_platforms", "cpu")
        self.case = case
        self.replicas = replicas
        self.x = jnp.asarray(case.data.x_train, jnp.float32)
        self.y = jnp.asarray(np.eye(case.classes)[case.data.y_train], jnp.float32)
        self.steps_per_epoch = len(self.x) // case.batch
        self.random = np.random.default_rng(0)
        parameters, statistics = self._start()
        first, second = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        self.state = (parameters, statistics, first, second, jnp.zeros(replicas))
        epoch = self._epoch if replicas == 1 else jax.vmap(self._epoch)
        if replicas == 1:
            self.state = jax.tree.map(lambda value: value[0], self.state)
        self.epoch = jax.jit(epoch, donate_argnums=0)
        self.records: list[Any] = []

    def run(self, steps: int) -> int:
        """Do the epochs that hold at least `steps` steps."""
        epochs = -(-steps // self.steps_per_epoch)
        count = self.steps_per_epoch * self.case.batch
        for _ in range(epochs):
            orders = [self.random.permutation(len(self.x))[:count] for _ in range(self.replicas)]
            batches = np.stack(orders).astype(np.int32).reshape(self.replicas, self.steps_per_epoch, -1)
            self.state, record = self.epoch(self.state, batches if self.replicas > 1 else batches[0])
            self.records.append(np.asarray(record))
        return epochs * self.steps_per_epoch

    def _start(self) -> tuple[Any, Any]:
        import jax.numpy as jnp

        def many(shape: tuple[int, ...], scale: float = 0.0, value: float = 0.0) -> Any:
            drawn = self.random.normal(size=(self.replicas, *shape)) * scale + value
            return jnp.asarray(drawn, jnp.float32)

        widths = self.case.widths
        parameters, statistics = [], []
        for index, (fan_in, fan_out) in enumerate(zip(widths, widths[1:], strict=False)):
            layer = {"w": many((fan_in, fan_out), (2 / fan_in) ** 0.5), "b": many((fan_out,))}
            if self.case.batch_norm and index < len(self.case.hidden):
                layer |= {"gamma": many((fan_out,), value=1.0), "beta": many((fan_out,))}
                statistics.append((many((fan_out,)), many((fan_out,), value=1.0)))
            parameters.append(layer)
        return parameters, statistics

    def _loss(self, parameters: Any, taps: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """`taps` are zeros added to every linear map's output: their gradients are the signals."""
        import jax
        import jax.numpy as jnp

        seen = []
        for layer, tap in zip(parameters[:-1], taps[:-1], strict=True):
            z = x @ layer["w"] + layer["b"] + tap
            if self.case.batch_norm:
                mean, var = z.mean(0), z.var(0)
                seen.append((mean, var))
                z = (z - mean) * jax.lax.rsqrt(var + NORM_EPS) * layer["gamma"] + layer["beta"]
            x = jax.nn.relu(z)
        out = x @ parameters[-1]["w"] + parameters[-1]["b"] + taps[-1]
        return -(jax.nn.log_softmax(out) * y).sum() / jnp.float32(len(y)), seen

    def _epoch(self, state: Any, batches: Any) -> tuple[Any, Any]:
        import jax
        import jax.numpy as jnp

        taps = [jnp.zeros((self.case.batch, width), jnp.float32) for width in self.case.widths[1:]]
        gradients_of = jax.value_and_grad(self._loss, argnums=(0, 1), has_aux=True)

        def step(state: Any, chosen: Any) -> tuple[Any, Any]:
            parameters, statistics, first, second, count = state
            (loss, seen), (grads, signals) = gradients_of(parameters, taps, self.x[chosen], self.y[chosen])
            statistics = jax.tree.map(lambda old, new: old + RUNNING * (new - old), statistics, seen)
            count = count + 1
            first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, grads)
            second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, grads)
            rate = LEARNING_RATE / (1 - BETA1**count)
            root = jnp.sqrt(1 - BETA2**count)
            parameters = jax.tree.map(
                lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + EPS), parameters, first, second
            )
            norms = [jnp.linalg.norm(layer["w"]) for layer in grads] + [jnp.linalg.norm(signal) for signal in signals]
            return (parameters, statistics, first, second, count), jnp.stack([loss, *norms])

        return jax.lax.scan(step, state, batches)
