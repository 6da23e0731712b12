"""Grading: accepted is what gives the same figures again; everything else is found, named, and harms nobody."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import main
from tests.training.labs import small_lab
from training.errors import InputError
from training.labs import again, bounds, grade_command, grading, learner
from training.labs.grading import Grade, grade, result_files
from training.labs.lab import OpenLab
from training.labs.learner import Attempt, LearnerResult, MadeEdit
from training.labs.verdict import agree
from training.progress import Edit
from training.scenarios.scenario_file import loads

Change = Callable[[Attempt], dict[str, Any]]


@pytest.fixture
def graded(lab_path: Path, tmp_path: Path) -> Callable[..., Grade]:
    def of(result: LearnerResult, *, seal: bool = True) -> Grade:
        path = tmp_path / "one.labresult"
        path.write_text(learner.dumps(result.sealed() if seal else result), encoding="utf-8")
        return grade([path], labs={"small_lab": lab_path})[0]

    return of


def verdicts(found: Grade) -> list[str]:
    return [task.verdict for task in found.tasks]


def with_try(result: LearnerResult, index: int, **values: Any) -> LearnerResult:
    """Return the result with a try altered, as someone would who knows the format: it is sealed anew later."""
    attempts = list(result.attempts)
    attempts[index] = attempts[index].model_copy(update=values)
    return result.model_copy(update={"attempts": tuple(attempts)})


def test_honest_claims_are_reached(graded: Callable[..., Grade], result: LearnerResult) -> None:
    found = graded(result)
    assert verdicts(found) == ["reached", "reached"]
    assert found.sound
    assert (found.learner, found.right, found.answered, found.asked, found.reached) == ("Ada", 1, 1, 1, 2)
    assert [(task.tries, task.hints) for task in found.tasks] == [(2, 1), (1, 0)]
    assert "optimizer.lr = 0.5 at step 8" in found.tasks[0].reason


def test_what_was_not_reached_or_not_tried_is_no_fault(graded: Callable[..., Grade], lab: OpenLab) -> None:
    result = small_lab.tried(lab, small_lab.new_result(lab), 1, "faster", {"optimizer.lr": 0.001}, [], 24)
    found = graded(result)
    assert verdicts(found) == ["not reached", "not tried"]
    assert found.sound


def test_a_careless_change_is_altered_and_nothing_is_run(
    graded: Callable[..., Grade], result: LearnerResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "run_job", lambda job: pytest.fail("was run"))
    found = graded(result.sealed().model_copy(update={"learner": "Eve"}), seal=False)
    assert found.reason.startswith("altered")
    assert not found.sound


FORGED: dict[str, tuple[int, dict[str, Any], str]] = {
    "a figure": (1, {"figures": (0.05,)}, "claims train_loss = 0.05, but running it again gives 0.0705"),
    "a rate": (1, {"changes": {"optimizer.lr": 0.3}}, "running it again gives"),
    "the step of an edit": (1, {"edits": (MadeEdit(step=20, key="optimizer.lr", value=0.5),)}, "again gives"),
    "an edit left out": (1, {"edits": ()}, "running it again gives"),
    "the steps": (1, {"steps": 12}, "running it again gives"),
    "steps the run does not have": (1, {"steps": 30}, "claims 30 steps, but the run ends after 24"),
    "a claim its figures deny": (0, {"reached": True}, "claims reached, which its own figures deny"),
    "infinite": (1, {"figures": (float("inf"),)}, "claims reached, which its own figures deny"),
    "negative infinite": (1, {"figures": (float("-inf"),)}, "claims train_loss = -inf"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_careful_change_does_not_reproduce(graded: Callable[..., Grade], result: LearnerResult, what: str) -> None:
    index, values, reason = FORGED[what]
    found = graded(with_try(result, index, **values))
    assert verdicts(found) == ["does not reproduce", "reached"]
    assert reason in found.tasks[0].reason
    assert not found.sound


def test_a_figure_that_rounding_may_have_made_on_another_machine_is_accepted(
    graded: Callable[..., Grade], result: LearnerResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = tuple(again.Checked((loss,), (True,), 24) for loss in (0.04, 0.06))
    monkeypatch.setattr(grading, "check_rounded", lambda *args: wild)
    found = graded(with_try(result, 1, figures=(0.05,)))
    assert found.sound
    assert "rounding, magnified by training" in found.tasks[0].reason


def test_swapped_figures_do_not_reproduce(graded: Callable[..., Grade], result: LearnerResult) -> None:
    first, second, _ = (attempt.figures for attempt in result.attempts)
    swapped = with_try(with_try(result, 0, figures=second, reached=True), 1, figures=first, reached=False)
    assert verdicts(graded(swapped))[0] == "does not reproduce"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a forbidden control": ({"changes": {"network.hidden": [64]}}, "this task allows only optimizer.lr, epochs"),
    "a forbidden edit": ({"edits": (MadeEdit(step=1, key="batch_size", value=8),)}, "changes batch_size"),
    "the seed": ({"changes": {"optimizer.lr": 0.1, "seed": 4}}, "changes seed"),
    "the data": ({"changes": {"data.path": "../../etc/passwd"}}, "changes data.path"),
    "no such key": ({"changes": {"optimizer.larning": 1}}, "changes optimizer.larning"),
    "a value that does not fit": ({"changes": {"optimizer.lr": "high"}}, "optimizer.lr = 'high': must be a"),
    "a negative rate": ({"edits": (MadeEdit(step=1, key="optimizer.lr", value=-1.0),)}, "optimizer.lr = -1.0"),
    "edits out of order": (
        {"edits": tuple(MadeEdit(step=step, key="optimizer.lr", value=0.1, group=step) for step in (9, 3))},
        "not in order",
    ),
    "an edit after the end": ({"edits": (MadeEdit(step=99, key="optimizer.lr", value=0.1),)}, "after the 24 steps"),
    "a fixed setting": ({"edits": (MadeEdit(step=1, key="epochs.x", value="adam"),)}, "changes epochs.x"),
    "endless": ({"changes": {"epochs": 10_000_000}, "steps": 10**12}, "trains 1,000,000,000,000 steps"),
    "another number of goals": ({"figures": (0.1, 0.2)}, "claims 2 figures for 1 goals"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_task_does_not_allow_is_refused_and_never_trained(
    graded: Callable[..., Grade], result: LearnerResult, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    values, reason = REFUSED[what]
    monkeypatch.setattr(again, "run_one", lambda *_, **__: pytest.fail("was trained"))
    only = result.model_copy(update={"attempts": (result.attempts[1],)})
    begun = time.perf_counter()
    found = graded(with_try(only, 0, **values))
    assert time.perf_counter() - begun < 1
    assert verdicts(found) == ["refused", "not tried"]
    assert reason in found.tasks[0].reason
    assert not found.sound


@pytest.mark.parametrize(
    ("hidden", "reason"),
    [
        ([10**9], "network.hidden.0 = 1000000000: must be less than or equal to 1024"),
        ([1024] * 64, "has 66,"),
        ([1024] * 65, "must have at most 64"),
        ([256, 256], "has 67,"),
    ],
)
def test_networks_far_beyond_the_task_are_refused_at_once(
    lab: OpenLab, monkeypatch: pytest.MonkeyPatch, hidden: list[int], reason: str
) -> None:
    monkeypatch.setattr(bounds, "ENOUGH_SECONDS", 1e9)
    task = lab.task(1, "wider")
    assert task is not None
    begun = time.perf_counter()
    if len(hidden) > 64:
        with pytest.raises(InputError, match=reason):
            learner.attempt_of(2, "wider", {"network.hidden": hidden}, [], 1, [1.0], reached=False)
    else:
        assert reason in bounds.refusal(lab.scenarios[1], task, {"network.hidden": hidden}, [], 1)
    assert time.perf_counter() - begun < 1


LARGE = {"data.samples": 5_000, "network.hidden": [100, 100]}
WIDE_OPEN: dict[str, tuple[dict[str, Any], list[Edit], int, str]] = {
    "samples": ({"data.samples": 1_000_000}, [], 1, "wants 1,000,000 samples"),
    "a file": ({"data.dataset": "csv"}, [], 1, "names a file of its own"),
    "a path": ({"data.path": "x.csv"}, [], 1, "changes data.path"),
    "replicas": ({"replicas": 4096}, [], 1, "trains replicas"),
    "evaluations": ({"evaluation.unit": "step", **LARGE}, [], 5_000, "takes about"),
    "a batch grown on the way": (LARGE, [Edit(1, "batch_size", "full")], 5_000, "takes about"),
    "a deep one": ({"network.hidden": [8] * 40}, [], 5_000, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", WIDE_OPEN)
def test_even_where_all_is_allowed_the_work_is_bounded(what: str) -> None:
    sections = "data.", "network.", "evaluation.", "replicas", "batch_size"
    allowed = small_lab.SCENARIO.replace('["optimizer.lr", "epochs"]', str(list(sections)).replace("'", '"'))
    scenario = loads(allowed.replace('solution = { "optimizer.lr" = 0.5 }', ""))
    changes, edits, steps, reason = WIDE_OPEN[what]
    found = bounds.refusal(scenario, scenario.tasks[0], changes, edits, steps)
    assert found.startswith(reason) if reason else found == ""


def test_changes_between_two_experiments_make_one_of_the_other(lab: OpenLab) -> None:
    start = lab.scenarios[0].run("base")
    changes = {"optimizer.lr": 0.5, "network.hidden": [3, 4], "schedule.kind": "cosine"}
    other = grading.changed(start, {**changes, "name": "mine"})
    found = bounds.changes_between(start, other)
    assert grading.changed(start, found) == other.model_copy(update={"name": start.name})
    assert "name" not in found
    assert {key: found[key] for key in changes} == changes


def test_one_bad_file_stops_no_other(lab_path: Path, tmp_path: Path, result: LearnerResult) -> None:
    (tmp_path / "a.labresult").write_bytes(b"\xff\xfe\x00")
    learner.save(result, tmp_path / "b.labresult")
    learner.save(result.model_copy(update={"lab": "unknown"}), tmp_path / "c.labresult")
    learner.save(result.model_copy(update={"lab_digest": "0" * 64}), tmp_path / "d.labresult")
    files = result_files([tmp_path, tmp_path / "b.labresult", tmp_path / "none.labresult"])
    found = {each.file.stem: each for each in grade(files, labs={"small_lab": lab_path})}
    assert list(found) == ["a", "b", "c", "d", "none"]
    assert [each.sound for each in found.values()] == [False, True, False, True, False]
    assert "not text in UTF-8" in found["a"].reason
    assert "there is no lab 'unknown'" in found["c"].reason
    assert found["d"].note == "made with another version of the lab"


def test_equal_claims_are_run_once(
    lab_path: Path, tmp_path: Path, result: LearnerResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ada", "Bob", "Cid"):
        learner.save(result.model_copy(update={"learner": name}), tmp_path / f"{name}.labresult")
    run, real = [], grading.run_job
    monkeypatch.setattr(grading, "run_job", lambda job: run.append(job) or real(job))
    counted: list[tuple[int, int]] = []
    found = grade(result_files([tmp_path]), labs={"small_lab": lab_path}, progress=lambda *at: counted.append(at))
    assert [each.reached for each in found] == [2, 2, 2]
    assert len(run) == len(result.attempts)
    assert counted[-1] == (3, 3)


def test_a_file_may_not_ask_for_hours(
    graded: Callable[..., Grade], result: LearnerResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "MOST_SECONDS_A_FILE", 0.001)
    found = graded(result)
    assert "refused" in verdicts(found)
    assert "together" in found.tasks[-1].reason


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0, True), (1.0, 1.015, True), (1.0, 1.03, False), (0.0, 1e-7, True), (0.0, 1e-3, False),
        (float("inf"), float("inf"), True), (float("inf"), 1.0, False), (float("nan"), float("nan"), True),
        (float("nan"), 0.0, False), (-1.0, 1.0, False),
    ],
)  # fmt: skip
def test_figures_agree_within_what_processors_differ_by(one: float, other: float, same: bool) -> None:
    assert agree(one, other) is same
    assert agree(other, one) is same


# ------------------------------------------------------------------------------------- the command


def run_command(paths: list[Path], lab: Path, out: Path | None = None) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    fine = grade_command.run(paths, out, [lab], console)
    return fine, console.file.getvalue()  # type: ignore[attr-defined]


def test_the_table_and_the_csv_say_who_reached_what(
    lab_path: Path, tmp_path: Path, result: LearnerResult
) -> None:
    learner.save(result.model_copy(update={"learner": "=HYPERLINK(1)"}), tmp_path / "a.labresult")
    learner.save(with_try(result, 1, figures=(0.01,)), tmp_path / "b.labresult")
    (tmp_path / "c.labresult").write_text("kind = 1", encoding="utf-8")
    fine, text = run_command([tmp_path], lab_path, tmp_path / "out.csv")
    assert not fine
    for words in ("1. Get it moving", "2. Another network", "✓ reached (2 tries)", "✗ does not reproduce", "2 of 2",
                  "3 files, 2 graded, 2 to be looked at."):  # fmt: skip
        assert words in text
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert [(row["learner"], row["task"], row["verdict"]) for row in rows] == [
        ("'=HYPERLINK(1)", "faster", "reached"), ("'=HYPERLINK(1)", "wider", "reached"),
        ("Ada", "faster", "does not reproduce"), ("Ada", "wider", "reached"), ("", "", "refused"),
    ]  # fmt: skip


def test_all_is_well_where_all_are_honest(lab_path: Path, tmp_path: Path, result: LearnerResult) -> None:
    learner.save(result, tmp_path / "a.labresult")
    fine, text = run_command([tmp_path], lab_path)
    assert fine
    assert "1 file, 1 graded." in text


def test_a_lab_that_is_not_there_is_said_before_anything_runs(tmp_path: Path, result: LearnerResult) -> None:
    learner.save(result, tmp_path / "a.labresult")
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        run_command([tmp_path], tmp_path / "none.toml")


def test_a_refusal_names_its_file_once(lab_path: Path) -> None:
    fine, text = run_command([lab_path], lab_path)
    assert not fine
    assert f"{lab_path.name}: refused: this is a lab, not a learner's result" in text


def test_nothing_to_grade_is_said(lab_path: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in ((tmp_path / "empty", r"no learner's file"), (tmp_path / "none", "no such file or folder")):
        with pytest.raises(InputError, match=message):
            run_command([path], lab_path)


def test_the_exit_status_tells_how_it_went(
    lab_path: Path, tmp_path: Path, result: LearnerResult, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = tmp_path / "good.labresult", tmp_path / "bad.labresult"
    learner.save(result, good)
    bad.write_text(good.read_text(encoding="utf-8").replace("Ada", "Eve"), encoding="utf-8")
    for arguments, status in (([good], 0), ([good, bad], 1), ([tmp_path / "none"], 2), ([], 2)):
        typed = ["convergence-lab", "grade", *map(str, arguments), "--lab", str(lab_path)]
        monkeypatch.setattr(sys, "argv", typed)
        with pytest.raises(SystemExit) as caught:
            main.main()
        assert caught.value.code == status
    assert "altered: the content does not fit its checksum" in capsys.readouterr().out
