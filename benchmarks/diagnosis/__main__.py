"""Measure how often the diagnosis is right: ``python -m benchmarks.diagnosis --help``."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks.diagnosis import report
from benchmarks.diagnosis.bench import EACH, HEALTHY, measure
from benchmarks.diagnosis.families import FAMILIES
from benchmarks.machine import machine, versions
from benchmarks.report import Sheet


def main() -> None:
    """Make the set, judge it, and show the figures."""
    options = _options()
    began = time.perf_counter()
    only = tuple(options.only.split(",")) if options.only else ()
    made = measure(options.set, _say, only, options.each, options.healthy)
    judged = [one for _, part in made for one in part.judged]
    tried = sum(part.tried for _, part in made)
    minutes = (time.perf_counter() - began) / 60
    if options.write_docs:
        _say(f"Written: {report.write(judged, tried, _about(minutes))}")
    if options.json:
        print(json.dumps({"set": options.set, "minutes": minutes, **report.as_json(judged)}, indent=2))
        return
    sheets = [report.confusion_sheet(judged), report.fault_sheet(judged), report.miss_sheet(judged)]
    for sheet in [*sheets, report.figure_sheet(judged)]:
        _show(sheet)
    print(f"{len(judged)} runs of the {options.set} set, {minutes:.1f} minutes")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.diagnosis", description="Measure how often the diagnosis is right."
    )
    parser.add_argument("--set", choices=("test", "tuning"), default="test", help="rules are tuned on the other one")
    parser.add_argument("--only", metavar="FAULT,…", help="runs of some faults only")
    parser.add_argument("--each", type=int, default=EACH, metavar="N", help=f"runs of each fault (default {EACH})")
    parser.add_argument("--healthy", type=int, default=HEALTHY, metavar="N", help=f"sound runs (default {HEALTHY})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--write-docs", action="store_true", help="write docs/diagnosis-accuracy.md")
    options = parser.parse_args()
    unknown = set(options.only.split(",") if options.only else ()) - FAMILIES.keys()
    if unknown:
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}; allowed: {', '.join(FAMILIES)}")
    if options.write_docs and (options.only or options.set != "test"):
        parser.error("--write-docs: the page is about the whole test set")
    return options


def _about(minutes: float) -> str:
    found = machine()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    used = versions()
    return (
        f"Measured {today} on {found['cpu']}, {found['cores']} cores, in {minutes:.0f} minutes; Python "
        f"{used['python']}, torch {used['torch']}, NumPy {used['numpy']}."
    )


def _show(sheet: Sheet) -> None:
    console = Console(width=None if sys.stdout.isatty() else 230)
    table = Table(title=sheet.title, title_justify="left", caption=sheet.note or None, caption_justify="left")
    for index, name in enumerate(sheet.columns):
        table.add_column(name, justify="right" if index and sheet.title != "Misses" else "left")
    for row in sheet.rows:
        table.add_row(*(cell.replace("**", "") for cell in row))
    console.print(table)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
