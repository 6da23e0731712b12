"""Mistakes of a scenario that no single key shows: names, moments, answers, and changes that do not fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from training.engine import is_editable
from training.errors import MAX_PROBLEMS, ExperimentError, InputError, Problem, did_you_mean
from training.experiment import Experiment
from training.own_folder import FILE_DATA
from training.scenarios.metrics import measure_problems
from training.scenarios.scenario import BASE, Claim, Scenario, ScriptedEdit, Task, dotted, moment_of
from training.validation import keys_of, replace, variants

ONE_AT_A_TIME = "1 is all a scenario may have: replay and the window run it on as many seeds as they are told"

WHILE_RUNNING = (
    "cannot be changed while a run is under way; the keys of optimizer (but its method), regularization and stopping "
    "can, and batch_size, epochs and steps"
)


def mistakes_in(scenario: Scenario, *, with_runs: bool = True, unknown: Collection[str] = ()) -> list[Problem]:
    """Return every mistake that takes more than one key to see, but no more than anyone reads.

    Parameters
    ----------
    with_runs
        Whether the base experiment is the scenario's own, so that changes to it mean something.
    unknown
        Variants whose changes are not known: what is to be said of those runs is left out.
    """
    return list(islice(_mistakes(scenario, with_runs, unknown), MAX_PROBLEMS + 1))


def _mistakes(scenario: Scenario, with_runs: bool, unknown: Collection[str]) -> Iterator[Problem]:
    yield from _names(scenario)
    yield from _answers(scenario)
    yield from _comparisons(scenario)
    runs: dict[str, Experiment] = {}
    if with_runs:
        runs, wrong = _sound_runs(scenario, unknown)
        yield from wrong
    yield from _edits(scenario, runs)
    yield from _tasks(scenario, runs)
    yield from _measures(scenario, runs)


# ------------------------------------------------------------------------- without any run


def _names(scenario: Scenario) -> Iterator[Problem]:
    runs = (BASE, *scenario.variants)
    if BASE in scenario.variants:
        yield Problem(f"variants.{BASE}", f"'{BASE}' is the name of [experiment] itself")
    for key, name in _names_used(scenario):
        if name not in runs:
            hint = did_you_mean(name, runs)
            yield Problem(key, f"no such run; {hint or 'there are ' + ', '.join(runs)}", value=name)
    ids = [task.id for task in scenario.tasks]
    yield from (Problem(f"tasks.{i}.id", "used twice", value=name) for i, name in enumerate(ids) if name in ids[:i])


def _names_used(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for i, edit in enumerate(scenario.edits):
        yield from ((f"edits.{i}.variants", name) for name in edit.variants)
    for key, claim in _claims(scenario):
        named = {"variant": claim.variant, "minus": claim.minus, "divided_by": claim.divided_by}
        yield from ((f"{key}.{what}", name) for what, name in named.items() if name is not None)
    yield from ((f"tasks.{i}.start", task.start) for i, task in enumerate(scenario.tasks))


def _claims(scenario: Scenario) -> Iterator[tuple[str, Claim]]:
    """Yield expectations and goals with their keys."""
    yield from ((f"expectations.{i}", claim) for i, claim in enumerate(scenario.expectations))
    for i, task in enumerate(scenario.tasks):
        yield from ((f"tasks.{i}.goals.{j}", claim) for j, claim in enumerate(task.goals))


def _answers(scenario: Scenario) -> Iterator[Problem]:
    for i, question in enumerate(scenario.questions):
        if question.answer not in question.choices:
            hint = did_you_mean(question.answer, question.choices)
            text = "is none of the choices; repeat one of them word for word"
            yield Problem(f"questions.{i}.answer", text + (f": {hint}" if hint else ""), value=question.answer)
        if len(set(question.choices)) < len(question.choices):
            yield Problem(f"questions.{i}.choices", "one of them is there twice")


def _comparisons(scenario: Scenario) -> Iterator[Problem]:
    for key, claim in _claims(scenario):
        if claim.comparison == "between":
            if isinstance(claim.value, float) or claim.value[0] > claim.value[1]:
                yield Problem(f"{key}.value", "between needs the lowest and the highest value: value = [0.1, 0.3]")
        elif not isinstance(claim.value, float):
            yield Problem(f"{key}.value", f"'{claim.comparison}' needs a single number")
        if claim.minus is not None and claim.divided_by is not None:
            yield Problem(f"{key}.divided_by", "minus is given, too; a claim takes a difference or a ratio")
        if claim.variant in (claim.minus, claim.divided_by):
            yield Problem(key, f"compares '{claim.variant}' with itself")
    for i, task in enumerate(scenario.tasks):
        for j, goal in enumerate(task.goals):
            others = {"variant": goal.variant, "minus": goal.minus, "divided_by": goal.divided_by}
            for key, name in others.items():
                if name not in (BASE, None) or (key != "variant" and name):
                    text = "a goal is about the run the learner makes: leave it out"
                    yield Problem(f"tasks.{i}.goals.{j}.{key}", text, value=name)


# ------------------------------------------------------------------------- changes to the runs


def _sound_runs(scenario: Scenario, unknown: Collection[str]) -> tuple[dict[str, Experiment], list[Problem]]:
    """Return the runs whose changes fit, by name, and what is wrong with those of the others."""
    runs, problems = {BASE: scenario.experiment}, []
    if scenario.experiment.replicas != 1:
        problems.append(Problem("experiment.replicas", ONE_AT_A_TIME, value=scenario.experiment.replicas))
    for name, variant in scenario.variants.items():
        wrong = list(_refusals(scenario.experiment, variant.changes, f"variants.{name}.changes"))
        problems += wrong
        if not wrong and name not in unknown:
            runs[name] = scenario.run(name)
    return runs, problems


def _edits(scenario: Scenario, runs: dict[str, Experiment]) -> Iterator[Problem]:
    for i, edit in enumerate(scenario.edits):
        names = [name for name in edit.variants or runs if name in runs]
        if not names:
            yield from _forbidden(dotted(edit.changes), f"edits.{i}.changes", live=True).values()
        yield from _once(
            [*_refusals(runs[name], edit.changes, f"edits.{i}.changes", live=True),
             *_too_late(edit.at, runs[name], f"edits.{i}.at", edits=scenario.edits_of(name), strictly=True)]
            for name in names
        )  # fmt: skip


def _tasks(scenario: Scenario, runs: dict[str, Experiment]) -> Iterator[Problem]:
    for i, task in enumerate(scenario.tasks):
        start = _start_of(task, scenario, runs)
        if start is not None:
            yield from _controls(task.controls, start, f"tasks.{i}.controls")
            yield from _refusals(start, task.solution, f"tasks.{i}.solution")
        for key in dotted(task.solution):
            if not allowed_by(key, task.controls):
                text = f"is not among the controls of the task: {', '.join(task.controls)}"
                yield Problem(f"tasks.{i}.solution.{key}", text)


def _start_of(task: Task, scenario: Scenario, runs: dict[str, Experiment]) -> Experiment | None:
    """Return the run a task starts from (the base, if there is none of that name); None if it is not known."""
    return runs.get(task.start if task.start in scenario.variants else BASE)


def _forbidden(flat: dict[str, Any], where: str, *, live: bool = False) -> dict[str, Problem]:
    """Return what may not be changed, whatever the experiment, by key; see `_refusals`."""
    found = {}
    for key in flat:
        if key in ("data.path", "data.labels"):
            found[key] = Problem(f"{where}.{key}", "a change may not name another file")
        elif key == "replicas":
            found[key] = Problem(f"{where}.replicas", ONE_AT_A_TIME)
        elif live and not is_editable(key) and key.partition(".")[0] in Experiment.model_fields:
            found[key] = Problem(f"{where}.{key}", WHILE_RUNNING)
    return found


def _refusals(experiment: Experiment, changes: dict[str, Any], where: str, *, live: bool = False) -> Iterator[Problem]:
    """Yield why changes do not fit an experiment; `live`: they are made while it runs."""
    flat = dotted(changes)
    forbidden = _forbidden(flat, where, live=live)
    yield from forbidden.values()
    flat = {key: value for key, value in flat.items() if key not in forbidden}
    try:
        changed = replace(experiment, flat)
    except ExperimentError as error:
        yield from (under(where, problem) for problem in error.problems)
    except InputError as error:
        yield Problem(where, error.message())
    else:
        if changed.data.dataset in FILE_DATA and changed.data.dataset != experiment.data.dataset:
            yield Problem(f"{where}.data.dataset", "a change may not make a file the data set")


def _controls(controls: tuple[str, ...], experiment: Experiment, where: str) -> Iterator[Problem]:
    keys = _keys_of_all_methods(experiment)
    for control in controls:
        inside = control if control.endswith(".") else f"{control}."
        is_table = any(key.startswith(inside) for key in keys)
        if is_table and inside != control:
            yield Problem(where, f"is a table; to allow all keys in it, write '{inside}'", value=control)
        elif not is_table and control not in keys:
            hint = did_you_mean(control, keys)
            yield Problem(where, "there is no such key" + (f"; {hint}" if hint else ""), value=control)


def _keys_of_all_methods(experiment: Experiment) -> list[str]:
    """Return the keys of an experiment, and of every other method and schedule it may change to."""
    others = (
        f"{section}.{name}"
        for section in ("optimizer", "schedule") for model in variants(section).values() for name in model.model_fields
    )  # fmt: skip
    return list(dict.fromkeys([*keys_of(experiment), *others]))


def allowed_by(key: str, controls: tuple[str, ...]) -> bool:
    """Tell whether a task lets the learner change a dotted key; never the file that is read."""
    if key in ("data.path", "data.labels"):
        return False
    return any(key == control or (control.endswith(".") and key.startswith(control)) for control in controls)


def under(prefix: str, problem: Problem) -> Problem:
    """Return a problem of a part with the key it has in the whole."""
    return Problem(f"{prefix}.{problem.key}".rstrip("."), problem.message, value=problem.value)


# ------------------------------------------------------------------------- what is measured


def _measures(scenario: Scenario, runs: dict[str, Experiment]) -> Iterator[Problem]:
    for i, claim in enumerate(scenario.expectations):
        key = f"expectations.{i}"
        names = dict.fromkeys(name for name in (claim.variant, claim.minus, claim.divided_by) if name in runs)
        if not names:
            yield from measure_problems(claim, None, key)
        yield from _once(
            [*measure_problems(claim, _layers(runs[name]), key),
             *_too_late(claim.at, runs[name], f"{key}.at", edits=scenario.edits_of(name))]
            for name in names
        )  # fmt: skip
    for i, task in enumerate(scenario.tasks):
        lasts = not {"epochs", "steps"} & set(task.controls)
        grows = any(allowed_by("network.hidden", (control,)) for control in task.controls)
        start = _start_of(task, scenario, runs)
        for j, goal in enumerate(task.goals):
            key = f"tasks.{i}.goals.{j}"
            yield from measure_problems(goal, None if grows or start is None else _layers(start), key)
            yield from _too_late(goal.at, start, f"{key}.at") if lasts and start is not None else ()


def _once(found: Iterable[list[Problem]]) -> list[Problem]:
    """Return what is wrong in several runs, for each key once."""
    told: dict[str, Problem] = {}
    for problem in chain.from_iterable(found):
        told.setdefault(problem.key, problem)
    return list(told.values())


def _layers(experiment: Experiment) -> int:
    return len(experiment.network.hidden) + 1


def _too_late(
    moment: str, run: Experiment, where: str, *, edits: Iterable[ScriptedEdit] = (), strictly: bool = False
) -> Iterator[Problem]:
    """Yield that a run is over by then, as far as can be known without its data; edits may make it longer."""
    if any({"epochs", "steps"} & set(edit.changes) for edit in edits):
        return
    unit, count = moment_of(moment)
    end = {"epoch": run.epochs, "step": run.steps}.get(unit, 0)
    if end and (count > end or (strictly and count == end)):
        yield Problem(where, f"the run is over by then: it has {end:,} {unit}s", value=moment)
