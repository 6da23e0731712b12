"""Small scenarios that run in no time."""

from __future__ import annotations

from typing import Any

from gui.scenarios.library import Entry
from training.scenarios.scenario import Scenario
from training.scenarios.scenario_file import from_values

EXPERIMENT: dict[str, Any] = {
    "name": "small", "epochs": 4, "batch_size": 16, "device": "cpu", "seed": 3,
    "data": {"dataset": "moons", "samples": 80}, "network": {"hidden": [6], "activation": "tanh"},
    "optimizer": {"method": "sgd", "lr": 0.05}, "stopping": {"early": {"enabled": False}},
}  # fmt: skip
PICTURE: dict[str, Any] = {
    "kind": "curves", "x": "epoch", "y": "training loss", "log": True,
    "series": [{"title": "slow", "x": [0, 1, 2], "y": [0.7, 0.5, 0.4]},
               {"title": "fast", "x": [0, 1, 2], "y": [0.7, 0.2, 0.1]}],
}  # fmt: skip


def scenario(**changes: Any) -> Scenario:
    """Return a scenario with questions, variants, an edit on the way, a task and expectations."""
    values: dict[str, Any] = {
        "kind": "scenario", "title": "Slow and fast", "summary": "Two rates, one net.", "group": "learning rate",
        "minutes": 7, "tags": ["rate"], "story": "A rate may be *too low*.", "watch": ["The learning curves."],
        "explanation": "A small step goes a short way.", "base_title": "Slow", "experiment": EXPERIMENT,
        "variants": {"fast": {"title": "Fast", "note": "Ten times the rate.", "changes": {"optimizer.lr": 0.5}}},
        "edits": [{"at": "epoch 2", "changes": {"optimizer.lr": 0.04}, "variants": ["base"]}],
        "questions": [
            {"ask": "Which is lower?", "choices": ["Slow", "Fast"], "answer": "Fast", "why": "It goes further."},
            {"ask": "Does it diverge?", "choices": ["Yes", "No"], "answer": "No", "why": "The step is small."},
        ],
        "tasks": [{
            "id": "hurry", "title": "Hurry", "text": "Get it below 0.4.", "controls": ["optimizer.lr"],
            "goals": [{"metric": "train_loss", "comparison": "<", "value": 0.4}],
            "hints": ["A larger step goes further.", "Try 1."], "solution": {"optimizer.lr": 1.0},
        }],
        "expectations": [
            {"text": "Slow stays high", "metric": "train_loss", "comparison": ">", "value": 0.3},
            {"text": "Fast is lower", "metric": "train_loss", "variant": "fast", "minus": "base", "comparison": "<",
             "value": 0.0},
        ],
        **changes,
    }  # fmt: skip
    return from_values(values)


def entries() -> tuple[Entry, ...]:
    """Return a small library: three chapters, three levels."""
    plain: dict[str, Any] = {"questions": [], "tasks": [], "variants": {}, "edits": [], "expectations": []}
    return (
        Entry("nets", scenario(title="Deep nets", group="gradients", level="advanced", tags=["depth"], **plain)),
        Entry("small", scenario(), PICTURE),
        Entry("steps", scenario(title="Steps", group="learning rate", level="intermediate", **plain), PICTURE),
        Entry("noise", scenario(title="Noise", group="batch size", story="A tale of batches.", **plain)),
    )
