"""The path of the GPU: with graphs that are played on the CPU, and in earnest where a GPU is present."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.runs import REGRESSION, assert_same_run, reasons, small, trained
from training.cuda_graph import CapturedStep
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.step import TrainingStep
from training.validation import replace

# --------------------------------------------------------------------------------- graphs played on the CPU

BOUND = ("_l1", "_l2", "_clip_norm", "_clip_value", "noise")
"""What a captured step has taken over for good."""


class PlayedGraph:
    """Does at `replay` what was called while capturing, with the settings and buffers of that moment."""

    capturing: PlayedGraph | None = None

    def take(self, step: TrainingStep, arguments: tuple[Any, ...]) -> None:
        self.step, self.arguments = step, arguments
        self.settings = {name: getattr(step, name) for name in BOUND}
        self.masks = [block.mask for block in step.network.blocks]

    def replay(self) -> None:
        blocks = self.step.network.blocks
        now = {name: getattr(self.step, name) for name in BOUND}, [block.mask for block in blocks]
        self._set(self.settings, self.masks)
        TrainingStep.run(self.step, *self.arguments)
        self._set(*now)

    def _set(self, settings: dict[str, Any], masks: list[Tensor | None]) -> None:
        for name, value in settings.items():
            setattr(self.step, name, value)
        for block, mask in zip(self.step.network.blocks, masks, strict=True):
            block.mask = mask


class Capturing:
    """In the place of `torch.cuda.graph`."""

    def __init__(self, graph: PlayedGraph, *, capture_error_mode: str) -> None:
        assert capture_error_mode == "thread_local"
        self.graph = graph

    def __enter__(self) -> None:
        PlayedGraph.capturing = self.graph

    def __exit__(self, *_: object) -> None:
        PlayedGraph.capturing = None


class NoStream:
    """In the place of `torch.cuda.Stream` and what is done with it."""

    def __init__(self, *_: object) -> None:
        pass

    def wait_stream(self, _: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.cuda, "CUDAGraph", PlayedGraph)
    monkeypatch.setattr(torch.cuda, "graph", Capturing)
    for name in ("Stream", "stream", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, NoStream)
    yield
    assert PlayedGraph.capturing is None


def with_graphs(experiments: list[Experiment]) -> Engine:
    """Return an engine on the CPU that works as on a GPU: captured steps, records fetched at the end of a chunk."""
    engine = Engine(experiments, watch_every_step=False)
    step = engine._step

    def run(*arguments: Any) -> None:
        if PlayedGraph.capturing is not None:
            PlayedGraph.capturing.take(step, arguments)  # as on a GPU, capturing computes nothing
        else:
            TrainingStep.run(step, *arguments)

    step.run = run  # type: ignore[method-assign]
    engine._captured = CapturedStep(step, engine._tensor_state, engine._load_tensor_state)
    engine._measured = None
    return engine


def two_rates(**changes: Any) -> list[Experiment]:
    base = small(**changes)
    return [base, replace(base, {"optimizer.lr": 0.005})]


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "batches of two sizes": {"batch_size": 7},
    "dropout": {"network": {"hidden": [6, 5], "dropout": 0.4}},
    "batch norm": {"network": {"hidden": [6, 5], "normalization": "batch", "skip_every": 1}},
    "noise and clips": {"optimizer": {"method": "rmsprop", "lr": 0.01, "gradient_noise": 0.1, "clip_norm": 0.5}},
    "schedule": {"schedule": {"kind": "cosine", "warmup": 1.0}},
    "plateau": {"schedule": {"kind": "plateau", "patience": 0}},
    "full batch": {"batch_size": "full", "epochs": 30},
}
each_case = pytest.mark.parametrize("changes", CASES.values(), ids=CASES)


@pytest.mark.usefixtures("played")
@each_case
def test_captured_steps_are_the_same_run(changes: dict[str, Any]) -> None:
    engine = with_graphs(two_rates(**changes))
    assert_same_run(trained(engine, chunk=9), trained(Engine(two_rates(**changes))))
    assert engine._captured is not None
    assert len(engine._captured._graphs) == (1 if "epochs" in changes else 2), "one graph for each size of batch"
    assert not engine.notes


@pytest.mark.usefixtures("played")
def test_edits_are_captured_anew() -> None:
    plateau = {"schedule": {"kind": "plateau", "patience": 1000}}  # keeps the rates a tensor, as they are on a GPU
    engine, plain = with_graphs(two_rates(**plateau)), Engine(two_rates(**plateau))
    for key, value in (
        ("optimizer.clip_norm", 0.05), ("optimizer.lr", 0.1), ("regularization.l2", 0.3), ("batch_size", 11),
        ("optimizer.beta1", 0.5), ("optimizer.gradient_noise", 0.2), ("optimizer.gradient_noise", 0.0),
        ("optimizer.clip_norm", 0.0),
    ):  # fmt: skip
        for one in (engine, plain):
            target = one.step + 3
            while one.step < target:
                one.advance(target - one.step)
            one.edit({key: value})
    assert_same_run(trained(engine), trained(plain))


@pytest.mark.usefixtures("played")
def test_going_back_before_an_edit_forgets_what_was_captured_after_it() -> None:
    engine = with_graphs(two_rates(batch_size="full", epochs=20))
    engine.advance(1)
    state = engine.state()
    first = trained(engine)
    engine.load_state(state)
    engine.edit({"optimizer.clip_norm": 0.01})
    engine.advance(1)
    engine.load_state(state)
    assert_same_run(trained(engine), first)


@pytest.mark.usefixtures("played")
def test_a_diverged_run_is_looked_back_into() -> None:
    changes = {**REGRESSION, "optimizer": {"method": "sgd", "lr": 1e8}, "network": {"hidden": [5, 5]}, "epochs": 100}
    expected = trained(Engine(two_rates(**changes)))
    assert "diverged" in reasons(expected.outcomes)
    assert_same_run(trained(with_graphs(two_rates(**changes)), chunk=40), expected)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("where", ["graph", "CUDAGraph"])
def test_a_step_that_cannot_be_captured_runs_without_a_graph(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warming up for the capture must leave no trace either."""

    def no_graph(*_: object, **__: object) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, where, no_graph)
    engine = with_graphs(two_rates())
    assert_same_run(trained(engine), trained(Engine(two_rates())))
    assert len(engine.notes) == 1
    assert engine.notes[0].startswith("The step could not be captured in a CUDA graph; it runs without one (operation")


