"""Replay: runs side by side are the runs by themselves, verdicts and exit codes, and the files of the report."""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.training.runs import SMALL, trained
from training.engine import Engine
from training.errors import InputError
from training.scenarios import replay as replay_module
from training.scenarios import replay_command
from training.scenarios.record import measured
from training.scenarios.replay import replay, replay_all
from training.scenarios.replay_command import Order, course, run
from training.scenarios.scenario import Measure, Scenario
from training.scenarios.scenario_file import dumps, from_values
from training.scenarios.trial import run_one, run_variants, with_seeds

ROOT = Path(__file__).resolve().parents[3]


def tiny(**changes: Any) -> Scenario:
    """Return a scenario of three runs, two of which differ in numbers only."""
    values: dict[str, Any] = {
        "kind": "scenario", "title": "Faster", "summary": "A higher rate.", "group": "learning rate", "story": "Look.",
        "experiment": SMALL,
        "variants": {
            "slow": {"title": "slow", "changes": {"optimizer.lr": 1e-4}},
            "wide": {"title": "wide", "changes": {"network.hidden": [9, 5]}},
        },
        "expectations": [
            {"text": "The higher rate is faster.", "metric": "train_loss", "minus": "slow", "comparison": "<",
             "value": -0.05},
        ],
        "tasks": [
            {"id": "faster", "title": "Make it learn", "text": "Raise the rate.", "start": "slow",
             "controls": ["optimizer.lr"], "solution": {"optimizer.lr": 0.02},
             "goals": [{"metric": "train_loss", "comparison": "<", "value": 0.3}]},
        ],
    }  # fmt: skip
    return from_values({**values, **changes})


FAILING = {"text": "It never ends.", "metric": "ended_epoch", "comparison": ">", "value": 100.0}


@pytest.mark.parametrize("edits", [[], [{"at": "epoch 3", "changes": {"optimizer.lr": 0.5}, "variants": ["slow"]}]])
def test_runs_that_share_an_engine_are_the_runs_by_themselves(edits: list[dict[str, Any]]) -> None:
    scenario = tiny(edits=edits)
    together = run_variants(scenario, 3)
    assert list(together) == ["base", "slow", "wide"]
    for name, record in together.items():
        (alone,) = run_variants(scenario, 3, [name]).values()
        for metric in ("train_loss", "grad_norm", "lr", "ended_step"):
            found, expected = (measured(each, Measure(metric=metric)) for each in (record, alone))
            np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=f"{metric} of {name}")
        for replica, experiment in enumerate(with_seeds(scenario.run(name), 3)):
            assert record.experiments[replica] == experiment
            if not scenario.edits_of(name):
                one = trained(Engine(experiment)).records[:, 0]
                np.testing.assert_allclose(record.steps[:, replica], one, rtol=1e-6, atol=1e-12)


def test_a_run_made_again_to_a_step_stops_there() -> None:
    whole = run_one(tiny().experiment)
    part = run_one(tiny().experiment, steps=11)
    assert len(part.steps) == 11
    assert part.outcomes[0].reason == "running"
    np.testing.assert_array_equal(part.steps, whole.steps[:11])


# ------------------------------------------------------------------------------------------- verdicts


def test_what_is_found() -> None:
    replayed = replay(tiny(), name="tiny", seeds=4)
    assert replayed.seeds == (0, 1, 2, 3)
    assert [line.holds for line in replayed.lines] == [True, True, True]
    records = run_variants(tiny(), 4)
    fast, slow = (measured(records[name], Measure(metric="train_loss")) for name in ("base", "slow"))
    np.testing.assert_allclose(replayed.lines[0].values, fast - slow, rtol=1e-9)
    np.testing.assert_allclose(replayed.lines[1].values, fast, rtol=1e-9)  # the solution makes the base of the slow run
    assert replayed.lines[2].values == (1.0,) * 4


def test_other_seeds_give_other_values() -> None:
    here, there = (replay(tiny(), name="tiny", seeds=2, first_seed=first) for first in (0, 1))
    assert there.seeds == (1, 2)
    assert there.lines[0].values[0] == pytest.approx(here.lines[0].values[1])


@pytest.mark.parametrize(
    ("solution", "value", "holds"),
    [(0.02, 0.3, [True, True]), (1e-5, 0.3, [False, True]), (0.02, 100.0, [True, False])],
    ids=["as it should be", "a solution that solves nothing", "a goal that is reached at once"],
)
def test_tasks_are_checked(solution: float, value: float, holds: list[bool]) -> None:
    task = tiny().tasks[0].model_dump(mode="json", exclude_none=True)
    task["solution"], task["goals"][0]["value"] = {"optimizer.lr": solution}, value
    lines = replay(tiny(tasks=[task], expectations=[]), name="tiny", seeds=3).lines
    assert [line.holds for line in lines] == holds


