"""The figures as tables, in a terminal and in docs/diagnosis-accuracy.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.bench import Judged
from benchmarks.diagnosis.cases import SETS
from benchmarks.diagnosis.figures import NOTHING, better, by_fault, confusion, figures, named, named_any
from benchmarks.diagnosis.judge import LOOKS
from benchmarks.diagnosis.oracle import CHECKS
from benchmarks.report import Sheet

FILE = Path(__file__).parent.parent.parent / "docs" / "diagnosis-accuracy.md"


def figure_sheet(judged: Sequence[Judged]) -> Sheet:
    """Return the table of figures and bars."""
    words = {True: "yes", False: "**no**", None: ""}
    rows = []
    for share in figures(judged):
        low, high = share.interval
        limit = "" if share.limit is None else f"{'≤' if share.at_most else '≥'} {100 * share.limit:.0f} %"
        rows.append((share.title, share.text, f"{100 * low:.0f}–{100 * high:.0f} %", limit, words[share.met]))
    return Sheet("Figures", ("figure", "measured", "95 % interval", "bar", "met"), rows)


def fault_sheet(judged: Sequence[Judged]) -> Sheet:
    """Return a row for each fault: how often it is named, and what its first fixes come to."""
    rows = []
    for name, ones in by_fault(judged).items():
        if name == "healthy":
            continue
        fixes = Counter(one.fix["fix"] for one in ones if one.fix)
        rows.append((
            words(name), str(len(ones)), _of(one.said[:1] == (name,) for one in ones), _of(map(named, ones)),
            _of(map(named_any, ones)), _of(map(better, ones)),
            ", ".join(f"{words(fix)} {count}" for fix, count in fixes.most_common(3)),
        ))  # fmt: skip
    columns = ("fault", "runs", "first", "among two", "any true one", "fix helps", "fixes offered first")
    return Sheet("By fault", columns, rows)


def _of(found: Any) -> str:
    return str(sum(bool(one) for one in found))


def confusion_sheet(judged: Sequence[Judged]) -> Sheet:
    """Return the confusion matrix: label against what was found first."""
    counts = {label: row for label, row in confusion(judged).items() if row}
    said = [name for name in (*counts, *CHECKS, NOTHING) if any(row[name] for row in counts.values())]
    columns = tuple(dict.fromkeys(said))
    rows = [
        (words(label), *("·" if not row[name] else f"**{row[name]}**" if name == label else str(row[name])
                         for name in columns))
        for label, row in counts.items()
    ]  # fmt: skip
    note = "Rows: the label. Columns: what was found first."
    return Sheet("Confusion matrix", ("", *(words(name) for name in columns)), rows, note)


def miss_sheet(judged: Sequence[Judged]) -> Sheet:
    """Return every run whose fault was not named, every sound one alarmed, every fix that did not help."""
    rows = []
    for one in judged:
        if one.label == "healthy":
            if one.alarms:
                rows.append((one.name, "alarmed", ", ".join(one.alarms), ""))
            continue
        if not named(one):
            rows.append((one.name, "not named", ", ".join(one.said) or NOTHING, ", ".join(one.truths)))
        if not better(one):
            rows.append((one.name, "no help", _fix(one), ", ".join(one.truths)))
    return Sheet("Misses", ("run", "what", "said", "true"), rows)


def _fix(one: Judged) -> str:
    if not one.fix:
        return "no fix offered"
    return f"{one.fix['finding']}: {one.fix['fix']} {one.fix['before']:.4g} → {one.fix['after']:.4g}"


def words(name: str) -> str:
    """Return a name as it is read."""
    return name.replace("_", " ")


def as_json(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures and all that was judged, as plain values."""
    return {
        "figures": [asdict(share) | {"value": share.value, "met": share.met} for share in figures(judged)],
        "confusion": {label: dict(row) for label, row in confusion(judged).items() if row},
        "runs": [asdict(one) for one in judged],
    }


