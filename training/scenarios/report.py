"""The report of a replay: tables on the terminal, and files for those who want to look closer."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.atomic import write_whole
from training.scenarios.replay import CurvePoint, Line, Replayed


def show(replayed: Replayed, console: Console) -> None:
    """Print what came of one scenario."""
    seeds = f"seeds {replayed.seeds[0]}–{replayed.seeds[-1]}" if len(replayed.seeds) > 1 else "1 seed"
    console.print(Text.assemble((replayed.title, "bold"), f"  {replayed.name} · {seeds} · {replayed.seconds:.1f} s"),
                  soft_wrap=True)  # fmt: skip
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in ("", "expected", "found: median (range)", "held"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("", "held"))
    for line in replayed.lines:
        verdict = Text("✓ holds", style="green") if line.holds else Text("✗ FAILS", style="bold red")
        expected = Text(line.text) if line.text else Text()
        expected.append(f"\n{line.words}" if line.text else line.words, style="dim")
        found = Text(found_in_words(line))
        if line.note:
            found.append(f"\n{line.note}", style="yellow")
        table.add_row(verdict, expected, found, held_in_words(line))
    if replayed.lines:
        console.print(table)
    else:
        console.print("It expects nothing.\n")
    if replayed.found:
        console.print(Text.assemble(("The lab finds ", "dim"), _findings(replayed), "\n"), soft_wrap=True)


def _findings(replayed: Replayed) -> str:
    return "; ".join(each.sentence for each in replayed.found)


def found_in_words(line: Line) -> str:
    """Return what was found: "0.32 (0.3 to 0.41)"."""
    known = [value for value in line.values if not math.isnan(value)]
    if not known:
        return "no value"
    return f"{_median(known):.4g}" + (f" ({min(known):.4g} to {max(known):.4g})" if len(known) > 1 else "")


def held_in_words(line: Line) -> str:
    """Return on how many seeds it held: "10 of 10"."""
    seeds = len(line.values)
    held = f"{round(line.share * seeds)} of {seeds}"
    return held if line.holds else f"{held}, must be {math.ceil(line.wanted * seeds - 1e-9)}"


def conclusion(replayed: Sequence[Replayed], seconds: float) -> str:
    """Return the last line: how many hold."""
    total = sum(len(each.lines) for each in replayed)
    failed = sum(each.failed for each in replayed)
    scenarios = "1 scenario" if len(replayed) == 1 else f"{len(replayed)} scenarios"
    claims = "1 expectation" if total == 1 else f"{total} expectations"
    verdict = f"all {claims} hold" if not failed else f"{failed} of {claims} FAIL"
    return f"{scenarios}: {verdict} ({seconds:.1f} s)."


def write(replayed: Sequence[Replayed], folder: Path) -> None:
    """Write report.json, report.md and curves.csv into a folder that is there."""
    write_whole(folder / "report.json", json.dumps([_as_json(each) for each in replayed], indent=2).encode())
    write_whole(folder / "report.md", markdown(replayed).encode())
    write_whole(folder / "curves.csv", _csv(replayed).encode())


def markdown(replayed: Sequence[Replayed]) -> str:
    """Return the report as Markdown."""
    parts = ["# Replay\n"]
    for each in replayed:
        parts.append(f"## {each.title} (`{each.name}`)\n")
        parts.append("| | expected | found: median (range) | held |\n|---|---|---|---|")
        parts += [
            f"| {'holds' if line.holds else '**fails**'} | {_cell(line.text)}<br>{_cell(line.words)} "
            f"| {found_in_words(line)} | {held_in_words(line)} |" for line in each.lines
        ]  # fmt: skip
        parts += [f"\nThe lab finds {_cell(_findings(each))}."] if each.found else []
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _as_json(each: Replayed) -> dict[str, Any]:
    values = asdict(each)
    del values["curves"]
    values["found"] = {run.run: dict(run.found) for run in each.found}
    for line in values["lines"]:
        line["values"] = [value if math.isfinite(value) else str(value) for value in line["values"]]
    return values


def _csv(replayed: Sequence[Replayed]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [field.name for field in fields(CurvePoint)]
    writer.writerow(["scenario", *columns])
    for each in replayed:
        writer.writerows([each.name, *(getattr(point, name) for name in columns)] for point in each.curves)
    return out.getvalue()


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if low == high else (low + high) / 2  # two infinities have no mean
