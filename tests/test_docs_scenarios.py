"""docs/scenarios.md is held to the program: its example works as it stands, its tables leave nothing out."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from training.experiment import Experiment
from training.scenarios.metrics import METRICS, Metric
from training.scenarios.replay import replay
from training.scenarios.scenario import (
    GROUPS,
    Claim,
    Expectation,
    Measure,
    Picture,
    Question,
    Scenario,
    ScriptedEdit,
    Task,
    Variant,
)
from training.scenarios.scenario_file import load, loads
from training.validation import as_values

PAGE = Path(__file__).parent.parent / "docs" / "scenarios.md"
TEXT = PAGE.read_text(encoding="utf-8")
MARK = "<!-- metrics: tests/test_docs_scenarios.py holds this table to the program -->\n"


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_works_the_first_time(tmp_path: Path) -> None:
    file = tmp_path / "rates.toml"
    file.write_text(example(), encoding="utf-8")
    scenario = load(file)
    replayed = replay(scenario, name="rates", seeds=3)
    assert replayed.failed == 0, replayed.lines
    assert len(replayed.lines) > len(scenario.expectations)  # the task is run, too


def test_the_example_shows_every_part() -> None:
    scenario = loads(example())
    for part in ("watch", "explanation", "variants", "edits", "questions", "tasks", "expectations", "references"):
        assert getattr(scenario, part), part
    assert scenario.tasks[0].hints
    assert scenario.tasks[0].solution


@pytest.mark.parametrize(
    "model", [Scenario, Variant, ScriptedEdit, Question, Task, Measure, Claim, Expectation, Picture],
    ids=lambda model: model.__name__,
)  # fmt: skip
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    missing = [key for key in model.model_fields if f"| `{key}` |" not in TEXT and f"`{key}`" not in TEXT]
    assert missing == []


def test_every_chapter_is_named() -> None:
    assert ", ".join(GROUPS) in TEXT


def test_the_defaults_of_an_experiment_are_told() -> None:
    table = TEXT.partition("<!-- experiment:")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([\w.]+)` \|.*\| `([^`]*)` \|$", table, re.MULTILINE)
    assert len(told) == table.count("\n| `") > 20
    default = as_values(Experiment())
    for key, value in told:
        assert json.loads(value) == functools.reduce(dict.__getitem__, key.split("."), default), key
    assert set(default["regularization"]) <= {key.rpartition(".")[2] for key, _ in told}


def test_the_regression_is_an_experiment() -> None:
    regression = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[1]
    head = example().partition("# The base")[0]
    scenario = loads(head + regression)
    assert scenario.experiment.loss.kind == "mse"
    assert not scenario.experiment.stopping.early.enabled


def row(metric: Metric) -> str:
    keys = ", ".join(f"**`{key}`**" if key in metric.needs else f"`{key}`" for key in metric.takes)
    unit = f" ({metric.unit})" if metric.unit else ""
    return f"| `{metric.name}` | {metric.what.replace('|', chr(92) + '|')}{unit} | {keys} |"


def metrics_table() -> str:
    """Return the table as it has to stand in the page; where the test fails, this is what to paste."""
    lines = ["| metric | what it is | keys it takes (**needed**) |", "|---|---|---|", *map(row, METRICS.values())]
    return "\n".join(lines) + "\n"


def test_the_table_of_metrics_is_that_of_the_program() -> None:
    after = TEXT.partition(MARK)[2].lstrip("\n")
    assert after.startswith(metrics_table()), f"the table should be:\n\n{metrics_table()}"
