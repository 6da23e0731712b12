"""The command line as it is typed: what it prints, what it leaves behind, and how it exits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import main
from gui import system_libraries
from training.experiment_file import load, shipped_experiments
from training.validation import get

ROOT = Path(__file__).resolve().parent.parent


class Typed:
    """What came of a command: exit status and both outputs."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Type a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def type_(*arguments: str) -> Typed:
        monkeypatch.setattr(sys, "argv", ["convergence-lab", *arguments])
        try:
            main.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return Typed(code or 0, captured.out, captured.err)

    return type_


QUICK = ("--set", "data.samples=60", "--epochs", "2", "--device", "cpu")


# ------------------------------------------------------------------------------------------ run


def test_run_writes_into_runs_and_says_how_it_ended(lab: Any) -> None:
    typed = lab("run", "moons_quick", *QUICK)
    assert typed.code == 0, typed.err
    (folder,) = Path("runs").iterdir()
    assert folder.name.endswith("-moons-quickly")
    assert "Completed all 2 epochs" in typed.out
    assert f"Files: {folder}" in typed.out
    assert typed.err == ""


def test_options_end_up_in_the_experiment(lab: Any) -> None:
    typed = lab(
        "run", "moons_quick", *QUICK, "--replicas", "2", "--steps", "3", "--out", "here", "--save-data",
        "--set", "optimizer.method=momentum", "--set", "optimizer.lr=1e-3", "--set", "network.hidden=[3, 4]",
        "--set", "network.activation=relu", "--set", "stopping.early.enabled=false", "--set", "name=a = b",
    )  # fmt: skip
    assert typed.code == 0, typed.err
    experiment = load(Path("here/experiment.toml"))
    expected = {
        "epochs": 2, "steps": 3, "replicas": 2, "device": "cpu", "data.samples": 60, "optimizer.method": "momentum",
        "optimizer.lr": 1e-3, "network.hidden": (3, 4), "network.activation": "relu", "stopping.early.enabled": False,
        "name": "a = b",
    }  # fmt: skip
    assert {key: get(experiment, key) for key in expected} == expected
    assert Path("here/data.npz").exists()
    assert json.loads(Path("here/summary.json").read_text(encoding="utf-8"))["steps"] == 3


def test_a_run_is_explained(lab: Any) -> None:
    assert lab("run", "vanishing_gradients", "--epochs", "20", "--out", "here", "--instruments", "1").code == 0
    assert any(Path("here/instruments").glob("*.csv"))
    typed = lab("explain", "here")
    assert typed.code == 0, typed.err
    assert "Completed all" in typed.out
    assert "What shows it" in typed.out
    assert "python main.py run here/experiment.toml --set network.activation=relu" in typed.out


def test_instruments_can_be_turned_off(lab: Any) -> None:
    typed = lab("run", "moons_quick", "--out", "here", "--instruments", "off")
    assert typed.code == 0
    assert "Instruments" not in typed.out
    assert not Path("here/instruments").exists()


def test_more_is_measured_when_asked_for_and_the_cost_is_told(lab: Any) -> None:
    typed = lab("run", "moons_quick", *QUICK, "--out", "here", "--measure", "landscape")
    assert typed.code == 0, typed.err
    assert Path("here/instruments/landscape.csv").exists()
    (line,) = [line for line in typed.out.splitlines() if line.startswith("Instruments: ")]
    assert line.endswith("ms of training (budget 10 %)")


def test_a_diverged_run_exits_with_0(lab: Any) -> None:
    typed = lab("run", "sine_overfit", "--set", "optimizer.method=sgd", "--set", "optimizer.lr=1e30", "--out", "here")
    assert typed.code == 0
    assert "Diverged" in typed.out


def test_a_data_path_is_meant_from_the_current_folder(lab: Any, tmp_path: Path) -> None:
    Path("mine.csv").write_text("a,b,y\n" + "\n".join(f"{i},{i % 3},{i % 2}" for i in range(40)), encoding="utf-8")
    typed = lab(
        "run", "moons_quick", "-s", "data.dataset=csv", "-s", "data.path=mine.csv", "--epochs", "1", "--out", "here"
    )
    assert typed.code == 0, typed.err
    assert get(load(Path("here/experiment.toml")), "data.path") == str(tmp_path / "mine.csv")


