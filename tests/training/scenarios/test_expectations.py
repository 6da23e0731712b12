"""When a claim holds: truth tables, differences and ratios between runs, shares of seeds, and the words for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.training.runs import small
from tests.training.scenarios.made import made_record
from training.scenarios.expectations import check, check_goals, in_words, meets, value_of
from training.scenarios.scenario import Claim, Expectation, Scenario, Variant

INF, NAN = np.inf, np.nan


def claim(comparison: str, value: Any, **fields: Any) -> Claim:
    return Claim(**{"metric": "ended_step", "comparison": comparison, "value": value, **fields})


# (comparison, value, what is found, whether that holds)
TRUTH: list[tuple[str, Any, float, bool]] = [
    ("<", 1.0, 0.9, True), ("<", 1.0, 1.0, False), ("<", 1.0, 1.1, False),
    ("<=", 1.0, 0.9, True), ("<=", 1.0, 1.0, True), ("<=", 1.0, 1.1, False),
    (">", 1.0, 0.9, False), (">", 1.0, 1.0, False), (">", 1.0, 1.1, True),
    (">=", 1.0, 0.9, False), (">=", 1.0, 1.0, True), (">=", 1.0, 1.1, True),
    ("between", (1.0, 2.0), 0.9, False), ("between", (1.0, 2.0), 1.0, True), ("between", (1.0, 2.0), 1.5, True),
    ("between", (1.0, 2.0), 2.0, True), ("between", (1.0, 2.0), 2.1, False),
    ("<", 1.0, INF, False), (">", 1.0, INF, True), ("<", 1.0, -INF, True), ("between", (1.0, 2.0), INF, False),
    *((comparison, 1.0, NAN, False) for comparison in ("<", "<=", ">", ">=")), ("between", (1.0, 2.0), NAN, False),
]  # fmt: skip


@pytest.mark.parametrize(("comparison", "value", "found", "holds"), TRUTH)
def test_a_value_meets_a_claim(comparison: str, value: Any, found: float, holds: bool) -> None:
    assert bool(meets(claim(comparison, value), found)) is holds
    assert meets(claim(comparison, value), np.array([found, found])).tolist() == [holds, holds]


RECORDS = {
    "base": made_record(ends=(("completed", 12), ("completed", 8))),
    "other": made_record(ends=(("completed", 4), ("completed", 8))),
    "bad": made_record(ends=(("diverged", 4), ("completed", 8))),
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [12, 8]),
        ({"variant": "other"}, [4, 8]),
        ({"minus": "other"}, [8, 0]),
        ({"variant": "other", "minus": "base"}, [-8, 0]),
        ({"divided_by": "other"}, [3, 1]),
        ({"metric": "train_loss", "variant": "bad", "divided_by": "base"}, [INF, 1]),
        ({"metric": "train_loss", "divided_by": "bad"}, [0, 1]),
        ({"metric": "train_loss", "variant": "bad", "minus": "bad"}, [NAN, 0]),
        ({"metric": "diverged", "divided_by": "base"}, [NAN, NAN]),
        ({"metric": "completed", "divided_by": "bad"}, [INF, 1]),
    ],
)
def test_what_is_compared(fields: dict[str, Any], expected: list[float]) -> None:
    np.testing.assert_array_equal(value_of(claim("<", 1.0, **fields), RECORDS), expected)


def scenario(*expectations: dict[str, Any]) -> Scenario:
    return Scenario(
        kind="scenario", title="A", summary="B", group="data", story="", experiment=small(),
        variants={"other": Variant(title="the other"), "bad": Variant(title="the bad")},
        expectations=tuple(
            Expectation(**{"text": "x", "metric": "ended_step", **expectation}) for expectation in expectations
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "seeds_that_hold", "holds"),
    [(0.9, 9, True), (0.9, 8, False), (1.0, 10, True), (1.0, 9, False), (0.7, 7, True), (0.3, 3, True),
     (0.1, 0, False)],
)  # fmt: skip
def test_a_share_of_the_seeds_is_enough(wanted: float, seeds_that_hold: int, holds: bool) -> None:
    record = made_record(ends=(("completed", 4),) * seeds_that_hold + (("completed", 8),) * (10 - seeds_that_hold))
    (found,) = check(scenario({"comparison": "<", "value": 5.0, "share": wanted}), {"base": record})
    assert found.share == pytest.approx(seeds_that_hold / 10)
    assert found.holds is holds
    assert found.text == "x"


def test_what_is_not_known_is_said() -> None:
    asked = {"metric": "batch_loss", "at": "step 10", "comparison": ">", "value": 0.0}
    (found,) = check(scenario(asked), RECORDS)
    assert found.held.tolist() == [True, False]
    assert found.note.startswith("on 1 seed there is no value")


def test_expectations_of_runs_that_were_not_made_are_left_out() -> None:
    plain = {"comparison": ">", "value": 0.0}
    expectations = scenario(plain, {**plain, "minus": "other"}, {**plain, "variant": "bad"})
    assert len(check(expectations, RECORDS)) == 3
    assert len(check(expectations, {"base": RECORDS["base"]})) == 1


def test_goals_are_about_the_run_that_was_made() -> None:
    goals = [claim(">", 5.0), claim("<", 10.0)]
    assert [found.held.tolist() for found in check_goals(goals, RECORDS["other"])] == [[False, True], [True, True]]


# (claim, its words)
WORDS: list[tuple[dict[str, Any], str]] = [
    ({"metric": "train_loss", "comparison": "<", "value": 0.5}, "‘as given’: training loss at the end below 0.5"),
    (
        {"metric": "signal_norm", "layer": "first", "at": "epoch 3", "variant": "bad", "divided_by": "other",
         "comparison": ">=", "value": 1e-9},
        "‘the bad’ ÷ ‘the other’: signal norm in the first hidden layer at epoch 3 at least 1e-9",
    ),
    (
        {"metric": "oscillation", "of": "batch_loss", "comparison": "between", "value": (0.5, 1.0)},
        "‘as given’: oscillation of the batch loss over the last 25% of the run between 0.5 and 1",
    ),
    (
        {"metric": "epochs_to", "of": "val_score", "target": 0.9, "minus": "other", "comparison": "<=", "value": 3.0},
        "‘as given’ − ‘the other’: epochs until the validation score has risen to 0.9 at most 3",
    ),
    (
        {"metric": "met_at", "criterion": "loss_plateau", "comparison": "<", "value": 20.0},
        "‘as given’: epoch at which ‘loss plateau’ is first met below 20",
    ),
    (
        {"metric": "value_when_met", "criterion": "validation", "of": "val_loss", "comparison": ">", "value": 1.0},
        "‘as given’: validation loss when ‘validation’ is first met above 1",
    ),
    (
        {"metric": "mean", "of": "val_loss", "at": "best", "window": 0.5, "comparison": ">", "value": 1.0},
        "‘as given’: mean of the validation loss over the last 50% of the way to the best evaluation above 1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), WORDS, ids=[row[1] for row in WORDS])
def test_a_claim_in_words(fields: dict[str, Any], words: str) -> None:
    assert in_words(Claim(**fields), scenario()) == words
    assert in_words(Claim(**fields)) == words.partition(": ")[2]
