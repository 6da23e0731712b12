"""TOML from strangers: read within bounds, parsed, and its mistakes told with their lines."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.errors import SHOWN_MESSAGE, ExperimentError, InputError, Problem, shortened
from training.toml_hints import hint_for

MAX_BYTES = 250_000
"""Several times what the longest story and thousands of features take, and little enough to be refused at once."""
LONGEST_KEY = 120
"""Longer than any key of a file of ours."""
DEEP_KEY = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"""
)
"""A dotted key of more than 32 parts, which takes the TOML parser time that grows with the square of their number."""
STRING_OR_COMMENT = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?|\'{3}(?:[^']|'(?!''))*+(?:'{3,5})?'''
    r'''|"(?:[^"\\\n]|\\[^\n])*+"?|\'[^'\n]*+'?|\#[^\n]*''', re.DOTALL
)
"""One that does not end is taken to the end of the line, or of the text: to look for its end again would take time that
grows with the square of the length."""


def read_text(path: Path, what: str, *, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file that should be `what` ("an experiment").

    Raises
    ------
    InputError
        If it cannot be read, is not text, or is too large.
    """
    try:
        if path.stat().st_size > max_bytes:
            raise InputError(f"larger than {max_bytes:,} bytes: this is not {what}", where=str(path))
        return path.read_text(encoding="utf-8-sig")  # Windows editors like to begin with a byte-order mark
    except UnicodeDecodeError:
        raise InputError(f"not text in UTF-8: this is not {what}", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def parse(text: str, where: str) -> dict[str, Any]:
    """Return the values of TOML text.

    Raises
    ------
    InputError, ExperimentError
        If it is not TOML, or made to be slow; `where` names the file.
    """
    if DEEP_KEY.search(text):
        raise ExperimentError([Problem("", "nested too deeply")], file=where)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        end = f"(at line {max(1, len(text.splitlines()))}, the end of the file)"
        message = shortened(str(error).replace("(at end of document)", end), SHOWN_MESSAGE)
        raise InputError(f"not valid TOML: {message}", where=where, hint=hint_for(text, str(error))) from None
    except ValueError:  # Python refuses to read thousands of digits: it takes time that grows with their square
        raise InputError("holds a number with too many digits", where=where) from None
    except RecursionError:
        raise ExperimentError([Problem("", "nested too deeply")], file=where) from None


@contextmanager
def located(text: str, file: str) -> Iterator[None]:
    """Give the problems of an `ExperimentError` raised inside the lines of `text` that their keys stand on."""
    try:
        yield
    except ExperimentError as error:
        lines = lines_of_keys(text)
        for problem in error.problems:
            problem.line_number = line_of(lines, problem.key)
        raise ExperimentError(error.problems, file=file, more=error.more) from None


def lines_of_keys(text: str) -> dict[str, int]:
    """Return the line (from 1) on which each dotted key of TOML text is first set, and each table begins.

    The keys of the tables of an array are there with their number, from 0, and without: ``edits.2.at``, ``edits.at``.
    """
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    headers = [""]
    for number, line in enumerate(without_long_strings(text).split("\n"), start=1):
        line = line.strip()
        if line.startswith("["):
            header = _dotted(line.lstrip("[").partition("]")[0])
            headers = [header, _numbered(header, counts, another=line.startswith("[["))]
            keys = headers
        elif "=" in line:
            name = _dotted(line.partition("=")[0])
            keys = [f"{header}.{name}".lstrip(".") for header in headers]
        else:
            continue
        for key in keys:
            if len(key) <= LONGEST_KEY:
                for length in itertools.accumulate(len(part) + 1 for part in key.split(".")):
                    found.setdefault(key[: length - 1], number)
    return found


def without_long_strings(text: str) -> str:
    """Return TOML text, line for line, without what stands in strings of several lines: it may look like keys."""
    return STRING_OR_COMMENT.sub(_emptied, text)


def _emptied(match: re.Match[str]) -> str:
    return match[0] if match[0][:3] not in ('"""', "'''") else "''" + "\n" * match[0].count("\n")


def _numbered(header: str, counts: Counter[str], *, another: bool) -> str:
    """Return a header with the numbers of the arrays it lies in; `another`: it begins the next table of one."""
    numbered = ""
    parts = header.split(".")
    for index, part in enumerate(parts):
        numbered = f"{numbered}.{part}".lstrip(".")
        if another and index == len(parts) - 1:
            counts[numbered] += 1
        if counts[numbered]:
            numbered += f".{counts[numbered] - 1}"
    return numbered


def _dotted(key: str) -> str:
    # Cut off, so that a table with a long name is not copied for each of its keys.
    return re.sub(r"[\s\"']", "", key[: LONGEST_KEY + 1])


def line_of(lines: dict[str, int], key: str) -> int | None:
    """Return the line of a dotted key, or of the nearest part of it that has one; see `lines_of_keys`."""
    numbered = key.split(".")
    for parts in (numbered, [part for part in numbered if not part.isdigit()]):
        for length in range(len(parts), 0, -1):
            if ".".join(parts[:length]) in lines:
                return lines[".".join(parts[:length])]
    return None