# (arguments, what the message must name)
MISTAKES: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("run", "moon_quick"), ("moon_quick", "Did you mean 'moons_quick'?")),
    (("run", "absent.toml"), ("absent.toml", "no such file")),
    (("run", "moons_quick", "--set", "optimizer.lrr=1"), ("optimizer.lrr", "did you mean 'optimizer.lr'?")),
    (("run", "moons_quick", "--set", "lr=1"), ("lr", "did you mean 'optimizer.lr'?")),
    (("run", "moons_quick", "--set", "optimizer.lr=fast"), ("optimizer.lr = 'fast'", "valid number")),
    (("run", "moons_quick", "--set", "optimizer.lr=-1"), ("optimizer.lr = -1", "greater than or equal to 0")),
    (("run", "moons_quick", "--set", "optimizer.method=adma"), ("optimizer.method", "did you mean 'adam'?")),
    (("run", "moons_quick", "--set", "optimizer.lr"), ("--set optimizer.lr", "KEY=VALUE")),
    (("run", "moons_quick", "--set", "=1"), ("--set =1", "KEY=VALUE")),
    (("run", "moons_quick", "--set", "data.dataset=diabetes"), ("loss.kind", "mse, mae or huber")),
    (("run", "moons_quick", "--set", "data.dataset=csv"), ("data.path", "is missing")),
    (("run", "moons_quick", "--replicas", "0"), ("replicas = 0", "greater than or equal to 1")),
    (("run", "moons_quick", "--epochs", "-3"), ("epochs = -3", "greater than or equal to 1")),
    (("run", "moons_quick", "--steps", "-3"), ("steps = -3", "greater than or equal to 0")),
    (("run", "moons_quick", "--epochs", "many"), ("--epochs", "integer")),
    (("run", "moons_quick", "--device", "gpu"), ("--device", "cuda")),
    (("run",), ("Missing argument",)),
    (("run", "moons_quick", "--wrong"), ("--wrong",)),
    (("rum",), ("rum",)),
    (("list", "optimiser"), ("optimiser", "Did you mean 'optimizers'?")),
    (("check", "absent.toml"), ("absent.toml", "no such file")),
    (("schema", "scenarios"), ("scenarios", "Did you mean 'scenario'?")),
    (("run", "underfitting", "--variant", "wider"), ("--variant wider", "Did you mean 'wide'?")),
    (("run", "iris", "--variant", "wide"), ("--variant wide", "no variants")),
    (("run", "why_deep_nets_stall"), ("why_deep_nets_stall", "nothing to run")),
    (("run", "iris", "--instruments", "much"), ("--instruments much", "neither 'off' nor a share")),
    (("run", "iris", "--instruments", "nan"), ("--instruments nan", "neither 'off' nor a share")),
    (("run", "iris", "--instruments", "1.5"), ("--instruments 1.5", "neither 'off' nor a share")),
    (("run", "iris", "--measure", "landscape,trace"), ("--measure trace", "hessian_trace, landscape)", "Did you mean")),
    (("run", "iris", "--measure", "landscape", "--instruments", "off"), ("--measure landscape", "they are off")),
    (("explain", "absent"), ("absent", "no such folder")),
    (("explain", "absent.labrun"), ("absent.labrun", "no such file")),
    (("explain", "."), ("no experiment.toml", "Name a folder that 'run' has made")),
    (("--experiment", "iris", "run", "iris"), ("--experiment",)),
]


