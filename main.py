"""The command line of Convergence Lab: the window by default; run, explain, check, doctor and others without one.

Heavy libraries are imported where a command needs them, and torch always before Qt (on Windows the
other order loads the wrong libraries).
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from training.check import Check
    from training.errors import InputError
    from training.experiment import Experiment
    from training.scenarios.planned_run import PlannedRun
    from training.scenarios.script import Script

DEFAULT_EXPERIMENT = "two_spirals"
INSTRUMENT_SHARE = 0.1
SOMETHING_FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130

DISPLAYS = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build a small neural network, train it live, and see why it converges, stalls or blows up.",
)

ExperimentOption = Annotated[
    str, typer.Option("--experiment", "-e", metavar="FILE|NAME", help="Experiment, scenario or lab to open.")
]


@app.callback(invoke_without_command=True)
def start(context: typer.Context, experiment: ExperimentOption = "") -> None:
    """Build a small neural network, train it live, and see why it converges, stalls or blows up.

    Without a command the window opens.
    """
    if context.invoked_subcommand is None:
        open_window(experiment)
    elif experiment:
        raise typer.BadParameter("belongs to the window: name it after the command", param_hint="--experiment")


@app.command("gui")
def gui_command(experiment: ExperimentOption = "") -> None:
    """Open the window (this is what happens without a command, too)."""
    open_window(experiment)


@app.command("run")
def run_command(
    experiment: Annotated[
        str, typer.Argument(metavar="FILE|NAME", help="A file, or the name of a shipped experiment or scenario.")
    ],
    variant: Annotated[str, typer.Option(metavar="NAME", help="Which run of a scenario. [default: base]")] = "",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change a value, e.g. optimizer.lr=0.1. Repeatable."),
    ] = None,
    replicas: Annotated[int | None, typer.Option(help="Runs side by side, with seeds seed, seed + 1, …")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"] | None, typer.Option(help="Where to run.")] = None,
    steps: Annotated[int | None, typer.Option(help="End after so many steps at the latest.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the files. [default: runs/<time>-<name>]")
    ] = None,
    save_data: Annotated[bool, typer.Option("--save-data", help="Write data.npz as well.")] = False,
    instruments: Annotated[
        str, typer.Option(metavar="SHARE|off", help="Time for instruments, as a part of that for training.")
    ] = str(INSTRUMENT_SHARE),
    measure: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME,…", help="Measure more: hessian_trace, landscape. Repeatable."),
    ] = None,
) -> None:
    """Train an experiment, or one run of a scenario, without a window and write its files."""
    share = instrument_share(instruments)
    more = measured(measure or [], share)
    quick: dict[str, Any] = {"replicas": replicas, "device": device, "steps": steps, "epochs": epochs}
    given = [f"{key}={value}" for key, value in quick.items() if value is not None]
    planned = planned_run(experiment, variant)
    chosen = changed(planned.experiment, [*(changes or []), *given])
    train_headless(chosen, planned.script(), out=out, save_data=save_data, instruments=share, measure=more)


@app.command("list")
def list_command(
    topic: Annotated[str, typer.Argument(metavar="[TOPIC]", help="datasets, activations, optimizers, …")] = "",
) -> None:
    """List what there is to choose from; without a topic, the names of everything."""
    prepare_torch()
    from training.listing import HEADINGS, TOPICS, rows

    if topic:
        cells = [(row.name, row.title, row.formula, row.note) for row in rows(topic)]
        show_table(("name", "title", HEADINGS.get(topic, "formula"), "note"), cells)
    else:
        show_table(("topic", "names"), [(name, ", ".join(row.name for row in rows(name))) for name in TOPICS])
        print("More about one of them: list TOPIC")


@app.command("check")
def check_command(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files of any kind, or names of shipped ones.")],
) -> None:
    """Report every mistake in experiments, scenarios and other files of the lab, without running them."""
    prepare_torch()
    from training.errors import InputError
    from training.experiment_file import find
    from training.file_kinds import load

    wrong = False
    for file in files:
        try:
            load(find(file))
        except InputError as error:
            wrong = True
            for line in mistakes(error):
                print(line, file=sys.stderr)
        else:
            print(f"{file}: ok")
    if wrong:
        raise typer.Exit(BAD_INPUT)


@app.command("replay")
def replay_command(
    scenario: Annotated[str, typer.Argument(metavar="[NAME|FILE]", help="A scenario, or a recorded run.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Replay all scenarios that ship with the program.")] = False,
    seeds: Annotated[int, typer.Option(min=1, max=200, help="Seeds to run side by side.")] = 10,
    first_seed: Annotated[int | None, typer.Option(min=0, help="The first of them. [default: the scenario's]")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the report and the curves there.")] = None,
) -> None:
    """Run scenarios again, and say of everything they expect whether it holds."""
    prepare_torch()
    from training.scenarios.replay_command import Order, run

    if not run(Order(scenario, every, seeds, first_seed, out), wide_console()):
        raise typer.Exit(SOMETHING_FAILED)


@app.command("explain")
def explain_command(
    run: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="The folder of a run, or a recorded run (.labrun).")],
    expert: Annotated[bool, typer.Option("--expert", help="Explain with the mathematics.")] = False,
) -> None:
    """Say in plain words what happened in a run and why, what shows it, and what to try."""
    prepare_torch()
    from rich.console import Console

    from training.diagnosis.explain_command import run as explain

    explain(run, Console(), expert=expert)


@app.command("grade")
def grade_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILES…", help="Learners' files, or folders of them.")],
    csv: Annotated[Path | None, typer.Option("--csv", metavar="OUT", help="Write the table to a CSV file.")] = None,
    labs: Annotated[
        list[Path] | None,
        typer.Option("--lab", metavar="FILE", help="A lab of your own that results were made with. Repeatable."),
    ] = None,
) -> None:
    """Run what learners claim again, and say who reached what."""
    prepare_torch()
    from training.labs.grade_command import run

    if not run(files, csv, labs or [], wide_console()):
        raise typer.Exit(SOMETHING_FAILED)


@app.command("schema")
def schema_command(
    kind: Annotated[
        str, typer.Argument(metavar="[KIND]", help="experiment, scenario, lab, run (a recording) or result.")
    ] = "experiment",
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    prepare_torch()
    import json

    from training.file_kinds import kind_named

    print(json.dumps(kind_named(kind).json_schema(), indent=2))


@app.command("doctor")
def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON, for programs.")] = False,
) -> None:
    """Check this computer: versions, device, display, folders, a known training run, and the speed."""
    checks = examined(progress=not as_json)
    from training.check import conclusion, worst

    verdict = worst(checks)
    if as_json:
        import json
        from dataclasses import asdict

        print(json.dumps({"verdict": verdict, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        show_checks(checks)
        print(conclusion(checks))
    if verdict == "failed":
        raise typer.Exit(SOMETHING_FAILED)


# --------------------------------------------------------------------------------- what they do


def open_window(experiment: str) -> None:
    """Open the window; without a display, say so and run the same experiment headless."""
    from gui.system_libraries import advice, has_display, missing

    if not has_display(os.environ):
        print("No display here (DISPLAY and WAYLAND_DISPLAY are not set): training without a window instead.")
        planned = planned_run(experiment or DEFAULT_EXPERIMENT)
        train_headless(planned.experiment, planned.script())
        return
    absent = missing(os.environ)
    if absent:
        print(advice(absent), file=sys.stderr)
        raise typer.Exit(BAD_INPUT)
    gc.disable()  # collections among what is imported take 0.4 s and find nothing; the window has them back
    try:
        prepare_torch()
        from training.experiment_file import find

        path = find(experiment) if experiment else None
        from gui.app import run_gui

        raise typer.Exit(run_gui(path))
    finally:
        gc.enable()  # also where no window came of it


def train_headless(
    experiment: Experiment,
    script: Script | None = None,
    *,
    out: Path | None = None,
    save_data: bool = False,
    instruments: float = INSTRUMENT_SHARE,
    measure: Sequence[str] = (),
) -> None:
    """Train with a progress bar, write the files, and say how it ended and where they are."""
    prepare_torch()
    from rich.console import Console

    from training.headless import run_headless
    from training.terminal import TerminalProgress

    console = Console()
    with TerminalProgress(console) as progress:
        result = run_headless(
            experiment, out=out, save_data=save_data, script=script, watch=progress, instruments=instruments,
            measure=measure, survey=progress.survey,
        )  # fmt: skip
    for replica, outcome in enumerate(result.finished.outcomes[:8]):
        prefix = f"Replica {replica}: " if experiment.replicas > 1 else ""
        console.print(prefix + outcome.message, markup=False, highlight=False, soft_wrap=True)
    if experiment.replicas > 8:
        console.print(f"… and {experiment.replicas - 8} more replicas: see summary.json", highlight=False)
    if result.finished.measured:
        console.print(result.finished.spent.sentence(), highlight=False)
    console.print(f"Files: {result.folder}", markup=False, highlight=False, soft_wrap=True)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)


def examined(*, progress: bool) -> list[Check]:
    """Make the self-test, with a progress bar where there is a terminal, and return its rows."""
    with contextlib.suppress(ImportError):  # without torch the self-test says so
        prepare_torch()
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from training.self_test import Doing, self_test

    console = Console(stderr=True)
    shown = progress and console.is_terminal
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("", total=1.0)

        def report(doing: Doing) -> None:
            bar.update(task, completed=doing.share, description=doing.name)

        return list(self_test(folders=folders_written(), display=check_display, report=report))


def folders_written() -> dict[str, Path]:
    """Return the folders the program writes into, by what they are for."""
    from gui.state_folder import wanted_state_folder

    return {"State folder": wanted_state_folder(), "Run folder": Path("runs").absolute()}


def check_display() -> Check:
    """Tell whether the window can open here."""
    from gui.system_libraries import advice, has_display, missing
    from training.check import Check

    if not has_display(os.environ):
        found = "none (DISPLAY and WAYLAND_DISPLAY are not set): no window can open"
        return Check("Display", "warning", found, "Train without a window: python main.py run two_spirals")
    absent = missing(os.environ)
    if absent:
        names = ", ".join(library.file for library in absent)
        return Check("Display", "failed", f"the window lacks system libraries: {names}", _install_line(advice(absent)))
    where = next((f"{name}={os.environ[name]}" for name in DISPLAYS if os.environ.get(name)), sys.platform)
    return Check("Display", "ok", f"a window can open ({where})")


def _install_line(advice: str) -> str:
    return "; ".join(" ".join(line.split()) for line in advice.splitlines() if " install " in line)


def show_checks(checks: Sequence[Check]) -> None:
    """Print the rows of the self-test as a table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from training.check import WORDS

    console = wide_console()
    styles = {"ok": "green", "warning": "yellow", "failed": "bold red"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("found and what to do", overflow="fold")
    for check in checks:
        found = Text(check.found)
        if check.advice:
            found.append(f"\n→ {check.advice}", style="bold")
        table.add_row(Text(WORDS[check.verdict], style=styles[check.verdict]), Text(check.name), found)
    console.print(table)


def wide_console() -> Console:
    """Return a console as wide as the terminal; where there is none, wide enough to keep a row on a line."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 240
    return console


def show_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table."""
    from rich.table import Table
    from rich.text import Text

    console = wide_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading in ("name", "topic"))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def planned_run(file_or_name: str, variant: str = "") -> PlannedRun:
    """Read the run of an experiment, or one run of a scenario, given by file or by the name of a shipped one."""
    prepare_torch()
    from training.experiment_file import find
    from training.scenarios.planned_run import load_run

    return load_run(find(file_or_name), variant)


