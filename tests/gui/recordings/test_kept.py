"""The folder of recorded runs: bounded, and no broken file or full disk stops anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from gui.recordings import kept as module
from gui.recordings.kept import KeptRuns
from gui.recordings.words import facts, outcome, when
from gui.scenarios.learned import FILE, MOST_SCENARIOS, Learned
from training.errors import InputError
from training.experiment import Experiment
from training.progress import STOP
from training.recordings.recording import RecordedEdit, Recording

RECORDING = Recording(name="a", steps=7, experiment=Experiment(), made="2020-02-03T04:05:06+00:00")


def test_newest_first_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 3)
    kept = KeptRuns(tmp_path)
    for name in "abcde":
        kept.add(RECORDING.model_copy(update={"name": name}))
    assert [run.recording.name for run in kept.runs] == ["e", "d", "c"]
    assert [run.recording.name for run in KeptRuns(tmp_path).runs] == ["e", "d", "c"]


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path)
    kept.add(RECORDING)
    broken = tmp_path / "recordings" / "20990101.labrun"
    broken.write_bytes(b"\xff\x00 no TOML")
    assert [run.recording for run in KeptRuns(tmp_path).runs] == [RECORDING]
    assert broken.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file")
    with pytest.raises(InputError):
        KeptRuns(tmp_path).add(RECORDING)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, "not to its end"), ({"fingerprint": "a" * 64}, "ended"), ({"figures": {"diverged": 1.0}}, "diverged"),
     ({"edits": (RecordedEdit(step=7, changes={STOP: True}),)}, "stopped")],
)  # fmt: skip
def test_how_it_ended_in_a_word(changes: dict[str, object], said: str) -> None:
    recording = RECORDING.model_copy(update=changes)
    assert outcome(recording) == said
    assert facts(recording).endswith(f"2020 · 7 steps · {said}")


def test_a_time_that_is_none_is_no_trouble() -> None:
    assert when(RECORDING.model_copy(update={"made": "yesterday"})) == "some time"


# ------------------------------------------------------------------------------ progress


BROKEN = [b"", b"\xff", b"[1, 2]", b'{"a": 3}', b'{"a": {"answers": [], "tasks": 3}}', b"[" * 9999]


@pytest.mark.parametrize("stored", BROKEN)
def test_progress_survives_any_file(tmp_path: Path, stored: bytes) -> None:
    (tmp_path / FILE).write_bytes(stored)
    learned = Learned(tmp_path)
    assert (learned.answers("a"), learned.tasks("a"), learned.revealed("a")) == ({}, frozenset(), False)
    learned.reach("a", "t")
    assert Learned(tmp_path).tasks("a") == {"t"}


def test_progress_is_bounded_and_what_was_used_last_stays(tmp_path: Path) -> None:
    learned = Learned(tmp_path)
    learned.keep_answers("first", {0: "x"})
    for number in range(MOST_SCENARIOS):
        learned._kept[str(number)] = {}
    learned.see("last")
    again = Learned(tmp_path)
    assert len(again._kept) == MOST_SCENARIOS
    assert again.seen("last")
    assert not again.seen("first")


def test_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    learned = Learned(tmp_path / "missing" / "folder")
    learned.see("a")
    assert learned.seen("a")
