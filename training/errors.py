"""Errors that people meet, worded so that they can act on them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_PROBLEMS = 50
"""So many mistakes are listed; nobody reads more, and a hostile file can hold a hundred thousand."""
SHOWN_VALUE = 80
SHOWN_MESSAGE = 1_000


class InputError(Exception):
    """Something the user gave cannot be used.

    Parameters
    ----------
    what
        What is wrong, as a sentence without a final period.
    where
        The file, the key or the row it was found in.
    allowed
        What would have been accepted.
    hint
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", allowed: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.allowed = allowed
        self.hint = hint
        super().__init__(self.message())

    def message(self) -> str:
        """Return the whole text: where, what, what is allowed and what to do."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.allowed:
            text += f" (allowed: {self.allowed})"
        if self.hint:
            text += f". {self.hint[0].upper()}{self.hint[1:]}"
        return text


class LostProcess(InputError):
    """Work that was given up because the system ended a process: told as a mistake is, though nobody made one."""


class ExperimentError(InputError):
    """An experiment that is not valid.

    Attributes
    ----------
    problems
        The mistakes found, or the first of them.
    more
        Number of those left out.
    """

    def __init__(self, problems: list[Problem], *, file: str = "", more: int = 0) -> None:
        self.problems = problems
        self.file = file
        self.more = more
        lines = [problem.line() for problem in problems] + ([f"… and {more:,} more"] if more else [])
        super().__init__("; ".join(lines) if len(lines) == 1 else "\n  " + "\n  ".join(lines), where=file)


class Problem:
    """One mistake in an experiment: the dotted key, the value given and what is allowed."""

    def __init__(self, key: str, message: str, *, value: object = None, line: int | None = None) -> None:
        self.key = key
        self.message = message
        self.value = value
        self.line_number = line

    def line(self) -> str:
        """Return the mistake as one line of text."""
        place = f"line {self.line_number}, " if self.line_number else ""
        return place + self.text()

    def text(self) -> str:
        """Return the mistake without its place in the file."""
        given = "" if self.value is None else f" = {shortened(repr(self.value))}"
        return f"{shortened(self.key) or 'experiment'}{given}: {shortened(self.message, SHOWN_MESSAGE)}"

    def __repr__(self) -> str:
        return f"Problem({self.line()!r})"


def shortened(text: str, limit: int = SHOWN_VALUE) -> str:
    """Return text of at most `limit` characters: of longer text the beginning and the end.

    >>> shortened("two_spirals.toml", 10)
    'two_s…toml'
    """
    if len(text) <= limit:
        return text
    end = (limit - 1) // 2
    return f"{text[: limit - 1 - end]}…{text[len(text) - end :]}"


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``"did you mean 'x'?"`` for the nearest choice, or an empty string."""
    choices = list(choices)
    alike = [choice for choice in choices if choice.casefold() == word.casefold()]
    nearest = alike or difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean '{nearest[0]}'?" if nearest else ""
