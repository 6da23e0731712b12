"""The objective and its whole Hessian, by autograd on the PyTorch module: what the instruments are held against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.network import Network
from training.instruments.workbench import Workbench

FloatArray = NDArray[np.float64]


def objective(bench: Workbench) -> Callable[[Tensor], Tensor]:
    """Return the objective as a function of the flat parameters ``[P]``."""
    module = Network(bench.architecture, 1, torch.float64).to_torch().train()
    loss, penalty = bench.loss.module(), bench.experiment.regularization
    x, target = bench.x.clone(), bench.target.clone()

    def value(params: Tensor) -> Tensor:
        tensors, penalties = {}, params.new_zeros(())
        for slot in bench.architecture.slots:
            own = params[slot.span].view(slot.shape)
            tensors[slot.name] = own.T if slot.is_weight else own
            if slot.is_weight:
                penalties = penalties + penalty.l1 * own.abs().sum() + 0.5 * penalty.l2 * own.square().sum()
        output = torch.func.functional_call(module, tensors, x)
        found: Tensor = loss(output, target) + penalties
        return found

    return value


def hessian_at(bench: Workbench, params: Tensor) -> FloatArray:
    """Return the Hessian of the objective ``[P, P]``."""
    whole = torch.autograd.functional.hessian(objective(bench), params.double().clone())
    found: FloatArray = whole.detach().numpy()
    return 0.5 * (found + found.T)


def objective_at(bench: Workbench, params: FloatArray) -> float:
    """Return the objective at one place ``[P]``."""
    with torch.no_grad():
        return float(objective(bench)(torch.from_numpy(np.ascontiguousarray(params))))


@torch.no_grad()
def objective_outputs(bench: Workbench, params: Tensor) -> Tensor:
    """Return what the network gives for the samples of the workbench ``[N, C]``."""
    network = Network(bench.architecture, 1, torch.float64)
    network.params[0] = params
    found: Tensor = network.to_torch().train()(bench.x.clone())
    return found
