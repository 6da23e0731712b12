"""One look at a file tells all of its mistakes: one does not hide another."""

from __future__ import annotations

import pytest

from training.errors import ExperimentError
from training.scenarios.metrics import METRICS
from training.scenarios.scenario_file import json_schema, loads

TEXT = """
kind = "scenario"
title = "Many mistakes"
summary = "In every part."
group = "gradients"
story = "Read."

[experiment]
epochs = 40
data.dataset = "moons"
network.hidden = [8]

[variants.fast]
title = "fast"
changes = { "optimizer.lr" = 0.3 }

[variants.wide]
title = "wide"
changes = { "network.hidden" = [8, 8, 8] }

[[edits]]
at = "epoch 50"
changes = { "network.hidden" = [3], "optimizer.lr" = -1 }

[[questions]]
ask = "Which?"
choices = ["this", "that"]
answer = "those"
why = "So."

[[tasks]]
id = "reach"
title = "Reach it"
text = "Do."
controls = ["epoch"]
solution = { "batch_size" = 8 }

[[tasks.goals]]
metric = "train_los"
comparison = "<="
value = 0.2

[[expectations]]
text = "It comes out"
metric = "epochs_to"
variant = "slow"
comparison = "<"
value = 10

[[expectations]]
text = "And this does"
metric = "signal_norm"
layer = 3
variant = "wide"
comparison = "<"
value = 10
"""
ALWAYS = {
    "edits.0.changes.network.hidden", "questions.0.answer", "tasks.0.solution.batch_size", "tasks.0.goals.0.metric",
    "expectations.0.variant", "expectations.0.of", "expectations.0.target",
}  # fmt: skip
WITH_RUNS = {"edits.0.at", "edits.0.changes.optimizer.lr", "tasks.0.controls"}


def keys_told(text: str) -> set[str]:
    with pytest.raises(ExperimentError) as caught:
        loads(text)
    assert all(problem.line_number or problem.key == "title" for problem in caught.value.problems)
    return {problem.key for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("before", "after", "more", "unknown"),
    [
        ("", "", set(), set()),
        ("kind", "color = 1\nkind", {"color"}, set()),
        ('title = "Many mistakes"\n', "", {"title"}, set()),
        ('group = "gradients"', 'group = "gradient"\nlevel = "easy"\nwatch = [1]', {"group", "level", "watch.0"},
         set()),
        ("epochs = 40", "epochs = -1", {"experiment.epochs"}, WITH_RUNS),
        ('"optimizer.lr" = 0.3', '"optimizer.lrr" = 0.3', {"variants.fast.changes.optimizer.lrr"}, set()),
        ('"optimizer.lr" = 0.3', '"data.path" = "a", replicas = 2, "optimizer.lr" = -3',
         {"variants.fast.changes." + key for key in ("data.path", "replicas", "optimizer.lr")}, set()),
        ('title = "wide"', 'titel = "wide"', {"variants.wide.title", "variants.wide.titel"}, set()),
        ('at = "epoch 50"', 'at = "soon"', {"edits.0.at"},
         {"edits.0.changes.network.hidden", "edits.0.changes.optimizer.lr"}),
        ('choices = ["this", "that"]', "choices = 2", {"questions.0.choices"}, {"questions.0.answer"}),
        ('id = "reach"', 'id = "Reach it"', {"tasks.0.id"},
         {"tasks.0.controls", "tasks.0.solution.batch_size", "tasks.0.goals.0.metric"}),
        ('text = "And this does"\n', "", {"expectations.1.text"}, set()),
    ],
)  # fmt: skip
def test_a_mistake_hides_only_what_is_about_it(before: str, after: str, more: set[str], unknown: set[str]) -> None:
    """`unknown`: what cannot be told as long as that mistake is there."""
    assert keys_told(TEXT.replace(before, after, 1)) == ((ALWAYS | WITH_RUNS) - unknown) | more


def test_where_runs_differ_the_mistakes_of_all_are_told() -> None:
    changes = '"optimizer.method" = "adam" }\n\n[variants.short]\ntitle = "short"\nchanges = { epochs = 20'
    text = TEXT.replace('"network.hidden" = [8, 8, 8]', changes).replace('"epoch 50"', '"epoch 30"')
    assert {"edits.0.at", "expectations.1.layer"} <= keys_told(text)


def test_the_schema_names_every_metric() -> None:
    schema = json_schema()["$defs"]
    for claim in ("Claim", "Expectation"):
        assert set(schema[claim]["properties"]["metric"]["enum"]) == set(METRICS)