def test_the_curves_are_those_of_all_runs() -> None:
    points = replay(tiny(), name="tiny", seeds=2, curves=True).curves
    assert {(point.run, point.seed) for point in points} == {
        (name, seed) for name in ("base", "slow", "wide") for seed in (0, 1)
    }
    record = run_variants(tiny(), 2)["wide"]
    last = [point for point in points if (point.run, point.seed) == ("wide", 1)][-1]
    assert last.train_loss == record.evaluations[-1].train_loss[1]
    assert (last.step, last.epoch) == (32, 8.0)


def test_a_mistake_comes_whole_from_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise InputError("is too large", where="network.hidden", hint="use less")

    monkeypatch.setattr(replay_module, "replay", refuse)
    with pytest.raises(InputError) as caught:
        list(replay_all({"tiny": tiny()}))
    sent = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - as it goes from process to process
    assert sent.message() == "tiny: network.hidden: is too large. Use less"


# ---------------------------------------------------------------------------------------- the command


def written(folder: Path, *expectations: dict[str, Any]) -> Path:
    path = folder / "tiny.toml"
    path.write_text(dumps(tiny(expectations=expectations)), encoding="utf-8")
    return path


def test_replay_as_it_is_typed_exits_with_1_if_one_fails(tmp_path: Path) -> None:
    path = written(tmp_path, FAILING)
    command = [sys.executable, str(ROOT / "main.py"), "replay", str(path), "--seeds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ FAILS" in done.stdout
    assert "0 of 2, must be 2" in done.stdout
    assert "1 scenario: 1 of 3 expectations FAIL" in done.stdout


@pytest.mark.parametrize("expectations", [[], [FAILING]], ids=["good", "failing"])
def test_the_verdict_and_the_files(expectations: list[dict[str, Any]], tmp_path: Path) -> None:
    path, printed = written(tmp_path, *expectations), io.StringIO()
    order = Order(str(path), every=False, seeds=2, first_seed=None, out=tmp_path / "out")
    assert run(order, Console(file=printed, width=200)) is not bool(expectations)
    assert ("1 of 3 expectations FAIL" if expectations else "all 2 expectations hold") in printed.getvalue()
    (report,) = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [line["holds"] for line in report["lines"]] == [False] * len(expectations) + [True] * 2
    assert list(report["found"]) == ["base", "slow", "wide"]
    assert "The lab finds ‘as given’: " in printed.getvalue().replace("\n", " ")
    assert ("**fails**" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")) is bool(expectations)
    with (tmp_path / "out" / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 2 * 9
    assert {row["scenario"] for row in rows} == {str(path)}


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"what": ""}, "nothing to replay"),
        ({"what": "x", "every": True}, "exclude each other"),
        ({"what": "absent.toml"}, "no such file"),
        ({"what": "momentum_in_a_ravin"}, "[Dd]id you mean 'momentum_in_a_ravine'"),
        ({"what": "two_spirals"}, "this is an experiment, not a scenario"),
        ({"what": "why_deep_nets_stall"}, "this is a lab, not a scenario"),
        ({"what": "dropout", "out": Path(__file__)}, "is a file, not a folder"),
        ({"what": "dropout", "out": Path(__file__) / "below"}, "cannot be made"),
    ],
)
def test_what_cannot_be_replayed_is_said(order: dict[str, Any], words: str) -> None:
    whole = {"every": False, "seeds": 3, "first_seed": None, "out": None, **order}
    with pytest.raises(InputError, match=words):
        run(Order(**whole), Console(quiet=True))


def test_a_replay_that_takes_long_says_so_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = dumps(tiny(experiment={**SMALL, "epochs": 10_000_000, "network": {"hidden": [1024] * 64}}, variants={},
                         expectations=[], tasks=[]), tmp_path)  # fmt: skip
    (tmp_path / "a.toml").write_text(endless, encoding="utf-8")
    monkeypatch.setattr(replay_command, "replay_all", lambda *args, **options: iter(()))
    for path, said in ((tmp_path / "a.toml", True), (written(tmp_path), False)):
        printed = io.StringIO()
        assert run(Order(str(path), False, 10, None, None), Console(file=printed, width=200))
        assert (re.match(r"This takes about [0-9,]+ days; Ctrl-C ends it\.", printed.getvalue()) is not None) is said


def test_a_scenario_is_found_by_name_even_where_an_experiment_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_command, "shipped_scenarios", lambda: {"two_spirals": Path("here.toml")})
    assert replay_command.find("two_spirals") == Path("here.toml")
    assert replay_command.find("iris").is_file()


def test_all_go_in_the_order_of_the_course() -> None:
    scenarios = list(course().values())
    assert scenarios == sorted(scenarios, key=lambda each: replay_command.GROUPS.index(each.group))
