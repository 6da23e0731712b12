"""What a person has done in the scenarios: seen, answered, tasks reached. Kept in the state folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.atomic import write_whole
from training.errors import InputError

MOST_SCENARIOS = 500
MOST_BYTES = 2_000_000
FILE = "scenarios.json"


class Learned:
    """Progress in every scenario, by its key: a small file, written whole; one that cannot be read counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._kept: dict[str, dict[str, Any]] = self._read()

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            if self._file.stat().st_size > MOST_BYTES:
                return {}
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}  # nothing kept yet, or not readable: progress is a convenience
        if not isinstance(stored, dict):
            return {}
        return {key: value for key, value in stored.items() if isinstance(value, dict)}

    def answers(self, key: str) -> dict[int, str]:
        """Return the choices made, by the number of the question."""
        stored = self._of(key, "answers")
        return {int(number): text for number, text in stored.items() if number.isdigit() and isinstance(text, str)}

    def keep_answers(self, key: str, answers: dict[int, str]) -> None:
        """Keep the choices made."""
        self._change(key, answers={str(number): text for number, text in answers.items()})

    def seen(self, key: str) -> bool:
        """Tell whether it has been opened."""
        return key in self._kept

    def see(self, key: str) -> None:
        """It has been opened."""
        if not self.seen(key):
            self._change(key)

    def revealed(self, key: str) -> bool:
        """Tell whether it was run to its end, and its answers said."""
        return self._kept.get(key, {}).get("revealed") is True

    def reveal(self, key: str, revealed: bool = True) -> None:
        """Its answers have been said; or are to be forgotten."""
        self._change(key, revealed=revealed)

    def tasks(self, key: str) -> frozenset[str]:
        """Return the tasks that were reached."""
        stored = self._kept.get(key, {}).get("tasks")
        return frozenset(task for task in stored if isinstance(task, str)) if isinstance(stored, list) else frozenset()

    def reach(self, key: str, task: str) -> None:
        """A task has been reached."""
        self._change(key, tasks=sorted(self.tasks(key) | {task}))

    def _of(self, key: str, name: str) -> dict[str, Any]:
        stored = self._kept.get(key, {}).get(name)
        return stored if isinstance(stored, dict) else {}

    def _change(self, key: str, **values: Any) -> None:
        kept = {**self._kept.pop(key, {}), **values}
        self._kept[key] = kept  # the last one used stands last
        for oldest in list(self._kept)[: max(0, len(self._kept) - MOST_SCENARIOS)]:
            del self._kept[oldest]
        try:
            write_whole(self._file, json.dumps(self._kept).encode())
        except InputError:
            return  # a full disk must not keep anyone from learning