@pytest.mark.usefixtures("played")
def test_too_little_memory_is_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Any:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")

    monkeypatch.setattr(torch.cuda, "graph", full)
    with pytest.raises(RuntimeError, match="out of memory"):
        with_graphs(two_rates()).advance(1)


# ------------------------------------------------------------------------------------------- on a real GPU


def on(device: str, **changes: Any) -> Experiment:
    return small(**changes, device=device)


# Dropout and noise are drawn on the device, by another generator than that of the CPU.
SAME_DRAWS = {name: changes for name, changes in CASES.items() if name not in ("dropout", "noise and clips")}


@pytest.mark.cuda
@pytest.mark.parametrize("changes", SAME_DRAWS.values(), ids=SAME_DRAWS)
@pytest.mark.parametrize("replicas", [1, 3])
def test_gpu_and_cpu_agree(changes: dict[str, Any], replicas: int) -> None:
    changes = {"optimizer": {"method": "sgd", "lr": 0.1}, **changes, "replicas": replicas}
    gpu, cpu = (trained(Engine(on(device, **changes)), chunk=9) for device in ("cuda", "cpu"))
    np.testing.assert_allclose(gpu.records, cpu.records, rtol=1e-9, atol=1e-9)
    assert [record.step for record in gpu.evaluations] == [record.step for record in cpu.evaluations]
    for mine, other in zip(gpu.evaluations, cpu.evaluations, strict=True):
        for name in ("train_loss", "val_loss", "train_score", "val_score", "parameter_change"):
            np.testing.assert_allclose(getattr(mine, name), getattr(other, name), rtol=1e-9, atol=1e-9)
    assert reasons(gpu.outcomes) == reasons(cpu.outcomes)


@pytest.mark.cuda
@each_case
@pytest.mark.parametrize("replicas", [1, 3])
def test_with_and_without_graph_agree(changes: dict[str, Any], replicas: int) -> None:
    experiment = on("cuda", **changes, replicas=replicas)
    engine = Engine(experiment)
    with_graph, without = trained(engine, chunk=9), trained(Engine(experiment, use_graph=False), chunk=9)
    assert not engine.notes, "no graph was used"
    np.testing.assert_allclose(with_graph.records, without.records, rtol=1e-10, atol=1e-12)


@pytest.mark.cuda
@each_case
def test_a_gpu_repeats_itself(changes: dict[str, Any]) -> None:
    experiment = on("cuda", **changes)
    assert_same_run(trained(Engine(experiment), chunk=5), trained(Engine(experiment), chunk=17))


@pytest.mark.cuda
def test_divergence_on_a_gpu() -> None:
    changes = {**REGRESSION, "optimizer": {"method": "sgd", "lr": 1e8}, "network": {"hidden": [5, 5]}, "epochs": 100}
    gpu, cpu = (trained(Engine(on(device, **changes)), chunk=40) for device in ("cuda", "cpu"))
    assert reasons(gpu.outcomes) == ["diverged"]
    mine, other = gpu.outcomes[0], cpu.outcomes[0]
    assert mine is not None
    assert other is not None
    assert (mine.step, mine.tensor) == (other.step, other.tensor)
    assert len(gpu.records) == len(cpu.records)


@pytest.mark.cuda
def test_edits_and_states_on_a_gpu() -> None:
    engine = Engine(on("cuda", network={"hidden": [6], "dropout": 0.3}))
    engine.advance(4)
    state = engine.state()
    engine.edit({"optimizer.clip_norm": 0.05})
    first = trained(engine)
    engine.load_state(state)
    engine.edit({"optimizer.clip_norm": 0.05})
    assert_same_run(trained(engine), first)
    snapshot = engine.snapshot()
    assert isinstance(snapshot.params, np.ndarray)
    assert np.isfinite(snapshot.predict(engine.data.x_val)).all()


@pytest.mark.cuda
def test_a_network_too_large_for_the_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (1000, 1000))
    with pytest.raises(InputError, match="this network needs about"):
        Engine(on("cuda"))
