"""Minutes of use in processes of their own, one after the other, beside the tests: their results are looked at last."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 540.0


@dataclass
class Finished:
    """What a process left: its exit status and what it printed."""

    status: int
    output: str
    errors: str


@dataclass
class LongRuns:
    """Starts the named commands in turn, in a thread; `result` waits for one."""

    commands: dict[str, list[str]]
    _results: dict[str, Finished] = field(default_factory=dict)
    _done: dict[str, threading.Event] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None
    _stopped: bool = False

    def start(self) -> None:
        """Start the first of them; the others follow."""
        self._done = {name: threading.Event() for name in self.commands}
        threading.Thread(target=self._run_all, daemon=True).start()

    def result(self, name: str) -> Finished:
        """Wait for a command and return what it left."""
        if not self._done[name].wait(LIMIT_SECONDS):
            raise TimeoutError(f"{name} does not come to an end")
        return self._results[name]

    def stop(self) -> None:
        """End what still runs."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _run_all(self) -> None:
        for name, command in self.commands.items():
            if self._stopped:
                return
            environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            output, errors = self._process.communicate()
            self._results[name] = Finished(self._process.returncode, output, errors)
            self._done[name].set()
