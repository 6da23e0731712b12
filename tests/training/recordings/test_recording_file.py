"""Recordings on disk: readable, and what is no recording within its bounds is refused at once, with a reason."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from tests.training.recordings.test_again import made
from tests.training.runs import small
from training.engine import Engine
from training.errors import InputError
from training.experiment import CsvData
from training.file_kinds import load as load_any
from training.file_kinds import read_kind
from training.history import History
from training.progress import Edit
from training.recordings import recording_file
from training.recordings.recording import MOST_EDITS, RecordedEdit, Recording, record, recorded
from training.recordings.recording_file import dumps, load, loads, save

RECORDING = made(small(), [5, {"optimizer.lr": 0.1, "batch_size": 4}, 4, {"stop": True}])
TEXT = dumps(RECORDING)


def test_it_can_be_read_by_people() -> None:
    assert 'kind = "run"' in TEXT
    assert '{ step = 5, changes = { "optimizer.lr" = 0.1, batch_size = 4 } }' in TEXT
    assert "{ step = 9, changes = { stop = true } }" in TEXT
    assert "[experiment.network]" in TEXT
    assert len(TEXT) < 4_000


def test_a_file_of_any_kind_is_known_by_what_it_says(tmp_path: Path) -> None:
    save(RECORDING, tmp_path / "a.labrun")
    assert read_kind(tmp_path / "a.labrun").name == "run"
    assert load_any(tmp_path / "a.labrun") == load(tmp_path / "a.labrun") == RECORDING


def test_edits_keep_their_groups() -> None:
    edits = (Edit(0, "epochs", 9, 0), Edit(3, "optimizer.lr", 0.5, 1), Edit(3, "epochs", 7, 1), Edit(3, "epochs", 8, 2))
    changes = [edit.changes for edit in recorded(edits)]
    assert changes == [{"epochs": 9}, {"optimizer.lr": 0.5, "epochs": 7}, {"epochs": 8}]
    recording = RECORDING.model_copy(update={"edits": recorded(edits)})
    assert recording.made_edits() == edits


def test_an_experiment_may_have_a_name_that_no_list_can_show() -> None:
    assert made(small(name="a\nb"), [1]).name == "a run"


def test_the_most_edits_fit_and_one_more_is_refused(tmp_path: Path) -> None:
    edits = tuple(RecordedEdit(step=9, changes={"optimizer.lr": 0.1 + i / 1e6}) for i in range(MOST_EDITS))
    save(RECORDING.model_copy(update={"edits": edits}), tmp_path / "long.labrun")
    assert len(load_any(tmp_path / "long.labrun").edits) == MOST_EDITS
    engine = Engine(small())
    engine.edits = [Edit(0, "epochs", 9, group) for group in range(MOST_EDITS + 1)]
    with pytest.raises(InputError, match="more than 10,000 changes"):
        record(small(), engine.result(), History(1, 3))


# ------------------------------------------------------------------------------------- what is refused

# (what to put in place of what, words of the message)
MISTAKES: list[tuple[str, str, str]] = [
    ('kind = "run"', 'kind = "scenario"', "this is a scenario, not a recorded run"),
    ('kind = "run"', 'kind = "rum"', "did you mean 'run'?"),
    ("steps = 9\n", "steps = -1\n", "steps = -1"),
    ("steps = 9\n", "steps = 8\n", "edits.1.step: is after the 8 steps of the run"),
    ("steps = 9\n", "steps = 9\nstep = 9\n", "unknown key; did you mean 'steps'?"),
    ("step = 9,", "step = 4,", "edits.1.step: is before that of the edit above it"),
    ('"optimizer.lr" = 0.1', '"network.hidden" = 0.1', "'network.hidden' cannot be changed while a run is under way"),
    ('"optimizer.lr" = 0.1', '"optimizer.lr" = [1, 2]', "edits.0.changes"),
    ('"optimizer.lr" = 0.1', '"optimizer.lr" = nan', "edits.0.changes"),
    ('"optimizer.lr" = 0.1', '"a b" = 0.1', "a dotted key such as"),
    ('fingerprint = "', 'fingerprint = "x', "64 hexadecimal digits"),
    ("train_loss = ", "TrainLoss = ", "a name such as 'train_loss'"),
    ("seed = 0\nreplicas", "seed = -1\nreplicas", "experiment.seed = -1"),
    ("    7,\n    5,\n", f"    {'7, ' * 100}\n", "experiment.network.hidden"),
    ("    7,\n", "    1000000000,\n", "experiment.network.hidden"),
    ('name = "two spirals"\nmade', 'name = "a\\u202eb"\nmade', "changes the order of letters"),
]


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES, ids=[row[1][:40] for row in MISTAKES])
def test_a_mistake_is_told(old: str, new: str, words: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(InputError) as caught:
        loads(TEXT.replace(old, new, 1))
    assert words in caught.value.message()


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.labrun"
    path.write_text(TEXT.replace("epochs = 8", "epochs = 0"), encoding="utf-8")
    line = 1 + TEXT.splitlines().index("epochs = 8")
    with pytest.raises(InputError, match=f"line {line}, experiment.epochs = 0"):
        load(path)


HOSTILE: dict[str, str] = {
    "deep": "x = " + "[" * 200_000,
    "deep key": ".".join(["a"] * 50_000) + " = 1",
    "many digits": "steps = " + "9" * 300_000,
    "many tables": "".join(f"[a{i}]\n" for i in range(60_000)),
    "too many edits": TEXT.replace("edits = [", "edits = [" + "{step=0, changes={epochs=9}}," * 20_000),
    "many changes": TEXT.replace("batch_size = 4", ", ".join(f'"optimizer.k{i}" = 1' for i in range(9_000))),
    "many figures": TEXT.replace("[figures]\n", "[figures]\n" + "".join(f"f{i} = 1.0\n" for i in range(20_000))),
    "long name": TEXT.replace('name = "two', f'name = "{"x" * 500_000}', 1),
    "long key": TEXT.replace('"optimizer.lr"', f'"{"optimizer" * 50_000}"'),
    "not text": "kind = \x00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.labrun"
    path.write_text(HOSTILE[name], encoding="utf-8")
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        load(path)
    assert time.process_time() - began < 5  # a second on a machine that has nothing else to do
    assert len(caught.value.message()) < 20_000


def test_what_is_no_small_text_file_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.labrun"
    large.write_text(TEXT + "#" * 1_000_000, encoding="utf-8")
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        load(large)
    (tmp_path / "noise.labrun").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text"):
        load(tmp_path / "noise.labrun")
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path)


# ---------------------------------------------------------------------------------------- data files


@pytest.fixture
def of_a_table(tmp_path: Path) -> Recording:
    table = tmp_path / "data" / "table.csv"
    table.parent.mkdir()
    x = np.random.default_rng(0).normal(size=(40, 2))
    rows = "\n".join(f"{a:.3f},{b:.3f},{int(a > b)}" for a, b in x)
    table.write_text(f"a,b,y\n{rows}\n", encoding="utf-8")
    return made(small(data={"dataset": "csv", "path": str(table)}), [5])


def data_path(recording: Recording) -> str:
    assert isinstance(recording.experiment.data, CsvData)
    return recording.experiment.data.path


def test_a_table_beside_the_file_is_named_from_there(of_a_table: Recording, tmp_path: Path) -> None:
    save(of_a_table, tmp_path / "a.labrun")
    assert 'path = "data/table.csv"' in (tmp_path / "a.labrun").read_text(encoding="utf-8")
    assert load(tmp_path / "a.labrun") == of_a_table


def test_a_table_elsewhere_on_this_computer_is_named_by_its_whole_path(of_a_table: Recording, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    save(of_a_table, tmp_path / "runs" / "a.labrun")
    assert load(tmp_path / "runs" / "a.labrun") == of_a_table


def test_a_run_of_a_table_cannot_be_given_as_text(of_a_table: Recording, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be given as text"):
        dumps(of_a_table)
    text = dumps(of_a_table, tmp_path)
    with pytest.raises(InputError, match="has no files beside it"):
        loads(text)


@pytest.mark.parametrize(
    "path",
    ["../table.csv", "//server/share/table.csv", "\\\\\\\\server\\\\share\\\\t.csv", "~/table.csv", "a\\u0000b",
     "/data/../../etc/x", "\\\\\\\\?\\\\C:\\\\x.csv", "x" * 5_000, "NUL"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(path: str, of_a_table: Recording, tmp_path: Path) -> None:
    text = dumps(of_a_table, tmp_path).replace("data/table.csv", path)
    file = tmp_path / "a.labrun"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"experiment\.data\.path"):
        load(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes among its files")
@pytest.mark.parametrize(
    ("path", "words"),
    [("/proc/kmsg", "leads into /proc"), ("/sys/kernel/notes", "leads into /sys"), ("/dev/zero", "leads into /dev"),
     ("link.csv", "link"), ("{here}/link.csv", "leads into /dev"), ("pipe.csv", "is not a regular file"),
     ("{here}/pipe.csv", "is not a regular file"), ("{here}/data", "is not a regular file")],
)  # fmt: skip
def test_what_might_be_read_for_ever_is_refused(
    path: str, words: str, of_a_table: Recording, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("/dev/zero")
    file = tmp_path / "a.labrun"
    named = path.format(here=tmp_path)
    file.write_text(dumps(of_a_table, tmp_path).replace("data/table.csv", named), encoding="utf-8")
    with pytest.raises(InputError, match=rf"experiment\.data\.path.*{words}"):
        load(file)


def test_the_schema_knows_the_keys() -> None:
    assert set(recording_file.json_schema()["properties"]) == set(Recording.model_fields)
