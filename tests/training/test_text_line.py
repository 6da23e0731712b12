"""A document as one line of text: back as it was, and nothing hostile unpacked."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import InputError
from training.text_line import BEGIN, from_line, is_line, to_line

DOCUMENT = 'kind = "run"\nname = "Läufe"\n' * 20


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000))
def test_what_is_packed_comes_back(text: str) -> None:
    line = to_line(text)
    assert from_line(line) == text
    assert line.isascii()
    assert line.startswith("lab1:")
    assert line.split() == [line]


def test_a_mail_may_break_and_indent_it() -> None:
    line = to_line(DOCUMENT)
    broken = "  " + "\r\n> ".join(line[at : at + 20] for at in range(0, len(line), 20)).replace("> ", "  ") + "\n\n"
    assert from_line(broken) == DOCUMENT
    assert from_line(line + "==") == DOCUMENT
    assert is_line(broken)
    assert not is_line(DOCUMENT)


def packed(content: bytes) -> str:
    return BEGIN + base64.urlsafe_b64encode(content).decode()


LINE = to_line(DOCUMENT)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "does not begin with lab1:"),
        (DOCUMENT, "does not begin with lab1:"),
        (LINE[5:], "does not begin with lab1:"),
        (LINE[:-4], "damaged"),
        (LINE[:40] + LINE[44:], "damaged"),
        (LINE[:-1], "damaged"),
        (LINE + "AAAA", "damaged"),
        (BEGIN, "damaged"),
        (BEGIN + "ä!", "damaged"),
        (packed(b"no zlib"), "damaged"),
        (packed(zlib.compress(b"\xff\xfe")), "damaged"),
        (packed(zlib.compress(b"x" * 250_001)), "more than 250,000 bytes"),
        (packed(zlib.compress(b"\x00" * 300_000_000, 1)[:300_000]), "more than 250,000 bytes"),
        (BEGIN + "A" * 900_000, "too long"),
    ],
    ids=range(14),
)
def test_what_is_no_such_line_is_refused(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_line(line)


def test_what_is_too_large_is_not_packed() -> None:
    assert from_line(to_line("x" * 250_000)) == "x" * 250_000
    with pytest.raises(InputError, match="as a file"):
        to_line("x" * 250_001)
