"""A population of networks of one architecture: flat parameters, forward, explicit backward.

All replicas live in flat buffers, ``params`` and ``grads`` of shape ``[R, P]``; layers hold views of
them. So an optimizer is a few operations on two tensors, and the norm of a layer's gradient is the
norm of a slice. `to_torch` gives one replica as a plain `torch.nn.Module`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from models.activations import ACTIVATIONS
from models.architecture import Architecture, Slot
from models.initializers import INITIALIZERS
from models.layers import BatchNorm, LayerNorm, Linear, Norm, Parameter
from models.torch_network import TorchNetwork

EVALUATION_BLOCK = 65_536
"""Largest number of values of one layer that evaluation computes at once."""


@dataclass(frozen=True)
class BlockValues:
    """What a block computes for some samples in evaluation mode, each ``[R, B, width]``.

    Attributes
    ----------
    z, a
        The value before the activation function (after normalization), and after it.
    handed_on
        What the next layer gets: `a`, or with a shortcut that ends here added.
    """

    z: Tensor
    a: Tensor
    handed_on: Tensor


class Block:
    """Linear → Norm → Activation → Dropout over the replica axis.

    After a backward pass, `signal` is the gradient of the loss with respect to the output of the
    linear map: the signal that reaches this layer on its way back.
    """

    def __init__(self, linear: Linear, norm: Norm | None, activation: str) -> None:
        self.linear = linear
        self.norm = norm
        self.activation = ACTIVATIONS[activation]
        self.mask: Tensor | None = None
        self.z: Tensor
        self.a: Tensor
        self.signal: Tensor

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """Return the block's output ``[R, B, fan_out]``."""
        z = self.linear.forward(x)
        if self.norm is not None:
            z = self.norm.forward(z, training)
        self.z = z
        self.a = self.activation.forward(z)
        if training and self.mask is not None:
            return self.a * self.mask
        return self.a

    def apply(self, x: Tensor) -> Tensor:
        """Return the block's output in evaluation mode, keeping nothing."""
        return self.activation.forward(self.preactivation(x))

    def preactivation(self, x: Tensor) -> Tensor:
        """Return what the activation function gets in evaluation mode, keeping nothing."""
        z = self.linear.apply(x)
        return z if self.norm is None else self.norm.apply(z)

    def backward(self, upstream: Tensor) -> None:
        """Write the parameters' gradients, and keep `signal`."""
        if self.mask is not None:
            upstream = upstream * self.mask
        dz = self.activation.backward(upstream, self.z, self.a)
        if self.norm is not None:
            dz = self.norm.backward(dz)
        self.signal = dz
        self.linear.backward(dz)


