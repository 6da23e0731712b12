"""What a fork takes along: the experiment as it was there, and of the changes planned those that come later. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from training.engine import Engine
from training.experiment import Experiment
from training.progress import STOP, Edit
from training.session import Plan
from training.validation import replace


def after(experiment: Experiment, edits: Sequence[Edit]) -> Experiment:
    """Return an experiment with edits made, those of a group together."""
    for _, group in groupby(edits, key=lambda edit: (edit.step, edit.group)):
        changes = {edit.key: edit.value for edit in group if edit.key != STOP}
        experiment = replace(experiment, changes) if changes else experiment
    return experiment


class Later:
    """A plan without what was due where it is first asked: a run that is forked has made those changes already."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._begun = False

    def make_next(self, engine: Engine) -> tuple[Edit, ...]:
        return self._rest(engine).make_next(engine)

    def steps_until_next(self, engine: Engine) -> float:
        return self._rest(engine).steps_until_next(engine)

    def _rest(self, engine: Engine) -> Plan:
        if not self._begun:
            self._begun = True
            while self._plan.steps_until_next(engine) <= 0:
                self._plan.make_next(_Deaf(engine))
        return self._plan


class _Deaf:
    """Tells where an engine stands, and takes no changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def repeat(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        return ()

    edit = repeat
