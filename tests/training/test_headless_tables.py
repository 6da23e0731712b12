"""What a run without the window tells of itself as a whole: its rate, stopping rules, its landscape, and their cost."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from tests.training.runs import small
from training import headless, outputs
from training.engine import Engine
from training.headless import HeadlessRun, run_headless
from training.history import Evaluations
from training.instruments import run_landscape, tables
from training.instruments.instruments import COLD
from training.instruments.landscape import SIZE, Landscape
from training.instruments.log import InstrumentLog
from training.instruments.rates import estimates
from training.instruments.run_landscape import landscape_of
from training.instruments.spent import Spent
from training.instruments.stopping_bench import STOP_RULES
from training.instruments.tables import rate_table
from training.progress import EvaluationRecord
from training.timeline.checkpoints import Checkpoints

FloatArray = NDArray[np.float64]
Rows = list[dict[str, str]]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "outputs.md"
K = 5
OF_THE_WHOLE = {"convergence_rate.csv", "stopping_bench.csv"}
LANDSCAPES = {"landscape.csv", "landscape_path.csv"}


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture takes most of the time."""
    monkeypatch.setattr(outputs, "curves_picture", lambda run: b"")


def rows_of(file: Path) -> Rows:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def summary_of(run: HeadlessRun) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run.folder / "summary.json").read_text(encoding="utf-8"))
    return read


def files_of(run: HeadlessRun) -> set[str]:
    return {path.name for path in (run.folder / "instruments").glob("*.csv")}


# ------------------------------------------------------------------------------------------- stopping rules


def stop_by_hand(rule: str, parameter: float, train: list[float], val: list[float]) -> int | None:
    """Return where a rule stops, as Prechelt writes it, evaluation by evaluation."""
    rises = 0
    for t in range(len(val)):
        best = min(val[: t + 1])
        gl = 100.0 * (val[t] / best - 1.0)
        if rule == "patience" and t - val.index(best) >= parameter:
            return t
        if rule == "gl" and gl > parameter:
            return t
        if t == 0 or t % K:
            continue
        strip = train[t - K + 1 : t + 1]
        progress = 1000.0 * (sum(strip) / (K * min(strip)) - 1.0)
        if rule == "pq" and gl > 0.0 and gl / progress > parameter:
            return t
        if rule == "up" and t > K:
            rises = rises + 1 if val[t] > val[t - K] else 0
            if rises >= parameter:
                return t
    return None


def test_the_rows_of_stopping_rules_are_those_of_loops_over_the_history(tmp_path: Path) -> None:
    run = run_headless(small(epochs=60, optimizer__lr=0.05), out=tmp_path / "out", instruments=0.1)
    history = rows_of(run.folder / "history.csv")
    epochs, train, val = ([float(row[name]) for row in history] for name in ("epoch", "train_loss", "val_loss"))
    lowest = min(val)
    rows = rows_of(run.folder / "instruments" / "stopping_bench.csv")
    assert [(row["rule"], float(row["parameter"])) for row in rows] == [
        (name, parameter) for name, rule in STOP_RULES.items() for parameter in rule.parameters
    ]
    assert {row["stopped"] for row in rows} == {"true", "false"}
    for row in rows:
        stop = stop_by_hand(row["rule"], float(row["parameter"]), train, val)
        last = len(val) - 1 if stop is None else stop
        kept = min(val[: last + 1])
        assert row["stopped"] == ("false" if stop is None else "true")
        assert (float(row["epoch"]), float(row["val_loss"])) == (epochs[last], val[last])
        assert (float(row["best_epoch"]), float(row["best_val_loss"])) == (epochs[val.index(kept)], kept)
        assert float(row["regret"]) == pytest.approx((kept - lowest) / lowest)
        assert float(row["cost"]) == pytest.approx(epochs[last] / epochs[val.index(lowest)])


# ------------------------------------------------------------------------------------------- rates


def evaluations_of(losses: FloatArray, norms: FloatArray) -> Evaluations:
    """Return a history with an evaluation at every step."""
    made, one = Evaluations(1), np.ones(1)
    for step, (loss, norm) in enumerate(zip(losses, norms, strict=True)):
        made.append(EvaluationRecord(step, step / 4, loss * one, one, one, one, one, norm * one, one, one, one, ((),)))
    return made


def test_the_rate_of_closed_forms() -> None:
    """A loss 1/t, and a gradient norm 3 · 0.9ᵗ, which comes down to 1e-9 after ln(3e9) / −ln 0.9 steps."""
    steps = np.arange(120.0)
    lines = list(rate_table(estimates(evaluations_of(1.0 / (steps + 1.0), 3.0 * 0.9**steps)), {"grad_norm": 1e-9}))
    loss, norm = csv.DictReader(lines)
    assert (loss["quantity"], loss["kind"], loss["rate"], loss["target"]) == ("train_loss", "sublinear", "", "")
    assert float(loss["order"]) == pytest.approx(1.0, abs=0.02)
    assert float(loss["low"]) <= 1.0 <= float(loss["high"])
    assert (norm["quantity"], norm["kind"], norm["order"]) == ("grad_norm", "linear", "1.0")
    assert float(norm["rate"]) == pytest.approx(0.9, rel=1e-6)
    wanted = math.log(3e9) / -math.log(0.9) - 119.0
    assert float(norm["steps_to_target"]) == pytest.approx(wanted, rel=1e-3)


