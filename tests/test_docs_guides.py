"""docs/diagnosis.md and docs/instruments.md are held to the program: nothing is left out, nothing out of date."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts.guide_pages import DOCS, PAGES, rewritten
from training.diagnosis.rules import RULES
from training.instruments.catalog import INSTRUMENTS
from training.instruments.instruments import SHARE

TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("name", TEXTS)
def test_what_the_program_says_is_up_to_date(name: str) -> None:
    assert rewritten(TEXTS[name]) == TEXTS[name], "write it anew: python -m scripts.guide_pages"


@pytest.mark.parametrize(("page", "kind", "wanted"), [
    ("diagnosis", "finding", RULES), ("instruments", "instrument", INSTRUMENTS),
])  # fmt: skip
def test_all_are_there_under_their_titles(page: str, kind: str, wanted: dict[str, Any]) -> None:
    told = re.findall(rf"^### (.*)\n\n<!-- {kind}: (\w+) -->$", TEXTS[page], re.MULTILINE)
    assert {name: title for title, name in told} == {name: row.title for name, row in wanted.items()}


@pytest.mark.parametrize("name", RULES)
def test_every_finding_says_how_it_looks_and_what_to_do(name: str) -> None:
    after = TEXTS["diagnosis"].partition(f"<!-- finding: {name} -->")[2].partition("<!-- end -->")[2].split("\n### ")[0]
    assert re.search(r"^\*\*It looks like this\.\*\* .{40}", after, re.MULTILINE)
    assert name == "healthy" or re.search(r"^\*\*What to do\.\*\* .{40}", after, re.MULTILINE)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_says_how_it_was_checked(name: str) -> None:
    after = TEXTS["instruments"].partition(f"<!-- instrument: {name} -->")[2].partition("<!-- end -->")[2]
    assert re.match(r"\n- Checked: \S.{20}", after)


def test_the_budget_is_the_one_of_the_program() -> None:
    assert f"{100 * SHARE:.0f} %" in TEXTS["instruments"]


@pytest.mark.parametrize("name", RULES)
def test_there_is_a_picture_of_every_finding(name: str) -> None:
    assert (DOCS / "pictures" / f"finding-{name.replace('_', '-')}.png").stat().st_size > 10_000
