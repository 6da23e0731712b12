from __future__ import annotations

import time
from pathlib import Path

import pytest

from training.data.csv_preview import preview
from training.data.load import load
from training.errors import InputError
from training.experiment import CsvData


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_preview_shows_columns_rows_and_guesses(tmp_path: Path) -> None:
    rows = "".join(f"{k % 3};{k},5;{'red' if k % 2 else ''}\n" for k in range(30))
    seen = preview(write(tmp_path / "t.csv", "Label;size;color\n" + rows))
    assert [(c.name, c.kind, c.distinct, c.missing) for c in seen.columns] == [
        ("Label", "numeric", 3, 0), ("size", "numeric", 30, 0), ("color", "categorical", 1, 15),
    ]
    assert (seen.target, seen.task) == ("Label", "classification")
    assert (seen.delimiter, seen.decimal, seen.encoding) == (";", ",", "utf-8")
    assert len(seen.rows) == 30
    assert seen.rows[1] == ("1", "1,5", "red")
    assert (seen.rows_seen, seen.complete) == (30, True)
    assert [(fault.row, fault.column, fault.reason) for fault in seen.faults[:2]] == [(0, 2, "empty"), (2, 2, "empty")]
    assert len(seen.faults) == 15
    assert seen.row_numbers[:2] == (2, 3)


def test_the_last_column_is_the_target_where_no_name_tells(tmp_path: Path) -> None:
    seen = preview(write(tmp_path / "t.csv", "a,b,c\n" + "".join(f"1,{k},{k / 3}\n" for k in range(9))))
    assert (seen.target, seen.task) == ("c", "regression")


def test_ragged_rows_and_open_quotes_are_problems_with_their_line(tmp_path: Path) -> None:
    seen = preview(write(tmp_path / "t.csv", 'a,b\n1,2\n\n3\n4,5,6\n7,8\n9,"10\n'))
    assert [(fault.row, fault.reason) for fault in seen.faults[:2]] == [
        (1, "line 4: 1 cell where the header names 2 columns"), (2, "line 5: 3 cells where the header names 2 columns"),
    ]
    assert seen.rows[:4] == (("1", "2"), ("3",), ("4", "5", "6"), ("7", "8"))
    assert seen.row_numbers[:4] == (2, 4, 5, 6)


def test_a_mistake_is_told_from_a_category_and_has_its_place(tmp_path: Path) -> None:
    rows = [f"{k / 4},{'ab'[k % 2]}" for k in range(40)]
    rows[7], rows[9], rows[11] = "1.5x,a", "inf,b", "NA,a"
    seen = preview(write(tmp_path / "t.csv", "size,label\n" + "\n".join(rows) + "\n"))
    size = seen.columns[0]
    assert (size.kind, size.odd, size.missing, size.lowest, size.highest) == ("numeric", 1, 2, 0.0, 39 / 4)
    assert [(seen.row_numbers[fault.row], fault.column, fault.missing) for fault in seen.faults] == [
        (9, 0, False), (11, 0, True), (13, 0, True),
    ]
    with pytest.raises(InputError, match="row 9"):
        load(CsvData(dataset="csv", path=str(tmp_path / "t.csv"), missing="drop"))


@pytest.mark.parametrize("text", ["1_000", "٣", "0x1f", "1e", "--1", "1 2", "1\n2"])
def test_what_only_python_reads_as_a_number_is_a_text(tmp_path: Path, text: str) -> None:
    seen = preview(write(tmp_path / "t.csv", f'a,y\n"{text}",0\n"{text}",1\n'))
    assert seen.columns[0].kind == "categorical"


def test_the_decimal_mark_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a;y\n" + "".join(f"{k},5;{k % 2}\n" for k in range(6)) + "1.5;0\n")
    assert preview(path).columns[0].kind == "categorical"  # both marks occur: neither is taken for granted
    assert preview(path, decimal=",").columns[0].highest == 5.5
    with pytest.raises(InputError, match="comma cannot both"):
        preview(path, decimal=",", delimiter=",")


def test_a_hundred_thousand_columns_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ",".join(f"c{k}" for k in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n")
    with pytest.raises(InputError, match="100,000 columns"):
        preview(path)


def test_what_is_previewed_is_what_loads(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,target,c\n" + "".join(f"{k / 2},{'xyz'[k % 3]},{k}\n" for k in range(12)))
    seen = preview(path)
    dataset = load(CsvData(dataset="csv", path=str(path), target=seen.target))
    assert dataset.task == seen.task
    assert dataset.feature_names == ("a", "c")


def test_the_cost_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,y\n" + "1.25,red,0\n" * 2_000_000)
    start = time.perf_counter()
    seen = preview(path)
    assert time.perf_counter() - start < 1
    assert seen.rows_seen == 2_000
    assert not seen.complete


@pytest.mark.parametrize(
    ("content", "words"), [("", "is empty"), ("a,b\n", "only the header"), ("a\n1\n", "one column"), ("1,2\n", "names")]
)
def test_what_is_no_table_is_refused(content: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        preview(write(tmp_path / "t.csv", content))
