"""Make the environment in .venv, with the versions of constraints.txt.

Needs nothing but Python 3.11 or newer: `make` calls it, and on Windows it is typed:

    py scripts\\setup_environment.py
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
OLDEST = (3, 11)
# On Linux the usual torch brings gigabytes for NVIDIA GPUs; this index has the build without them.
CPU_TORCH = "https://download.pytorch.org/whl/cpu"


def main() -> int:
    problem = missing()
    if problem:
        print(problem, file=sys.stderr)
        return 2
    began = time.monotonic()
    if not usable(python_of(VENV)):
        print(f"Making the environment in {VENV.name} with Python {platform.python_version()} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    print("Installing the packages of constraints.txt; the first time takes a few minutes …", flush=True)
    if wants_cpu_torch():
        # Where this fails, the usual build is installed by what follows.
        install(["--extra-index-url", CPU_TORCH, "torch"])
    output, code = install(["--editable", ".[dev]"])
    if code != 0:
        print("\n".join(output), file=sys.stderr)
        print("The packages could not be installed: the reason is above. Then run the command again.", file=sys.stderr)
        return 2
    STAMP.touch()
    print(f"Ready after {time.monotonic() - began:.0f} s.", flush=True)
    return 0


def missing() -> str:
    """Say what this Python lacks, and which package brings it; empty if all is there."""
    if sys.version_info < OLDEST:
        needed, found = ".".join(map(str, OLDEST)), platform.python_version()
        return f"Convergence Lab needs Python {needed} or newer; {sys.executable} is {found}."
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return ""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"{sys.executable} comes without the modules venv and ensurepip. Install them, then run the command again:\n"
        f"  Debian, Ubuntu:  sudo apt install python{version}-venv\n"
        f"  Fedora:          sudo dnf install python3-pip\n"
        f"  macOS:           brew install python"
    )


def python_of(venv: Path) -> Path:
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def usable(python: Path) -> bool:
    """Tell whether an environment is there, starts, has pip and is new enough."""
    check = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def wants_cpu_torch() -> bool:
    """Tell whether the build of torch without CUDA fits better, is not there yet and can be had."""
    if platform.system() != "Linux" or platform.machine() != "x86_64" or shutil.which("nvidia-smi"):
        return False
    there = [str(python_of(VENV)), "-c", "import importlib.metadata as m; m.version('torch')"]
    if subprocess.run(there, capture_output=True, check=False).returncode == 0:
        return False
    try:
        with urllib.request.urlopen(f"{CPU_TORCH}/torch/", timeout=5):
            return True
    except (OSError, urllib.error.URLError, ValueError):
        return False


def install(what: list[str]) -> tuple[list[str], int]:
    """Run pip; return the last lines it printed and its exit status."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-c", "constraints.txt"]
    command = [str(python_of(VENV)), "-m", "pip", "install", *options, *what]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    )
    last: deque[str] = deque(maxlen=40)
    assert process.stdout is not None
    for line in process.stdout:
        last.append(line.rstrip())
        show(line.strip())
    show("")
    return list(last), process.wait()


def show(line: str) -> None:
    """Show what pip is doing on one line that is written over; on a plain output, only the large downloads."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 4
        print(f"\r\x1b[K  {line[:width]}" if line else "\r\x1b[K", end="", flush=True)
    elif line.startswith("Downloading") and "MB" in line:
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
