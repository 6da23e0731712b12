"""Writes what the guides to findings and instruments tell of the program itself: ``python -m scripts.guide_pages``.

Between the marks ``<!-- finding: NAME -->`` or ``<!-- instrument: NAME -->`` and ``<!-- end -->`` stands what the
tables of the program say; the rest of the pages is written by hand. A test finds what is out of date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from training.atomic import write_whole
from training.diagnosis.finding import Severity
from training.diagnosis.rules import RULES
from training.diagnosis.shown_by import SHOWN_BY
from training.engine import Engine
from training.experiment import Experiment
from training.instruments.catalog import INSTRUMENTS
from training.instruments.stopping_bench import STOP_RULES
from training.scenarios.scenario import BASE
from training.scenarios.scenario_file import load, shipped_scenarios
from training.validation import replace

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = (DOCS / "diagnosis.md", DOCS / "instruments.md")
BLOCK = re.compile(r"(<!-- (\w+): (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)
MOST_COLUMNS = 6
SEVERITIES: dict[Severity, str] = {
    "fine": "Nothing is the matter", "note": "Worth knowing", "warning": "Training suffers", "alarm": "Training fails",
}  # fmt: skip


def rewritten(text: str) -> str:
    """Return a page with all that lies between marks written anew."""
    return BLOCK.sub(lambda match: f"{match[1]}{WRITERS[match[2]](match[3])}{match[4]}", text)


def finding(name: str) -> str:
    """Return what the program says of a finding."""
    rule, shown = RULES[name], SHOWN_BY[name]
    scenario = load(shipped_scenarios()[shown.scenario])
    run = "" if shown.variant == BASE else f", run “{scenario.title_of(shown.variant)}”"
    story, _, how = " ".join((rule.look.__doc__ or "").split()).partition("Rule: ")
    return (
        f"![{rule.title}](pictures/finding-{name.replace('_', '-')}.png)\n\n"
        f"**{SEVERITIES[rule.severity]}** (`{name}`). Shown by the scenario “{scenario.title}”{run}: "
        f"`python main.py -e {shown.scenario}`.\n\n"
        f"The rule: {how or story}"
    )


def instrument(name: str) -> str:
    """Return what the program says of an instrument."""
    row = INSTRUMENTS[name]
    architecture = Engine(replace(Experiment(), {"network.hidden": [8, 8]})).architecture
    if row.recorded:
        state, cost = "recorded at every step, in gradients.csv", "none: it is computed with every step"
    else:
        state = "on by default" if row.standard else "off by default"
        cost = f"about {row.passes:g} passes forward and back over the samples it looks at"
    unit = f" (in {row.unit})" if row.unit else ""
    return (
        f"`{name}`, {state}. {row.note}\n\n"
        f"- Formula: {row.formula}{unit}\n"
        f"- Columns: {_columns(row.columns(architecture))}\n"
        f"- Cost: {cost}\n"
        f"- Source: {row.source}"
    )


def rules(name: str) -> str:
    """Return the table of rules for early stopping."""
    rows = [f"| {rule.title} | {rule.formula} | {rule.note} |" for rule in STOP_RULES.values()]
    return "\n".join(["| rule | formula | what it does |", "|---|---|---|", *rows])


def _columns(columns: tuple[str, ...]) -> str:
    names = [f"`{name}`" for name in columns]
    if len(names) <= MOST_COLUMNS:
        return ", ".join(names)
    return f"{', '.join(names[:4])}, … {names[-1]} ({len(names)} of two hidden layers)"


WRITERS = {"finding": finding, "instrument": instrument, "rules": rules}


def main() -> int:
    """Write the pages."""
    for page in PAGES:
        write_whole(page, rewritten(page.read_text(encoding="utf-8")).encode())
        print(page.relative_to(DOCS.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
