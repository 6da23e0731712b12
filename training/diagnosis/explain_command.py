"""What ``explain`` does: from the folder of a run, or a recorded run, to what happened, why, and what to try."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from training.diagnosis import findings_file, run_folder
from training.diagnosis.case import Case
from training.diagnosis.explanation import explanation
from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.diagnosis.rules import RULES
from training.diagnosis.shown_by import SHOWN_BY
from training.diagnosis.whole_run import found_in
from training.engine import Engine
from training.experiment import Experiment
from training.history import History
from training.plain_text import Readable
from training.population import replicas_of
from training.recordings import recording_file
from training.scenarios.script import Script, follow
from training.terminal import TerminalProgress

MARKS: dict[Severity, str] = {"fine": "✓", "note": "•", "warning": "▲", "alarm": "✗"}
WORDS: dict[Severity, str] = {
    "fine": "all is well", "note": "worth knowing", "warning": "training suffers", "alarm": "training fails",
}  # fmt: skip
STYLES: dict[Severity, str] = {"fine": "green", "note": "cyan", "warning": "yellow", "alarm": "bold red"}
INDENT = 2
CURVES = {
    "train_loss": "training loss", "val_loss": "validation loss", "train_score": "training score",
    "val_score": "validation score", "grad_norm": "gradient norm", "weight_grad_norm": "weight gradient norm",
    "lr": "learning rate",
}  # fmt: skip
"""Names of curves as people say them; of the others the underscores are left out."""


@dataclass(frozen=True)
class Explained:
    """A run, and what was found in it.

    Attributes
    ----------
    message
        How it ended, in a sentence; "" where that is not known.
    file
        An experiment file that begins the run anew; None where there is none.
    remarks
        What has to be said of how the findings were made.
    """

    name: str
    message: str
    findings: tuple[Finding, ...]
    file: Path | None = None
    remarks: tuple[str, ...] = ()


def run(path: Path, console: Console, *, expert: bool = False) -> None:
    """Print what happened in a run and why, the evidence, and the fixes with the command that tries each.

    Raises
    ------
    InputError
        If there is no run there, or its files cannot be used.
    """
    explained = _of_recording(path, console) if path.suffix == recording_file.SUFFIX else of_folder(path)
    show(explained, console, expert=expert)


def of_folder(folder: Path) -> Explained:
    """Return what was found in a run by its folder: as its file of findings says, or else as its other files show."""
    experiment = run_folder.read_experiment(folder)
    summary = run_folder.read_summary(folder)
    remarks = [] if summary is not None else ["The run has left no summary: it is under way, or was cut off."]
    if (folder / findings_file.NAME).is_file():
        findings = findings_file.load(folder / findings_file.NAME)
    else:
        findings = findings_file.cleaned(found_in(run_folder.case_of_folder(folder)))
        remarks.append(
            f"Found by its tables, as there is no {findings_file.NAME}: they hold no batch losses, and no instruments."
        )
    if summary is not None and any(edit.key != "stop" for edit in summary.edits):
        remarks.append("Settings were changed while it ran; the commands begin anew, without those changes.")
    message = summary.message if summary is not None else ""
    return Explained(_readable(experiment.name), message, findings, folder / run_folder.EXPERIMENT, tuple(remarks))


def _of_recording(path: Path, console: Console) -> Explained:
    """Make a recorded run again and return what is found in it."""
    recording = recording_file.load(path)
    original: Experiment = recording.experiment
    engine = Engine(replicas_of(original))
    history = History(engine.replicas, len(engine.layer_names))
    with TerminalProgress(console) as bar:
        for progress in follow(engine, Script.of_edits(recording.made_edits()), steps=recording.steps):
            history.extend(progress)
            bar(engine, history, progress)
    case = Case.of_engine(engine, history)
    outcome = engine.result().outcomes[0]
    findings = findings_file.cleaned(found_in(case))
    return Explained(_readable(recording.name), outcome.message, findings, remarks=("It was made again.",))


# --------------------------------------------------------------------------------------------- printing


def show(explained: Explained, console: Console, *, expert: bool = False) -> None:
    """Print what was found in a run."""
    _line(console, Text(explained.name, style="bold"))
    for text in (explained.message, *explained.remarks):
        if text:
            _line(console, Text(text))
    now = [finding for finding in explained.findings if not finding.over]
    before = [finding for finding in explained.findings if finding.over]
    if not now:
        console.print()
        _line(console, Text("Nothing is found that the lab has a name for."))
    for index, finding in enumerate(now):
        causes = [cause.title for cause in now[:index] if finding.name in _explained_by(cause)]
        if causes:
            _show_consequence(finding, causes, console)
        else:
            _show_finding(finding, explained.file, console, expert=expert)
    if before:
        console.print()
        _line(console, Text("On the way", style="bold"))
        for finding in before:
            _line(console, _heading(finding), INDENT)
            _line(console, Text(finding.sentence), 2 * INDENT)


def _show_finding(finding: Finding, file: Path | None, console: Console, *, expert: bool) -> None:
    console.print()
    _line(console, _heading(finding))
    _line(console, Text(finding.sentence), INDENT)
    if finding.evidence:
        _title("What shows it", console)
    for evidence in finding.evidence:
        _line(console, Text(f"• {_in_words(evidence)}"), 2 * INDENT)
    if finding.name in RULES:
        meaning = explanation(finding.name)
        _title("With the mathematics" if expert else "What it means", console)
        _markdown(meaning.expert if expert else meaning.plain, console)
    if finding.fixes:
        _title("What to try", console)
    for number, fix in enumerate(finding.fixes, start=1):
        _line(console, Text.assemble(f"{number}. ", (fix.title, "bold"), f": {fix.why}"), 2 * INDENT)
        _line(console, Text(_to_type(fix, file), style="cyan"), 2 * INDENT + 3)
    if finding.name in SHOWN_BY and finding.severity != "fine":
        _title("A scenario that shows it", console)
        _line(console, Text(f"python main.py -e {SHOWN_BY[finding.name].scenario}", style="cyan"), 2 * INDENT)


def _explained_by(cause: Finding) -> tuple[str, ...]:
    return RULES[cause.name].explains if cause.name in RULES else ()


def _show_consequence(finding: Finding, causes: list[str], console: Console) -> None:
    """Print in short what another finding may well be the cause of."""
    console.print()
    _line(console, _heading(finding))
    _line(console, Text(finding.sentence), INDENT)
    _line(console, Text(f"It may well follow from: {', '.join(causes)}. Begin there."), INDENT)


def _heading(finding: Finding) -> Text:
    since = _span(finding.first_step, finding.last_step)
    mark = Text(f"{MARKS[finding.severity]} {finding.title}", style=STYLES[finding.severity])
    return mark.append(f"  {WORDS[finding.severity]} · {100 * finding.confidence:.0f} % sure · {since}", style="dim")


def _in_words(evidence: Evidence) -> str:
    curve = CURVES.get(evidence.curve, evidence.curve.replace("_", " "))
    if evidence.curve == "data":
        return f"{curve}: {evidence.sentence}"
    return f"{curve}, {_span(evidence.first_step, evidence.last_step)}: {evidence.sentence}"


def _span(first: int, last: int) -> str:
    return f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"


def _to_type(fix: Fix, file: Path | None) -> str:
    if file is None:
        return ", ".join(f"{key} = {_as_toml(value)}" for key, value in fix.changes.items())
    return command(file, fix.changes)


def command(file: Path, changes: Mapping[str, Any]) -> str:
    """Return the line that runs an experiment with some changes, quoted for a shell.

    >>> command(Path("runs/a/experiment.toml"), {"optimizer.lr": 0.001, "network.hidden": [8, 8]})
    "python main.py run runs/a/experiment.toml --set optimizer.lr=0.001 --set 'network.hidden=[8, 8]'"
    """
    words = ["python", "main.py", "run", str(file)]
    for key, value in changes.items():
        words += ["--set", f"{key}={_as_toml(value)}"]
    return shlex.join(words)


def _as_toml(value: Any) -> str:
    """Return a value as ``--set`` reads it: text without quotation marks where it is taken for nothing else."""
    if isinstance(value, str) and value.replace("_", "").isalpha() and value not in ("true", "false", "inf", "nan"):
        return value
    return _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_toml, value))}]"  # on one line, unlike those of tomli_w
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")


def _title(text: str, console: Console) -> None:
    _line(console, Text(text, style="bold"), INDENT)


def _markdown(text: str, console: Console) -> None:
    """Print Markdown, on a terminal as it looks best, in a pipe as it is written."""
    if console.is_terminal:
        console.print(Padding(Markdown(text), (0, 0, 0, 2 * INDENT)))
        return
    for line in text.replace("**", "").splitlines():
        _line(console, Text(line), 2 * INDENT if line else 0)


def _line(console: Console, text: Text, indent: int = 0) -> None:
    """Print a line: on a terminal wrapped within its indentation, in a pipe left whole."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)), highlight=False)
    else:
        console.print(Text(" " * indent) + text, highlight=False, soft_wrap=True)


def _readable(name: str) -> str:
    try:
        return Readable().check(name)
    except ValueError:  # the name of an experiment may hold anything
        return "a run"
