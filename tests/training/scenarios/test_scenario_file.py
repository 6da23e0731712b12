"""Scenarios on disk: every kind of mistake with its line, the round trip, and files made to do harm."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import file_kinds
from training.errors import ExperimentError, InputError
from training.experiment_file import find, shipped_experiments
from training.experiment_file import load as load_experiment
from training.own_folder import path_problems
from training.plain_text import Readable
from training.scenarios.planned_run import load_run
from training.scenarios.scenario import GROUPS, Scenario
from training.scenarios.scenario_file import (
    allowed_by,
    dumps,
    from_values,
    json_schema,
    load,
    loads,
    save,
    shipped_scenarios,
)
from training.toml_file import MAX_BYTES, lines_of_keys

HEAD = """\
kind = "scenario"
title = "A title"
summary = "A summary."
group = "convergence"
story = "A story."
"""
BASE = HEAD + "[experiment]\nepochs = 10\n"
VARIANT = BASE + '[variants.fast]\ntitle = "fast"\n'
EDIT = '[[edits]]\nat = "epoch 5"\nchanges = { "optimizer.lr" = 0.1 }\n'
QUESTION = '[[questions]]\nask = "Which?"\nchoices = ["one", "other"]\nanswer = "one"\nwhy = "So."\n'
TASK = '[[tasks]]\nid = "task"\ntitle = "Task"\ntext = "Do it."\ncontrols = ["optimizer.lr"]\n'
GOAL = '[[tasks.goals]]\nmetric = "train_loss"\ncomparison = "<"\nvalue = 1.0\n'
CLAIM = '[[expectations]]\ntext = "It is."\nmetric = "train_loss"\ncomparison = "<"\nvalue = 1.0\n'
WHOLE = VARIANT + EDIT + QUESTION + TASK + GOAL + CLAIM


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_what_the_mistakes_are_made_in_has_none() -> None:
    scenario = loads(WHOLE)
    assert list(scenario.runs()) == ["base", "fast"]


# (text, line, dotted key, what the message must say)
MISTAKES: dict[str, tuple[str, int | None, str, str]] = {
    "no kind": (replaced(BASE, 'kind = "scenario"\n', ""), None, "kind", 'begins with kind = "scenario"'),
    "another kind": (replaced(BASE, '"scenario"', '"scenaro"'), 1, "kind", "did you mean 'scenario'?"),
    "kind is a number": (replaced(BASE, '"scenario"', "3"), 1, "kind", "not one of"),
    "no title": (replaced(BASE, 'title = "A title"\n', ""), None, "title", "is missing"),
    "no story": (replaced(BASE, 'story = "A story."\n', ""), None, "story", "is missing"),
    "unknown key": (HEAD + "levl = 'advanced'\n[experiment]\n", 6, "levl", "did you mean 'level'?"),
    "no such group": (replaced(BASE, '"convergence"', '"convergense"'), 4, "group", "did you mean 'convergence'?"),
    "no experiment": (HEAD, None, "experiment", "needs a table [experiment]"),
    "experiment is no table": (HEAD + "experiment = 3\n", 6, "experiment", "needs a table [experiment]"),
    "in the experiment": (BASE + "[experiment.optimizer]\nlrr = 1\n", 9, "experiment.optimizer.lrr", "'lr'?"),
    "across the experiment": (BASE + "[experiment.data]\ndataset = 'sine'\n", 6, "experiment.loss.kind", "mse"),
    "replicas": (BASE + "replicas = 3\n", 8, "experiment.replicas", "1 is all a scenario may have"),
    "two lines in the title": (replaced(BASE, '"A title"', '"A\\ntitle"'), 2, "title", "single line"),
    "a bell in the title": (replaced(BASE, '"A title"', '"A\\u0007"'), 2, "title", "control character U+0007"),
    "an escape in the story": (replaced(BASE, '"A story."', '"\\u001b[31m"'), 5, "story", "U+001B"),
    "turned around": (replaced(BASE, '"A title"', '"A \\u202Eeltit"'), 2, "title", "U+202E (right-to-left override)"),
    "a tower of accents": (replaced(BASE, '"A title"', '"a' + "\u0301" * 30 + '"'), 2, "title", "accents"),
    "only spaces": (replaced(BASE, '"A title"', '"   "'), 2, "title", "more than spaces"),
    "a title too long": (replaced(BASE, '"A title"', '"' + "x" * 81 + '"'), 2, "title", "at most 80"),
    "too many tags": (HEAD + "tags = [" + '"a",' * 13 + "]\n[experiment]\n", 6, "tags", "at most 12 items"),
    "variant: name": (BASE + '[variants.Fast]\ntitle = "a"\n', 8, "variants.Fast", "small letter"),
    "variant: two brackets": (BASE + '[[variants]]\ntitle = "a"\n', 8, "variants", "[variants.name]"),
    "no brackets": (HEAD + 'tags = "a"\n[experiment]\n', 6, "tags", 'in brackets: ["…"]'),
    "variant: no title": (BASE + "[variants.fast]\n", 8, "variants.fast.title", "is missing"),
    "variant: base": (BASE + '[variants.base]\ntitle = "a"\n', 8, "variants.base", "[experiment] itself"),
    "variant: no such key": (
        VARIANT + "changes = { optimizer = { lrr = 3 } }\n", 10, "variants.fast.changes.optimizer.lrr", "optimizer.lr"),
    "variant: bad value": (
        VARIANT + '[variants.fast.changes]\nepochs = 0\n', 11, "variants.fast.changes.epochs", "greater than"),
    "variant: replicas": (VARIANT + "changes = { replicas = 3 }\n", 10, "variants.fast.changes.replicas", "1 is all"),
    "variant: many": (
        BASE + "".join(f'[variants.v{i}]\ntitle = "a"\n' for i in range(8)), 8, "variants", "at most 7 items"),
    "edit: when": (BASE + replaced(EDIT, "epoch 5", "epoch five"), 9, "edits.0.at", "'epoch N' or 'step N'"),
    "edit: too late": (BASE + replaced(EDIT, "epoch 5", "epoch 10"), 9, "edits.0.at", "over by then: it has 10 epochs"),
    "edit: fixed": (
        BASE + replaced(EDIT, "optimizer.lr", "network.dropout"), 10, "edits.0.changes.network.dropout",
        "cannot be changed while a run is under way"),
    "edit: no such run": (BASE + EDIT + 'variants = ["fats"]\n', 11, "edits.0.variants", "no such run"),
    "edit: the second": (BASE + EDIT + replaced(EDIT, "0.1", "-1"), 13, "edits.1.changes.optimizer.lr", "greater"),
    "question: answer": (
        BASE + replaced(QUESTION, 'answer = "one"', 'answer = "One"'), 11, "questions.0.answer", "word for word"),
    "question: one choice": (BASE + replaced(QUESTION, ', "other"', ""), 10, "questions.0.choices", "at least 2"),
    "question: twice": (BASE + replaced(QUESTION, '"other"', '"one"'), 10, "questions.0.choices", "twice"),
    "task: twice": (BASE + (TASK + GOAL) * 2, 18, "tasks.1.id", "used twice"),
    "task: no goal": (BASE + TASK, 8, "tasks.0.goals", "is missing"),
    "task: start": (BASE + TASK + 'start = "fast"\n' + GOAL, 13, "tasks.0.start", "no such run"),
    "task: control": (
        BASE + replaced(TASK, "optimizer.lr", "epoch") + GOAL, 12, "tasks.0.controls", "did you mean 'epochs'?"),
    "task: solution not allowed": (
        BASE + TASK + "solution = { epochs = 3 }\n" + GOAL, 13, "tasks.0.solution.epochs", "not among the controls"),
    "task: bad solution": (
        BASE + TASK + 'solution = { "optimizer.lr" = -3 }\n' + GOAL, 13, "tasks.0.solution.optimizer.lr", "greater"),
    "goal: variant": (
        VARIANT + TASK + GOAL + 'variant = "fast"\n', 19, "tasks.0.goals.0.variant", "leave it out"),
    "goal: minus": (VARIANT + TASK + GOAL + 'minus = "fast"\n', 19, "tasks.0.goals.0.minus", "leave it out"),
    "goal: metric": (
        BASE + TASK + replaced(GOAL, "train_loss", "trainloss"), 14, "tasks.0.goals.0.metric", "'train_loss'?"),
    "claim: no metric": (
        BASE + replaced(CLAIM, 'metric = "train_loss"\n', ""), 8, "expectations.0.metric", "is missing"),
    "claim: no such metric": (
        BASE + replaced(CLAIM, "train_loss", "train_los"), 10, "expectations.0.metric", "did you mean 'train_loss'?"),
    "claim: needs more": (
        BASE + replaced(CLAIM, "train_loss", "best"), 8, "expectations.0.of", "told this: a curve, train_loss"),
    "claim: what the window calls it": (
        BASE + replaced(CLAIM, "train_loss", "generalization_gap"), 10, "expectations.0.metric", "mean 'gap'?"),
    "claim: accuracy": (BASE + replaced(CLAIM, "train_loss", "accuracy"), 10, "expectations.0.metric", "'val_score'?"),
    "claim: a comma": (BASE + replaced(CLAIM, "1.0", '"0,5"'), 12, "expectations.0.value", "a decimal point"),
    "claim: a title for a run": (
        VARIANT + CLAIM + 'variant = "η = 0.3"\n', 15, "expectations.0.variant", "no such run; there are base, fast"),
    "claim: capitals": (VARIANT + CLAIM + 'variant = "FAST"\n', 15, "expectations.0.variant", "did you mean 'fast'?"),
    "edit: a number": (BASE + replaced(EDIT, '"epoch 5"', "5"), 9, "edits.0.at", "text in quotation marks"),
    "edit: section misspelt": (
        BASE + replaced(EDIT, "optimizer.lr", "optimiser.lr"), 10, "edits.0.changes.optimiser.lr", "'optimizer.lr'?"),
    "edit: one bracket": (BASE + replaced(EDIT, "[[edits]]", "[edits]"), 8, "edits", "in two brackets: [[edits]]"),
    "experiment without its header": (HEAD + "epochs = 3\n", 6, "epochs", "under [experiment]"),
    "task: no such key of a method": (
        BASE + replaced(TASK, "optimizer.lr", "optimizer.rate") + GOAL, 12, "tasks.0.controls", "no such key"),
    "task: a table": (
        BASE + replaced(TASK, "optimizer.lr", "schedule") + GOAL, 12, "tasks.0.controls", "write 'schedule.'"),
    "claim: means nothing": (BASE + CLAIM + "target = 0.1\n", 13, "expectations.0.target", "means nothing to"),
    "claim: layer": (
        BASE + replaced(CLAIM, "train_loss", "signal_norm") + "layer = 9\n", 13, "expectations.0.layer", "4 layers"),
    "claim: value": (BASE + replaced(CLAIM, "1.0", '"1.0"'), 12, "expectations.0.value", "valid number"),
    "claim: infinite": (BASE + replaced(CLAIM, "1.0", "inf"), 12, "expectations.0.value", "finite"),
    "claim: a pair": (BASE + replaced(CLAIM, "1.0", "[1.0, 2.0]"), 12, "expectations.0.value", "single number"),
    "claim: no pair": (BASE + replaced(CLAIM, '"<"', '"between"'), 12, "expectations.0.value", "lowest and"),
    "claim: pair turned": (
        BASE + replaced(replaced(CLAIM, '"<"', '"between"'), "1.0", "[2, 1]"), 12, "expectations.0.value", "lowest"),
    "claim: comparison": (BASE + replaced(CLAIM, '"<"', '"=="'), 11, "expectations.0.comparison", "not one of"),
    "claim: moment": (BASE + CLAIM + 'at = "epoch 11"\n', 13, "expectations.0.at", "over by then"),
    "claim: no moment": (BASE + CLAIM + 'at = "soon"\n', 13, "expectations.0.at", "'start', 'end', 'best'"),
    "claim: run": (VARIANT + CLAIM + 'variant = "fsat"\n', 15, "expectations.0.variant", "did you mean 'fast'?"),
    "claim: both": (
        VARIANT + CLAIM + 'minus = "fast"\ndivided_by = "fast"\n', 16, "expectations.0.divided_by", "minus is given"),
    "claim: itself": (BASE + CLAIM + 'minus = "base"\n', 8, "expectations.0", "with itself"),
    "claim: share": (BASE + CLAIM + "share = 1.1\n", 13, "expectations.0.share", "less than or equal to 1"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_told_with_its_line_and_key(text: str, line: int | None, key: str, expected: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        loads(text, where="bad.toml")
    found = [problem for problem in caught.value.problems if problem.key == key]
    assert found, caught.value.message()
    assert expected in found[0].text()
    assert found[0].line_number == line
    assert caught.value.message().startswith("bad.toml: ")


def test_what_happens_in_a_run_that_an_edit_makes_longer_is_not_too_late() -> None:
    longer = EDIT.replace('"optimizer.lr" = 0.1', "epochs = 20")
    later = EDIT.replace("epoch 5", "epoch 12")
    scenario = loads(BASE + longer + later + CLAIM + 'at = "epoch 18"\n')
    assert scenario.expectations[0].at == "epoch 18"


# (line that stands for `summary`, what the message must say to do)
SLIPS = [
    ("summary = A summary.", 'key = "text"'),
    ("summary = “A summary.”", "straight"),
    ('summary = "A summary.', "another at its end"),
    ('summary = """A summary.', "begins with \"\"\" on line 3 has no end"),
    ("order = 0,5", "takes a point"),
    ("order = [0,5", ""),
    ("log = yes", "true or false"),
    ('"summary": "A summary."', "by '='"),
    ('title = "Again"', "there twice"),
]


