"""Arrows run one way: main -> gui -> training -> models, and nothing below the window knows Qt."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("models", "training", "gui", "main")
QT = {"PySide6", "shiboken6", "pyqtgraph", "PyQt6", "PyQt5", "qtpy"}


def files_of(package: str) -> list[Path]:
    single = ROOT / f"{package}.py"
    return [single] if single.exists() else sorted((ROOT / package).rglob("*.py"))


def imported_packages(path: Path) -> set[str]:
    """Return the first part of every module that a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", ORDER)
def test_no_import_points_upward(package: str) -> None:
    above = set(ORDER[ORDER.index(package) + 1 :]) | {"tests", "benchmarks", "scripts"}
    files = files_of(package)
    assert files
    for path in files:
        assert not imported_packages(path) & above, path


@pytest.mark.parametrize("package", ["models", "training"])
def test_nothing_below_the_window_imports_qt(package: str) -> None:
    for path in files_of(package):
        assert not imported_packages(path) & QT, path


def test_training_loads_without_qt() -> None:
    modules = "training.engine, training.session, training.headless, training.listing"
    code = f"import sys, {modules}; print(sorted(name for name in sys.modules if name.partition('.')[0] in {QT!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


LATER = ("pyqtgraph", "scipy.spatial", "scipy.optimize", "scipy.special", "pandas", "sklearn", "matplotlib")
"""Libraries that only some computations or views need: together they would take longer to import than all the rest."""


def test_torch_is_imported_before_qt_by_whoever_starts_and_the_window_waits_for_nothing_else() -> None:
    code = (
        "import sys, main; main.prepare_torch(); import gui.app; names = list(sys.modules); import threadpoolctl;"
        f"print(names.index('torch') < names.index('PySide6'), [name for name in {LATER} if name in names],"
        "{pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'} <= {1})"
    )
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True [] True"


def test_the_command_line_itself_loads_neither_torch_nor_qt() -> None:
    """`--help` answers at once."""
    code = "import sys, main; print([name for name in ('torch', 'PySide6', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