class Network:
    """R networks of one architecture.

    Parameters
    ----------
    architecture
        Shape shared by all replicas.
    replicas
        R.
    dtype, device
        Of all tensors.

    Attributes
    ----------
    params, grads
        ``[R, P]``; layers see views of them, so they are changed in place only.
    statistics
        ``[2, R, S]``: running means and variances of batch normalization.
    """

    def __init__(
        self,
        architecture: Architecture,
        replicas: int = 1,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self.architecture = architecture
        self.replicas = replicas
        self.params = torch.zeros(replicas, architecture.n_parameters, dtype=dtype, device=device)
        self.grads = torch.zeros_like(self.params)
        # One contiguous piece for each layer, as the batch-norm kernel wants.
        self.statistics = torch.zeros(replicas * architecture.n_statistics, dtype=dtype, device=device)
        self._slots = {slot.name: slot for slot in architecture.slots}
        self._running = dict(self._running_views())
        self.blocks = [self._block(index) for index in range(len(architecture.hidden))]
        self.projections: dict[int, Linear] = {
            index: Linear(self._parameter(f"projections.{index}.weight"), None)
            for index in range(len(architecture.hidden))
            if architecture.needs_projection(index)
        }
        self.output = Linear(self._parameter("output.weight"), self._parameter("output.bias"))
        self._skip_starts = [architecture.skip_starts_at(index) for index in range(len(architecture.hidden))]
        self._skip_ends = [architecture.skip_ends_at(index) for index in range(len(architecture.hidden))]
        self._masks: dict[int, Tensor] = {}  # by batch size
        self._mask_batch = 0
        self.loss_gradient: Tensor
        self.reset_norms()

    # ------------------------------------------------------------------------------------ start

    def initialize(
        self, generators: Sequence[Generator], scheme: str, parameter: float = 0.0, gains: Sequence[float] = (1.0,)
    ) -> None:
        """Draw the weights of each replica from its own generator; biases zero, norms the identity.

        Parameters
        ----------
        generators
            One CPU generator per replica, so that a seed gives the same weights on every device.
        scheme, parameter
            A row of `INITIALIZERS` and its σ or bound.
        gains
            Multiplier of the drawn weights: one for each replica, or one for all.
        """
        draw = INITIALIZERS[scheme].draw
        self.reset_norms()
        for replica, generator in enumerate(generators):
            gain = gains[replica % len(gains)]
            for slot in self.architecture.slots:
                if slot.is_weight:
                    # In float64 whatever the network's own precision, so that both start from the same weights.
                    weight = torch.empty(slot.shape, dtype=torch.float64)
                    draw(weight, generator, parameter)
                    self.params[replica, slot.span] = weight.mul_(gain).flatten().to(self.params)

    def reset_norms(self) -> None:
        """Set biases to zero and every normalization to the identity."""
        self.params.zero_()
        self.statistics.zero_()
        for mean, var in self._running.values():
            mean.zero_()
            var.fill_(1.0)
        for slot in self.architecture.slots:
            if slot.name.endswith("norm.weight"):
                self.params[:, slot.span] = 1.0

    # ---------------------------------------------------------------------------------- passes

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """Return the outputs ``[R, B, n_outputs]`` for inputs ``[R, B, n_inputs]``."""
        entry = x
        for index, block in enumerate(self.blocks):
            if self._skip_starts[index]:
                entry = x
            x = block.forward(x, training)
            if self._skip_ends[index]:
                projection = self.projections.get(index)
                x = x + (projection.forward(entry) if projection else entry)
        return self.output.forward(x)

    def backward(self, loss_gradient: Tensor) -> None:
        """Fill `grads` from the gradient of the loss with respect to the outputs ``[R, B, n_outputs]``."""
        self.loss_gradient = loss_gradient
        self.output.backward(loss_gradient)
        if not self.blocks:
            return
        upstream = self.output.input_gradient(loss_gradient)
        skipped: Tensor | None = None
        for index in range(len(self.blocks) - 1, -1, -1):
            if self._skip_ends[index]:
                skipped = self._backward_skip(index, upstream)
            block = self.blocks[index]
            block.backward(upstream)
            if index == 0:
                return  # nothing is learned below the first block
            upstream = block.linear.input_gradient(block.signal)
            if self._skip_starts[index] and skipped is not None:
                upstream = upstream + skipped

    def _backward_skip(self, index: int, upstream: Tensor) -> Tensor:
        projection = self.projections.get(index)
        if projection is None:
            return upstream
        projection.backward(upstream)
        return projection.input_gradient(upstream)

    def predict(self, x: Tensor) -> Tensor:
        """Return the outputs in evaluation mode, in blocks of samples where there are many.

        The same as `forward`, but nothing is kept on the way: memory just let go is at hand for the next layer.
        """
        widest = max(self.architecture.widths[1:]) * self.replicas
        rows = max(1, EVALUATION_BLOCK // widest)
        if x.shape[1] <= rows:
            return self._predict(x)
        return torch.cat([self._predict(part) for part in torch.split(x, rows, dim=1)], dim=1)

    def hidden_outputs(self, x: Tensor) -> list[Tensor]:
        """Return what every block hands on ``[R, B, width]`` in evaluation mode, the shortcuts that end there added."""
        handed_on: list[Tensor] = []
        self._predict(x, lambda z, a, out: handed_on.append(out))
        return handed_on

    def inside(self, x: Tensor) -> tuple[list[BlockValues], Tensor]:
        """Return all that every block computes in evaluation mode, and the outputs, from one forward pass."""
        values: list[BlockValues] = []
        outputs = self._predict(x, lambda z, a, out: values.append(BlockValues(z, a, out)))
        return values, outputs

    def _predict(self, x: Tensor, look: Callable[[Tensor, Tensor, Tensor], None] | None = None) -> Tensor:
        entry = x
        for index, block in enumerate(self.blocks):
            if self._skip_starts[index]:
                entry = x
            if look is None:
                a = x = block.apply(x)
            else:
                z = block.preactivation(x)
                a = x = block.activation.forward(z)
            if self._skip_ends[index]:
                projection = self.projections.get(index)
                x = x + (projection.apply(entry) if projection else entry)
            if look is not None:
                look(z, a, x)
        return self.output.apply(x)

    # --------------------------------------------------------------------------------- dropout

    def draw_dropout(self, batch: int, generators: Sequence[Generator]) -> None:
        """Draw the masks of the next step, each replica's from its own generator.

        The masks hold 0 or 1/(1 − p), so that the expected activation stays the same
        (inverted dropout, Srivastava et al. 2014).
        """
        keep = 1.0 - self.architecture.dropout
        masks = self._masks_for(batch)
        for mask, generator in zip(masks, generators, strict=True):
            mask.bernoulli_(keep, generator=generator)
        masks.mul_(1.0 / keep)

    def _masks_for(self, batch: int) -> Tensor:
        # One buffer for each batch size, kept: a captured step goes on reading the one it was captured with.
        if batch not in self._masks:
            self._masks[batch] = self.params.new_empty(self.replicas, batch * sum(self.architecture.hidden))
        masks = self._masks[batch]
        if batch != self._mask_batch:
            self._hand_out(masks, batch)
        return masks

    def _hand_out(self, masks: Tensor, batch: int) -> None:
        self._mask_batch = batch
        start = 0
        for block, width in zip(self.blocks, self.architecture.hidden, strict=True):
            stop = start + batch * width
            block.mask = masks[:, start:stop].view(self.replicas, batch, width)
            start = stop

    # ------------------------------------------------------------------------------ inspection

    def weight_gradients(self) -> list[Tensor]:
        """Return the gradient of each layer's weight matrix ``[R, fan_in, fan_out]``, the output layer last."""
        return [*(block.linear.weight.grad for block in self.blocks), self.output.weight.grad]

    def signals(self) -> list[Tensor]:
        """Return, per layer, the gradient of the loss with respect to its linear map's output ``[R, B, fan_out]``."""
        signals = [block.signal for block in self.blocks]
        signals.append(self.loss_gradient)
        return signals

    def forward_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield name and value of what the last forward pass computed, in that order."""
        for index, block in enumerate(self.blocks, start=1):
            yield f"layer {index} pre-activation", block.z
            yield f"layer {index} activation", block.a

    def backward_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield name and value of what the last backward pass computed, in that order."""
        yield "output signal", self.loss_gradient
        yield "output weight gradient", self.output.weight.grad
        for index in range(len(self.blocks), 0, -1):
            block = self.blocks[index - 1]
            yield f"layer {index} signal", block.signal
            yield f"layer {index} weight gradient", block.linear.weight.grad

    def weight_mask(self) -> Tensor:
        """Return a row ``[P]`` that is 1 at weights and 0 at biases and norm parameters."""
        mask = torch.zeros(self.params.shape[1], dtype=self.params.dtype, device=self.params.device)
        for slot in self.architecture.slots:
            if slot.is_weight:
                mask[slot.span] = 1.0
        return mask

    def statistics_of(self, replica: int) -> Tensor:
        """Return a copy of one replica's running statistics, laid out as in a network of one replica."""
        parts = [part[replica] for pair in self._running.values() for part in pair]
        return torch.cat(parts) if parts else self.statistics.clone()

    def load_flat(self, params: Tensor, statistics: Tensor, replica: int) -> None:
        """Set one replica from a row of parameters and what `statistics_of` returned."""
        self.params[replica] = params
        start = 0
        for pair in self._running.values():
            for part in pair:
                part[replica] = statistics[start : start + part.shape[1]]
                start += part.shape[1]

    # ---------------------------------------------------------------------------- import, export

    def tensors(self, replica: int = 0) -> dict[str, Tensor]:
        """Return copies of one replica's parameters and statistics, named and shaped as in PyTorch."""
        found = {}
        for slot in self.architecture.slots:
            value = self.params[replica, slot.span].view(slot.shape)
            found[slot.name] = (value.T if slot.is_weight else value).clone(memory_format=torch.contiguous_format)
        for index, (mean, var) in self._running.items():
            found[f"blocks.{index}.norm.running_mean"] = mean[replica].clone()
            found[f"blocks.{index}.norm.running_var"] = var[replica].clone()
        return found

    def load_tensors(self, tensors: dict[str, Tensor], replica: int = 0) -> None:
        """Set one replica from tensors named and shaped as in PyTorch.

        Raises
        ------
        ValueError
            If a tensor is missing or has another shape; nothing is changed then.
        """
        expected = {name: tuple(tensor.shape) for name, tensor in self.tensors(replica).items()}
        for name, shape in expected.items():
            if name not in tensors:
                raise ValueError(f"tensor '{name}' is missing")
            if tuple(tensors[name].shape) != shape:
                raise ValueError(f"tensor '{name}' has shape {tuple(tensors[name].shape)}, expected {shape}")
        for slot in self.architecture.slots:
            value = tensors[slot.name].to(self.params)
            self.params[replica, slot.span] = (value.T if slot.is_weight else value).flatten()
        for index, (mean, var) in self._running.items():
            mean[replica] = tensors[f"blocks.{index}.norm.running_mean"].to(mean)
            var[replica] = tensors[f"blocks.{index}.norm.running_var"].to(var)

    def to_torch(self, replica: int = 0) -> TorchNetwork:
        """Return one replica as a plain PyTorch module, with copies of its parameters."""
        with torch.inference_mode(False):
            module = TorchNetwork(self.architecture).to(self.params.device, self.params.dtype)
            # Outside inference mode, so that the clones can be trained by autograd.
            tensors = self.tensors(replica)
            for index in self._running:
                tensors[f"blocks.{index}.norm.num_batches_tracked"] = torch.tensor(0)
            module.load_state_dict(tensors)
        return module

    # ---------------------------------------------------------------------------------- layout

    def _block(self, index: int) -> Block:
        linear = Linear(
            self._parameter(f"blocks.{index}.linear.weight"), self._parameter(f"blocks.{index}.linear.bias")
        )
        return Block(linear, self._norm(index), self.architecture.activations[index])

    def _norm(self, index: int) -> Norm | None:
        kind = self.architecture.normalization
        if kind == "none":
            return None
        weight, bias = self._parameter(f"blocks.{index}.norm.weight"), self._parameter(f"blocks.{index}.norm.bias")
        return BatchNorm(weight, bias, *self._running[index]) if kind == "batch" else LayerNorm(weight, bias)

    def _parameter(self, name: str) -> Parameter:
        slot = self._slots[name]
        return Parameter(self._view(self.params, slot), self._view(self.grads, slot))

    def _view(self, flat: Tensor, slot: Slot) -> Tensor:
        return flat[:, slot.span].view(self.replicas, *slot.shape)

    def _running_views(self) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
        if self.architecture.normalization != "batch":
            return
        start = 0
        for index, width in enumerate(self.architecture.hidden):
            size = self.replicas * width
            mean = self.statistics[start : start + size].view(self.replicas, width)
            var = self.statistics[start + size : start + 2 * size].view(self.replicas, width)
            yield index, (mean, var)
            start += 2 * size
