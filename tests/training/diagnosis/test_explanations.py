"""Each finding is explained at two levels, in Markdown that the window can show, installed with the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

from training.diagnosis.explanation import FOLDER, explanation
from training.diagnosis.rules import RULES

ROOT = Path(__file__).parents[3]


def test_there_is_one_for_every_rule_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*")} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_two_levels(name: str) -> None:
    found = explanation(name)
    assert found.title == RULES[name].title
    assert len(found.plain) > 500
    assert len(found.expert) > 800
    assert "**What to look at**" in found.plain
    assert "**What helps**" in found.plain or name == "healthy"
    assert "**Rule.**" in found.expert or name == "healthy"
    assert "**References**" in found.expert
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8").startswith(f"# {found.title}\n")


@pytest.mark.parametrize("name", RULES)
def test_no_markup_that_the_view_does_not_have(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert not re.search(r"[$\\`]|<[^ ]|!\[", text)
    assert "follows." not in text


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_states_itself(rule: object) -> None:
    docstring = getattr(rule, "look").__doc__ or ""  # noqa: B009
    assert "Rule:" in docstring
    assert RULES[getattr(rule, "name")].explains is not None  # noqa: B009
    for other in getattr(rule, "explains"):  # noqa: B009
        assert other in RULES


def test_they_are_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = find_namespace_packages(str(ROOT), include=settings["packages"]["find"]["include"])
    assert "training.diagnosis.explanations" in packages
    assert "*.md" in settings["package-data"]["*"]
