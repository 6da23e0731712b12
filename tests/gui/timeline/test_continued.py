"""What a fork takes along."""

from __future__ import annotations

from gui.timeline.continued import Later, after
from tests.training.runs import small
from training.engine import Engine
from training.progress import STOP, Edit
from training.scenarios.script import Planned, Script


def test_the_experiment_after_edits_those_of_a_group_together() -> None:
    edits = [
        Edit(3, "optimizer.lr", 0.5, 0), Edit(3, "batch_size", 4, 0), Edit(3, STOP, True, 1),
        Edit(3, "epochs", 9, 2), Edit(5, "optimizer.lr", 0.25, 3),
    ]  # fmt: skip
    experiment = after(small(), edits)
    assert (experiment.optimizer.lr, experiment.batch_size, experiment.epochs) == (0.25, 4, 9)
    assert after(small(), []) == small()


def test_a_plan_goes_on_with_what_comes_later() -> None:
    engine = Engine(small())
    engine.advance(6)
    planned = [("step", 2, 0.5), ("step", 6, 0.4), ("epoch", 2, 0.3), ("step", 9, 0.2)]
    plan = Later(Script(Planned(unit, count, {"optimizer.lr": rate}) for unit, count, rate in planned))
    made = []
    for _ in range(6):
        made += [(edit.step, edit.value) for edit in plan.make_next(engine)]
        engine.advance(1)
    assert made == [(8, 0.3), (9, 0.2)]
    assert engine.experiment.optimizer.lr == 0.2
