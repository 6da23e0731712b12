"""Where windows are shown while they are measured, and the processes that show them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECONDS = 180


@dataclass(frozen=True)
class Display:
    """A name, and what the environment of a process needs to show its windows there."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """Run a module of the benchmarks in a fresh process and return the JSON object it prints last."""
        with tempfile.TemporaryDirectory() as state:
            usual = {"OPENBLAS_NUM_THREADS": "1"}  # as `main.prepare_torch` has it
            environment = usual | os.environ | self.environment | {"CONVERGENCE_LAB_STATE": state}
            finished = subprocess.run(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, timeout=SECONDS,
                capture_output=True, text=True, check=False,
            )
        if finished.returncode:
            raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{finished.stderr[-4000:]}")
        found: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
        return found


@contextmanager
def display(kind: str) -> Iterator[Display]:
    """Give a display: ``offscreen``, the ``real`` one of this session, or a virtual X server (``xvfb``)."""
    if kind == "offscreen":
        yield Display("offscreen", {"QT_QPA_PLATFORM": "offscreen"})
    elif kind == "real":
        yield Display(f"display {os.environ.get('WAYLAND_DISPLAY') or os.environ.get('DISPLAY', '')}".strip())
    else:
        with _xvfb() as number:
            yield Display("Xvfb", {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}"})


@contextmanager
def _xvfb() -> Iterator[str]:
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writer,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as told:
            yield told.readline().strip()
    finally:
        server.terminate()
        server.wait(10)
