"""What ``explain`` prints: what happened, what shows it, and commands that can be typed as they stand."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import main
from tests.training.runs import small
from training import outputs
from training.diagnosis.explain_command import command, run
from training.diagnosis.explanation import explanation
from training.engine import Engine
from training.errors import InputError
from training.experiment_file import load
from training.headless import run_headless
from training.history import History
from training.recordings import recording_file
from training.recordings.recording import record
from training.validation import get, replace

STALLS = small(
    network={"hidden": [8] * 8, "activation": "sigmoid", "initialization": {"scheme": "xavier_uniform"}},
    optimizer={"method": "sgd", "lr": 0.1}, epochs=40,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a run whose gradients vanish."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "curves_picture", lambda run: b"a picture takes most of the time")
        yield run_headless(STALLS, out=tmp_path_factory.mktemp("runs") / "my run").folder


def printed(path: Path, *, expert: bool = False, terminal: bool = False) -> str:
    out = io.StringIO()
    run(path, Console(file=out, force_terminal=terminal, width=100 if terminal else 240), expert=expert)
    return out.getvalue()


def test_it_says_what_happened_what_shows_it_and_what_to_try(folder: Path) -> None:
    text = printed(folder)
    assert "\nCompleted all 40 epochs." in text
    assert re.search(r"^✗ Vanishing gradients  training fails · \d+ % sure · steps 1 to \d+$", text, re.MULTILINE)
    assert "Layer 1 receives" in text
    assert "What shows it\n    • signal norm, steps " in text
    assert explanation("vanishing_gradients").plain.splitlines()[0].replace("**", "") in text
    assert "What to try\n    1. ReLU + He, rate 0.03: " in text
    assert "A scenario that shows it\n    python main.py -e vanishing_gradients\n" in text
    assert "\x1b" not in text


def test_the_mathematics_for_those_who_ask(folder: Path) -> None:
    text = printed(folder, expert=True)
    assert "With the mathematics" in text
    assert explanation("vanishing_gradients").expert.splitlines()[0].replace("**", "") in text


def test_on_a_terminal_it_is_in_color_and_wrapped(folder: Path) -> None:
    text = printed(folder, terminal=True)
    assert "\x1b[" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 100


def test_the_commands_try_what_they_say(folder: Path) -> None:
    told = json.loads((folder / "findings.json").read_text())["findings"][0]["fixes"]
    lines = re.findall(r"^ +(python main\.py run .*)$", printed(folder), re.MULTILINE)[: len(told)]
    assert len(told) > 1
    for line, fix in zip(lines, told, strict=True):
        words = shlex.split(line)
        assert words[:4] == ["python", "main.py", "run", str(folder / "experiment.toml")]
        assert words[4::2] == ["--set"] * len(fix["changes"])
        experiment = load(folder / "experiment.toml")
        assert main.changed(experiment, words[5::2]) == replace(experiment, fix["changes"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer.lr", 1e-5), ("optimizer.lr", 3.0), ("network.hidden", [8, 8]), ("network.activation", "relu"),
        ("network.activation", ["relu", "tanh"]), ("stopping.early.enabled", True), ("name", "it's; rm -rf ~"),
        ("name", "true"), ("name", "1e5"), ("name", "nan"), ("batch_size", "full"),
        ("data.extra_features", ["x^2", "sin x"]),
    ],
)  # fmt: skip
def test_values_survive_the_shell(key: str, value: Any) -> None:
    words = shlex.split(command(Path("experiment.toml"), {key: value}))
    base = replace(small(), {"network.hidden": [8, 8]})
    made = get(main.changed(base, words[5::2]), key)
    assert made == (tuple(value) if isinstance(value, list) else value)


def test_an_old_folder_is_explained_by_its_tables(folder: Path, tmp_path: Path) -> None:
    for name in ("experiment.toml", "history.csv", "gradients.csv", "summary.json", "weights.safetensors"):
        shutil.copy(folder / name, tmp_path)
    text = printed(tmp_path)
    assert "there is no findings.json" in text
    assert "✗ Vanishing gradients" in text


def test_a_run_cut_off_says_so(folder: Path, tmp_path: Path) -> None:
    for name in ("experiment.toml", "history.csv", "gradients.csv"):
        shutil.copy(folder / name, tmp_path)
    assert "no summary: it is under way, or was cut off" in printed(tmp_path)


def test_what_follows_from_something_else_is_told_in_short(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run")
    file = tmp_path / "run" / "findings.json"
    values = json.loads(file.read_text())
    first = values["findings"][0]
    values["findings"] = [first, first | {"name": "plateau", "title": "Plateau", "sentence": "It lies flat."}]
    file.write_text(json.dumps(values))
    text = printed(tmp_path / "run")
    assert text.endswith("It lies flat.\n  It may well follow from: Vanishing gradients. Begin there.\n")


def test_what_was_so_on_the_way_is_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run")
    file = tmp_path / "run" / "findings.json"
    values = json.loads(file.read_text())
    values["findings"] = [values["findings"][0] | {"over": True, "first_step": 5, "last_step": 9}]
    file.write_text(json.dumps(values))
    text = printed(tmp_path / "run")
    assert "Nothing is found that the lab has a name for." in text
    assert re.search(r"On the way\n  ✗ Vanishing gradients .* steps 5 to 9\n    Layer 1", text)


def test_edits_are_told_beside_the_commands(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run")
    file = tmp_path / "run" / "summary.json"
    values = json.loads(file.read_text())
    values["edits"] = [{"step": 3, "key": "optimizer.lr", "value": 0.2, "group": 0}]
    file.write_text(json.dumps(values))
    assert "the commands begin anew, without those changes" in printed(tmp_path / "run")


def test_a_recorded_run_is_made_again_and_explained(tmp_path: Path) -> None:
    engine, history = Engine(STALLS), History(1, 9)
    for progress in engine.train():
        history.extend(progress)
    recording_file.save(record(STALLS, engine.result(), history), tmp_path / "stalls.labrun")
    text = printed(tmp_path / "stalls.labrun")
    assert "✗ Vanishing gradients" in text
    assert re.search(r'^ +network\.activation = relu', text, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (None, "", "there is no such folder"),
        ("history.csv", "", "not the folder of a run"),
        ("experiment.toml", "epochs = 'many'", "epochs"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, file: str | None, content: str, expected: str) -> None:
    folder = tmp_path / "run"
    if file is not None:
        folder.mkdir()
        (folder / file).write_text(content)
    with pytest.raises(InputError, match=expected):
        printed(folder)
