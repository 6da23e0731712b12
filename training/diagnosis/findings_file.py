"""``findings.json``: what was found in a run, written with its other files, and read again within bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.errors import ExperimentError, InputError, Problem
from training.experiment import Section
from training.plain_data import validated
from training.plain_text import Readable, Shaped
from training.toml_file import read_text

NAME = "findings.json"
MAX_BYTES = 2_000_000
MOST_FINDINGS = 400
LONGEST = 2_000
"""Characters of a sentence."""
CONTROLS = dict.fromkeys((*range(32), 127), "?")

Name = Annotated[str, Shaped(r"[a-z][a-z0-9_]{0,59}", "small letters, digits and _")]
Title = Annotated[str, Field(min_length=1, max_length=120), Readable()]
Sentence = Annotated[str, Field(max_length=LONGEST), Readable(lines=True)]
Key = Annotated[str, Shaped(r"[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){0,4}", "a dotted key such as 'optimizer.lr'")]
Text = Annotated[str, Field(max_length=200), Readable()]
Simple = bool | int | float | Text
Step = Annotated[int, Field(ge=0, le=10**12)]


class EvidenceEntry(Section):
    """Something recorded that shows what is claimed."""

    curve: Name
    """What was looked at: `data`, an instrument, or a curve recorded of the run (below)."""
    sentence: Sentence
    """What it shows, with its figures."""
    first_step: Step
    """From this step."""
    last_step: Step
    """To this step."""
    layers: Annotated[tuple[Annotated[int, Field(ge=0, le=1_000)], ...], Field(max_length=1_000)] = ()
    """Layers it is about, if not all: 0 is the first hidden layer."""
    value: float | None = None
    """The figure; null: there is none, or it is not finite."""
    limit: float | None = None
    """What the figure is held against."""


class FixEntry(Section):
    """A change to the experiment that should help."""

    name: Name
    """Tells it from others."""
    title: Title
    """In a few words."""
    why: Sentence
    """Why it should help."""
    changes: Annotated[dict[Key, Simple | list[Simple]], Field(max_length=40)]
    """Dotted keys of the experiment and their new values, as `--set` takes them."""
    live: bool = False
    """Whether a run may go on with it from where it stands; else it has to start anew."""


class FindingEntry(Section):
    """What a rule has found."""

    name: Name
    """The rule."""
    title: Title
    """In a few words."""
    severity: Literal["fine", "note", "warning", "alarm"]
    """How bad it is: nothing to do; worth knowing; training suffers; training fails."""
    confidence: Annotated[float, Field(ge=0, le=1)]
    """How sure it is, from 0 to 1."""
    sentence: Sentence
    """What anyone understands, with the figures of this run."""
    first_step: Step
    """Since when it was so."""
    last_step: Step
    """Until when; the last step of the run where it was so to the end."""
    over: bool = False
    """Whether it was so on the way, and not at the end any more."""
    evidence: Annotated[tuple[EvidenceEntry, ...], Field(max_length=40)] = ()
    """What shows it, the strongest first."""
    fixes: Annotated[tuple[FixEntry, ...], Field(max_length=20)] = ()
    """What may be done, what should help most first."""


class FindingsFile(Section):
    """What was found in the first replica of a run."""

    format: Literal[1] = 1
    """Version of this file."""
    steps: Step
    """Steps the run had done."""
    epochs: Annotated[float, Field(ge=0)]
    """Passes over the training part."""
    findings: Annotated[tuple[FindingEntry, ...], Field(max_length=MOST_FINDINGS)] = ()
    """At the end, what matters most first; then what was so on the way, in the order in which it ended."""


def dumps(findings: Iterable[Finding], steps: int, epochs: float) -> bytes:
    """Return the file of what was found in a run of so many steps and epochs."""
    entries = tuple(_entry(finding) for finding in findings)
    # Of thousands of findings, what stands at the front matters most.
    made = FindingsFile(steps=steps, epochs=epochs, findings=entries[:MOST_FINDINGS])
    return (json.dumps(made.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def cleaned(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as the file would give them back: nothing in them can trick a terminal."""
    return tuple(_finding(_entry(finding)) for finding in findings)


def load(path: Path) -> tuple[Finding, ...]:
    """Return what the file says was found.

    Raises
    ------
    InputError, ExperimentError
        If it cannot be read, or is not such a file within its bounds.
    """
    text = read_text(path, "a file of findings", max_bytes=MAX_BYTES)
    try:
        values = json.loads(text)
    except RecursionError:
        raise ExperimentError([Problem("", "nested too deeply")], file=str(path)) from None
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", where=str(path)) from None
    if not isinstance(values, dict):
        raise InputError("this is not a file of findings", where=str(path))
    return tuple(_finding(entry) for entry in validated(FindingsFile, values, file=str(path)).findings)


def _entry(finding: Finding) -> FindingEntry:
    return FindingEntry(
        name=finding.name, title=finding.title, severity=finding.severity, confidence=float(finding.confidence),
        sentence=_plain(finding.sentence), first_step=int(finding.first_step), last_step=int(finding.last_step),
        over=finding.over,
        evidence=tuple(_evidence_entry(evidence) for evidence in finding.evidence),
        fixes=tuple(_fix_entry(fix) for fix in finding.fixes),
    )  # fmt: skip


def _evidence_entry(evidence: Evidence) -> EvidenceEntry:
    return EvidenceEntry(
        curve=evidence.curve, sentence=_plain(evidence.sentence), first_step=int(evidence.first_step),
        last_step=int(evidence.last_step), layers=tuple(map(int, evidence.layers)), value=_finite(evidence.value),
        limit=_finite(evidence.limit),
    )  # fmt: skip


def _fix_entry(fix: Fix) -> FixEntry:
    changes = {key: list(value) if isinstance(value, tuple) else value for key, value in fix.changes.items()}
    return FixEntry(name=fix.name, title=fix.title, why=fix.why, changes=changes, live=fix.live)


def _finding(entry: FindingEntry) -> Finding:
    severity: Severity = entry.severity
    return Finding(
        entry.name, entry.title, severity, entry.confidence, entry.sentence, entry.first_step, entry.last_step,
        tuple(_evidence(evidence) for evidence in entry.evidence),
        tuple(Fix(fix.name, fix.title, fix.why, fix.changes, fix.live) for fix in entry.fixes), entry.over,
    )  # fmt: skip


def _evidence(entry: EvidenceEntry) -> Evidence:
    return Evidence(
        entry.curve, entry.sentence, entry.first_step, entry.last_step, entry.layers, _number(entry.value),
        _number(entry.limit),
    )  # fmt: skip


def _plain(text: str) -> str:
    """Return text without what may not be in the file: names of features come from strangers' tables."""
    text = text[:LONGEST]
    try:
        return Readable(lines=True).check(text)
    except ValueError:
        return text.encode("ascii", "replace").decode().translate(CONTROLS)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value