@pytest.mark.parametrize(("arguments", "named"), MISTAKES, ids=lambda value: " ".join(value))
def test_bad_input_exits_with_2_and_names_it_without_a_traceback(
    lab: Any, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    typed = lab(*arguments)
    assert typed.code == 2
    assert all(name in typed.err for name in named), typed.err
    assert "Traceback" not in typed.err
    assert not Path("runs").exists()


def test_cuda_asked_for_and_absent(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    typed = lab("run", "moons_quick", "--device", "cuda")
    assert typed.code == 2
    assert "cuda was asked for" in typed.err
    assert "cpu" in typed.err
    assert not Path("runs").exists()


def test_a_run_never_writes_over_another(lab: Any) -> None:
    assert lab("run", "moons_quick", *QUICK, "--out", "here").code == 0
    before = Path("here/summary.json").read_bytes()
    typed = lab("run", "moons_quick", *QUICK, "--out", "here")
    assert typed.code == 2
    assert "not empty" in typed.err
    assert Path("here/summary.json").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_ctrl_c_exits_with_130_and_writes_what_was_computed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "main.py", "run", "two_spirals", "--out", str(out), "--epochs", "1000000"]
    command += ["--set", "stopping.early.enabled=false", "--device", "cpu"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (out / "experiment.toml").exists():  # written just before training begins
        assert process.poll() is None, process.stderr
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Stopped by you" in printed
    assert "Traceback" not in errors
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["reason"] == "stopped"


def test_ctrl_c_before_training_exits_with_130_and_leaves_nothing(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.engine.load_prepared", interrupted)
    typed = lab("run", "iris", "--out", "here")
    assert typed.code == 130
    assert "Traceback" not in typed.err
    assert not Path("here").exists()


# -------------------------------------------------------------------------- list, check, schema


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("experiments", "two_spirals"), ("scenarios", "underfitting"), ("labs", "why_deep_nets_stall"),
        ("datasets", "breast_cancer"), ("activations", "hardtanh"),
        ("initializers", "orthogonal"), ("normalizations", "layer"), ("losses", "huber"), ("optimizers", "amsgrad"),
        ("schedules", "one_cycle"), ("criteria", "relative_improvement"),
    ],
)  # fmt: skip
def test_list_shows_every_choice_of_a_topic(lab: Any, topic: str, name: str) -> None:
    typed = lab("list", topic)
    assert typed.code == 0
    assert any(line.startswith(name) and len(line.split()) > 3 for line in typed.out.splitlines())
    assert name in lab("list").out


def test_list_and_the_experiment_know_the_same_names(lab: Any) -> None:
    schema = lab("schema").out
    from training.listing import rows

    for topic in ("datasets", "activations", "initializers", "losses", "optimizers", "schedules", "normalizations"):
        for row in rows(topic):
            assert f'"{row.name}"' in schema, (topic, row.name)
    assert {row.name for row in rows("experiments")} == set(shipped_experiments())


def test_check_reports_every_mistake_with_file_and_line(lab: Any) -> None:
    Path("bad.toml").write_text("epochs = 0\n\n[optimizer]\nlrr = 1\nmethod = 'adam'\n", encoding="utf-8")
    Path("worse.toml").write_text("epochs = 1\nname = 'open\n", encoding="utf-8")
    Path("good.toml").write_text("name = 'fine'\n", encoding="utf-8")
    typed = lab("check", "bad.toml", "good.toml", "worse.toml", "iris")
    assert typed.code == 2
    lines = typed.err.splitlines()
    assert len(lines) == 3
    assert any(line.startswith("bad.toml:1: epochs = 0") for line in lines)
    assert any(line.startswith("bad.toml:4: optimizer.lrr") for line in lines)
    assert any(line.startswith("worse.toml:2: not valid TOML") for line in lines)
    assert typed.out.splitlines() == ["good.toml: ok", "iris: ok"]


def test_check_knows_every_kind_of_file(lab: Any) -> None:
    Path("bad.toml").write_text('kind = "scenario"\ntitle = ""\n[experiment]\nepochs = 0\n', encoding="utf-8")
    typed = lab("check", "bad.toml", "underfitting", "why_deep_nets_stall")
    assert typed.code == 2
    lines = typed.err.splitlines()
    assert any(line.startswith("bad.toml:2: title") for line in lines)
    assert any(line.startswith("bad.toml:4: experiment.epochs") for line in lines)
    assert typed.out.splitlines() == ["underfitting: ok", "why_deep_nets_stall: ok"]


def test_a_run_of_a_scenario_takes_the_variant_and_its_edits(lab: Any, tmp_path: Path) -> None:
    text = (
        'kind = "scenario"\ntitle = "T"\nsummary = "S"\ngroup = "data"\nstory = ""\n'
        '[experiment]\nepochs = 4\n[experiment.data]\ndataset = "moons"\nsamples = 40\n'
        '[variants.other]\ntitle = "o"\nchanges = { "network.hidden" = [3] }\n'
        '[[edits]]\nat = "epoch 2"\nchanges = { "optimizer.lr" = 0.5 }\nvariants = ["other"]\n'
    )
    Path("mine.toml").write_text(text, encoding="utf-8")
    assert lab("run", "mine.toml", "--variant", "other", "--out", "here").code == 0
    assert get(load(Path("here/experiment.toml")), "network.hidden") == (3,)
    rates = [line.split(",")[3] for line in Path("here/history.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert [float(rate) for rate in rates] == [0.01, 0.01, 0.01, 0.5, 0.5]


def test_check_of_good_files_exits_with_0(lab: Any) -> None:
    typed = lab("check", *shipped_experiments())
    assert typed.code == 0
    assert typed.err == ""


def test_schema_is_json(lab: Any) -> None:
    assert json.loads(lab("schema").out)["title"] == "Experiment"
    assert json.loads(lab("schema", "scenario").out)["title"] == "Scenario"


def test_help_names_every_command(lab: Any) -> None:
    typed = lab("--help")
    assert typed.code == 0
    assert all(command in typed.out for command in ("gui", "run", "explain", "list", "check", "schema"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("1e-3", 1e-3), (".5", 0.5), ("true", True), ("relu", "relu"), ('"relu"', "relu"), ("[1, 2]", [1, 2]),
        ("", ""), ("two words", "two words"), ("1\nother = 2", "1\nother = 2"), ("[1", "[1"), ("{a = 1}", {"a": 1}),
        ("C:\\data\\a.csv", "C:\\data\\a.csv"),
    ],
)  # fmt: skip
def test_values_are_read_as_toml_or_taken_as_they_are(text: str, value: object) -> None:
    assert main.parsed(text) == value
    assert type(main.parsed(text)) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9" * 5_000, "Error: --set epochs: holds a number with too many digits"),
        ("0x" + "f" * 50_000, "too many digits"),
        ("[" * 5_000, "Error: --set epochs: nested too deeply"),
        ("[" * 300 + "]" * 300, "nested too deeply"),
        ("x" * 100_000, "Error: epochs = 'xxx"),
    ],
    ids=["digits", "base 16", "unclosed", "closed", "text"],
)
def test_a_hostile_value_is_a_clear_line_and_exit_2(lab: Any, value: str, expected: str) -> None:
    typed = lab("run", "iris", "--set", f"epochs={value}")
    assert typed.code == 2
    assert expected in typed.err
    assert len(typed.err.splitlines()) == 1
    assert len(typed.err) < 500


def test_check_says_how_many_more_mistakes_there_are(lab: Any) -> None:
    Path("many.toml").write_text("".join(f"k{number} = 1\n" for number in range(1_234)), encoding="utf-8")
    typed = lab("check", "many.toml")
    assert typed.code == 2
    lines = typed.err.splitlines()
    assert len(lines) == 51
    assert lines[49].startswith("many.toml:50: k49: unknown key")
    assert lines[50] == "many.toml: … and 1,184 more"


# ----------------------------------------------------------------------------------- the window


@pytest.mark.parametrize("arguments", [(), ("gui",)])
def test_without_a_display_it_says_so_and_trains(
    lab: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(system_libraries.platform, "system", lambda: "Linux")
    typed = lab(*arguments, "--experiment", "iris")
    assert typed.code == 0, typed.err
    assert typed.out.splitlines()[0].startswith("No display here")
    (folder,) = Path("runs").iterdir()
    assert (folder / "summary.json").exists()


def test_missing_system_libraries_are_named_and_nothing_starts(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(system_libraries.platform, "system", lambda: "Linux")
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(system_libraries, "loads", lambda file: file not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    typed = lab()
    assert typed.code == 2
    assert "sudo apt install libegl1 libxcb-cursor0" in typed.err
    assert "libEGL.so.1" in typed.err


def test_the_window_is_given_the_file_of_the_experiment(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path | None] = []
    import gui.app

    monkeypatch.setattr(gui.app, "run_gui", lambda path: opened.append(path) or 0)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert lab("--experiment", "iris").code == 0
    assert lab().code == 0
    assert opened == [shipped_experiments()["iris"], None]
    typed = lab("--experiment", "irs")
    assert typed.code == 2
    assert "Did you mean 'iris'?" in typed.err


# --------------------------------------------------------------------------------------- doctor


@pytest.fixture
def quick_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    from training import check_machine

    monkeypatch.setattr(check_machine.check_speed, "__defaults__", (0.05,))


def test_doctor_says_what_it_found(lab: Any, monkeypatch: pytest.MonkeyPatch, quick_speed: None) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    typed = lab("doctor")
    assert typed.code == 0, typed.out
    for name in ("Python", "torch", "PySide6-Essentials", "GPU", "Display", "State folder", "Run folder", "Known run"):
        assert name in typed.out
    assert "steps per second" in typed.out
    assert not Path("runs").exists()


def test_doctor_as_json(lab: Any, quick_speed: None) -> None:
    typed = lab("doctor", "--json")
    told = json.loads(typed.out)
    assert typed.code == 0
    assert told["verdict"] in ("ok", "warning")
    assert {"name", "verdict", "found", "advice"} == told["checks"][0].keys()


def test_doctor_without_a_display_says_how_to_train_all_the_same(
    lab: Any, monkeypatch: pytest.MonkeyPatch, quick_speed: None
) -> None:
    monkeypatch.setattr(system_libraries, "has_display", lambda environment: False)
    typed = lab("doctor")
    assert typed.code == 0
    assert "no window can open" in typed.out
    assert "main.py run two_spirals" in typed.out


def test_doctor_fails_where_something_does(lab: Any, monkeypatch: pytest.MonkeyPatch, quick_speed: None) -> None:
    lacking = system_libraries.Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor")
    monkeypatch.setattr(system_libraries, "has_display", lambda environment: True)
    monkeypatch.setattr(system_libraries, "missing", lambda environment: (lacking,))
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    typed = lab("doctor")
    assert typed.code == 1
    assert "libxcb-cursor.so.0" in typed.out
    assert "sudo apt install libxcb-cursor0" in typed.out
    assert "1 check of" in typed.out


def test_doctor_used_wrongly(lab: Any) -> None:
    assert lab("doctor", "--wrong").code == 2