def test_of_too_few_evaluations_no_rate_is_told() -> None:
    few = np.array([1.0, 0.5, 0.25, 0.125])
    assert estimates(evaluations_of(few, few)) == {}


def test_the_target_is_the_threshold_of_the_gradient_norm_unless_it_is_off(tmp_path: Path) -> None:
    for action, wanted in (("tell", "0.25"), ("off", "")):
        criterion = {"threshold": 0.25, "action": action}
        experiment = small(stopping={"criteria": {"gradient_norm": criterion}, "early": {"enabled": False}})
        run = run_headless(experiment, out=tmp_path / action, instruments=0.1)
        found = rows_of(run.folder / "instruments" / "convergence_rate.csv")
        assert [row["target"] for row in found] == ["", wanted]


# ------------------------------------------------------------------------------------------- when they are written


def test_without_instruments_neither_is_written(tmp_path: Path) -> None:
    run = run_headless(small(), out=tmp_path / "out")
    assert not (run.folder / "instruments").exists()
    assert summary_of(run)["instruments"] is None


def test_what_cannot_be_told_costs_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(run: outputs.FinishedRun) -> list[str]:
        raise ZeroDivisionError("a fault of the bench")

    monkeypatch.setitem(outputs.OF_THE_WHOLE, "stopping_bench", fault)
    with pytest.warns(RuntimeWarning, match=r"No instruments/stopping_bench\.csv: .*a fault of the bench"):
        run = run_headless(small(), out=tmp_path / "out", instruments=0.1)
    assert files_of(run) & OF_THE_WHOLE == {"convergence_rate.csv"}
    assert summary_of(run)["reason"] == "completed"


def test_a_run_saved_from_the_window_tells_the_same(tmp_path: Path) -> None:
    run = run_headless(small(), out=tmp_path / "headless", instruments=0.1)
    done = run.finished
    (tmp_path / "window").mkdir()
    outputs.write_outputs(tmp_path / "window", outputs.run_so_far(
        done.experiment, done.result, done.history, datetime.now(), 1.0, done.instruments, done.budget,
    ))  # fmt: skip
    for name in files_of(run) | OF_THE_WHOLE:
        mine, other = (folder / "instruments" / name for folder in (run.folder, tmp_path / "window"))
        assert mine.read_bytes() == other.read_bytes()
    window = json.loads((tmp_path / "window" / "summary.json").read_text(encoding="utf-8"))
    assert window["instruments"] == pytest.approx(summary_of(run)["instruments"])


# ------------------------------------------------------------------------------------------- what is measured more


def test_a_landscape_in_random_directions_has_the_loss_of_the_run_at_its_center(tmp_path: Path) -> None:
    run = run_headless(small(steps=1), out=tmp_path / "out", instruments=0.1, measure=["landscape"])
    heights = rows_of(run.folder / "instruments" / "landscape.csv")
    assert len(heights) == SIZE**2
    center = next(row for row in heights if float(row["x"]) == float(row["y"]) == 0.0)
    assert float(center["loss"]) == pytest.approx(run.finished.history.evaluations.train_loss[-1, 0], rel=1e-12)


def test_the_path_through_a_landscape_is_as_long_as_the_weights_have_moved(tmp_path: Path) -> None:
    shares: list[float] = []
    run = run_headless(
        small(), out=tmp_path / "out", instruments=0.1, measure=["landscape"], survey=shares.append,
    )  # fmt: skip
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    path = rows_of(run.folder / "instruments" / "landscape_path.csv")
    first, last = path[0], path[-1]
    assert (first["step"], int(last["step"])) == ("0", summary_of(run)["steps"])
    assert math.hypot(float(last["x"]), float(last["y"])) == pytest.approx(0.0, abs=1e-9)
    before, after = (load_file(run.folder / f"{name}.safetensors") for name in ("initial", "weights"))
    moved = math.sqrt(sum(float(np.square(after[name] - before[name]).sum()) for name in before))
    assert 0.8 * moved <= math.hypot(float(first["x"]), float(first["y"])) <= moved * (1.0 + 1e-9)


