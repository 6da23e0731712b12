"""What is refused before training: no such device, too little memory, and what does not suit the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.runs import data_of, small
from training import feasibility
from training.device import choose_device, describe
from training.engine import Engine
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.feasibility import batch_size_of, check_feasible, memory_estimate, records_estimate
from training.history import History
from training.progress import EvaluationRecord, Progress, record_width


def a_data_set(samples: int = 20, held_out: int = 5, inputs: int = 2, classes: int = 2) -> Any:
    x = np.linspace(-1, 1, samples * inputs).reshape(samples, inputs)
    y = np.arange(samples) % classes if classes else x[:, :1]
    return data_of(x, y, x[:held_out], y[:held_out], classes)


# ---------------------------------------------------------------------------------------------- device


def test_cuda_asked_for_and_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=r"device: cuda was asked for, but .*allowed: auto, cpu.*Choose cpu or auto"):
        Engine(small(device="cuda"))
    assert Engine(small(device="auto")).device.type == "cpu"


@pytest.mark.parametrize(("version", "text"), [(None, "CPU build"), ("12.8", "finds no NVIDIA GPU or driver")])
def test_why_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch, version: str | None, text: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", version)
    with pytest.raises(InputError, match=text):
        choose_device("cuda", 10)


def test_auto_takes_a_gpu_where_it_is_worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto", 1_000).type == "cpu"
    assert choose_device("auto", 10**8).type == "cuda"
    assert choose_device("cpu", 10**8).type == "cpu"
    assert choose_device("cuda", 1).type == "cuda"


def test_the_device_in_words() -> None:
    assert describe(torch.device("cpu")) == "CPU"
    assert Engine(small()).device_name == "CPU"


# ---------------------------------------------------------------------------------------------- memory


def test_a_network_too_large_is_refused_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_arguments: object) -> None:
        raise AssertionError("allocated")

    monkeypatch.setattr("training.engine.Network", no_network)
    # 64 layers of 1,024 with 4,096 replicas: some ten thousand gigabytes.
    with pytest.raises(InputError, match=r"network\.hidden: this network .* need about [\d.]+ GB, but only [\d.]+ GB"):
        Engine(small(network={"hidden": [1024] * 64}, replicas=4096), a_data_set())


def test_the_bound_is_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, data, cpu = small(), a_data_set(), torch.device("cpu")
    needed = memory_estimate(experiment, data, 1) + records_estimate(experiment, data, 1)
    for free, fits in ((needed * 10, True), (needed // 2, False)):
        monkeypatch.setattr("psutil.virtual_memory", lambda free=free: type("Memory", (), {"available": free}))
        if fits:
            check_feasible(experiment, data, replicas=1, device=cpu)
        else:
            with pytest.raises(InputError, match="memory"):
                check_feasible(experiment, data, replicas=1, device=cpu)
        check_feasible(experiment, data, replicas=1)  # a run that has its memory asks for none


@pytest.mark.parametrize("replicas", [1, 8])
@pytest.mark.parametrize("batch_size", [8, "full"])
@pytest.mark.parametrize("samples", [10, 200])
@pytest.mark.parametrize("method", ["amsgrad", "rmsprop"])
def test_the_estimate_covers_what_an_engine_holds(replicas: int, batch_size: Any, samples: int, method: str) -> None:
    optimizer = {"method": method, "gradient_noise": 0.01}
    experiment = small(
        network={"hidden": [64, 64]}, batch_size=batch_size, replicas=replicas, epochs=3, optimizer=optimizer
    )
    data = a_data_set(samples, samples // 2, 10)
    engine = Engine(experiment, data)
    for _ in engine.train():
        pass
    step = engine._step
    held = [engine.network.params, engine.network.grads, engine.network.statistics, step._moved, step._weight_mask]
    assert step.noise is not None
    held += [step.noise, *(judge.best.params for judge in engine._judges if judge.best)]
    held += [engine._params_at_evaluation, *step.optimizer._buffers.values(), step.optimizer._scratch]
    held += [tensor for _, tensor in engine.network.forward_tensors()] + engine.network.signals()
    size = sum(tensor.numel() * tensor.element_size() for tensor in held)
    estimate = memory_estimate(experiment, data, replicas)
    assert size <= estimate <= 4 * size


def test_replicas_share_the_samples() -> None:
    """A thousand replicas on MNIST-sized data fit a desktop: the inputs are there once, batches are copied."""
    data = a_data_set(60_000, 10_000, 20, 10)
    experiment = small(network={"hidden": [8]}, dtype="float32", batch_size=32)
    one, many = (memory_estimate(experiment, data, replicas) for replicas in (1, 1000))
    assert one < 50e6
    assert many < 4e9


@pytest.mark.parametrize(("replicas", "epochs", "hidden"), [(1, 3, [7]), (1, 3000, [7]), (300, 60, [3] * 30)])
def test_the_estimate_covers_the_records(replicas: int, epochs: int, hidden: list[int]) -> None:
    experiment, data = small(epochs=epochs, network={"hidden": hidden}), a_data_set()
    history = History(replicas, len(hidden) + 1)
    records = np.zeros((3 * epochs, replicas, record_width(len(hidden) + 1)))  # batches of 8, 8 and 4
    each = np.zeros(replicas)
    evaluations = tuple(EvaluationRecord(step, 0.0, *[each] * 9, ()) for step in range(epochs + 1))
    history.extend(Progress(0, records, evaluations, 3 * epochs, epochs, (None,) * replicas, 0.1))
    estimate = records_estimate(experiment, data, replicas)
    assert history.nbytes <= estimate < 3 * history.nbytes


def test_records_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,096 replicas of 64 tiny layers: what is recorded of them is more than they are."""
    experiment, data = small(network={"hidden": [1] * 64}, replicas=4096), a_data_set()
    records = records_estimate(experiment, data, 4096)
    assert 415e6 < records < 480e6
    free = memory_estimate(experiment, data, 4096) / feasibility.MEMORY_SHARE + records / 2
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": free}))
    with pytest.raises(InputError, match="this network and its records need about"):
        check_feasible(experiment, data, replicas=4096, device=torch.device("cpu"))


