"""How a CSV file is written: its encoding, delimiter, decimal mark and column names, found out from its beginning."""

from __future__ import annotations

import codecs
import csv
import encodings.aliases
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TextIO

from training.errors import InputError, did_you_mean

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 50
MAX_LINE = 1 << 22
DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_BYTE_ORDER_MARKS = (  # the longer ones first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TABLES = (  # how files begin that people take for a table
    (b"PK\x03\x04", "is a ZIP archive or a workbook (.xlsx, .ods), not text", "Save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook (.xls), not text", "Save the sheet as CSV"),
    (b"\x1f\x8b", "is compressed", "Unpack it first"),
    (b"%PDF", "is a PDF document, not a table", "Export the data as CSV"),
    (b"PAR1", "is a Parquet file, not text", "Export it as CSV"),
)
_NOT_FOR_FILES = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")


class NotInEncoding(InputError):
    """The bytes of a file are not text in the encoding it was read in."""


@dataclass(frozen=True)
class CsvFormat:
    """How the table is written.

    Attributes
    ----------
    names
        Names of all columns, in the order of the file.
    header_row
        The row (from 1, as a spreadsheet counts) that holds the names; the rows above are blank.
    """

    encoding: str
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    header_row: int


def find_format(
    file: BinaryIO, where: str, *, encoding: str = "auto", delimiter: str = "auto", decimal: str = "auto", size: int
) -> CsvFormat:
    """Find out how a table is written from its first megabyte.

    Parameters
    ----------
    encoding, delimiter, decimal
        "auto", or what the user said.

    Raises
    ------
    InputError
        If the file is empty or no table, its encoding is wrong, or its header is.
    """
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    _check_is_text(sample, where, encoding)
    chosen = check_encoding(encoding) if encoding != "auto" else _guess_encoding(sample)
    if sample.startswith(codecs.BOM_UTF8) and codecs.lookup(chosen).name == "utf-8":
        chosen = "utf-8-sig"
    text = _decoded(sample, chosen, where, whole=len(sample) == size)
    lines = _whole_lines(text, where, whole=len(sample) == size)
    header_row = next((number for number, line in enumerate(lines) if line.strip()), None)
    if header_row is None:
        raise InputError("is empty", where=where, allowed="a line of column names, then one line for each row")
    body = lines[header_row:]
    if decimal == delimiter == ",":
        raise InputError(
            "the comma cannot both separate columns and mark decimals", where="data.decimal",
            hint="Choose another separator or the decimal point",
        )
    separator = delimiter if delimiter != "auto" else _guess_delimiter(body, decimal)
    rows = _parsed(body, separator)
    names = _names(rows[0] if rows else [], separator, where)
    mark = decimal if decimal != "auto" else _guess_decimal(rows[1:], separator)
    return CsvFormat(chosen, separator, mark, names, header_row + 1)


def open_table(file: BinaryIO, table: CsvFormat) -> io.TextIOWrapper:
    """Return the text of a table from its beginning; bytes that do not fit the encoding raise UnicodeDecodeError."""
    file.seek(0)
    return io.TextIOWrapper(file, encoding=table.encoding, errors="strict", newline="")


def bounded_lines(text: TextIO) -> Iterator[str]:
    """Return the lines of a text, none longer than `MAX_LINE`, so that no line can fill the memory."""
    return iter(partial(text.readline, MAX_LINE), "")


