"""Measure the lab beside its peers: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import bars, cuda, docs, instruments, population, report, single, startup, window
from benchmarks.display import display
from benchmarks.effort import FULL, QUICK
from benchmarks.machine import machine, versions

PARTS = ("single", "population", "window", "startup", "instruments")
LATEST = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    """Measure, keep the figures, and show them."""
    options = _options()
    torch.set_num_threads(1)
    parts = [part.strip() for part in options.only.split(",")] if options.only else [*PARTS, "cuda"]
    results: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
        **dict.fromkeys((*PARTS, "cuda")),
    }
    results |= _measure(parts, options)
    results["bars"] = bars.judged(results)
    merged = _keep(results)
    if options.write_docs:
        _say(f"Written: {docs.write(merged)}")
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        _show(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the lab beside its peers.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--quick", action="store_true", help="shorter and less exact")
    parser.add_argument("--only", metavar="PART,…", help=f"some of: {', '.join(PARTS)}, cuda")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md from the latest figures")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--xvfb", action="store_true", help="show windows on a virtual X server (needs Xvfb)")
    where.add_argument("--real", action="store_true", help="show windows on this session's display")
    options = parser.parse_args()
    unknown = set(options.only.split(",") if options.only else ()) - {*PARTS, "cuda"}
    if unknown:
        parser.error(f"--only: unknown part {', '.join(sorted(unknown))}; allowed: {', '.join(PARTS)}, cuda")
    return options


def _measure(parts: list[str], options: argparse.Namespace) -> dict[str, Any]:
    effort = QUICK if options.quick else FULL
    found: dict[str, Any] = {}
    # Windows first: what runs in this process does not disturb them then.
    if {"window", "startup", "instruments"} & set(parts):
        with display("xvfb" if options.xvfb else "real" if options.real else "offscreen") as shown:
            if "startup" in parts:
                found["startup"] = startup.measure(effort, shown, _say)
            if "window" in parts:
                found["window"] = window.measure(effort, shown, _say)
            if "instruments" in parts:
                found["instruments"] = instruments.measure(effort, shown, _say)
    for name, part in (("single", single), ("population", population), ("cuda", cuda)):
        if name in parts:
            found[name] = part.measure(effort, _say)
    return found


def _keep(results: dict[str, Any]) -> dict[str, Any]:
    """Write the figures to `LATEST`, beside those of other parts measured there with the same versions."""
    earlier = json.loads(LATEST.read_text()) if LATEST.exists() else {}
    same = all(earlier.get("machine", {}).get(key) == results["machine"][key] for key in ("cpu", "cores", "gpu"))
    merged = dict(results)
    if same and earlier.get("versions") == results["versions"]:
        merged |= {key: earlier.get(key) for key in (*PARTS, "cuda") if results[key] is None}
        merged["bars"] = bars.judged(merged)
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(merged, indent=2) + "\n")
    return merged


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(results: dict[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140)
    sheets = report.single(results["single"]) if results["single"] else []
    sheets += [make(results[name]) for name, make in docs.SECTIONS.items() if results[name]]
    if results["cuda"] is not None:
        if results["cuda"]["measured"]:
            sheets.append(report.cuda(results["cuda"]))
        else:
            console.print(f"GPU: not measured ({results['cuda']['why']}).")
    for sheet in [*sheets, report.bars(results)]:
        table = Table(title=sheet.title, title_justify="left", caption=sheet.note or None, caption_justify="left")
        for index, name in enumerate(sheet.columns):
            table.add_column(name, justify="right" if index else "left")
        for row in sheet.rows:
            table.add_row(*(cell.replace("**", "") for cell in row))
        console.print(table)


if __name__ == "__main__":
    main()