@pytest.mark.parametrize(("line", "expected"), SLIPS)
def test_what_is_not_toml_is_told_with_what_to_do(line: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        loads(replaced(BASE, 'summary = "A summary."', line), where="bad.toml")
    assert expected in caught.value.hint


def test_a_task_may_allow_keys_of_methods_it_does_not_start_from() -> None:
    text = BASE + replaced(TASK, '"optimizer.lr"', '"optimizer.momentum", "schedule.every", "schedule."') + GOAL
    assert loads(text).tasks[0].controls == ("optimizer.momentum", "schedule.every", "schedule.")


def test_all_mistakes_are_told_at_once() -> None:
    text = replaced(WHOLE, '"convergence"', '"c"')
    text = replaced(replaced(text, 'answer = "one"', 'answer = "two"'), "epochs = 10", "epochs = 0")
    with pytest.raises(ExperimentError) as caught:
        loads(text)
    assert {problem.key for problem in caught.value.problems} >= {"group", "experiment.epochs"}


def test_lines_of_a_story_are_not_taken_for_keys() -> None:
    story = 'story = """\nη = 0.1\n[experiment]\ntitle = "no"  # nor this\n"""\n'
    text = replaced(BASE, 'story = "A story."\n', story) + "x = 1 # '''\n[experiment.data]\nnoise = 0.1\n"
    lines = lines_of_keys(text)
    assert lines["title"] == 2
    assert lines["experiment"] == 10
    assert lines["experiment.epochs"] == 11
    assert lines["experiment.data.noise"] == 14
    assert "η" not in lines


# ----------------------------------------------------------------------------------- round trip


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_every_shipped_scenario_reads_back_exactly(name: str) -> None:
    scenario = load(find(name))
    assert loads(dumps(scenario)) == scenario


lines = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30).filter(str.strip)
markdown = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="\n\t"), max_size=60)