def test_of_a_run_that_blew_up_the_landscape_is_around_where_it_was_in_bounds(tmp_path: Path) -> None:
    experiment = small(network__hidden=[], loss__kind="mse", optimizer={"method": "sgd", "lr": 2.0}, epochs=1_000)
    run = run_headless(experiment, out=tmp_path / "out", instruments=0.1, measure=["landscape"])
    assert summary_of(run)["reason"] == "diverged"
    steps = [int(row["step"]) for row in rows_of(run.folder / "instruments" / "landscape_path.csv")]
    assert 0 == steps[0] < steps[-1] < 0.1 * summary_of(run)["steps"]
    assert all(math.isfinite(float(row["loss"])) for row in rows_of(run.folder / "instruments" / "landscape.csv"))


def test_ctrl_c_leaves_out_the_landscape_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_landscape.survey

    def interrupted(*arguments: Any, **named: Any) -> Iterator[Landscape]:
        for number, part in enumerate(whole(*arguments, **named)):
            if number == 1:
                assert (tmp_path / "out" / "summary.json").exists()
                os.kill(os.getpid(), signal.SIGINT)
            assert number < 2, "it goes on"
            yield part

    monkeypatch.setattr(run_landscape, "survey", interrupted)
    run = run_headless(small(), out=tmp_path / "out", instruments=0.1, measure=["landscape"])
    assert run.interrupted
    assert summary_of(run)["reason"] == "completed"
    assert files_of(run) >= OF_THE_WHOLE
    assert not LANDSCAPES & files_of(run)


def test_a_fault_of_the_landscape_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*arguments: Any, **named: Any) -> Landscape:
        raise ZeroDivisionError("no plane")

    monkeypatch.setattr(headless, "landscape_of", fault)
    with pytest.warns(RuntimeWarning, match=r"No instruments/landscape\.csv: .*no plane"):
        run = run_headless(small(), out=tmp_path / "out", instruments=0.1, measure=["landscape"])
    assert files_of(run) >= OF_THE_WHOLE


def test_what_is_given_up_brings_nothing() -> None:
    engine = Engine(small(epochs=1))
    for _ in engine.train():
        pass
    assert landscape_of(engine, engine.experiment, Checkpoints(), given_up=lambda: True) is None


def test_the_trace_is_read_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.instruments.budget.ALWAYS_OWED", 60.0)  # first readings are made at once
    asked = run_headless(small(), out=tmp_path / "asked", instruments=0.1, measure=["hessian_trace"])
    read, usual = files_of(asked), files_of(run_headless(small(), out=tmp_path / "not", instruments=0.1))
    assert read - usual == {"hessian_trace.csv"}
    assert rows_of(asked.folder / "instruments" / "hessian_trace.csv")


def test_what_was_asked_for_and_not_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.instruments.budget.ALWAYS_OWED", -1.0)  # nothing is read before it is earned
    with pytest.warns(RuntimeWarning, match="Not read, as the run was too short .*: hessian_trace$"):
        run_headless(small(epochs=1), out=tmp_path / "out", instruments=1e-6, measure=["hessian_trace"])


# ------------------------------------------------------------------------------------------- what they cost


def test_the_summary_tells_what_the_instruments_cost(tmp_path: Path) -> None:
    run = run_headless(small(epochs=20), out=tmp_path / "out", instruments=0.2)
    summary = summary_of(run)
    cost = summary["instruments"]
    assert cost.keys() == {"budget", "share", "seconds"}
    assert cost["budget"] == 0.2
    read = sum(each.seconds for each in run.finished.instruments.costs.values())
    assert cost["seconds"] == pytest.approx(COLD * read)
    assert cost["share"] == pytest.approx(cost["seconds"] / summary["seconds"])
    assert cost["share"] > 0.0


@pytest.mark.parametrize(
    ("seconds", "trained", "wanted"),
    [
        (0.8, 10.0, "Instruments: 8 % of training time (budget 10 %)"),
        (0.02, 10.0, "Instruments: 0.2 % of training time (budget 10 %)"),
        (0.0, 10.0, "Instruments: 0 % of training time (budget 10 %)"),
        (0.005, 0.1, "Instruments: 5 ms beside 100 ms of training (budget 10 %)"),
    ],
)
def test_the_cost_in_words(seconds: float, trained: float, wanted: str) -> None:
    assert Spent(0.1, seconds, trained).sentence() == wanted


def test_before_any_training_there_is_no_share() -> None:
    assert math.isnan(Spent.of(InstrumentLog(), 0.1, 0.0).share)


# ------------------------------------------------------------------------------------------- the guide


@pytest.mark.parametrize("names", ["RATE_COLUMNS", "STOPPING_COLUMNS", "LANDSCAPE_COLUMNS PATH_COLUMNS"])
def test_the_guide_names_their_columns(names: str) -> None:
    _, _, after = PAGE.read_text(encoding="utf-8").partition(f"<!-- {names} -->")
    rows = re.findall(r"^\| (`.*?) \|", after.split("\n\n")[1], re.MULTILINE)
    wanted = dict.fromkeys(column for name in names.split() for column in getattr(tables, name))
    assert {column for row in rows for column in re.findall(r"`(\w+)`", row)} == set(wanted)
