"""A scenario with mistakes, made whole for a moment: so that the mistakes in the rest of it can be told with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from training.errors import ExperimentError, Problem
from training.plain_data import validated
from training.scenarios.scenario import BASE, GROUPS, Scenario

_NEEDED: dict[str, Any] = {"kind": "scenario", "title": "?", "summary": "?", "group": GROUPS[0], "story": ""}
_HARMLESS: dict[str, dict[str, Any]] = {
    "variants": {"title": "?"},
    "edits": {"at": "step 0", "changes": {}},
    "questions": {"ask": "?", "choices": ["yes", "no"], "answer": "yes", "why": "?"},
    "tasks": {
        "title": "?", "text": "?", "controls": ["epochs"],
        "goals": [{"metric": "parameters", "comparison": ">", "value": 0}],
    },
    "expectations": {"text": "?", "metric": "parameters", "comparison": ">", "value": 0},
}  # fmt: skip
"""What stands in the place of one that is wrong: nothing can be said against it."""


def mended(values: dict[str, Any], problems: Iterable[Problem]) -> tuple[Scenario, frozenset[str]] | None:
    """Return the scenario with something harmless in the place of what is wrong, and the variants that were.

    Parameters
    ----------
    values
        Of the whole file, with an experiment that is right.
    problems
        What is wrong with them, by dotted keys.

    Returns
    -------
    None if too much is wrong.
    """
    whole = dict(values)
    replaced = set()
    for problem in problems:
        top, _, rest = problem.key.partition(".")
        part = rest.partition(".")[0]
        if top == "variants" and part and isinstance(whole.get(top), dict):
            whole[top] = {**whole[top], part: _HARMLESS[top]}
            replaced.add(part)
        elif top in _HARMLESS and part.isdigit() and isinstance(whole.get(top), list) and int(part) < len(whole[top]):
            new = {**_HARMLESS[top], "id": f"mended_{part}"} if top == "tasks" else _HARMLESS[top]
            whole[top] = [*whole[top][: int(part)], new, *whole[top][int(part) + 1 :]]
        elif top in ("variants", "experiment"):  # all the rest is about them
            return None
        elif top in _NEEDED:
            whole[top] = _NEEDED[top]
        else:
            whole.pop(top, None)
    try:
        return validated(Scenario, whole), frozenset(replaced - {BASE})
    except ExperimentError:
        return None