@given(title=lines, story=markdown.filter(lambda text: not text or text.strip()), tags=st.lists(lines, max_size=3),
       rate=st.floats(1e-6, 1e3), order=st.integers(0, 999), group=st.sampled_from(GROUPS))  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_what_is_written_reads_back(
    title: str, story: str, tags: list[str], rate: float, order: int, group: str
) -> None:
    values = {
        "kind": "scenario", "title": title, "summary": title, "group": group, "order": order, "story": story,
        "tags": tags, "experiment": {"optimizer": {"lr": rate}, "epochs": 3},
        "variants": {"other": {"title": title, "changes": {"optimizer.lr": rate, "network.hidden": [3, 4]}}},
    }  # fmt: skip
    scenario = from_values(values)
    assert loads(dumps(scenario)) == scenario


def test_a_data_file_goes_with_its_scenario(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BASE + "[experiment.data]\ndataset = 'csv'\npath = 'data/table.csv'\n", encoding="utf-8")
    scenario = load(file)
    assert getattr(scenario.experiment.data, "path", "") == str(tmp_path.resolve() / "data" / "table.csv")
    save(scenario, tmp_path / "copy.toml")
    assert "data/table.csv" in (tmp_path / "copy.toml").read_text(encoding="utf-8")
    assert load(tmp_path / "copy.toml") == scenario
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(InputError, match="does not lie beside it"):
        save(scenario, tmp_path / "elsewhere" / "copy.toml")
    with pytest.raises(InputError, match="cannot be given as text"):
        dumps(scenario)
    with pytest.raises(ExperimentError, match="has no files beside it"):
        loads(file.read_text(encoding="utf-8"))


