"""What the corner says of a run and of the race of a fix, in words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gui.diagnosis.fix_race import AS_IT_IS, FixRace
from gui.diagnosis.telling import changes_of, earlier, outcome_of, story_of
from tests.gui.diagnosis.made_up import HEALTHY, OVERFITTING, PAST, VANISHING
from training.diagnosis.finding import Finding, Fix
from training.diagnosis.verdict import compare_losses, with_scores
from training.experiment import Experiment
from training.progress import Edit
from training.validation import replace

START = replace(Experiment(), {"optimizer.lr": 0.5})
SLOWER = Fix("slower", "rate ÷ 10", "Shorter steps.", {"optimizer.lr": 0.05}, live=True)
EDITS = [Edit(10, "optimizer.lr", 0.2, 1), Edit(40, "optimizer.lr", 0.7, 2)]


def race(fix: Fix, first_step: int) -> FixRace:
    finding = Finding("rate_too_high", "Learning rate too high", "warning", 0.9, "It bounces.", first_step, 90)
    return FixRace(finding, fix, {"as_it_is": (AS_IT_IS, START, EDITS), "fixed": (fix.title, START, [])})


@pytest.mark.parametrize(("changes", "said"), [
    ({"network.activation": "tanh"}, "Activation: ReLU → Tanh"),
    ({"network.hidden": [32, 32], "network.skip_every": 2},
     "Hidden layers: 16 ×3 → 32 ×2 · Skip connections: none → every 2 layers"),
    ({"stopping.early.enabled": False}, "Early stopping: on → off"),
    ({"schedule.kind": "cosine", "schedule.length": 0.0}, "Schedule: Constant → Cosine · Length: rest of the run"),
    ({"optimizer.lr": 0.5}, ""),
])  # fmt: skip
def test_changes_are_told_in_the_words_of_the_form(changes: dict[str, Any], said: str) -> None:
    assert changes_of(START, changes) == said


def test_the_story_of_a_race_says_what_is_changed_from_what_it_was_then() -> None:
    assert story_of(race(SLOWER, 20)) == (
        "Rate ÷ 10, against: learning rate too high",
        "Shorter steps.\nChanged from step 21 on: Learning rate: 0.2 → 0.05.", "",
    )  # fmt: skip
    assert "Changed from the start: Learning rate: 0.5 → 0.05." in story_of(race(SLOWER, 0)).sentence


@pytest.mark.parametrize(("before", "after", "stopped_at", "title", "end"), [
    (0.5, 0.1, None, "Better with rate ÷ 10", "Keep the change, and train on with it?"),
    (0.5, 0.1, 7.5, "Better so far with rate ÷ 10", "stopped at epoch 7.5. Keep the change, and train on with it?"),
    (0.1, 0.5, None, "Worse with rate ÷ 10", "Here it does not help: go back and try another one."),
    (0.5, 0.501, None, "The same with rate ÷ 10", "It makes no difference here; the run can stay as it is."),
    (math.nan, math.nan, None, "The same with rate ÷ 10", "Go back, and try another change."),
])  # fmt: skip
def test_the_outcome_says_what_to_do_now(
    before: float, after: float, stopped_at: float | None, title: str, end: str
) -> None:
    verdict = compare_losses(before, after)
    told = outcome_of(race(SLOWER, 20), verdict, stopped_at)
    assert (told.title, told.figure) == (title, verdict.by_how_much)
    assert told.sentence.startswith(verdict.sentence)
    assert told.sentence.endswith(end)


def test_a_better_loss_with_a_worse_score_is_not_plainly_better() -> None:
    told = outcome_of(race(SLOWER, 20), with_scores(compare_losses(1.0, 0.36), 0.53, 0.23, "accuracy"), None)
    assert (told.title, told.severity) == ("Mixed result with rate ÷ 10", "note")
    assert told.sentence.startswith("Validation loss 64 % lower, but accuracy 0.23 instead of 0.53.")


def test_what_was_found_earlier_is_named_once() -> None:
    assert earlier([]) is None
    assert earlier([HEALTHY]) is None
    told = earlier([OVERFITTING, VANISHING, PAST, OVERFITTING])
    assert told is not None
    assert (told[0], told[2]) == ("Earlier: overfitting + 2", OVERFITTING)
