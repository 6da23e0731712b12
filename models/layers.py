"""Layers with an explicit backward pass, written over a leading replica axis.

Activations are ``[R, B, F]`` (replica, sample of the batch, feature). `forward` keeps what
`backward` needs; `backward` takes the gradient of the loss with respect to the layer's output,
writes the gradients of its parameters into the views it was given, and returns the gradient with
respect to its input. Formulas: Goodfellow et al. 2016, ch. 6.5; batch norm: Ioffe & Szegedy 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NORM_EPS = 1e-5
BATCH_NORM_MOMENTUM = 0.1

aten = torch.ops.aten
_batch_norm_backward = aten.native_batch_norm_backward.default
_ALL_GRADIENTS = [True, True, True]


@dataclass(frozen=True)
class Parameter:
    """Views of one parameter in the flat buffers, shape ``[R, *shape]``: its value and its gradient."""

    value: Tensor
    grad: Tensor


class Linear:
    """z = x W + b, with W ``[R, fan_in, fan_out]`` and b ``[R, fan_out]`` (None: no bias)."""

    def __init__(self, weight: Parameter, bias: Parameter | None) -> None:
        self.weight = weight
        self.bias = bias
        self._one_replica = weight.value.shape[0] == 1
        self._w = weight.value
        self._w_transposed = weight.value.mT
        self._b = bias.value.unsqueeze(1) if bias else None
        self.x: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return z ``[R, B, fan_out]`` for x ``[R, B, fan_in]``."""
        self.x = x
        if self._b is None:
            return torch.bmm(x, self._w)
        return torch.baddbmm(self._b, x, self._w)

    def apply(self, x: Tensor) -> Tensor:
        """Return the same as `forward`, keeping nothing for a backward pass."""
        if self._b is None:
            return torch.bmm(x, self._w)
        return torch.baddbmm(self._b, x, self._w)

    def backward(self, dz: Tensor) -> None:
        """Write the gradients of W and b; `input_gradient` gives that of x."""
        if self._one_replica:
            torch.bmm(self.x.mT, dz, out=self.weight.grad)
        else:
            # Replicas lie apart in the flat buffer, and bmm is slow to write there (measured: 36 against 9 µs).
            self.weight.grad.copy_(torch.bmm(self.x.mT, dz))
        if self.bias is not None:
            torch.sum(dz, 1, out=self.bias.grad)

    def input_gradient(self, dz: Tensor) -> Tensor:
        """Return the gradient with respect to x."""
        return torch.bmm(dz, self._w_transposed)


class BatchNorm:
    """Normalizes each feature over the batch; in evaluation mode with running statistics.

    `running_mean` and `running_var` are contiguous views of shape ``[R, F]``.
    """

    def __init__(self, weight: Parameter, bias: Parameter, running_mean: Tensor, running_var: Tensor) -> None:
        self.weight = weight
        self.bias = bias
        self.running_mean = running_mean
        self.running_var = running_var
        self.replicas, self.features = running_mean.shape
        self._running_mean = running_mean.view(-1)
        self._running_var = running_var.view(-1)
        # Views of a single replica are made once; the rows of several lie apart and are joined at every pass.
        self._single = (weight.value[0], bias.value[0]) if self.replicas == 1 else None

    def forward(self, z: Tensor, training: bool) -> Tensor:
        """Return the normalized z."""
        if not training:
            return self.apply(z)
        self._z = self._side_by_side(z)
        self._gamma, beta = self._scale_and_shift()
        out, self._mean, self._invstd = torch.native_batch_norm(
            self._z, self._gamma, beta, self._running_mean, self._running_var, True, BATCH_NORM_MOMENTUM, NORM_EPS
        )
        return self._apart(out)

    def apply(self, z: Tensor) -> Tensor:
        """Return z normalized with the running statistics, keeping nothing for a backward pass."""
        gamma, beta = self._scale_and_shift()
        out, _, _ = torch.native_batch_norm(
            self._side_by_side(z), gamma, beta, self._running_mean, self._running_var, False, 0.0, NORM_EPS
        )
        return self._apart(out)

    def backward(self, dy: Tensor) -> Tensor:
        """Write the gradients of weight and bias, and return that of z."""
        dz, dgamma, dbeta = _batch_norm_backward(
            self._side_by_side(dy), self._z, self._gamma, self._running_mean, self._running_var,
            self._mean, self._invstd, True, NORM_EPS, _ALL_GRADIENTS,
        )
        if self._single is None:
            dgamma, dbeta = dgamma.view_as(self.weight.grad), dbeta.view_as(self.bias.grad)
        self.weight.grad.copy_(dgamma)
        self.bias.grad.copy_(dbeta)
        return self._apart(dz)

    def _scale_and_shift(self) -> tuple[Tensor, Tensor]:
        return self._single or (self.weight.value.reshape(-1), self.bias.value.reshape(-1))

    def _side_by_side(self, x: Tensor) -> Tensor:
        """Lay the features of all replicas side by side, ``[B, R·F]``, as the kernel wants them."""
        return x[0] if self.replicas == 1 else x.transpose(0, 1).reshape(x.shape[1], -1)

    def _apart(self, x: Tensor) -> Tensor:
        if self.replicas == 1:
            return x.unsqueeze(0)
        return x.view(-1, self.replicas, self.features).transpose(0, 1)


class LayerNorm:
    """Normalizes each sample over its features (Ba et al. 2016)."""

    def __init__(self, weight: Parameter, bias: Parameter) -> None:
        self.weight = weight
        self.bias = bias
        self._gamma = weight.value.unsqueeze(1)
        self._beta = bias.value.unsqueeze(1)
        self._shape = (weight.value.shape[1],)

    def forward(self, z: Tensor, _training: bool) -> Tensor:
        """Return the normalized z."""
        self._z = z
        self._normalized, self._mean, self._rstd = torch.native_layer_norm(z, self._shape, None, None, NORM_EPS)
        return torch.addcmul(self._beta, self._normalized, self._gamma)

    def apply(self, z: Tensor) -> Tensor:
        """Return the same as `forward`, keeping nothing for a backward pass."""
        normalized, _, _ = torch.native_layer_norm(z, self._shape, None, None, NORM_EPS)
        return torch.addcmul(self._beta, normalized, self._gamma)

    def backward(self, dy: Tensor) -> Tensor:
        """Write the gradients of weight and bias, and return that of z."""
        torch.sum(dy * self._normalized, 1, out=self.weight.grad)
        torch.sum(dy, 1, out=self.bias.grad)
        dz: Tensor = aten.native_layer_norm_backward.default(
            dy * self._gamma, self._z, self._shape, self._mean, self._rstd, None, None, (True, False, False)
        )[0]
        return dz


Norm = BatchNorm | LayerNorm
