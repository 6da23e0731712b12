"""The library of scenarios: what each claims comes true on ten seeds, and the solutions of its tasks reach their goals.

It is replayed in a process of its own while the other tests run (`tests.long_runs`); what it printed is looked at here.
"""

from __future__ import annotations

import re

import pytest

from tests.long_runs import LongRuns
from training.scenarios.scenario_file import load, shipped_scenarios

TOPICS = {
    "gradients": 10, "learning rate": 7, "optimizers": 3, "batch size": 2, "generalization": 5, "data": 1,
    "convergence": 5,
}  # fmt: skip
"""How many scenarios each chapter has at least."""


@pytest.mark.long("library")
@pytest.mark.timeout(560)
def test_every_claim_of_the_library_holds(long_runs: LongRuns) -> None:
    finished = long_runs.result("library")
    assert finished.status == 0, finished.output + finished.errors
    told = re.search(r"(\d+) scenarios: all (\d+) expectations hold", finished.output)
    assert told is not None, finished.output
    scenarios = [load(path) for path in shipped_scenarios().values()]
    assert int(told[1]) == len(scenarios)
    assert int(told[2]) >= sum(len(scenario.expectations) for scenario in scenarios)


def test_the_library_covers_the_course() -> None:
    groups = [load(path).group for path in shipped_scenarios().values()]
    assert all(groups.count(group) >= least for group, least in TOPICS.items())


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_scenario_tells_asks_and_claims_something(name: str) -> None:
    scenario = load(shipped_scenarios()[name])
    assert len(scenario.story) > 300
    assert len(scenario.explanation) > 300
    assert scenario.watch
    assert scenario.questions
    assert scenario.tasks
    assert len(scenario.expectations) >= 3
    assert scenario.variants
    assert all(expectation.share >= 0.9 for expectation in scenario.expectations)
