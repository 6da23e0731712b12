"""Self-test: Python and the libraries, against the ranges the project allows."""

from __future__ import annotations

import platform
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from training.check import Check

PROJECT = "convergence-lab"
LIBRARIES = ("torch", "numpy", "PySide6-Essentials", "pyqtgraph", "pydantic", "scikit-learn")
SOURCE = Path(__file__).resolve().parent.parent / "pyproject.toml"


def check_python(allowed: SpecifierSet | None = None) -> Check:
    """Compare the running Python with `requires-python`."""
    allowed = allowed or requires_python()
    found = platform.python_version()
    if allowed.contains(found, prereleases=True):
        return Check("Python", "ok", found)
    return Check("Python", "failed", f"{found}; allowed: {allowed}", "Install such a Python, and run the set-up again")


def check_library(name: str, allowed: Requirement | None = None) -> Check:
    """Compare an installed library with its requirement."""
    requirement = allowed or requirements().get(name.lower()) or Requirement(name)
    advice = f'python -m pip install "{requirement}"'
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(name, "failed", f"not installed; allowed: {requirement.specifier or 'any'}", advice)
    if requirement.specifier.contains(found, prereleases=True):
        return Check(name, "ok", found)
    return Check(name, "failed", f"{found}; allowed: {_readable(requirement.specifier)}", advice)


def requires_python() -> SpecifierSet:
    """Return the Python versions the project allows."""
    if SOURCE.exists():
        return SpecifierSet(_project()["requires-python"])
    return SpecifierSet(metadata.metadata(PROJECT)["Requires-Python"])


def requirements() -> dict[str, Requirement]:
    """Return the libraries the project needs, by name in small letters.

    From ``pyproject.toml`` where the program runs from its folder, else from what was installed.
    """
    lines = _project()["dependencies"] if SOURCE.exists() else metadata.requires(PROJECT) or []
    needed = [Requirement(line) for line in lines if not re.search(r";.*\bextra\b", line)]
    return {requirement.name.lower(): requirement for requirement in needed}


def _project() -> dict[str, Any]:
    return dict(tomllib.loads(SOURCE.read_text(encoding="utf-8"))["project"])


def _readable(specifiers: SpecifierSet) -> str:
    return ", ".join(sorted(map(str, specifiers), key=lambda text: (text[0] != ">", text[0] != "<", text)))