# ----------------------------------------------------------------------- files made to do harm


PATHS = [
    "/etc/passwd", "../secret.csv", "a/../../secret.csv", "~/secret.csv", "~root/secret.csv", "C:\\secret.csv",
    "C:secret.csv", "\\\\server\\share\\a.csv", "//server/share/a.csv", "\\secret.csv", "a\\..\\..\\b.csv",
    "table.csv:stream", "NUL", "data/con.csv", "COM1", "a\u0000b", "a\nb", "x" * 5_000, "... /a.csv",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: repr(path)[:30])
def test_a_path_that_leads_away_is_refused(tmp_path: Path, path: str) -> None:
    (problem,) = path_problems({"data": {"dataset": "csv", "path": path}}, tmp_path)
    assert problem.key == "data.path"
    assert "own folder" in problem.message
    (problem,) = path_problems({"data": {"dataset": "idx", "path": "a", "labels": path}}, tmp_path)
    assert problem.key == "data.labels"


@pytest.mark.parametrize("path", ["table.csv", "data/table.csv", "data\\table.csv", "Daten äöü/table 1.csv", ".a"])
def test_a_path_that_stays_is_fine(tmp_path: Path, path: str) -> None:
    assert path_problems({"data": {"dataset": "csv", "path": path}}, tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links take a privilege on Windows")
def test_a_link_that_leads_away_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path)
    (tmp_path / "inside" / "loop").symlink_to("loop")
    for path in ("link/secret.csv", "link"):
        (problem,) = path_problems({"data": {"dataset": "csv", "path": path}}, tmp_path / "inside")
        assert "through a link" in problem.message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ('{ "data.path" = "/etc/passwd" }', "may not name another file"),
        ('{ data = { dataset = "npz", path = "/etc/passwd" } }', "may not name another file"),
        ('{ "data.labels" = "/etc/passwd" }', "may not name another file"),
        ('{ "data.dataset" = "npz" }', "data.dataset"),
        ('{ data = [1] }', "data"),
    ],
)
def test_a_change_never_names_a_file(tmp_path: Path, changes: str, expected: str) -> None:
    data = "[experiment.data]\ndataset = 'csv'\npath = 'table.csv'\n"
    file = tmp_path / "mine.toml"
    file.write_text(BASE + data + f'[variants.other]\ntitle = "o"\nchanges = {changes}\n', encoding="utf-8")
    with pytest.raises(ExperimentError, match=expected):
        load(file)


