"""Preferences on disk: kept, checked, and never in the way of starting."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gui.devices import cuda_found, with_device
from gui.preferences import FILE, MAX_BYTES, Preferences, Settings
from gui.redraw import RedrawPace
from gui.run_folder import check_run_folder
from training.experiment import Experiment


def test_what_is_chosen_is_there_at_the_next_start(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path)
    assert preferences.settings == Settings()
    preferences.change(theme="light", scale=1.5, arrangement={"right": ["curves", 3]})
    again = Preferences(tmp_path).settings
    assert (again.theme, again.scale, again.arrangement) == ("light", 1.5, {"right": ["curves", 3]})


def test_the_default_budget_is_that_of_the_pace() -> None:
    assert Settings().redraw_budget == RedrawPace().share


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '"text"', "\x00", "[" * 100_000, " " * (MAX_BYTES + 1)])
def test_a_broken_file_costs_what_it_held_and_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    (tmp_path / FILE).write_text(content)
    with caplog.at_level(logging.WARNING):
        preferences = Preferences(tmp_path)
    assert preferences.settings == Settings()
    assert "Preferences cannot be read" in caplog.text
    preferences.change(theme="dark")
    assert Preferences(tmp_path).settings.theme == "dark"
    assert (tmp_path / "preferences.broken.json").read_text() == content, "what was there can still be looked at"


@pytest.mark.parametrize(("name", "value"), [
    ("scale", 7), ("scale", "big"), ("scale", None), ("theme", "pink"), ("redraw_budget", 0.0), ("run_folder", ""),
    ("arrangement", []), ("tour_done", "yes"), ("geometry", "x" * 5000), ("scale", 1e999),
    ("run_folder", "a\0b"),
    pytest.param("run_folder", "~nobody-of-this-name/runs", marks=pytest.mark.skipif(os.name == "nt", reason="any")),
])  # fmt: skip
def test_a_value_that_is_not_allowed_costs_only_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, value: Any
) -> None:
    (tmp_path / FILE).write_text(json.dumps({"device": "cpu", name: value, "ghost": False}))
    with caplog.at_level(logging.WARNING):
        read = Preferences(tmp_path).settings
    assert getattr(read, name) == getattr(Settings(), name)
    assert (read.device, read.ghost) == ("cpu", False)
    assert name in caplog.text


def test_keys_of_another_version_are_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"instruments": [1, 2], "theme": "light"}))
    Preferences(tmp_path).change(theme="dark")
    assert json.loads((tmp_path / FILE).read_text()) == {"instruments": [1, 2], "theme": "dark"}


def test_the_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"theme": "light"}')
    assert Preferences(tmp_path).settings.theme == "light"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=st.dictionaries(st.sampled_from([*Settings.model_fields, "other"]), JSON))
def test_no_content_keeps_the_program_from_starting(tmp_path: Path, stored: dict[str, Any]) -> None:
    (tmp_path / FILE).write_text(json.dumps(stored))
    preferences = Preferences(tmp_path)
    Settings.model_validate(preferences.settings.model_dump())


def test_a_folder_that_cannot_be_written_keeps_nobody_from_choosing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    preferences = Preferences(tmp_path / "not there")
    with caplog.at_level(logging.WARNING):
        assert preferences.change(theme="light").theme == "light"
    assert "not kept" in caplog.text


@pytest.mark.parametrize("arrangement", [{"x": "y" * MAX_BYTES}, {"x": {1, 2}}])
def test_an_arrangement_that_cannot_be_kept_leaves_the_file_alone(tmp_path: Path, arrangement: Any) -> None:
    preferences = Preferences(tmp_path)
    preferences.change(theme="light")
    preferences.change(arrangement=arrangement)
    assert Preferences(tmp_path).settings == Settings(theme="light")


def test_a_wrong_choice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path)
    with pytest.raises(ValueError, match="scale"):
        preferences.change(scale=3.0)
    assert preferences.settings == Settings()


def test_the_preferred_device_is_for_experiments_that_leave_it_open() -> None:
    assert with_device(Experiment(), "cpu").device == "cpu"
    assert with_device(Experiment(), "auto").device == "auto"
    assert with_device(Experiment(device="cuda"), "cpu").device == "cuda"
    found, why = cuda_found()
    assert with_device(Experiment(), "cuda").device == ("cuda" if found else "auto")
    assert why.startswith("Found") == found


def test_a_run_folder_is_looked_at_before_it_is_taken(tmp_path: Path) -> None:
    here = check_run_folder(str(tmp_path))
    assert here.usable
    assert "free" in here.text
    later = check_run_folder(str(tmp_path / "a" / "b"))
    assert later.usable
    assert later.text.startswith("Made with the first run")
    file = tmp_path / "file"
    file.write_text("")
    assert not check_run_folder(str(file)).usable
    assert not check_run_folder(str(file / "below")).usable
    for text in ("", "  ", "a\0b", "x" * 5000):
        assert not check_run_folder(text).usable, text


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_run_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in check_run_folder(str(tmp_path)).text
    tmp_path.chmod(0o700)
