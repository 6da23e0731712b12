"""A lab that takes no time: one scenario, two steps, and a learner who has done them."""

from __future__ import annotations

from pathlib import Path

from training.labs import lab_file
from training.labs.again import check_again
from training.labs.lab import OpenLab
from training.labs.learner import Answer, LearnerResult, attempt_of
from training.progress import Edit
from training.scenarios.scenario import dotted
from training.validation import replace

SCENARIO = """
kind = "scenario"
title = "A small network stands still"
summary = "The rate is far too low."
group = "learning rate"
story = "Nothing moves. *Why?*"
base_title = "rate 1e-6"

[experiment]
name = "small"
epochs = 6
batch_size = 16
data = { dataset = "blobs", samples = 80, noise = 0.4 }
network = { hidden = [6] }
optimizer = { method = "sgd", lr = 1e-6 }
stopping = { early = { enabled = false } }

[variants.higher]
title = "rate 0.3"
changes = { "optimizer.lr" = 0.3 }

[[questions]]
ask = "Will the loss fall?"
choices = ["Yes", "No"]
answer = "No"
why = "The steps are a millionth of the gradient."

[[tasks]]
id = "faster"
title = "Get it moving"
text = "Reach a training loss below 0.3."
controls = ["optimizer.lr", "epochs"]
hints = ["Look at the rate.", "Try 0.5."]
solution = { "optimizer.lr" = 0.5 }
[[tasks.goals]]
metric = "train_loss"
comparison = "<"
value = 0.3

[[tasks]]
id = "wider"
title = "Another network"
text = "Reach a loss below 0.3 with a wider network."
start = "higher"
controls = ["network.hidden"]
[[tasks.goals]]
metric = "train_loss"
comparison = "<"
value = 0.3
[[tasks.goals]]
metric = "grad_norm"
comparison = "<"
value = 10.0
"""

LAB = """
kind = "lab"
title = "A small lab"
summary = "Two steps."
minutes = 10
instructor = "# For the instructor\\n\\nExpect 0.2."

[[steps]]
scenario = "small.toml"
title = "Too low"
text = "Read this first."
minutes = 5
tasks = ["faster"]

[[steps]]
scenario = "small.toml"
minutes = 4
questions = []
tasks = ["wider"]
must_race = true
"""


def write_lab(folder: Path, lab: str = LAB, scenario: str = SCENARIO) -> Path:
    """Write the lab and its scenario, and return the lab's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.toml").write_text(scenario, encoding="utf-8")
    path = folder / "small_lab.toml"
    path.write_text(lab, encoding="utf-8")
    return path


def open_lab(folder: Path) -> OpenLab:
    return lab_file.load(write_lab(folder))


def new_result(lab: OpenLab, learner: str = "Ada") -> LearnerResult:
    return LearnerResult(lab=lab.name, lab_digest=lab.digest, learner=learner, made="2026-01-02T10:00:00")


def tried(
    lab: OpenLab, result: LearnerResult, step: int, task_id: str, changes: dict[str, object], edits: list[Edit],
    steps: int,
) -> LearnerResult:
    """Return the result with one more honest try (step from 1)."""
    task = lab.task(step - 1, task_id)
    assert task is not None
    experiment = replace(lab.scenarios[step - 1].run(task.start), dotted(changes))
    checked = check_again(experiment, edits, steps, task.goals)
    made = attempt_of(step, task_id, changes, edits, checked.steps, checked.figures, reached=checked.reached)
    return result.with_attempt(made)


def honest(lab: OpenLab, learner: str = "Ada") -> LearnerResult:
    """Return what a learner hands in who missed once, then reached both tasks."""
    result = new_result(lab, learner).with_answer(Answer(step=1, question=1, choice="No")).with_hint(1, "faster")
    result = tried(lab, result, 1, "faster", {"optimizer.lr": 0.001}, [], 24)
    result = tried(lab, result, 1, "faster", {"optimizer.lr": 0.1}, [Edit(8, "optimizer.lr", 0.5)], 24)
    return tried(lab, result, 2, "wider", {"network.hidden": [12, 12]}, [Edit(20, "stop", True)], 20)
