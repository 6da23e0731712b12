from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from training.data import csv_columns, files
from training.data.dataset import Dataset
from training.data.load import Cancelled, load, load_prepared
from training.errors import InputError
from training.experiment import CsvData

FLOWERS = "length,color,kind\n1.5,red,rose\n2.5,blue,iris\n3.5,red,rose\n4.5,white,iris\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    """Return a function that writes a table and loads it."""

    def read(content: str | bytes, **options: Any) -> Dataset:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(CsvData.model_validate({"dataset": "csv", "path": str(path), **options}))

    return read


def test_a_table_becomes_a_data_set(read: Callable[..., Dataset]) -> None:
    dataset = read(FLOWERS)
    assert dataset.name == "table"
    assert dataset.task == "classification"
    assert dataset.target_name == "kind"
    assert dataset.class_names == ("iris", "rose")
    assert dataset.y.tolist() == [1, 0, 1, 0]
    assert dataset.feature_names == ("length", "color=blue", "color=red", "color=white")
    assert dataset.x.tolist() == [[1.5, 0, 1, 0], [2.5, 1, 0, 0], [3.5, 0, 1, 0], [4.5, 0, 0, 1]]
    assert dataset.notes == ()


def test_target_and_features_can_be_chosen(read: Callable[..., Dataset]) -> None:
    dataset = read(FLOWERS, target="length", features=("kind",))
    assert dataset.task == "regression"
    assert dataset.y.tolist() == [[1.5], [2.5], [3.5], [4.5]]
    assert dataset.feature_names == ("kind=iris", "kind=rose")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 5, "classification"),
        ([0, 1] * 5, "classification"),
        ([0.0, 1.0] * 5, "classification"),
        (["True", "False"] * 5, "classification"),
        ([1, 2, 3] * 4, "classification"),
        ([*range(20)] * 2, "classification"),
        ([*range(21)] * 2, "regression"),
        (range(12), "regression"),
        ([0.5, 1.5] * 5, "regression"),
        ([1e300, -1e300, 3.25], "regression"),
    ],
)
def test_the_task_is_guessed(values: Any, task: str, read: Callable[..., Dataset]) -> None:
    lines = "".join(f"{k},{value}\n" for k, value in enumerate(values))
    assert read("x,t\n" + lines).task == task


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (FLOWERS, {}),
        (FLOWERS.replace("\n", "\r\n"), {}),
        (FLOWERS.replace("\n", "\r"), {}),
        (FLOWERS.removesuffix("\n"), {}),
        (FLOWERS.replace(",", ", "), {}),
        (FLOWERS.replace(",", ";"), {}),
        (FLOWERS.replace(",", ";").replace(".", ","), {}),  # as Excel writes it in half of Europe
        (FLOWERS.replace(",", "\t"), {}),
        (FLOWERS.replace(",", "|"), {"delimiter": "|"}),
        ("\n\n" + FLOWERS, {}),
        (FLOWERS.replace("red", '"red"').replace("color", '"color"'), {}),
        (FLOWERS.encode("utf-8-sig"), {}),
        (FLOWERS.encode("utf-8-sig"), {"encoding": "utf-8"}),
        (FLOWERS.encode("utf-16"), {}),
        (FLOWERS.encode("utf-16-le"), {}),
        (FLOWERS.encode("utf-16-be"), {}),
        (FLOWERS.encode("utf-32"), {}),
        (FLOWERS.encode("cp037"), {"encoding": "cp037"}),
    ],
)
def test_the_way_it_is_written_makes_no_difference(
    content: str | bytes, options: dict[str, Any], read: Callable[..., Dataset]
) -> None:
    expected, dataset = read(FLOWERS), read(content, **options)
    assert dataset.feature_names == expected.feature_names
    assert dataset.class_names == expected.class_names
    np.testing.assert_array_equal(dataset.x, expected.x)
    np.testing.assert_array_equal(dataset.y, expected.y)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("late", [False, True])
def test_accents_survive_in_any_usual_encoding(encoding: str, late: bool, read: Callable[..., Dataset]) -> None:
    plain = "1.5,plain\n2.5,other\n" * (60_000 if late else 1)  # late: beyond the megabyte that is looked at first
    dataset = read(f"größe,typ\n{plain}3,café\n".encode(encoding)) if not late else read(
        f"x,typ\n{plain}3,café\n".encode(encoding)
    )
    assert dataset.class_names == ("café", "other", "plain")


def test_quoted_cells_may_hold_delimiters_quotes_and_line_breaks(read: Callable[..., Dataset]) -> None:
    dataset = read('x,"t"\n1,"a, ""b"""\n2,"c\nd"\n3,"c\nd"\n')
    assert dataset.class_names == ('a, "b"', "c\nd")