def changed(experiment: Experiment, assignments: list[str]) -> Experiment:
    """Return the experiment with ``key=value`` assignments applied, all at once."""
    from training.errors import InputError
    from training.experiment_file import with_absolute_paths
    from training.validation import replace

    changes: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise InputError("is not KEY=VALUE", where=f"--set {assignment}", hint="Example: --set optimizer.lr=0.1")
        changes[key.strip()] = parsed(text.strip(), where=f"--set {key.strip()}")
    # Paths in the experiment's own file are absolute by now: what is still relative was typed, and is meant from here.
    return with_absolute_paths(replace(experiment, changes), Path()) if changes else experiment


def instrument_share(text: str) -> float:
    """Return the share of training time that ``--instruments`` asks for; 0 for ``off``."""
    from training.errors import InputError

    if text.strip().lower() == "off":
        return 0.0
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError("is neither 'off' nor a share from 0 to 1", where=f"--instruments {text}", hint="Example: 0.1")
    return share


def measured(texts: list[str], share: float) -> tuple[str, ...]:
    """Return what ``--measure`` asks for, each text a name or several with commas between them."""
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if not names:
        return ()
    prepare_torch()
    from training.errors import InputError, did_you_mean
    from training.headless import TO_MEASURE

    for name in names:
        if name not in TO_MEASURE:
            raise InputError(
                "is nothing that can be measured", where=f"--measure {name}", allowed=", ".join(TO_MEASURE),
                hint=did_you_mean(name, TO_MEASURE),
            )
    if not share:
        raise InputError(
            "needs time for instruments, and they are off", where=f"--measure {names[0]}",
            hint="Leave --instruments off away",
        )
    return tuple(dict.fromkeys(names))


