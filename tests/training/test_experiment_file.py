"""Experiments on disk: the round trip, shipped files, bad files, and writing whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.training.strategies import experiments
from training import atomic
from training.atomic import write_whole
from training.errors import InputError
from training.experiment import Experiment
from training.experiment_file import (
    MAX_BYTES,
    dumps,
    find,
    json_schema,
    line_of,
    load,
    loads,
    save,
    shipped_experiments,
)
from training.validation import as_values


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
    assert line_of(text, key) == line


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
