"""The set-up: pinned versions, what the script says of an unfit Python, and that `make help` knows every command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import setup_environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [Requirement(line) for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]]


def pins() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_every_dependency_is_pinned_to_a_version_that_is_allowed(wanted: Requirement) -> None:
    found = [pin for pin in pins() if canonicalize_name(pin.name) == canonicalize_name(wanted.name)]
    assert found
    for pin in found:
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert wanted.specifier.contains(specifier.version)


def test_every_python_has_exactly_one_pin_of_each_package() -> None:
    for python in ("3.11", "3.12", "3.13", "3.14"):
        environment = {"python_version": python}
        names = [canonicalize_name(pin.name) for pin in pins() if not pin.marker or pin.marker.evaluate(environment)]
        assert len(names) == len(set(names)), python


def test_this_python_is_fit() -> None:
    assert setup_environment.missing() == ""
    assert setup_environment.usable(Path(sys.executable))
    assert not setup_environment.usable(Path("no-such-python"))


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_environment, "OLDEST", (99, 0))
    assert "needs Python 99.0 or newer" in setup_environment.missing()
    assert not setup_environment.usable(Path(sys.executable))


def test_a_python_without_venv_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    find = setup_environment.importlib.util.find_spec
    monkeypatch.setattr(
        setup_environment.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name)
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"sudo apt install python{version}-venv" in setup_environment.missing()


@pytest.mark.parametrize(("system", "machine"), [("Windows", "AMD64"), ("Darwin", "arm64"), ("Linux", "aarch64")])
def test_the_cpu_build_is_looked_for_only_where_the_usual_one_brings_cuda(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr(setup_environment.platform, "system", lambda: system)
    monkeypatch.setattr(setup_environment.platform, "machine", lambda: machine)
    assert not setup_environment.wants_cpu_torch()


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_make_help_lists_every_command() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (commands,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("make ")}
    assert listed == set(commands.split())


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_make_without_a_fit_python_says_so(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/setup_environment.py", tmp_path / "scripts")
    done = subprocess.run(
        ["make", "run", "PYTHON="], cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()