def test_numbers_are_read_to_the_last_bit(read: Callable[..., Dataset]) -> None:
    values = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.random.default_rng(1).integers(-200, 200, 1000)
    dataset = read("x,y\n" + "".join(f"{value!r},{k}\n" for k, value in enumerate(values.tolist())))
    np.testing.assert_array_equal(dataset.x[:, 0], values)


def test_a_column_that_turns_to_text_late_in_a_long_file_keeps_what_was_written(
    read: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_columns, "CHUNK_CELLS", 1)  # a chunk is then 1,000 rows
    rows = ["1,01,0"] * 1500 + ["2,A7,1"] * 700 + ["3,,0"]
    dataset = read("x,code,y\n" + "\n".join(rows), missing="drop")
    assert dataset.feature_names == ("x", "code=01", "code=A7")
    assert dataset.n_samples == 2200
    assert dataset.notes == ("left out 1 row with missing values",)


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(["p", "q q", "ü,", '"'])),
        min_size=3, max_size=30,
    ),
    st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-16", "cp1252"]), st.booleans(),
)
def test_what_pandas_writes_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str]], delimiter: str, encoding: str, index: bool
) -> None:
    frame = pd.DataFrame(rows, columns=["x", "t"])
    frame["z"] = np.arange(len(frame)) + 0.5
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    assume(frame["x"].nunique() > 1 or frame["t"].nunique() > 1)
    frame.to_csv(path, sep=delimiter, encoding=encoding, index=index)
    dataset = load(CsvData(dataset="csv", path=str(path), target="z", task="regression"))
    assert dataset.y[:, 0].tolist() == frame["z"].tolist()
    if frame["x"].nunique() > 1:
        column = dataset.feature_names.index("x")
        np.testing.assert_array_equal(dataset.x[:, column], frame["x"])
    if frame["t"].nunique() > 1:
        hot = [k for k, name in enumerate(dataset.feature_names) if name.startswith("t=")]
        names = np.array([dataset.feature_names[k].removeprefix("t=") for k in hot])
        assert names[dataset.x[:, hot].argmax(axis=1)].tolist() == frame["t"].tolist()


MISSING = "x,c,y\n1,a,0\n,b,1\n3,?,0\n4,a,1\n\ninf,b,1\n5,c,0\n"


def test_rows_with_missing_values_can_be_dropped(read: Callable[..., Dataset]) -> None:
    dataset = read(MISSING, missing="drop")
    assert dataset.x[:, 0].tolist() == [1, 4, 5]
    assert dataset.feature_names == ("x", "c=a", "c=c")  # b occurred in dropped rows only
    assert dataset.notes == ("left out 1 empty row", "left out 3 rows with missing values")


def test_a_class_lost_with_dropped_rows_is_no_class(read: Callable[..., Dataset]) -> None:
    dataset = read("x,t\n1,a\n,b\n2,c\n3,c\n", missing="drop")
    assert dataset.class_names == ("a", "c")
    assert dataset.y.tolist() == [0, 1, 1]


def test_constant_columns_are_dropped_with_a_note(read: Callable[..., Dataset]) -> None:
    dataset = read("a,b,c,y\n7,1,z,0\n7,2,z,1\n7,3,z,1\n")
    assert dataset.feature_names == ("b",)
    assert dataset.notes == ("dropped constant columns 'a', 'c'",)


def test_a_column_of_names_is_noted(read: Callable[..., Dataset]) -> None:
    dataset = read("who,x,y\n" + "".join(f"p{k},{k},{k % 2}\n" for k in range(30)))
    assert dataset.notes == ("column 'who' holds a different text in most rows: consider leaving it out",)


GOOD = "x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(10))