def parsed(text: str, *, where: str = "--set") -> Any:
    """Return a value as TOML would read it; what TOML cannot read is text (``relu``), or a number (``.1``)."""
    from training.errors import InputError

    try:
        values = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        values = {}
    except ValueError:  # Python refuses to read thousands of digits
        raise InputError("holds a number with too many digits", where=where) from None
    except RecursionError:
        raise InputError("nested too deeply", where=where) from None
    if set(values) == {"value"}:
        return values["value"]
    try:
        return float(text)
    except ValueError:
        return text


def mistakes(error: InputError) -> list[str]:
    """Return every mistake as ``file:line: what is wrong``, as compilers do."""
    from training.errors import ExperimentError

    if isinstance(error, ExperimentError):
        found = [_located(error.file, problem.line_number, problem.text()) for problem in error.problems]
        return found + [_located(error.file, None, f"… and {error.more:,} more")] * bool(error.more)
    line = re.search(r"\(at line (\d+)[,)]", error.what)
    if line and error.where:
        return [_located(error.where, int(line[1]), error.what + (f". {error.hint}" if error.hint else ""))]
    return [error.message()]


def _located(file: str, line: int | None, text: str) -> str:
    return f"{file}:{line}: {text}" if line else f"{file}: {text}"


def prepare_torch() -> None:
    """Import torch before anything of Qt, and keep it on one thread: small networks run 10 to 100 times faster so."""
    # The other threads of NumPy's matrix products would spin for a while after each, at the cost of the window.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when NumPy is imported
    import torch

    torch.set_num_threads(1)


def main() -> None:
    """Run the command line; mistakes of the user end in a clear line, not in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter must not end the run
    try:
        app()
    except Exception as error:
        from training.errors import InputError, LostProcess

        if not isinstance(error, InputError):
            raise
        print(f"Error: {error.message()}", file=sys.stderr)
        sys.exit(SOMETHING_FAILED if isinstance(error, LostProcess) else BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def window() -> None:
    """Open the window: the command without a console, where the system tells the two apart."""
    sys.argv[1:1] = ["gui"]
    main()


if __name__ == "__main__":
    main()
