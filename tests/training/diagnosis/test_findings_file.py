"""What was found in a run, as a file: it reads back as it was, and what it should not hold is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.descriptions import descriptions
from training.diagnosis import findings_file
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.findings_file import EvidenceEntry, FindingEntry, FindingsFile, FixEntry
from training.errors import InputError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "outputs.md"
FOUND = Finding(
    "vanishing_gradients", "Vanishing gradients", "alarm", 0.84, "Layer 1 receives 1/24 000.", 1, 720,
    (Evidence("signal_norm", "1/24 000", 1, 720, (0, 7), 4.2e-5, 0.01), Evidence("data", "as they are", 0, 0)),
    (
        Fix("relu", "ReLU", "It passes.", {"network.activation": "relu", "network.hidden": [8, 8], "epochs": 3}),
        Fix("slower", "rate ÷ 10", "Steps.", {"optimizer.lr": 0.001}, live=True),
    ),
)  # fmt: skip


def plain(finding: Finding) -> Any:
    """Return a finding as values that can be compared, NaN included."""
    return json.loads(json.dumps(dataclasses.asdict(finding), default=str))


def test_findings_read_back(tmp_path: Path) -> None:
    before = dataclasses.replace(FOUND, name="plateau", over=True, confidence=np.float64(0.5), first_step=np.int64(3))
    file = tmp_path / "findings.json"
    file.write_bytes(findings_file.dumps([FOUND, before], 720, 80.0))
    first, second = findings_file.load(file)
    assert plain(first) == plain(FOUND)
    assert second.over
    assert (second.first_step, second.confidence) == (3, 0.5)
    assert math.isnan(first.evidence[1].value)


@pytest.mark.parametrize("name", ["\x1b[2J", "a\u202eb", "\x00", "e" + "\u0301" * 40, "n" * 5_000, "ü", "\ud800"])
def test_whatever_a_feature_is_called_the_file_can_be_written_and_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / "findings.json"
    told = dataclasses.replace(FOUND, sentence=f"Input {name} is large.")
    file.write_bytes(findings_file.dumps([told], 720, 80.0))
    (read,) = findings_file.load(file)
    assert read.sentence.startswith("Input ")
    assert read.sentence.isprintable()
    assert ("ü" in read.sentence) is (name == "ü")
    assert plain(findings_file.cleaned([told])[0]) == plain(read)


def written(**changes: Any) -> dict[str, Any]:
    """Return the values of a file whose only finding is changed."""
    values: dict[str, Any] = json.loads(findings_file.dumps([FOUND], 720, 80.0))
    values["findings"][0] |= changes
    return values


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a file of findings"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 2_000_001, "larger than 2,000,000 bytes"),
        (written(sentence="\x1b[2Jgone"), "control character"),
        (written(title="two\nlines"), "single line"),
        (written(confidence=2.0), "less than or equal to 1"),
        (written(severity="mortal"), "severity"),
        (written(name="../x"), "small letters"),
        (written(first_step=-1), "greater than or equal to 0"),
        (written(surprise=1), "surprise"),
        (written(fixes=[{"name": "x", "title": "x", "why": "", "changes": {"a b": 1}}]), "dotted key"),
        (written(fixes=[{"name": "x", "title": "x", "why": "", "changes": {"epochs": {"a": 1}}}]), "changes"),
        ({"format": 2, "steps": 1, "epochs": 1.0}, "format"),
        ({"format": 1, "steps": 1, "epochs": 1.0, "findings": [written()["findings"][0]] * 401}, "at most 400"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)  # fmt: skip
def test_what_it_should_not_hold_is_refused(tmp_path: Path, content: Any, expected: str) -> None:
    file = tmp_path / "findings.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(expected)):
        findings_file.load(file)


def test_more_findings_than_fit_leave_those_that_matter_most(tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_bytes(findings_file.dumps([FOUND] * 500, 720, 80.0))
    assert len(findings_file.load(file)) == 400


@pytest.mark.parametrize("model", [FindingsFile, FindingEntry, EvidenceEntry, FixEntry], ids=lambda row: row.__name__)
def test_the_page_explains_every_key(model: Any) -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{key}` | {descriptions(model)[key].rstrip('.')} |" for key in model.model_fields]
    assert [row for row in rows if row not in page] == []
