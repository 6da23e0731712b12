"""What is raced to try a fix: the run as it is, edits included, against the same run with one thing changed."""

from __future__ import annotations

from typing import Any

import pytest

from gui.diagnosis.fix_race import race_of
from gui.run_view import RunView
from training.data.load import load_prepared
from training.diagnosis.finding import Finding, Fix
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.population import replicas_of
from training.progress import STOP, Edit
from training.validation import replace

START = replace(Experiment(), {"data.samples": 60, "network.hidden": (4, 4), "optimizer.lr": 0.1})
FINDING = Finding("rate_too_high", "Rate too high", "warning", 0.9, "It bounces.", 40, 90)
EDITS = [
    Edit(20, "optimizer.lr", 0.2, 1), Edit(60, "optimizer.lr", 0.4, 2), Edit(60, "batch_size", 8, 2),
    Edit(90, STOP, True, 3),
]  # fmt: skip
LIVE = Fix("slower", "rate ÷ 10", "Shorter steps.", {"optimizer.lr": 0.02}, live=True)
ANEW = Fix("relu", "ReLU", "It passes on more.", {"network.activation": "relu"})
RATE = Fix("rate", "rate 0.01", "Shorter steps.", {"optimizer.lr": 0.01})
METHOD = Fix("lbfgs", "Adam", "It scales.", {"optimizer.method": "adam"})


def run(start: Experiment = START, edits: list[Edit] = EDITS) -> RunView:
    data = load_prepared(start.data)
    view = RunView(start, data, History(start.replicas, 3), ("layer 1", "layer 2", "output"), edits=list(edits))
    view.experiment = replace(start, {"optimizer.lr": 0.4, "batch_size": 8})
    return view


def test_the_run_as_it_is_comes_first_and_goes_to_its_end() -> None:
    runs = race_of(run(), FINDING, ANEW).runs
    title, experiment, edits = runs["as_it_is"]
    assert list(runs) == ["as_it_is", "fixed"]
    assert (title, experiment) == ("as it is", START)
    assert edits == EDITS[:3]  # that it was stopped by hand says nothing of it


def test_a_live_fix_is_an_edit_where_the_finding_begins_and_nothing_later_takes_it_back() -> None:
    _, experiment, edits = race_of(run(), FINDING, LIVE).runs["fixed"]
    assert experiment == START
    assert [(edit.step, edit.key, edit.value) for edit in edits] == [
        (20, "optimizer.lr", 0.2), (60, "batch_size", 8), (40, "optimizer.lr", 0.02),
    ]  # fmt: skip
    assert edits[-1].group not in {edit.group for edit in EDITS[:3]}


@pytest.mark.parametrize(("fix", "changes", "kept"), [
    (ANEW, {"network.activation": "relu"}, ["optimizer.lr", "optimizer.lr", "batch_size"]),
    (RATE, {"optimizer.lr": 0.01}, ["batch_size"]),
])  # fmt: skip
def test_any_other_fix_is_there_from_the_start(fix: Fix, changes: dict[str, Any], kept: list[str]) -> None:
    race = race_of(run(), FINDING, fix)
    title, experiment, edits = race.runs["fixed"]
    assert (title, experiment) == (fix.title, replace(START, changes))
    assert [edit.key for edit in edits] == kept
    assert race.since == "from the start"


def test_edits_that_the_fixed_run_does_not_know_are_left_out() -> None:
    start = replace(START, {"optimizer.method": "sgd"})
    edits = [Edit(5, "optimizer.momentum", 0.5, 1), Edit(6, "batch_size", 8, 2)]
    _, experiment, kept = race_of(run(start, edits), FINDING, METHOD).runs["fixed"]
    assert experiment.optimizer.method == "adam"
    assert [edit.key for edit in kept] == ["batch_size"]


def test_of_many_replicas_the_first_one_is_raced() -> None:
    start = replace(START, {"replicas": 4})
    _, experiment, _ = race_of(run(start, []), FINDING, ANEW).runs["as_it_is"]
    assert experiment == replicas_of(start)[0]


def test_a_fix_that_makes_no_experiment_is_refused() -> None:
    with pytest.raises(InputError):
        race_of(run(), FINDING, Fix("wrong", "wrong", "", {"network.nothing": 1}))
