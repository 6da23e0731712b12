"""The scenarios there are: those that ship with the program, and those opened from files and pasted lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gui.once import Once, breathe
from training.errors import InputError
from training.scenarios.card_picture import fingerprint, shipped_picture
from training.scenarios.scenario import GROUPS, Scenario
from training.scenarios.scenario_file import load, shipped_scenarios

WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, eq=False)
class Entry:
    """A scenario in the gallery, or one opened beside it.

    Attributes
    ----------
    key
        Under which progress is kept: the name of a shipped scenario, or what stands for the content of another.
    picture
        What its card shows, or None.
    path
        Its file, or None.
    """

    key: str
    scenario: Scenario
    picture: dict[str, Any] | None = None
    path: Path | None = None

    def matches(self, words: str) -> bool:
        """Tell whether each of the words begins a word of what it says."""
        scenario = self.scenario
        return _begun(words, " ".join((scenario.title, scenario.summary, *scenario.tags, scenario.group,
                                       scenario.story)))  # fmt: skip

    def is_called(self, words: str) -> bool:
        """Tell whether each of the words begins a word of its title."""
        return _begun(words, self.scenario.title)


def _begun(words: str, text: str) -> bool:
    """Tell whether each of the words begins one of the text: "rate" is in "rates", and not in "separate"."""
    there = set(WORD.findall(text.lower()))
    return all(any(word.startswith(begun) for word in there) for begun in WORD.findall(words.lower()))


def entry_of(scenario: Scenario, path: Path | None = None) -> Entry:
    """Return a scenario that came from a file or a line."""
    return Entry(f"file-{fingerprint(scenario)}", scenario, None, path)


def _read_shipped() -> tuple[Entry, ...]:
    found = []
    for name, path in shipped_scenarios().items():
        breathe()
        try:
            found.append(Entry(name, load(path), shipped_picture(name), path))
        except InputError:
            continue
    return tuple(sorted(found, key=_place))


shipped = Once(_read_shipped)
"""Returns the scenarios that ship with the program, in the order of the course; one that cannot be read is left out:
`python main.py check` tells what is wrong with it."""


def _place(entry: Entry) -> tuple[int, int, str]:
    return GROUPS.index(entry.scenario.group), entry.scenario.order, entry.scenario.title
