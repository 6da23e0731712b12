"""Minutes of use in processes of their own, one after the other, beside the tests: their results are looked at last.

Where the tests run in several processes, one of them starts the commands, and all find the results in a folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 540.0


@dataclass
class Finished:
    """What a process left: its exit status and what it printed."""

    status: int
    output: str
    errors: str


class LongRuns:
    """Starts commands in turn, in a thread, and keeps what they leave in a folder; `result` waits for one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def ask(self, names: Iterable[str]) -> None:
        """Say which commands tests of this process look at."""
        for name in names:
            (self.folder / f"{name}.asked").touch()

    def start(self, commands: dict[str, list[str]]) -> None:
        """Start the first of those that were asked for; the others follow."""
        wanted = {name: command for name, command in commands.items() if (self.folder / f"{name}.asked").exists()}
        if wanted:
            threading.Thread(target=self._run_all, args=[wanted], daemon=True).start()

    def result(self, name: str) -> Finished:
        """Wait for a command and return what it left."""
        left = self.folder / f"{name}.json"
        until = time.monotonic() + LIMIT_SECONDS
        while not left.exists():
            if time.monotonic() > until:
                raise TimeoutError(f"{name} does not come to an end")
            time.sleep(0.1)
        return Finished(**json.loads(left.read_text()))

    def stop(self) -> None:
        """End what still runs."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _run_all(self, commands: dict[str, list[str]]) -> None:
        for name, command in commands.items():
            if self._stopped:
                return
            environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            output, errors = self._process.communicate()
            unfinished = self.folder / f"{name}.unfinished"
            unfinished.write_text(json.dumps(asdict(Finished(self._process.returncode, output, errors))))
            unfinished.rename(self.folder / f"{name}.json")
