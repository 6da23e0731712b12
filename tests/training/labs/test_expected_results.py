"""The figures an instructor is told to expect are those that the scenarios give."""

from __future__ import annotations

import pytest

from training.labs import lab_file
from training.labs.again import check_again
from training.validation import replace

LR, BATCH_NORM = "optimizer.lr", {"network.normalization": "batch"}
TOLD: list[tuple[str, int, str, dict[str, object], float, str]] = [
    ("why_deep_nets_stall", 0, "wake_it", {"network.activation": "tanh"}, 0.035, "tanh 0.035"),
    ("why_deep_nets_stall", 0, "how_deep", {"network.hidden": [16] * 3}, 0.039, "3 layers (0.039, 0.25)"),
    ("why_deep_nets_stall", 2, "three_epochs", {**BATCH_NORM, LR: 0.3}, 5, "at 0.3 it takes 5 epochs"),
    ("why_deep_nets_stall", 3, "skip", {"network.skip_every": 24}, 0.16, "does not (0.16)"),
    ("choosing_a_learning_rate", 0, "faster", {LR: 0.5}, 15, "0.5 takes 15"),
    ("choosing_a_learning_rate", 1, "quarter", {LR: 0.375}, 0.25, "η from 0.35 to 0.4"),
    ("choosing_a_learning_rate", 2, "settle", {"schedule.kind": "inverse_time"}, 0.087, "inverse time 0.087"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "step", "task_id", "changes", "figure", "words"), TOLD)
def test_what_the_instructor_is_told_comes_out(
    name: str, step: int, task_id: str, changes: dict[str, object], figure: float, words: str
) -> None:
    lab = lab_file.load(lab_file.find(name))
    task = lab.task(step, task_id)
    assert task is not None
    assert words in " ".join(lab.lab.instructor.split())
    run = replace(lab.scenarios[step].run(task.start), changes)
    found = check_again(run, [], 10**6, task.goals).figures[0]
    assert found == pytest.approx(figure, rel=0.15)  # two digits are told, and processors round in their own ways