# Content, options, and what the message must say: where, what and what to do.
BAD: dict[str, tuple[str | bytes, dict[str, Any], list[str]]] = {
    "empty": ("", {}, ["table.csv: is empty", "column names"]),
    "blank lines only": ("\n\n  \n", {}, ["is empty"]),
    "header only": ("x,y\n", {}, ["only the header"]),
    "header and blanks": ("x,y\n\n\n", {}, ["only the header"]),
    "one row": ("x,y\n1,2\n", {}, ["only one row"]),
    "one column": ("x\n1\n2\n", {}, ["only one column", "data.delimiter"]),
    "wrong delimiter": (GOOD, {"delimiter": ";"}, ["only one column", "semicolon"]),
    "no header": ("5.1,3.5,setosa\n4.9,3.0,setosa\n", {}, ["looks like data", "5.1,3.5,setosa", "on top"]),
    "no header, whole numbers": ("5,0,0\n4,0,1\n", {}, ["looks like data"]),
    "duplicate names": ("a,b,a\n1,2,3\n", {}, ["more than once", "'a' (columns 1, 3)", "Rename"]),
    "no such target": (FLOWERS, {"target": "kinds"}, ["no column 'kinds' (data.target)", "Did you mean 'kind'?"]),
    "no such feature": (FLOWERS, {"features": ("colour",)}, ["'colour' (data.features)", "length, color, kind"]),
    "target is feature": (FLOWERS, {"features": ("kind",)}, ["both the target and a feature", "data.features"]),
    "text target": (FLOWERS, {"task": "regression"}, ["row 2", "'kind' is not a number: 'rose'", "classification"]),
    "one bad number in the target": (
        "x,y\n" + "".join(f"{k},{k / 8}\n" for k in range(20)) + "3,abc\n", {}, ["row 22", "not a number: 'abc'"],
    ),
    "one bad number in a feature": (
        "x,y\n" + "".join(f"{k / 8},{k % 2}\n" for k in range(20)) + "1.2.3,0\n", {},
        ["row 22", "column 'x' holds numbers, but '1.2.3' is not one"],
    ),
    "missing": (MISSING, {}, ["rows 3, 4, 7", "'x' 2, 'c' 1", 'data.missing = "drop"']),
    "missing everywhere": ("x,z,y\n1,,0\n,2,1\n", {"missing": "drop"}, ["leaves no row", "'x' 1, 'z' 1"]),
    "dropping leaves one": ("x,y\n1,0\n,1\n", {"missing": "drop"}, ["only one row"]),
    "infinity": (GOOD + "-inf,1\n", {}, ["row 12", "infinite"]),
    "missing target": (GOOD + "5,\n", {}, ["row 12", "'y' 1"]),
    "empty column": ("x,z,y\n1,,0\n2,NA,1\n", {}, ["no values in column 'z'", "data.features"]),
    "one class": ("x,y\n1,a\n2,a\n", {}, ["only one class ('a')"]),
    "one number": ("x,y\n1,3.5\n2,3.5\n", {}, ["3.5 in every row"]),
    "all constant": ("x,y\n1,a\n1,b\n", {}, ["every feature has the same value"]),
    "short row": (GOOD + "5\n6,1\n", {}, ["line 12", "1 cell where the header names 2 columns"]),
    "long row": (GOOD + "5,1,9\n6,1\n", {}, ["line 12", "3 cells where", "quotes"]),
    "long row in an unused column": ("a,x,y\n1,2,3\n1,2,3,4\n", {"features": ("x",)}, ["line 3", "4 cells"]),
    "short row after a quoted line break": ('x,y\n1,"a\nb"\n2\n', {}, ["line 4", "1 cell"]),
    "open quote": ('x,y\n1,"a\n2,b\n' + "3,c\n" * 10, {}, ["line 2", "quote is not closed"]),
    "stray quote": ('x,y\n1,a\n2,"b" c\n', {}, ["line 3", "not doubled"]),
    "endless quote": ('x,y\n1,"a\n' + "3,c\n" * 60_000, {}, ["line 2", "quote"]),
    "not utf-8": ("x,t\n1,café\n2,b\n".encode("latin-1"), {"encoding": "utf-8"}, ["line 2", "0xe9", "utf-8", "auto"]),
    "not utf-8, late": (
        ("x,t\n" + "1,a\n" * 300_000 + "1,é\n").encode("latin-1"), {"encoding": "utf-8"}, ["not text in utf-8"],
    ),
    "not utf-16": (GOOD.encode() + b"1", {"encoding": "utf-16"}, ["utf-16"]),
    "no such encoding": (GOOD, {"encoding": "utf8x"}, ["data.encoding", "no text encoding 'utf8x'", "Did you mean"]),
    "not a text encoding": (GOOD, {"encoding": "base64"}, ["no text encoding 'base64'"]),
    "odd encoding": (GOOD, {"encoding": "a\0b"}, ["no text encoding"]),
    "binary": (b"\x00\x01\x02,\x00\x00\n" * 9, {}, ["zero bytes"]),
    "workbook": (b"PK\x03\x04rest", {}, ["workbook", "Save the sheet as CSV"]),
    "gzip": (b"\x1f\x8b\x08rest", {}, ["compressed"]),
    "pdf": (b"%PDF-1.7", {}, ["PDF"]),
    "too many classes": (
        "x,y\n" + "".join(f"{k},c{k}\n" for k in range(1001)), {}, ["'y'", "1,000"],
    ),
    "too many numeric classes": (
        "x,y\n" + "".join(f"{k},{k}\n" for k in range(1001)), {"task": "classification"},
        ["more than 1,000 different values", "regression"],
    ),
    "too many categories": (
        "who,y\n" + "".join(f"p{k},{k % 2}\n" for k in range(2001)), {}, ["column 'who'", "2,000", "Leave 'who' out"],
    ),
    "too many columns once one-hot": (
        "a,b,y\n" + "".join(f"p{k},q{k},{k % 2}\n" for k in range(1200)), {}, ["2,400 columns", "one-hot", "1,200"],
    ),
    "too many columns": (
        ",".join(f"c{k}" for k in range(2002)) + "\n" + ",".join("1" * 2002) + "\n", {}, ["2,001 features"],
    ),
    "first line without an end": (b"a" * 2_000_000, {}, ["first line is longer than"]),
    "a line without an end": ("x,y\n1,2\n" + "3" * 5_000_000, {}, ["line 3", "longer than"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_refused_with_where_what_and_what_to_do(case: str, read: Callable[..., Dataset]) -> None:
    content, options, words = BAD[case]
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read(content, **options)
    assert time.perf_counter() - start < 3
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_class_of_one_row_cannot_be_stratified(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,t\n1,a\n2,a\n3,b\n4,b\n5,c\n")
    with pytest.raises(InputError, match=r"single row .*'c'.*data\.stratify = false"):
        load_prepared(CsvData(dataset="csv", path=str(tmp_path / "t.csv")))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tabel.csv", "there is no such file. Did you mean 'table.csv'?"),
        ("none/table.csv", "does not exist either"),
        ("folder", "is a folder"),
        ("pipe", "not a regular file"),
        ("a" * 3000, "cannot be read"),
        ("a\0b", "cannot be read"),
    ],
)
def test_files_that_cannot_be_opened(name: str, words: str, tmp_path: Path) -> None:
    import os

    (tmp_path / "table.csv").write_text(GOOD)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError) as caught:
        load(CsvData(dataset="csv", path=str(tmp_path / name)))
    assert words in str(caught.value)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "table.csv").write_text(GOOD)
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match="permission"):
        load(CsvData(dataset="csv", path=str(tmp_path / "table.csv")))


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(files.MAX_FILE_BYTES + 1)  # sparse: takes no room on the disk
    start = time.perf_counter()
    with pytest.raises(InputError, match=r"2\.0 GB large"):
        load(CsvData(dataset="csv", path=str(path)))
    assert time.perf_counter() - start < 0.5