def csv_rows(lines: Iterator[str] | Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Return a reader of rows, with quotes and spaces treated as everywhere in the lab."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)


def check_encoding(name: str) -> str:
    """Return a text encoding that Python knows, or say which one may be meant."""
    try:
        info = codecs.lookup(name)
        text = getattr(info, "_is_text_encoding", True) and info.name not in _NOT_FOR_FILES
    except (LookupError, ValueError):
        text = False
    if not text:
        known = ["utf-8", "utf-16", "latin-1", "cp1252", *encodings.aliases.aliases]
        hint = did_you_mean(name[:50], known)
        raise InputError(
            f"there is no text encoding '{name[:50]}'", where="data.encoding",
            allowed="auto, utf-8, utf-16, latin-1, cp1252 and others that Python knows",
            hint=hint[:1].upper() + hint[1:],
        )
    return name


def undecodable(error: UnicodeError, encoding: str, where: str, *, line: int | None = None) -> NotInEncoding:
    """Return the error for bytes that are not text in the encoding."""
    byte = ""
    if isinstance(error, UnicodeDecodeError):
        byte = f" (byte 0x{error.object[error.start]:02x})"
    return NotInEncoding(
        f"is not text in {encoding}{byte}", where=f"{where}, line {line:,}" if line else where,
        hint="Set data.encoding = 'auto', or the encoding it was saved in, such as 'cp1252'",
    )


def _check_is_text(sample: bytes, where: str, encoding: str) -> None:
    if not sample:
        raise InputError("is empty", where=where, allowed="a line of column names, then one line for each row")
    for start, what, hint in _NOT_TABLES:
        if sample.startswith(start):
            raise InputError(what, where=where, allowed="CSV text", hint=hint)
    if encoding == "auto" and b"\0" in sample and _guess_encoding(sample) not in ("utf-16", "utf-32", *_BARE_UTF16):
        raise InputError("holds zero bytes: it is not text", where=where, allowed="CSV text")


_BARE_UTF16 = ("utf-16-le", "utf-16-be")


def _guess_encoding(sample: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return name
    # Mostly ASCII in UTF-16 without a mark: every other byte is zero.
    pairs = len(sample) // 2
    if sample[1::2].count(0) > 0.4 * pairs > 0 and sample[::2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    if sample[::2].count(0) > 0.4 * pairs > 0 and sample[1::2].count(0) < 0.1 * pairs:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return eight_bit_encoding(sample)
    return "utf-8"


def eight_bit_encoding(sample: bytes) -> str:
    """Return cp1252, or latin-1 where bytes occur that cp1252 does not have."""
    return "latin-1" if any(byte in sample for byte in b"\x81\x8d\x8f\x90\x9d") else "cp1252"


def _decoded(sample: bytes, encoding: str, where: str, *, whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, final=whole)
    except UnicodeError as error:
        position = getattr(error, "start", 0)
        raise undecodable(error, encoding, where, line=sample.count(b"\n", 0, position) + 1) from None


def _whole_lines(text: str, where: str, *, whole: bool) -> list[str]:
    lines = io.StringIO(text, newline="").readlines()
    if whole:
        return lines
    if len(lines) < 2:
        raise InputError(
            f"its first line is longer than {len(text) - 1:,} characters", where=where,
            allowed="a line of column names, then one line for each row",
        )
    return lines[:-1]


def _parsed(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the first rows that are not blank, as far as they can be told apart."""
    rows: list[list[str]] = []
    try:
        for row in csv_rows(lines, delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:
        # The rows so far are enough for a guess; reading the table names the line at fault.
        return rows
    return rows


def _guess_delimiter(lines: Sequence[str], decimal: str) -> str:
    """Return the delimiter, not the decimal mark, that splits most rows into as many cells (two or more) as names."""

    def score(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in _parsed(lines, delimiter)]
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (Counter(widths)[widths[0]] / len(widths), widths[0])

    return max((delimiter for delimiter in DELIMITERS if delimiter != decimal), key=score)


def _guess_decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    points = any(_DECIMAL_POINT.fullmatch(cell) for cell in cells)
    return "," if commas and not points else "."


def _names(header: Sequence[str], delimiter: str, where: str) -> tuple[str, ...]:
    names = tuple(name.strip() or f"column {position}" for position, name in enumerate(header, start=1))
    if len(names) < 2:
        raise InputError(
            f"only one column is found with the delimiter {DELIMITER_NAMES.get(delimiter, delimiter)}", where=where,
            allowed="at least one feature and the target",
            hint="If its columns are separated by something else, set data.delimiter",
        )
    if _looks_like_data(header):
        shown = delimiter.join(header[:4]) + ("…" if len(header) > 4 else "")
        raise InputError(
            f"its first line looks like data, not like names ({shown[:80]})", where=where,
            hint="Put a line with the names of the columns on top",
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        positions = {name: [k for k, other in enumerate(names, start=1) if other == name] for name in twice[:3]}
        listed = "; ".join(f"'{name}' (columns {', '.join(map(str, at[:5]))})" for name, at in positions.items())
        raise InputError(
            f"column names occur more than once: {listed}", where=where, hint="Rename the columns in the first line"
        )
    return names


def _looks_like_data(header: Sequence[str]) -> bool:
    """Tell whether names are numbers: all of them, or one with a fraction (years make good names, 5.1 does not)."""
    numbers = [name for name in header if _is_number(name)]
    return len(numbers) == len(header) or any(not float(name).is_integer() for name in numbers)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?\s*", text))
