"""Labs as files: what is read, and every mistake told with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.labs.small_lab import LAB, SCENARIO, write_lab
from training.errors import ExperimentError, InputError
from training.file_kinds import KINDS
from training.labs import lab_file
from training.labs.lab import OpenLab

TWICE = LAB.replace('tasks = ["faster"]', 'tasks = ["faster", "faster"]')
OWN = LAB.replace("questions = []\n", "") + """
[[steps.questions]]
ask = "Which?"
choices = ["a", "b"]
answer = "c"
why = "So."
"""


def test_a_lab_is_opened_with_its_scenarios(lab: OpenLab) -> None:
    assert lab.name == "small_lab"
    assert [lab.title(0), lab.title(1)] == ["Too low", "A small network stands still"]
    assert [question.ask for question in lab.questions(0)] == ["Will the loss fall?"]
    assert lab.questions(1) == ()
    assert [task.id for task in (*lab.tasks(0), *lab.tasks(1))] == ["faster", "wider"]
    assert lab.task(1, "faster") is None
    assert lab.task(7, "faster") is None


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        (LAB.replace("small.toml", "smal.toml", 1), 9, "steps.0.scenario", "neither a shipped scenario nor a file"),
        (LAB.replace('"wider"', '"widre"'), 19, "steps.1.tasks", "did you mean 'wider'?"),
        (TWICE, 13, "steps.0.tasks", "named twice"),
        (LAB.replace("minutes = 10", "minutes = 8"), 5, "minutes", "the steps take 9 minutes"),
        (LAB.replace("minutes = 4", "minutes = 0"), 17, "steps.1.minutes", "greater than or equal to 1"),
        (LAB.replace("text =", "txt ="), 11, "steps.0.txt", "did you mean 'text'?"),
        (OWN, 24, "steps.1.questions.0.answer", "none of the choices"),
        (LAB.replace("small.toml", "../small.toml", 1), 9, "steps.0.scenario", "should match pattern"),
        (LAB.replace("A small lab", "A \\u001b[31mlab"), 3, "title", "control character U+001B"),
        (LAB.replace("For the instructor", "\\u0000"), 6, "instructor", "control character U+0000"),
        (LAB.replace('kind = "lab"', 'kind = "lob"'), 2, "kind", "did you mean 'lab'?"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, message: str
) -> None:
    with pytest.raises(ExperimentError) as caught:
        lab_file.load(write_lab(tmp_path, text))
    assert [(problem.line_number, problem.key) for problem in caught.value.problems] == [(line, key)]
    assert message in caught.value.message()


def test_one_mistake_hides_no_other(tmp_path: Path) -> None:
    text = OWN.replace("A small lab", "").replace("minutes = 10", "minutes = 8").replace("text =", "txt =")
    text = text.replace('"faster"', '"fastre"').replace('"small.toml"\nminutes', '"smal.toml"\nminutes')
    with pytest.raises(ExperimentError) as caught:
        lab_file.load(write_lab(tmp_path, text))
    told = [problem.key for problem in caught.value.problems]
    assert sorted(told) == ["minutes", "steps.0.tasks", "steps.0.txt", "steps.1.questions.0.answer",
                            "steps.1.scenario", "title"]  # fmt: skip
    assert all(problem.line_number for problem in caught.value.problems)


def test_all_runs_can_be_wanted_side_by_side_only_where_there_are_several(tmp_path: Path) -> None:
    lonely = SCENARIO.replace('[variants.higher]\ntitle = "rate 0.3"\nchanges = { "optimizer.lr" = 0.3 }\n', "")
    path = write_lab(tmp_path, scenario=lonely.replace('start = "higher"\n', ""))
    with pytest.raises(ExperimentError, match="has no variants to race against"):
        lab_file.load(path)


def test_a_mistake_in_a_scenario_is_told_in_its_file(tmp_path: Path) -> None:
    path = write_lab(tmp_path, scenario=SCENARIO.replace("lr = 1e-6", "lr = -1"))
    with pytest.raises(ExperimentError) as caught:
        lab_file.load(path)
    assert caught.value.file.endswith("small.toml")


def test_text_without_a_folder_has_no_files_beside_it() -> None:
    with pytest.raises(ExperimentError, match="neither a shipped scenario"):
        lab_file.loads(LAB)


def test_a_lab_that_results_could_not_name_is_refused(tmp_path: Path) -> None:
    path = write_lab(tmp_path).rename(tmp_path / "Größe 1.toml")
    with pytest.raises(InputError, match="needs a name that results can hold"):
        lab_file.load(path)


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    write_lab(tmp_path)
    with pytest.raises(InputError, match="this is a scenario, not a lab"):
        lab_file.load(tmp_path / "small.toml")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Nothing moves.", "Nothing moves at all.", True), ("Look at the rate.", "Look!", True),
        ('name = "small"', 'name = "other"', True), ("epochs = 6", "epochs = 7", False),
        ("value = 0.3", "value = 0.2", False), ('answer = "No"', 'answer = "Yes"', False),
        ('controls = ["network.hidden"]', 'controls = ["network.hidden", "seed"]', False),
    ],
)  # fmt: skip
def test_the_digest_covers_what_grading_rests_on(
    tmp_path: Path, lab: OpenLab, old: str, new: str, same: bool
) -> None:
    assert old in SCENARIO
    other = lab_file.load(write_lab(tmp_path, scenario=SCENARIO.replace(old, new, 1)))
    assert (other.digest == lab.digest) is same


@pytest.mark.parametrize("name", list(lab_file.shipped_labs()))
def test_shipped_labs_are_complete(name: str) -> None:
    lab = lab_file.load(lab_file.find(name))
    assert lab.lab.minutes == 45
    assert all(lab.tasks(step) or lab.questions(step) for step in range(len(lab.lab.steps)))
    for heading in ("Timing", "Expected results", "Discussion", "What goes wrong"):
        assert f"## {heading}" in lab.lab.instructor
    assert all(task.solution for step in range(len(lab.lab.steps)) for task in lab.tasks(step))


def test_both_labs_of_the_workshop_ship() -> None:
    assert {"why_deep_nets_stall", "choosing_a_learning_rate"} <= set(lab_file.shipped_labs())


def test_a_lab_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'why_deep_nets_stall'"):
        lab_file.find("why_deep_nets_stal")


def test_labs_are_a_kind_of_file_with_a_schema(lab_path: Path) -> None:
    assert KINDS["lab"].load(lab_path).name == "small_lab"
    assert "steps" in KINDS["lab"].json_schema()["properties"]


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "workshops.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "ours.toml").write_text(example, encoding="utf-8")
    lab = lab_file.load(tmp_path / "ours.toml")
    assert [len(lab.questions(step)) for step in (0, 1)] == [3, 1]
    assert [task.id for task in lab.tasks(1)] == ["faster"]