def test_a_task_never_gives_away_the_data_file() -> None:
    assert allowed_by("data.noise", ("data.",))
    assert not allowed_by("data.path", ("data.",))
    assert not allowed_by("data.labels", ("data.labels",))


def filled(piece: str, size: int) -> str:
    return piece * (size // len(piece))


HOSTILE: dict[str, tuple[Callable[[int], str], str]] = {
    "a billion layers": (lambda _: BASE + "[experiment.network]\nhidden = 1000000000\n", "line 9, .*valid array"),
    "a layer of a billion": (lambda _: BASE + "[experiment.network]\nhidden = [1000000000]\n", "less than or equal"),
    "many layers": (lambda n: BASE + "[experiment.network]\nhidden = [" + filled("1,", n) + "]\n", "at most 64 items"),
    "a billion samples": (lambda _: BASE + "[experiment.data]\nsamples = 1000000000\n", "less than or equal"),
    "many variants": (
        lambda n: BASE + "".join(f'[variants.v{i}]\ntitle="a"\n' for i in range(n // 30)), "line 8, variants: .*7"),
    "many edits": (lambda n: BASE + filled(EDIT, n), "edits: must have at most 50"),
    "many choices": (
        lambda n: BASE + replaced(QUESTION, '"other"', '"other",' + filled('"a",', n)), "must have at most 6"),
    "many tasks": (lambda n: BASE + filled(TASK + GOAL, n), "tasks: must have at most 8"),
    "many expectations": (lambda n: BASE + filled(CLAIM, n), "expectations: must have at most 40"),
    "many changes": (
        lambda n: VARIANT + "[variants.fast.changes]\n" + "".join(f"k{i} = 1\n" for i in range(n // 13)),
        "changes: must have at most 40"),
    "many unknown keys": (
        lambda n: HEAD + "".join(f"titl{i} = 1\n" for i in range(n // 15)) + "[experiment]\n", "and [0-9,]+ more"),
    "many wrong controls": (
        lambda _: BASE + (replaced(TASK, '"optimizer.lr"', ",".join(['"' + "x" * 80 + '"'] * 30)) + GOAL) * 8,
        "no such key"),
    "many wrong edits": (
        lambda _: "".join([BASE, *(f'[variants.v{i}]\ntitle = "a"\n' for i in range(7)),
                           *[replaced(EDIT, "optimizer.lr", "optimizer." + "l" * 60)] * 50]), "no such key"),
    "deep changes": (
        lambda n: VARIANT + "changes = " + filled("{a=", n // 2) + "1" + filled("}", n // 6) + "\n",
        "nested too deeply"),
    "just too deep": (
        lambda _: VARIANT + "changes = " + "{a=" * 150 + "1" + "}" * 150 + "\n", "no such key|nested too deeply"),
    "a long story": (lambda n: replaced(BASE, "A story.", "x" * n), "story.*at most 20,?000"),
    "a long title": (lambda n: replaced(BASE, "A title", "x" * n), "title.*at most 80"),
    "a story of accents": (lambda n: replaced(BASE, "A story.", "a" + "\u0301" * 19_000), "accents"),
    "a long key": (lambda n: HEAD + "x" * n + " = 1\n[experiment]\n", "unknown key"),
    "a long name": (lambda n: BASE + f"[variants.{'v' * n}]\ntitle = 'a'\n", "small letter"),
    "a long metric": (lambda n: BASE + replaced(CLAIM, "train_loss", "m" * n), "at most 60"),
    "a huge number": (lambda _: BASE + replaced(CLAIM, "1.0", "9" * 5_000), "too many digits"),
    "a huge float": (lambda _: BASE + replaced(CLAIM, "1.0", "1e999"), "finite"),
    "a huge moment": (lambda _: BASE + CLAIM + f'at = "epoch {"9" * 4_000}"\n', "'epoch N'"),
    "not a number": (lambda _: BASE + replaced(CLAIM, "1.0", "nan"), "finite"),
    "numbers in another script": (lambda _: BASE + CLAIM + 'at = "epoch ١"\n', "'epoch N'"),
    "a null": (lambda _: replaced(BASE, "A title", "A\\u0000"), "control character U\\+0000"),
    "a lone surrogate": (lambda _: replaced(BASE, "A title", "A\\ud800"), "not valid TOML"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_within_a_second(
    tmp_path: Path, make: Callable[[int], str], expected: str
) -> None:
    file = tmp_path / "hostile.toml"
    text = make(MAX_BYTES - 2_000)
    file.write_text(text, encoding="utf-8")
    assert file.stat().st_size <= MAX_BYTES
    started = time.process_time()
    with pytest.raises(InputError, match=f"(?s){expected}") as caught:
        file_kinds.load(file)
    assert time.process_time() - started < 1
    assert len(caught.value.message()) < 20_000


@pytest.mark.parametrize("piece", ['\\"', '"""\\', "'''a", '"', '\\"\n', '"""\\"'])
def test_quotes_that_never_end_take_no_time(tmp_path: Path, piece: str) -> None:
    file = tmp_path / "hostile.toml"
    file.write_text(filled(piece, MAX_BYTES), encoding="utf-8")
    started = time.process_time()
    with pytest.raises(InputError, match="not valid TOML"):
        file_kinds.load(file)
    assert time.process_time() - started < 1


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="larger than 250,000 bytes"):
        file_kinds.load(file)


@pytest.mark.parametrize("text", ["naïve", "日本語", "θ ← θ − η·∇f", "👩‍👩‍👧 says hi", "é", "नमस्ते", "שלום\u200f"])
def test_honest_text_is_fine(text: str) -> None:
    assert Readable().check(text) == text


# --------------------------------------------------------------------------- kinds of files


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('kind = "scenario"', "scenario"), ("'kind'='lab' # so", "lab"), ("epochs = 3", "experiment"),
        ('story = """\nkind = "lab"\n"""\nkind = "run"', "run"), ('[a]\nkind = "lab"', "experiment"),
        ('kind = "nonsense"', "experiment"), ("", "experiment"), ('# kind = "lab"', "experiment"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_what_it_says_before_its_first_table(tmp_path: Path, text: str, kind: str) -> None:
    (tmp_path / "some.toml").write_text(text, encoding="utf-8")
    assert file_kinds.read_kind(tmp_path / "some.toml").name == kind


def test_a_scenario_opened_as_an_experiment_is_told_apart() -> None:
    with pytest.raises(InputError, match="this is a scenario, not an experiment"):
        load_experiment(next(iter(shipped_scenarios().values())))
    with pytest.raises(InputError, match="this is an experiment, not a scenario"):
        load(shipped_experiments()["iris"])


@pytest.mark.parametrize("name", file_kinds.KINDS)
def test_every_kind_has_a_schema_that_says_what_its_keys_mean(name: str) -> None:
    schema = json.loads(json.dumps(file_kinds.kind_named(name).json_schema()))
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    described = [value.get("description") or "$ref" in str(value) for value in schema["properties"].values()]
    assert sum(map(bool, described)) > len(described) / 2


def test_the_schema_of_a_scenario_names_and_describes_every_key() -> None:
    schema: dict[str, Any] = json_schema()
    assert set(schema["properties"]) == set(Scenario.model_fields)
    assert schema["$defs"]["ScriptedEdit"]["properties"]["at"]["pattern"] == "^(?:(epoch|step) [0-9]{1,9})$"
    for name in ("Scenario", "Expectation", "Task", "Question", "Variant", "ScriptedEdit"):
        model = schema if name == "Scenario" else schema["$defs"][name]
        unexplained = [key for key, value in model["properties"].items() if "description" not in value]
        assert unexplained in ([], ["picture"]) or set(unexplained) <= {"picture", "experiment"}, (name, unexplained)


def test_a_run_of_a_scenario_has_its_changes_and_its_edits(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(VARIANT + "changes = { seed = 3 }\n" + EDIT + 'variants = ["fast"]\n', encoding="utf-8")
    assert load_run(file).experiment.seed == 0
    assert list(load_run(file).edits) == []
    assert load_run(file, "fast").experiment.seed == 3
    assert [edit.at for edit in load_run(file, "fast").edits] == ["epoch 5"]
    with pytest.raises(InputError, match="Did you mean 'fast'"):
        load_run(file, "fats")
    with pytest.raises(InputError, match="has no variants"):
        load_run(shipped_experiments()["iris"], "fast")
