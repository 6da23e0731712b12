"""docs/instruments.md is held to the program: every instrument is there, as its row of the table has it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from models.architecture import Architecture
from tests.training.runs import small
from training.engine import Engine
from training.instruments.catalog import INSTRUMENTS
from training.instruments.instrument import InstrumentInfo
from training.instruments.instruments import SHARE
from training.instruments.stopping_bench import STOP_RULES

PAGE = Path(__file__).parent.parent / "docs" / "instruments.md"
TEXT = PAGE.read_text(encoding="utf-8")
MOST_COLUMNS = 6


@cache
def architecture() -> Architecture:
    """Return that of a network with two hidden layers."""
    return Engine(small()).architecture


def columns(row: InstrumentInfo) -> str:
    names = [f"`{name}`" for name in row.columns(architecture())]
    if len(names) <= MOST_COLUMNS:
        return ", ".join(names)
    return f"{', '.join(names[:4])}, … `{row.columns(architecture())[-1]}` ({len(names)} of two hidden layers)"


def section(row: InstrumentInfo) -> str:
    """Return what has to stand in the page about an instrument; where the test fails, this is what to paste."""
    if row.recorded:
        state, cost = "recorded at every step, in gradients.csv", "none: it is computed with every step"
    else:
        state = "on by default" if row.standard else "off by default"
        cost = f"about {row.passes:g} passes forward and back over the samples it looks at"
    unit = f" (in {row.unit})" if row.unit else ""
    return (
        f"### {row.title}\n\n`{row.name}`, {state}. {row.note}\n\n"
        f"- Formula: {row.formula}{unit}\n"
        f"- Columns: {columns(row)}\n"
        f"- Cost: {cost}\n"
        f"- Source: {row.source}\n"
        f"- Checked: "
    )


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_is_there_as_the_program_has_it(name: str) -> None:
    wanted = section(INSTRUMENTS[name])
    assert wanted in TEXT, f"the section should begin:\n\n{wanted}"
    assert re.match(r"\S.{20,}\n", TEXT.partition(wanted)[2]), "it does not say how the instrument was checked"


def test_no_instrument_is_there_that_is_not_in_the_program() -> None:
    told = re.findall(r"^`(\w+)`, (?:on|off) by default|^`(\w+)`, recorded", TEXT, re.MULTILINE)
    assert {"".join(names) for names in told} == set(INSTRUMENTS)


def test_the_budget_is_the_one_of_the_program() -> None:
    assert f"{SHARE:.0%}".replace("%", " %") in TEXT


@pytest.mark.parametrize("name", STOP_RULES)
def test_every_stopping_rule_is_there(name: str) -> None:
    rule = STOP_RULES[name]
    wanted = f"| {rule.title} | {rule.formula} | {rule.note} |"
    assert wanted in TEXT, wanted
