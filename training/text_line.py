"""A document of the lab as one line of text, to be sent in a chat or a mail, and pasted into another lab."""

from __future__ import annotations

import base64
import binascii
import zlib

from training.errors import InputError
from training.toml_file import MAX_BYTES

BEGIN = "lab1:"
LONGEST_LINE = 400_000
"""The longest text is packed into a third of this, unless it is noise."""


def to_line(text: str) -> str:
    """Return a document as one line of letters, figures, - and _.

    Raises
    ------
    InputError
        If it is larger than `from_line` takes.
    """
    content = text.encode()
    line = BEGIN + base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")
    if len(content) > MAX_BYTES or len(line) > LONGEST_LINE:
        raise InputError(f"larger than {MAX_BYTES:,} bytes: too much for a line of text", hint="save it as a file")
    return line


def from_line(line: str) -> str:
    """Return the document that a line holds; spaces and line breaks that a mail has put into it do not matter.

    Raises
    ------
    InputError
        If it is no such line, has lost a part, or would unpack to more than a document may have.
    """
    if len(line) > 2 * LONGEST_LINE:
        raise InputError("the line is too long to be a document of the lab")
    packed = "".join(line.split())
    if not packed.startswith(BEGIN):
        raise InputError(f"the line does not begin with {BEGIN}")
    return _unpacked(_decoded(packed.removeprefix(BEGIN)))


def is_line(text: str) -> bool:
    """Tell whether a text looks like a document on one line."""
    return text.lstrip()[: len(BEGIN)] == BEGIN


def _decoded(packed: str) -> bytes:
    bare = packed.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _damaged() from None


def _unpacked(content: bytes) -> str:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(content, MAX_BYTES + 1)
    except zlib.error:
        raise _damaged() from None
    if len(text) > MAX_BYTES:
        raise InputError(f"the line holds more than {MAX_BYTES:,} bytes, so it is no document of the lab")
    if not unpacking.eof or unpacking.unused_data:
        raise _damaged()
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise _damaged() from None


def _damaged() -> InputError:
    return InputError("the line is damaged; a part of it is missing or was changed")
