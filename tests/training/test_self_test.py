"""The self-test: what it finds on a computer that works, and on ones that do not."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tomllib
from collections import namedtuple
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from training import check_machine, check_versions, known_run
from training.check import Check, as_text, conclusion, guarded, worst
from training.check_machine import check_folder, check_gpu, check_known_run, check_processor, judged_speed
from training.check_versions import LIBRARIES, check_library, check_python, requirements
from training.known_run import KnownResult, stored, train_known
from training.self_test import Doing, self_test

OK, LOOK, BAD = Check("a", "ok", "1"), Check("b", "warning", "2", "do this"), Check("c", "failed", "3", "do that")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_machine.check_speed, "__defaults__", (0.05,))


def test_a_computer_that_works_passes_every_check(quick: None, tmp_path: Path) -> None:
    said: list[Doing] = []
    display = Check("Display", "ok", "there")
    checks = list(self_test(folders={"Run folder": tmp_path}, display=lambda: display, report=said.append))
    assert [check.name for check in checks] == [
        "Python", *LIBRARIES, "Processor", "GPU", "Display", "Run folder", "Known run", "Speed",
    ]  # fmt: skip
    assert [check for check in checks if check.verdict == "failed"] == []
    assert list(tmp_path.iterdir()) == []
    shares = [doing.share for doing in said]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.5 < shares[-1] <= 1.0
    assert [check.name for check in checks] == list(dict.fromkeys(doing.name for doing in said))


def test_it_can_be_cancelled_between_and_inside_checks(quick: None, tmp_path: Path) -> None:
    for last in ("torch", "Known run", "Speed"):
        reached: list[str] = []
        made = self_test(
            folders={}, report=lambda doing, reached=reached: reached.append(doing.name),
            cancelled=lambda last=last, reached=reached: reached[-1] == last,
        )  # fmt: skip
        names = [check.name for check in made]
        assert last not in names
        assert reached[-1] == last


def test_a_check_that_raises_is_a_failed_row_and_the_others_come(quick: None) -> None:
    def broken() -> Check:
        raise OSError("no such thing")

    checks = list(self_test(folders={}, display=broken, cancelled=lambda: False, report=lambda doing: None))
    row = next(check for check in checks if check.name == "Display")
    assert (row.verdict, row.found) == ("failed", "OSError: no such thing")
    assert row.advice
    assert checks[-1].name == "Speed"
    assert guarded("x", lambda: OK) is OK


@pytest.mark.parametrize(
    ("rows", "verdict", "sentence"),
    [
        ([OK, OK], "ok", "Everything works."),
        ([OK, LOOK], "warning", "This computer works; 1 thing could be better."),
        ([LOOK, BAD, OK], "failed", "1 check of 3 failed: see what to do."),
    ],
)
def test_the_verdict_on_all(rows: list[Check], verdict: str, sentence: str) -> None:
    assert worst(rows) == verdict
    assert conclusion(rows) == sentence
    text = as_text(rows)
    assert text.endswith(sentence)
    for row in rows:
        assert row.found in text
        assert row.advice in text


# ------------------------------------------------------------------------------------- versions


def test_the_ranges_are_those_of_the_project() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {str(requirement) for requirement in requirements().values()} == {
        str(Requirement(line)) for line in project["dependencies"]
    }
    assert {name.lower() for name in LIBRARIES} <= requirements().keys()


def test_without_the_source_the_ranges_are_those_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check_versions, "SOURCE", tmp_path / "pyproject.toml")
    lines = ["torch>=99", 'pytest>=1; extra == "dev"', 'numpy>=1; python_version > "3"']
    monkeypatch.setattr(metadata, "requires", lambda name: lines if name == "convergence-lab" else None)
    assert requirements().keys() == {"torch", "numpy"}
    row = check_library("torch")
    assert (row.verdict, row.advice) == ("failed", 'python -m pip install "torch>=99"')


@pytest.mark.parametrize(
    ("installed", "verdict"), [("6.9.3", "ok"), ("6.11.1", "failed"), ("6.12.0", "failed"), ("6.9.2", "failed")]
)
def test_a_version_outside_the_range_fails(monkeypatch: pytest.MonkeyPatch, installed: str, verdict: str) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: installed)
    row = check_library("PySide6-Essentials")
    assert row.verdict == verdict
    assert installed in row.found
    assert bool(row.advice) == (verdict == "failed")


def test_a_local_build_counts_as_its_version_and_what_is_absent_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cu130")
    assert check_library("torch").verdict == "ok"
    monkeypatch.undo()
    assert "not installed" in check_library("no-such-library-anywhere").found


def test_python_is_compared() -> None:
    assert check_python().verdict == "ok"
    assert check_python(SpecifierSet(">=4")).verdict == "failed"


# -------------------------------------------------------------------------------------- machine


def test_many_torch_threads_are_worth_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_processor().verdict == "ok"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    row = check_processor()
    assert row.verdict == "warning"
    assert "8 threads" in row.found


def test_a_gpu_that_does_not_compute_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image\nmore lines")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "Some GPU")
    monkeypatch.setattr(torch.Tensor, "cuda", refuse)
    row = check_gpu()
    assert (row.verdict, row.found) == ("failed", "Some GPU does not compute: CUDA error: no kernel image")
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self: self + 1.0)
    assert check_gpu().found == "Some GPU computes wrong numbers"
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self: self)
    assert check_gpu().verdict == "ok"


def test_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert check_folder("Run folder", tmp_path / "not" / "yet").verdict == "ok"
    assert list(tmp_path.iterdir()) == []
    usage = namedtuple("usage", "total used free")
    for free, verdict in ((5e8, "warning"), (1e7, "failed")):
        monkeypatch.setattr("shutil.disk_usage", lambda path, free=free: usage(0, 0, free))
        assert check_folder("Run folder", tmp_path).verdict == verdict
    (tmp_path / "file").touch()
    row = check_folder("Run folder", tmp_path / "file" / "below")
    assert row.verdict == "failed"
    assert "cannot be written" in row.found


@pytest.mark.parametrize(
    ("speed", "share", "threads", "verdict", "hint"),
    [
        (9000, 0.99, 1, "ok", ""), (4000, 0.5, 1, "ok", ""), (900, 0.3, 1, "warning", "keeps this computer busy"),
        (900, 0.99, 8, "warning", "8 threads"), (900, 0.99, 1, "warning", "slow now"),
    ],
)  # fmt: skip
def test_speeds_are_judged(speed: float, share: float, threads: int, verdict: str, hint: str) -> None:
    row = judged_speed(speed, share, threads)
    assert row.verdict == verdict
    assert hint in row.advice
    assert bool(hint) == bool(row.advice)


# ------------------------------------------------------------------------------------ known run


def known(report: Any = lambda share: None, cancelled: Any = lambda: False) -> Check:
    return check_known_run(report, cancelled)


def test_the_known_run_is_what_is_stored_and_learns() -> None:
    shares: list[float] = []
    result = train_known(shares.append)
    assert result is not None
    assert result.difference(stored()) < 1e-9
    assert stored().difference(stored()) == 0.0
    assert stored().train_loss[-1] < 0.3 * stored().train_loss[0]
    assert shares[-1] == 1.0
    assert train_known(cancelled=lambda: True) is None


def changed(**changes: Any) -> KnownResult:
    return dataclasses.replace(stored(), **changes)


def test_what_differs_is_told_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = stored().train_loss
    for result, verdict, said in (
        (stored(), "ok", "bit for bit"),
        (changed(checksum="another"), "ok", "differs from the stored result by 0.0e+00"),
        (changed(train_loss=[loss * (1 + 1e-6) for loss in losses]), "ok", "by 1.0e-06 at the most, as other"),
        (changed(train_loss=[loss * 1.01 for loss in losses]), "failed", "by 1.0e-02"),
        (changed(weight_norms=[float("nan")] * 3), "failed", "by inf"),
        (changed(val_loss=losses[:-1]), "failed", "by inf"),
    ):
        monkeypatch.setattr(known_run, "train_known", lambda report, cancelled, result=result: result)
        row = known()
        assert (row.verdict, said in row.found) == (verdict, True), row
        assert bool(row.advice) == (verdict == "failed")


def test_arithmetic_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.layers.torch.baddbmm", lambda b, x, w: torch.add(b, torch.bmm(x, w), alpha=1.001))
    assert known().verdict == "failed"


def test_the_stored_result_is_made_by_the_command_it_names() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "training.known_run"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    again = KnownResult(**tomllib.loads(made)["result"])
    assert again.difference(stored()) < 1e-9
    assert made.splitlines()[:4] == known_run.REFERENCE.read_text(encoding="utf-8").splitlines()[:4]
