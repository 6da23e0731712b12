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
    assert len(seen.rows) == 20
    assert seen.rows[1] == ("1", "1,5", "red")
    assert (seen.rows_seen, seen.complete) == (30, True)
    assert seen.problems == ("column 'color' has 15 empty or non-finite values",)


def test_the_last_column_is_the_target_where_no_name_tells(tmp_path: Path) -> None:
    seen = preview(write(tmp_path / "t.csv", "a,b,c\n" + "".join(f"1,{k},{k / 3}\n" for k in range(9))))
    assert (seen.target, seen.task) == ("c", "regression")


def test_ragged_rows_and_open_quotes_are_problems_with_their_line(tmp_path: Path) -> None:
    seen = preview(write(tmp_path / "t.csv", 'a,b\n1,2\n\n3\n4,5,6\n7,8\n9,"10\n'))
    assert seen.problems[:2] == (
        "line 4: 1 cells where the header names 2 columns", "line 5: 3 cells where the header names 2 columns",
    )
    assert seen.rows[:2] == (("1", "2"), ("7", "8"))


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
    assert seen.rows_seen == 5_000
    assert not seen.complete


@pytest.mark.parametrize(
    ("content", "words"), [("", "is empty"), ("a,b\n", "only the header"), ("a\n1\n", "one column"), ("1,2\n", "names")]
)
def test_what_is_no_table_is_refused(content: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        preview(write(tmp_path / "t.csv", content))
