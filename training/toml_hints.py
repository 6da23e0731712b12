"""What to do about text that is not TOML: the slips people make, seen in the line the parser stopped at."""

from __future__ import annotations

import re

SEEN = 400
"""So much of a line is looked at; the rest says nothing about a slip at its beginning."""

_NUMBER_WITH_COMMA = re.compile(r"[=\[,]\s*[-+]?\d+,\d+\s*(?:#.*|\}.*)?$")
_TRUE_OR_FALSE = re.compile(r"=\s*(?:True|False|TRUE|FALSE|yes|no|on|off)\b")
_BARE_TEXT = re.compile(r"[=\[,]\s*[^\W\d_]")
_COLON = re.compile(r"^[{,\s]*[\w.\"-]+\s*:|\"\s*:")


def hint_for(text: str, message: str) -> str:
    """Return what to do about an error of the TOML parser, or an empty string.

    >>> hint_for("lr = 0,5", "Expected newline or end of document after a statement (at line 1, column 7)")
    'A decimal takes a point: 0.5'
    """
    place = re.search(r"\(at line (\d+)", message)
    if place is None:
        return _unclosed(text) if "Unterminated string" in message else ""
    lines = text.splitlines()
    number = int(place[1]) - 1
    line = lines[number][:SEEN] if number < len(lines) else ""
    if message.startswith("Illegal character '\\n'"):
        return "The quotation mark that opens a text needs another at its end, on the same line"
    if message.startswith(("Cannot declare", "Cannot overwrite")):
        return "It is there twice: give another name to one of them, or take it out"
    if _NUMBER_WITH_COMMA.search(line):
        return "A decimal takes a point: 0.5"
    if message.startswith("Invalid value"):
        return _no_value(line)
    if "'=' after a key" in message and _COLON.search(line):
        return "A key and its value are joined by '=', not by ':'"
    return ""


def _no_value(line: str) -> str:
    if re.search(r"[=\[,]\s*[“”„«‘’]", line):
        return 'Quotation marks are the straight ones of a keyboard: "'
    if _TRUE_OR_FALSE.search(line):
        return "It is true or false, in small letters and without quotation marks"
    if _BARE_TEXT.search(line):
        return 'Text stands in quotation marks: key = "text"'
    return ""


def _unclosed(text: str) -> str:
    # The parser read to the end: the last three marks of all are those that opened it.
    start = max(text.rfind('"""'), text.rfind("'''"))
    if start < 0:
        return ""
    return f"The text that begins with {text[start : start + 3]} on line {text.count(chr(10), 0, start) + 1} has no end"
