"""What is found in the runs of a scenario is what is found in each of them by itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.training.runs import SMALL, small
from training.diagnosis.case import Case
from training.diagnosis.doctor import findings
from training.engine import Engine
from training.history import EVALUATION_COLUMNS, History
from training.progress import LAYER_COLUMNS, STEP_COLUMNS
from training.scenarios.diagnosed import case_of_record, diagnosed
from training.scenarios.scenario_file import from_values
from training.scenarios.script import Script, follow
from training.scenarios.trial import run_recorded, run_variants, with_seeds

# Stopped early, one after the other; the last replica goes on longer than the first.
STOPPED = small(stopping={"early": {"enabled": True, "patience": 2}}, optimizer__lr=0.1, epochs=30)


@pytest.mark.parametrize("replica", [0, 1, 2])
def test_the_case_is_that_of_the_run_by_itself(replica: int) -> None:
    record = run_recorded(Engine(with_seeds(STOPPED, 3)))
    engine, history = Engine(with_seeds(STOPPED, 3)[replica]), History(1, 3)
    for progress in follow(engine, Script()):
        history.extend(progress)
    mine, alone = case_of_record(record, replica), Case.of_engine(engine, history)
    assert (mine.step, mine.outcome, mine.experiment) == (alone.step, alone.outcome, alone.experiment)
    for name in EVALUATION_COLUMNS:
        np.testing.assert_allclose(mine.evaluated(name), alone.evaluated(name), rtol=1e-9, err_msg=name)
    for name in (*STEP_COLUMNS, *LAYER_COLUMNS):
        np.testing.assert_allclose(mine.recorded.lowest(name), alone.recorded.lowest(name), rtol=1e-6, err_msg=name)
    assert [finding.name for finding in findings(mine)] == [finding.name for finding in findings(alone)]


def test_every_run_is_told_of_with_its_seeds() -> None:
    values: dict[str, Any] = {
        "kind": "scenario", "title": "Faster", "summary": "A higher rate.", "group": "learning rate", "story": "Look.",
        "base_title": "too fast", "experiment": {**SMALL, "optimizer": {"method": "sgd", "lr": 1e6}},
        "variants": {"slow": {"title": "slow", "changes": {"optimizer.lr": 1e-4}}},
    }  # fmt: skip
    scenario = from_values(values)
    fast, slow = diagnosed(scenario, run_variants(scenario, 4))
    assert (fast.run, slow.run) == ("base", "slow")
    assert Counter(dict(slow.found)) == {"rate_too_low": 4}
    assert slow.sentence == "‘slow’: Learning rate too low (4)"
    assert fast.sentence.startswith("‘too fast’: ")
    assert sum(seeds for _, seeds in fast.found) == 4
    assert set(dict(fast.found)) <= {"rate_too_high", "diverged", "diverging", "saturation"}
