"""What the user chose about the program itself, kept from one start to the next."""

from __future__ import annotations

import json
from pathlib import Path

from training.atomic import write_whole
from training.errors import InputError


class Preferences:
    """A few named texts in one small file of the state folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "preferences.json"

    def get(self, name: str) -> str:
        """Return what was chosen, or an empty text."""
        return self._read().get(name, "")

    def remember(self, name: str, value: str) -> None:
        """Keep a choice."""
        try:
            write_whole(self._file, json.dumps({**self._read(), name: value}, indent=1).encode())
        except InputError:
            return  # a full disk must not keep anyone from choosing

    def _read(self) -> dict[str, str]:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # nothing chosen yet, or not readable: only a convenience is lost
        if not isinstance(stored, dict):
            return {}
        return {name: value for name, value in stored.items() if isinstance(value, str)}
