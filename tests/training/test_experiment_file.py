"""Experiments on disk: the round trip, shipped files, bad files, and writing whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.training.strategies import experiments
from training import atomic
from training.atomic import write_whole
from training.errors import MAX_PROBLEMS, ExperimentError, InputError, shortened
from training.experiment import Experiment
from training.experiment_file import (
    dumps,
    find,
    json_schema,
    load,
    loads,
    save,
    shipped_experiments,
    with_absolute_paths,
)
from training.toml_file import MAX_BYTES, line_of, lines_of_keys
from training.validation import as_values, get, replace


@given(experiments())
def test_toml_gives_the_same_experiment_back(experiment: Experiment) -> None:
    assert loads(dumps(experiment)) == experiment


@given(experiments())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20)
def test_a_saved_file_gives_the_same_experiment_back(tmp_path: Path, experiment: Experiment) -> None:
    file = tmp_path / "experiment.toml"
    save(experiment, file)
    assert load(file) == experiment


def test_every_value_is_spelled_out() -> None:
    assert tomllib.loads(dumps(Experiment())) == as_values(Experiment())


@pytest.mark.parametrize("name", sorted(shipped_experiments()))
def test_every_shipped_experiment_is_valid(name: str) -> None:
    experiment = load(find(name))
    assert experiment.notes.strip()
    assert loads(dumps(experiment)) == experiment


# (text of the file, text that must be in the message)
BAD_FILES: list[tuple[str, str]] = [
    ("epochs = ", "line 1"),
    ("epochs = 3\nepochs = 4", "not valid TOML"),
    ("[data\n", "not valid TOML"),
    ("epochs = 3\n\nname = 'a", "line 3"),
    ("just words", "not valid TOML"),
    ("\x00", "not valid TOML"),
    ("# a comment\nepochs = -1\n", "line 2, epochs = -1"),
    ("[optimizer]\nmethod = 'adam'\nlrr = 0.1\n", "line 3, optimizer.lrr"),
    ("optimizer.lr = 'x'\n", "line 1, optimizer.lr"),
    ("[optimizer]\nmethod = 'adan'\n", "line 2, optimizer.method"),
    ("[network]\nhidden = [16, 0, 16]\n", "line 2, network.hidden.1"),
    ("[stopping.early]\n\npatience = 0\n", "line 3, stopping.early.patience"),
    ("[data]\ndataset = 'sine'\n", "loss.kind"),
    ("[data]\ndataset = 'csv'\n", "line 1, data.path"),
    ("[data]\ndataset = 'csv'\npath = \"a\\u0000b\"\n", "data.path"),
    ("[data]\ndataset = 'csv'\npath = '~nobody-of-that-name/a.csv'\n", "data.path"),
    ("epochs = 1979-05-27\n", "epochs"),
    ("name = 3\n", "line 1, name"),
    ("[[data]]\ndataset = 'moons'\n", "data"),
    ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ("epochs = 1" + "0" * 5000, "too many digits"),
]


@pytest.mark.parametrize(("text", "expected"), BAD_FILES, ids=[f"{text[:30]!r}" for text, _ in BAD_FILES])
def test_bad_files_are_refused_with_file_and_line(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(file)
    assert "bad.toml" in caught.value.message()
    assert expected in caught.value.message()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xff\xfe\x00n", "UTF-8"), (b"x" * (MAX_BYTES + 1), "larger than"), (b"\x89PNG\r\n\x1a\n", "UTF-8")],
)
def test_what_is_not_text_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        load(file)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        find(str(tmp_path / "absent.toml"))


def test_a_name_that_is_nearly_right_gives_a_hint() -> None:
    with pytest.raises(InputError, match="two_spirals") as caught:
        find("two_spiral")
    assert "id you mean 'two_spirals'?" in caught.value.message()


def test_find_prefers_a_file_and_knows_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find("two_spirals") == shipped_experiments()["two_spirals"]
    monkeypatch.chdir(tmp_path)
    Path("two_spirals").write_text("", encoding="utf-8")
    assert find("two_spirals") == Path("two_spirals")


def test_a_data_path_is_taken_from_the_folder_of_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[data]\ndataset = 'csv'\npath = 'table.csv'\n", encoding="utf-8")
    experiment = load(tmp_path / "mine.toml")
    assert as_values(experiment)["data"]["path"] == str((tmp_path / "table.csv").resolve())


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\n[b]\nc = 2\n", "b.c", 3),
        ("a = 1\n[b]\nc = 2\n", "b.missing", 2),
        ("[a.b]\nc = 1\n", "a.b.c", 2),
        ("a.b.c = 1\n", "a.b.c", 1),
        ("a = [\n1,\n2]\n", "a.1", 1),
        ("a = 1\n", "z", None),
        ("", "z", None),
    ],
)
def test_line_of_a_key(text: str, key: str, line: int | None) -> None:
    assert line_of(lines_of_keys(text), key) == line


# Each fills as much as it is given: what would take hours if it took time that grows with the square.
HOSTILE: list[tuple[str, Callable[[int], str], str]] = [
    ("arrays in arrays", lambda size: "a = " + "[" * (size - 4), "nested too deeply"),
    ("just too many for JSON", lambda _: "a = " + "[" * 250 + "]" * 250, "nested too deeply"),
    ("tables in tables", lambda size: "a = " + filled("{a=", size - 4), "nested too deeply"),
    ("a dotted key", lambda size: "a" + filled(".a", size - 6) + " = 1", "nested too deeply"),
    ("a dotted key with spaces", lambda size: "a" + filled(" . a", size - 8) + " = 1", "nested too deeply"),
    ("a dotted key in quotes", lambda size: "a" + filled(".'a'", size - 8) + " = 1", "nested too deeply"),
    ("a dotted header", lambda size: "[a" + filled(".a", size - 4) + "]", "nested too deeply"),
    ("a dotted key inside", lambda size: "x = {a" + filled(".a", size - 12) + " = 1}", "nested too deeply"),
    ("keys nearly too deep", lambda size: filled("a." * 31 + "a=1\n", size), r"not valid TOML.*line 2"),
    ("quotation marks", lambda size: filled('"', size), "not valid TOML"),
    ("a long name", lambda size: 'name = "' + "x" * (size - 9) + '"', r"line 1, name = 'x+…x+': .*at most 120"),
    ("a long number", lambda size: "epochs = " + "9" * (size - 9), "too many digits"),
    ("a number just too long to print", lambda _: "epochs = " + "9" * 4_300, r"line 1, epochs = 9+…9+: must be"),
    ("a long number in base 16", lambda size: "epochs = 0x" + "f" * (size - 11), "too many digits"),
    ("a long tag", lambda size: "[data]\ndataset = '" + "x" * (size - 20) + "'", r"line 2, data.dataset = 'x+…x+'"),
    ("a long key", lambda size: "x" * (size - 4) + " = 1", r"x+…x+: unknown key; allowed here"),
    ("a long path", lambda size: CSV + "'" + filled("a/", size - 40) + "'", r"data\.path.*longer than 4,096"),
    ("a path of nulls", lambda size: CSV + '"' + filled("\\u0000", size - 40) + '"', r"data\.path.*not a path"),
    ("nulls", lambda size: "\0" * size, "not valid TOML"),
    ("unknown keys", lambda size: numbered("k{} = 1\n", size), r"line 1, k0: unknown key;[^…]*… and [\d,]+ more"),
    ("unknown keys nearly right", lambda size: "[network]\n" + numbered("hidde{} = 1\n", size - 10), "mean 'hidden'"),
    ("unknown tables", lambda size: numbered("[k{}]\n", size), r"line 1, k0: unknown key"),
    ("a long table", lambda size: f"[{'h' * (size // 2)}]\n" + numbered("k{}=1\n", size // 2 - 3), "h+: unknown key"),
    ("brackets and spaces", lambda size: NOTES + filled("[" + " " * 3_000 + "\n", size - 20) + "\n'''", r"line 1, x:"),
    ("a bracket and spaces", lambda size: NOTES + "[" + " " * (size - 30) + "\n'''", r"line 2, notes.*\n.*line 1, x:"),
    ("brackets", lambda size: NOTES + "[" * (size - 30) + "\n'''", r"line 1, x:"),
    ("numbers for layers", lambda size: "[network]\nhidden = [" + filled("1,", size - 30) + "]", "at most 64 items"),
    ("lists for layers", lambda size: "[network]\nhidden = [" + filled("[],", size - 30) + "]", r"and [\d,]+ more"),
    ("numbers of features", lambda size: CSV + "'a'\nfeatures = [" + filled("1,", size - 60) + "]", r"and [\d,]+ more"),
]
CSV = "[data]\ndataset = 'csv'\npath = "
NOTES = "x = 1\nnotes = '''\n"


def filled(piece: str, size: int) -> str:
    return piece * (size // len(piece))


def numbered(line: str, size: int) -> str:
    return "".join(line.format(number) for number in range(size // len(line.format(100_000))))


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_file_is_refused_at_once_and_in_few_words(
    tmp_path: Path, make: Callable[[int], str], expected: str
) -> None:
    file = tmp_path / "hostile.toml"
    for size in (MAX_BYTES, 1_000_000):
        text = make(size)
        assert len(text) <= size
        file.write_text(text, encoding="utf-8")
        started = time.process_time()
        with pytest.raises(InputError, match=expected if len(text) <= MAX_BYTES else "larger than") as caught:
            load(file)
        assert time.process_time() - started < 1
        assert len(caught.value.message()) < 12_000


def test_no_more_mistakes_are_listed_than_anyone_reads(tmp_path: Path) -> None:
    file = tmp_path / "many.toml"
    for count in (MAX_PROBLEMS, MAX_PROBLEMS + 3):
        file.write_text("".join(f"k{number} = 1\n" for number in range(count)), encoding="utf-8")
        with pytest.raises(ExperimentError) as caught:
            load(file)
        assert len(caught.value.problems) == MAX_PROBLEMS
        assert caught.value.more == count - MAX_PROBLEMS
        assert [problem.line_number for problem in caught.value.problems] == list(range(1, MAX_PROBLEMS + 1))
    assert caught.value.message().endswith("\n  … and 3 more")


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [("abc", 3, "abc"), ("abcd", 3, "a…d"), ("abcdef", 4, "ab…f"), ("abcd", 1, "…"), ("", 5, "")],
)
def test_text_is_shortened_in_the_middle(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


def test_the_schema_is_json_and_names_every_key() -> None:
    schema: dict[str, Any] = json.loads(json.dumps(json_schema()))
    assert set(schema["properties"]) == set(Experiment.model_fields)
    assert schema["additionalProperties"] is False
    assert "relu" in json.dumps(schema)
    assert "Learning rate" in json.dumps(schema, ensure_ascii=False)


# ------------------------------------------------------------------------- whole or not at all


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_whole(file, b"one")
    write_whole(file, b"two")
    assert file.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, failing, full)
    with pytest.raises(InputError, match="No space left on device"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        save(Experiment(), tmp_path / "absent" / "a.toml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "from-windows.toml"
    file.write_bytes(b"\xef\xbb\xbfname = 'n'\n")
    assert load(file).name == "n"


def test_relative_paths_are_taken_from_a_folder(tmp_path: Path) -> None:
    data = {"dataset": "idx", "path": "images.gz", "labels": "labels.gz"}
    experiment = with_absolute_paths(loads(dumps(replace(Experiment(), {"data": data}))), tmp_path)
    assert get(experiment, "data.path") == str(tmp_path / "images.gz")
    assert get(experiment, "data.labels") == str(tmp_path / "labels.gz")
    assert with_absolute_paths(experiment, Path("/elsewhere")) == experiment