def write_long(path: Path, rows: int) -> None:
    block = "".join(f"{k / 7:.6f},{k * 3 % 11},{'red' if k % 3 else 'blue'},{k % 2}\n" for k in range(10_000))
    path.write_text("a,b,color,y\n" + block * (rows // 10_000))


@pytest.mark.parametrize("rows", [100_000, 1_000_000])
def test_long_tables_load_with_progress(rows: int, tmp_path: Path) -> None:
    write_long(tmp_path / "long.csv", rows)
    shares: list[float] = []
    dataset = load(CsvData(dataset="csv", path=str(tmp_path / "long.csv")), report=shares.append)
    assert dataset.x.shape == (rows, 4)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(shares) > 5
    assert shares == sorted(shares)


def test_loading_can_be_called_off_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_columns, "CHUNK_CELLS", 40_000)
    write_long(tmp_path / "long.csv", 50_000)
    data = CsvData(dataset="csv", path=str(tmp_path / "long.csv"))
    asked = itertools.count()
    load(data, cancelled=lambda: next(asked) < 0)
    moments = next(asked)
    assert moments > 5
    for moment in range(moments):
        count = itertools.count()
        with pytest.raises(Cancelled):
            load(data, cancelled=lambda count=count, moment=moment: next(count) >= moment)  # type: ignore[misc]


@given(st.binary(max_size=300) | st.text("01,;\t\"\n\r.-eNa é", max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_loads_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(content)
    try:
        dataset = load(CsvData(dataset="csv", path=str(path), missing="drop"))
    except InputError:
        return
    assert np.isfinite(dataset.x).all()
    assert dataset.x.shape == (len(dataset.y), len(dataset.feature_names))