def write(judged: Sequence[Judged], tried: int, about: str) -> Path:
    """Write the page and return where it is."""
    sound = sum(one.label == "healthy" for one in judged)
    lines = [
        "# How often the diagnosis is right", "",
        "Written by `make diagnose-bench ARGS=--write-docs` from what it measured; do not edit.", "", about, "",
        f"{len(judged)} runs: {len(judged) - sound} with a fault that is known, {sound} sound ones "
        f"(the oracle was asked about {tried} candidates).", "",
        *(line for sheet in (figure_sheet(judged), fault_sheet(judged), confusion_sheet(judged))
          for line in (f"## {sheet.title}", "", sheet.markdown(), "")),
        "## What was missed", "", miss_sheet(judged).markdown(), "", "## Method", "", METHOD.rstrip(), "",
        "### What the labels mean", "", *(f"- **{words(name)}**: {_sentence(check)}" for name, check in CHECKS.items()),
    ]  # fmt: skip
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return FILE


def _sentence(check: Any) -> str:
    return " ".join((check.__doc__ or "").split("\n\n")[0].split())


TUNED = """The tuning set held 480 faulty and 140 sound runs (`--set tuning --each 30 --healthy 140`):
  98.1 % of the faults named, no sound run alarmed, and 96.9 % of the first fixes of help."""
TIMES = """Two test sets were drawn. Of the first one, 160 of 160 faults were named and 156 first fixes helped, but 4 of
  110 sound runs were alarmed, and after changes made on the tuning set 8 of 100 further ones at one of the looks. So
  what a look has found is now a note until it has lasted, and so is what a run that learns well has got over (see
  `training/diagnosis/doctor.py`); those 210 runs were used up in finding that out. The figures above are of runs drawn
  anew after the last change, judged once."""

METHOD = f"""\
- **Generated.** For every fault a generator draws data set, depth, width, activation, optimizer, rate, batch size,
  length and seed (`benchmarks/diagnosis/families.py`). Rules and fixes were tuned on the *tuning* set alone; the
  figures above are of the *test* set, which shares neither seeds (from {SETS["tuning"].first_seed:,} and from
  {SETS["test"].first_seed:,}) nor widths, batch sizes and sample counts with it, and has data sets of its own.
  {TUNED}
  {TIMES}
- **Labels come from what would have been.** An oracle (`oracle.py`) trains each candidate again with one thing changed:
  a tenth, a third, three and ten times the rate, another start, another activation, normalization, standardized
  inputs, a larger batch, a larger network, a constant rate, correct labels. It measures signals, dead and saturated
  units by autograd and plain NumPy, and shares no code with rules and instruments. A candidate that it does not
  confirm is dropped; so is one that is neither faulty nor sound. *Clearly better* means a training loss at most 0.7 of
  the other, or kept weights with a validation loss at most 0.9 of it, and a difference that matters.
- **Several faults.** A run often has more than one: a rate that is too high kills units. The first figure holds the
  diagnosis to the one the run was made to show, the second to any that the oracle confirms.
- **Sound** is a run that keeps a validation loss within 10 % of the best of other rates and of a network twice as wide
  (5 % of what a constant answer has counts as nothing), does not end with a validation loss a tenth above its best, and
  has no fault by any of the definitions.
- **Looks.** The diagnosis looks {LOOKS} times, evenly over the planned steps, and at the end, with instruments read
  every 50 steps. A fault is named if it is among the first two findings at the end; a fault that passes (a plateau,
  divergence before the first number that is not finite), at the last look while it is there. A sound run is alarmed
  if *any* look has a finding of severity warning or alarm that is not over.
- **Fixes.** The first fix of the first finding that has one is applied as the window's race does it: an edit at the
  step where the finding begins if the run may go on with it, else from the start; same seed, same number of epochs
  unless the fix changes that. Compared is the validation loss of the weights that each run keeps, that is, what the
  user gets, by the loss function of the run without the fix. A run without a fix on offer counts as not helped.
"""
