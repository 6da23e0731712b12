"""What the program is called, what it is for, and what it is made of. No Qt."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

APP_NAME = "Convergence Lab"
SENTENCE = "Build a small neural network, train it live, and see why it converges, stalls or blows up."
PACKAGES = ("convergence-lab", "torch", "PySide6-Essentials", "pyqtgraph", "numpy", "pydantic")


def versions() -> list[tuple[str, str]]:
    """Return what runs here: name and version of each part."""
    rows = [("Python", platform.python_version()), ("System", f"{platform.system()} {platform.machine()}")]
    for package in PACKAGES:
        try:
            rows.append((package, version(package)))
        except PackageNotFoundError:
            rows.append((package, "not installed as a package"))
    return [*rows, ("Executable", sys.executable)]
