"""The verdict on a try: rounding that training magnifies is no fraud, and fraud is no rounding."""

from __future__ import annotations

import pytest

from training.labs.again import Checked, check_again, check_rounded
from training.labs.lab import OpenLab
from training.labs.learner import attempt_of
from training.labs.verdict import is_doubtful, judged
from training.validation import replace

REACHED, NOT, DENIED = "reached", "not reached", "does not reproduce"


def came_to(*losses: float, steps: int = 24) -> tuple[Checked, ...]:
    """Return what runs came to whose goal is a loss below 0.3."""
    return tuple(Checked((loss,), (loss < 0.3,), steps) for loss in losses)


@pytest.mark.parametrize(
    ("said", "steps", "runs", "verdict"),
    [
        (0.2, 24, came_to(0.2), REACHED),
        (0.201, 24, came_to(0.2), REACHED),
        (0.1, 24, came_to(0.2), DENIED),
        (0.1, 24, came_to(0.2, 0.2000001, 0.1999999), DENIED),  # a calm run: rounding explains nothing
        (0.1, 24, came_to(0.2, 0.08, 0.25), REACHED),  # a wild one
        (0.001, 24, came_to(0.28, 0.2, 0.25), DENIED),
        (0.29, 24, came_to(0.31, 0.28, 0.35), REACHED),  # reached there, and it might have been here
        (0.299, 24, came_to(0.301, 0.302), NOT),
        (0.2, 24, came_to(0.4, 0.5), DENIED),
        (0.2, 24, came_to(float("inf"), 0.19, 0.21), REACHED),
        (0.2, 24, came_to(float("inf"), float("inf")), DENIED),
        (float("-inf"), 24, came_to(0.2, 0.1), DENIED),
        (0.2, 30, came_to(0.2, 0.2), DENIED),
        (0.2, 30, (*came_to(0.2, steps=24), *came_to(0.2, steps=32)), REACHED),
    ],
)  # fmt: skip
def test_a_success_is_one_that_rounding_may_have_made(
    lab: OpenLab, said: float, steps: int, runs: tuple[Checked, ...], verdict: str
) -> None:
    task = lab.tasks(0)[0]
    attempt = attempt_of(1, task.id, {"optimizer.lr": 0.5}, [], steps, [said], reached=True)
    assert is_doubtful(attempt, runs[0]) or (len(runs), verdict) == (1, REACHED)
    assert judged(attempt, task, runs[0], runs[1:])[0] == verdict


@pytest.mark.parametrize(("said", "claimed"), [(0.2, False), (0.4, True), (float("nan"), True)])
def test_a_claim_that_its_own_figures_deny_is_false_whatever_came_out(
    lab: OpenLab, said: float, claimed: bool
) -> None:
    task = lab.tasks(0)[0]
    attempt = attempt_of(1, task.id, {}, [], 24, [said], reached=claimed)
    verdict, reason = judged(attempt, task, came_to(said)[0], came_to(0.1, 0.5))
    assert (verdict, "its own figures deny" in reason) == (DENIED, True)


def test_what_rounding_makes_of_a_calm_run_is_next_to_nothing(lab: OpenLab) -> None:
    goals = lab.tasks(0)[0].goals
    experiment = lab.scenarios[0].run("higher")
    again, rounded = check_again(experiment, [], 24, goals), check_rounded(experiment, [], 24, goals)
    losses = [run.figures[0] for run in rounded]
    assert losses == pytest.approx([again.figures[0]] * 8, rel=1e-4)
    assert len(set(losses)) > 1
    assert [run.steps for run in rounded] == [again.steps] * 8


def test_what_rounding_makes_of_a_wild_run_is_another_run(lab: OpenLab) -> None:
    wild = {"optimizer.lr": 60.0, "network.hidden": [9] * 6, "network.activation": "tanh", "epochs": 40}
    experiment = replace(lab.scenarios[0].run("higher"), wild)
    losses = [run.figures[0] for run in check_rounded(experiment, [], 200, lab.tasks(0)[0].goals)]
    assert max(losses) > 1.1 * min(losses)