def test_estimates_grow_with_everything() -> None:
    data, few = a_data_set(), {"train_samples": 3}
    base = memory_estimate(small(evaluation=few), data, 1)
    for changes in ({"network": {"hidden": [70, 50]}}, {"network": {"hidden": [7, 5, 5, 5]}}, {"batch_size": 20}):
        assert memory_estimate(small(**changes, evaluation=few), data, 1) > base
    base = memory_estimate(small(), data, 1)
    assert memory_estimate(small(), data, 3) > base
    assert memory_estimate(small(dtype="float32"), data, 1) < base


# -------------------------------------------------------------------------------------------- batch norm


def batch_norm(**changes: Any) -> Experiment:
    return small(network={"hidden": [4], "normalization": "batch"}, **changes)


def test_batch_norm_needs_two_samples() -> None:
    with pytest.raises(ExperimentError, match="batch normalization needs at least 2 training samples"):
        Engine(batch_norm(), a_data_set(1, 3))
    with pytest.raises(ExperimentError, match="batch normalization needs at least 2 samples"):
        batch_norm(batch_size=1)
    with pytest.raises(ExperimentError):
        Engine(batch_norm(), a_data_set()).edit({"batch_size": 1})


@pytest.mark.parametrize(
    ("samples", "size", "steps"), [(9, 8, 1), (17, 8, 2), (10, 8, 2), (16, 8, 2), (3, 2, 1), (2, 2, 1), (5, "full", 1)]
)
def test_a_last_batch_of_one_is_left_out(samples: int, size: Any, steps: int) -> None:
    engine = Engine(batch_norm(batch_size=size, epochs=3), a_data_set(samples))
    assert engine.steps_per_epoch == steps
    total = sum(len(progress.records) for progress in engine.train())
    assert total == 3 * steps
    assert engine.epoch == 3
    without = Engine(small(network={"hidden": [4]}, batch_size=size, epochs=3), a_data_set(samples))
    assert without.steps_per_epoch == (1 if size == "full" else -(-samples // size))


# ---------------------------------------------------------------------------------------------- the rest


def test_a_warm_up_in_steps_longer_than_the_run() -> None:
    schedule = {"kind": "constant", "unit": "step", "warmup": 9.0}
    with pytest.raises(ExperimentError, match=r"schedule\.warmup.*a warm-up of 9 steps .* run of 9 steps"):
        Engine(small(schedule=schedule, epochs=3), a_data_set())
    Engine(small(schedule={**schedule, "warmup": 8.0}, epochs=3), a_data_set())


def test_a_loss_for_classes_on_a_regression_target_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n" + "\n".join(f"{row * 0.37},{row * 1.13 + 0.01}" for row in range(30)), encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"loss\.kind.*cross-entropy needs classes"):
        Engine(small(data={"dataset": "csv", "path": str(file), "held_out": 0.3}))
    engine = Engine(small(data={"dataset": "csv", "path": str(file), "held_out": 0.3}, loss={"kind": "mse"}))
    assert engine.data.task == "regression"


@pytest.mark.parametrize(("size", "expected"), [(8, 8), (20, 20), (21, 20), ("full", 20)])
def test_samples_in_a_step(size: Any, expected: int) -> None:
    assert batch_size_of(small(batch_size=size), a_data_set()) == expected


def test_every_problem_is_listed() -> None:
    schedule = {"kind": "constant", "unit": "step", "warmup": 1e6}
    experiment = batch_norm(schedule=schedule)
    with pytest.raises(ExperimentError) as caught:
        Engine(experiment, a_data_set(1, 3))
    assert len(caught.value.problems) == 2
    assert feasibility.MEMORY_SHARE < 1
