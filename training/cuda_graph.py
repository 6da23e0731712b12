"""A training step captured in a CUDA graph: at these sizes the cost of a step is launching its kernels.

See https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs. Inputs are copied into fixed buffers,
then the recorded kernels are replayed; one graph for each batch size met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from training.step import TrainingStep

WARM_UP_STEPS = 3


class CapturedStep:
    """Replays `TrainingStep.run` from CUDA graphs.

    Parameters
    ----------
    step
        The step to capture; its buffers must not be replaced while the graphs are in use.
    save, restore
        Save and bring back everything a step changes: capturing needs a few steps of warm-up,
        which must leave no trace.
    """

    def __init__(self, step: TrainingStep, save: Callable[[], Any], restore: Callable[[Any], None]) -> None:
        self.step = step
        self._save = save
        self._restore = restore
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}

    def forget(self) -> None:
        """Drop all graphs, so that changed settings are captured anew."""
        self._graphs.clear()

    def run(self, x: Tensor, target: Tensor, lr: Tensor) -> None:
        """Do one step; the same as `TrainingStep.run` with a tensor of rates that stays in place."""
        batch = x.shape[1]
        if batch not in self._graphs:
            self._graphs[batch] = self._capture(x, target, lr)
        graph, held_x, held_target = self._graphs[batch]
        held_x.copy_(x)
        held_target.copy_(target)
        graph.replay()

    def _capture(self, x: Tensor, target: Tensor, lr: Tensor) -> tuple[torch.cuda.CUDAGraph, Tensor, Tensor]:
        held_x, held_target = x.contiguous().clone(), target.contiguous().clone()
        saved = self._save()
        try:
            graph = self._record(held_x, held_target, lr)
        finally:
            self._restore(saved)
        return graph, held_x, held_target

    def _record(self, x: Tensor, target: Tensor, lr: Tensor) -> torch.cuda.CUDAGraph:
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # untyped in torch 2.13
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_STEPS):
                self.step.run(x, target, lr)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Another thread (a window that predicts, say) may use CUDA meanwhile without spoiling the capture.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self.step.run(x, target, lr)
        return graph
