"""Whether a fix has made a run better: by the loss of the weights that each run keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.diagnosis.verdict import compare_losses, compare_scores, kept, with_scores
from training.history import Evaluations
from training.progress import EvaluationRecord, Outcome

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(("before", "after", "kind", "by", "sentence"), [
    (0.5, 0.1, "better", "−80 %", "Validation loss 0.1 instead of 0.5 (−80 %)."),
    (0.5, 0.6, "worse", "+20 %", "Validation loss 0.6 instead of 0.5 (+20 %)."),
    (0.5, 0.509, "same", "+1.8 %", "Validation loss 0.509 instead of 0.5 (+1.8 %)."),
    (0.5, 0.491, "same", "−1.8 %", "Validation loss 0.491 instead of 0.5 (−1.8 %)."),
    (0.5, 0.489, "better", "−2.2 %", "Validation loss 0.489 instead of 0.5 (−2.2 %)."),
    (0.01, 0.5, "worse", "50 times as much", "Validation loss 0.5 instead of 0.01 (50 times as much)."),
    (0.696, 0.00475, "better", "150 times lower", "Validation loss 0.00475 instead of 0.696 (150 times lower)."),
    (0.5, 0.0, "better", "−100 %", "Validation loss 0 instead of 0.5 (−100 %)."),
    (INF, 0.3, "better", "", "Validation loss 0.3, where the run as it is diverged."),
    (NAN, 0.3, "better", "", "Validation loss 0.3, where the run as it is diverged."),
    (0.3, NAN, "worse", "", "It diverged; the run as it is keeps a validation loss of 0.3."),
    (NAN, INF, "same", "", "Neither run keeps weights with a finite validation loss."),
    (0.0, 0.0, "same", "+0.0 %", "Validation loss 0 instead of 0 (+0.0 %)."),
    (0.0, 0.1, "worse", "", "Validation loss 0.1 instead of 0."),
])  # fmt: skip
def test_verdict_on_two_losses(before: float, after: float, kind: str, by: str, sentence: str) -> None:
    verdict = compare_losses(before, after)
    assert (verdict.kind, verdict.by_how_much, verdict.sentence) == (kind, by, sentence)


@pytest.mark.parametrize(("before", "after", "kind"), [
    (0.5, 0.9, "better"), (0.9, 0.5, "worse"), (0.9, 0.91, "same"), (-4.0, 0.2, "better"), (NAN, 0.9, "better"),
    (0.9, NAN, "worse"), (NAN, NAN, "same"),
])  # fmt: skip
def test_more_of_a_score_is_better(before: float, after: float, kind: str) -> None:
    verdict = compare_scores(before, after, "validation R²")
    assert verdict.kind == kind
    if math.isfinite(verdict.change) and kind != "same":
        assert verdict.sentence.startswith(f"Validation R² {after:.3g} instead of {before:.3g} (")


@pytest.mark.parametrize(("before", "after", "sentence"), [
    (NAN, 0.9, "Validation R² 0.9, where the run as it is diverged."),
    (0.9, NAN, "It diverged; the run as it is keeps a validation R² of 0.9."),
    (NAN, NAN, "Neither run keeps weights with a finite validation R²."),
])  # fmt: skip
def test_a_score_that_is_no_number_is_that_of_a_run_that_diverged(before: float, after: float, sentence: str) -> None:
    assert compare_scores(before, after, "validation R²").sentence == sentence


@pytest.mark.parametrize(("losses", "scores", "kind", "sentence"), [
    ((1.0, 0.36), (0.53, 0.23), "mixed", "Validation loss 64 % lower, but accuracy 0.23 instead of 0.53."),
    ((1.0, 0.01), (0.53, 0.23), "mixed", "Validation loss 100 times lower, but accuracy 0.23 instead of 0.53."),
    ((0.5, 0.55), (0.7, 0.8), "mixed", "Validation loss 10 % higher, but accuracy 0.8 instead of 0.7."),
    ((0.5, 0.501), (0.7, 0.6), "mixed", "Validation loss about the same, but accuracy 0.6 instead of 0.7."),
    ((1.0, 0.36), (0.53, -0.23), "mixed", "Validation loss 64 % lower, but accuracy −0.23 instead of 0.53."),
    ((1.0, 0.36), (0.53, 0.52), "better", "Validation loss 0.36 instead of 1 (−64 %)."),
    ((1.0, 0.36), (0.53, 0.9), "better", "Validation loss 0.36 instead of 1 (−64 %)."),
    ((0.36, 1.0), (0.9, 0.5), "worse", "Validation loss 1 instead of 0.36 (+178 %)."),
    ((NAN, 0.3), (NAN, 0.5), "better", "Validation loss 0.3, where the run as it is diverged."),
])  # fmt: skip
def test_a_score_that_says_otherwise_is_told_of(
    losses: tuple[float, float], scores: tuple[float, float], kind: str, sentence: str
) -> None:
    verdict = with_scores(compare_losses(*losses), *scores, "accuracy")
    assert (verdict.kind, verdict.sentence) == (kind, sentence)


def evaluations(losses: list[float]) -> Evaluations:
    made = Evaluations(1)
    for index, loss in enumerate(losses):
        one, value = np.ones(1), np.array([loss])
        made.append(EvaluationRecord(
            step=10 * index, epoch=float(index), train_loss=value, val_loss=value, train_score=one, val_score=one,
            parameter_change=one, grad_norm=one, lr=one, waited=one, best_step=one, criteria=((),),
        ))  # fmt: skip
    return made


@pytest.mark.parametrize(("outcome", "expected"), [
    (None, 0.7),
    (Outcome("completed", 30, 3.0, ""), 0.7),
    (Outcome("early_stopped", 30, 3.0, "", best_step=20, restored=True), 0.2),
    (Outcome("early_stopped", 30, 3.0, "", best_step=20, restored=False), 0.7),
    (Outcome("diverged", 30, 3.0, ""), NAN),
    (Outcome("diverged", 30, 3.0, "", best_step=10, restored=True), 0.4),
])  # fmt: skip
def test_figure_of_the_weights_that_are_kept(outcome: Outcome | None, expected: float) -> None:
    found = kept(evaluations([0.9, 0.4, 0.2, 0.7]), outcome, "val_loss")
    assert found == pytest.approx(expected, nan_ok=True)
