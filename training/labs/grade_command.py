"""What ``grade`` does: from files and folders to a table of learners and tasks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from training.atomic import write_whole
from training.errors import InputError
from training.labs import lab_file
from training.labs.grading import Grade, TaskGrade, grade, result_files
from training.labs.learner import SUFFIX
from training.labs.verdict import Verdict
from training.shown_path import shown_path

MARKS: dict[Verdict, str] = {
    "reached": "✓ reached", "not reached": "– not reached", "not tried": "· not tried",
    "does not reproduce": "✗ does not reproduce", "altered": "✗ altered", "refused": "✗ refused",
}  # fmt: skip
STYLES: dict[Verdict, str] = {
    "reached": "green", "not reached": "", "not tried": "dim", "does not reproduce": "bold red", "altered": "bold red",
    "refused": "bold red",
}
COLUMNS = (
    "file", "learner", "lab", "made", "step", "task", "title", "verdict", "reason", "tries", "hints",
    "answers right", "answered", "questions",
)  # fmt: skip
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def run(paths: Sequence[Path], out: Path | None, labs: Sequence[Path], console: Console) -> bool:
    """Grade, print, and return whether every file could be graded, and none was altered.

    Raises
    ------
    InputError
        If there is nothing to grade, a lab cannot be opened, or the table cannot be written.
    """
    for lab in labs:
        lab_file.load(lab)  # said before anything runs, and once
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InputError("there is no such file or folder", where=str(missing))
    files = result_files(paths)
    if not files:
        raise InputError(f"there is no learner's file (*{SUFFIX}) here", where=", ".join(map(str, paths)))
    grades = _with_bar(files, labs)
    show(grades, console)
    if out is not None:
        write_whole(out, as_csv(grades).encode())
        console.print(f"Table: {out}", markup=False, highlight=False, soft_wrap=True)
    return all(each.sound for each in grades)


def _with_bar(files: Sequence[Path], labs: Sequence[Path]) -> list[Grade]:
    error_console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs"))
    with Progress(*columns, console=error_console, transient=True, disable=not error_console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        return grade(
            files, labs={path.stem: path for path in labs},
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip


def show(grades: Sequence[Grade], console: Console) -> None:
    """Print a table of learners and tasks for each lab, and below it what has to be looked at."""
    for lab in sorted({each.lab for each in grades if each.tasks}):
        console.print(_table(lab, [each for each in grades if each.lab == lab and each.tasks]))
    for each in grades:
        for line in _remarks(each):
            console.print(line, soft_wrap=True)
    graded = sum(not each.reason for each in grades)
    unsound = sum(not each.sound for each in grades)
    said = f"{len(grades)} file{'s' if len(grades) != 1 else ''}, {graded} graded"
    console.print(f"{said}, {unsound} to be looked at." if unsound else f"{said}.", highlight=False)


def _table(lab: str, grades: Sequence[Grade]) -> Table:
    titles: dict[tuple[int, str], str] = {}
    for each in grades:
        titles.update({(task.step, task.task): task.title for task in each.tasks})
    table = Table(title=Text(lab), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("learner", overflow="fold")
    keys = sorted(titles, key=lambda key: key[0])  # those of a step as the lab has them
    for key in keys:
        table.add_column(Text(f"{key[0]}. {titles[key]}"), overflow="fold")
    table.add_column("tasks", justify="right")
    table.add_column("answers", justify="right")
    for each in grades:
        cells = {(task.step, task.task): _cell(task) for task in each.tasks}
        table.add_row(
            Text(each.learner), *(cells.get(key, Text("")) for key in keys),
            Text(f"{each.reached} of {len(each.tasks)}"), Text(f"{each.right} of {each.asked}"),
        )  # fmt: skip
    return table


def _cell(task: TaskGrade) -> Text:
    tries = f" ({task.tries} tries)" if task.tries > 1 else ""
    return Text(MARKS[task.verdict] + tries, style=STYLES[task.verdict])


def _remarks(each: Grade) -> list[Text]:
    """Return what has to be said of a file beside the table."""
    who = f"{shown_path(each.file)}" + (f" ({each.learner})" if each.learner else "")
    lines = [Text(f"{who}: {each.reason}", style="red")] if each.reason else []
    lines += [Text(f"{who}: {each.note}", style="yellow")] if each.note else []
    lines += [
        Text(f"{who}: step {task.step}, {task.title}: {task.verdict}: {task.reason}", style="red")
        for task in each.tasks if task.verdict in ("does not reproduce", "altered", "refused")
    ]
    return lines


def as_csv(grades: Sequence[Grade]) -> str:
    """Return one row for each learner and task, and one for each file that could not be graded."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in grades:
        about = (each.file, each.learner, each.lab, each.made)
        answers = (each.right, each.answered, each.asked)
        for task in each.tasks:
            row = (task.step, task.task, task.title, task.verdict, task.reason, task.tries, task.hints)
            table.writerow([_safe(value) for value in (*about, *row, *answers)])
        if not each.tasks:
            verdict, _, reason = each.reason.partition(": ")
            table.writerow([_safe(value) for value in (*about, "", "", "", verdict, reason, "", "", *answers)])
    return text.getvalue()


def _safe(value: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula: names come from strangers."""
    text = str(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
