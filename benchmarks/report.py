"""The figures as tables: every table once, shown in a terminal or written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.single import LAB


@dataclass(frozen=True)
class Sheet:
    """A table with its title, and a note below it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [
            "| " + " | ".join(self.columns) + " |",
            "|" + "|".join([" --- ", *[" ---: "] * (len(self.columns) - 1)]) + "|",
            *("| " + " | ".join(row) + " |" for row in self.rows),
        ]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def bars(results: dict[str, Any]) -> Sheet:
    """Return every bar with what was measured."""
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [
        (row["bar"], row["wanted"], row["measured"] or "–", words[row["met"]], row["evaluating"] or "–")
        for row in results["bars"]
    ]
    note = (
        "Measured like for like: the lab records loss and both norms of every layer at every step; nobody evaluates. "
        "The last column is with the lab's evaluation of all samples once an epoch; scikit-learn validates too there, "
        "PyTorch's loop does not."
    )
    return Sheet("Bars", ("bar", "wanted", "measured", "met", "evaluating"), rows, note)


def single(results: dict[str, Any]) -> list[Sheet]:
    """Return one table for each network."""
    sheets = []
    for name, found in results.items():
        note = f"{found['training_samples']:,} training and {found['held_out_samples']:,} held-out samples."
        if found["scikit_learn_setting"]:
            note += f" scikit-learn is fastest here with {found['scikit_learn_setting']}."
        sheets.append(_contenders(f"{name}: {found['network']}", found, "step", note))
    return sheets


def population(found: dict[str, Any]) -> Sheet:
    """Return the table of replicas."""
    return _contenders(f"{found['replicas']} replicas of S: {found['network']}", found, "replica step")


def window(found: dict[str, Any]) -> Sheet:
    """Return the figures of the window."""
    delay, redraw = found["delay_ms"], found["redraw"]
    return Sheet(
        f"In the window, {found['size'][0]}×{found['size'][1]}, {found['platform']}, training S",
        ("figure", "measured"),
        [
            ("steps per second in the window", f"{found['steps_per_second']:,.0f}"),
            ("steps per second without one", f"{found['headless_steps_per_second']:,.0f}"),
            ("share", f"{100 * found['share_of_headless']:.0f} %"),
            *_share("share, with both on one core", found.get("share_of_headless_on_one_core")),
            *_share("share without a window, with naps of 1 ms", found.get("share_with_naps")),
            ("redraws per second", f"{found['redraws_per_second']:.1f}"),
            *((f"of these with {title}", f"{rate:.1f}") for title, rate in found["panels_per_second"].items()),
            ("share of a core the window's thread takes", f"{100 * found['share_of_a_core_for_the_window']:.0f} %"),
            ("delay of the event loop: median", f"{delay['p50']:.1f} ms"),
            ("delay of the event loop: 99th percentile", f"{delay['p99']:.1f} ms"),
            ("delay of the event loop: longest", f"{delay['max']:.1f} ms"),
            ("redraws per second in projector mode", f"{found['projector']['redraws_per_second']:.1f}"),
            ("with 64 layers: redraws per second", f"{found['deep']['redraws_per_second']:.1f}"),
            ("with 64 layers: delay, 99th percentile", f"{found['deep']['delay_ms']['p99']:.1f} ms"),
            ("with 64 layers: delay, longest", f"{found['deep']['delay_ms']['max']:.1f} ms"),
            *(
                (f"a redraw of all panels at {steps:,} recorded steps", f"{milliseconds:.1f} ms")
                for steps, milliseconds in zip(redraw["steps"], redraw["milliseconds"], strict=True)
            ),
        ],
    )


def _share(title: str, share: float | None) -> list[tuple[str, str]]:
    """Return a row, or none where it was not measured: there, or by an earlier version."""
    return [] if share is None else [(title, f"{100 * share:.0f} %")]


def startup(found: dict[str, Any]) -> Sheet:
    """Return the figures of the start."""
    return Sheet(
        f"Start, {found['platform']}, warm, median of {found['starts']}",
        ("from the command to", "seconds"),
        [
            ("a painted window with an idle event loop", f"{found['seconds_to_window']:.2f}"),
            ("a run that is ready, so that Space trains", f"{found['seconds_to_ready']:.2f}"),
            ("the same, slowest start", f"{found['slowest_to_ready']:.2f}"),
        ],
    )


def instruments(found: dict[str, Any]) -> Sheet:
    """Return the overhead of the default instruments."""
    rows = []
    for name, network in found["networks"].items():
        for where, title in (("headless", "headless"), ("window", "in the window")):
            part = network[where]
            rows.append((
                f"{name}: {network['network']}, {title}", f"{100 * part['overhead']:.1f} %",
                f"{100 * part['standard_error']:.1f} %",
                f"{part['steps_per_second']:,.0f}", f"{part['steps_per_second_without']:,.0f}",
                f"{part['readings_per_second']:.1f}",
            ))
    return Sheet(
        f"Instruments within a budget of {100 * found['share']:.0f} %",
        ("", "overhead", "standard error", "steps/s with them", "without", "readings/s"), rows,
        f"{found['rounds']} rounds of {found['seconds_each']:g} s with the default instruments and as long without "
        f"(window: {found['platform']}).",
    )  # fmt: skip


def cuda(found: dict[str, Any]) -> Sheet:
    """Return the figures of the GPU."""
    rows = []
    for replicas, part in found["replicas"].items():
        for name, speed in part["contenders"].items():
            rows.append((
                f"R = {int(replicas):,}, {name}", f"{speed['steps_per_second']:,.0f}",
                f"{speed['replica_steps_per_second']:,.0f}",
            ))
    return Sheet(f"S on {found['gpu']}", ("", "steps/s", "replica steps/s"), rows)


def _contenders(title: str, found: dict[str, Any], step: str, note: str = "") -> Sheet:
    without = found["lab_without_evaluations_against"]
    rows = []
    for name, speed in found["contenders"].items():
        ratio = found["lab_against"].get(name)
        rows.append((
            name,
            f"{speed['steps_per_second']:,.0f}",
            f"{speed['microseconds_per_step']:,.1f}",
            "1" if name == LAB else f"{ratio:.2f}",
            f"{without[name]:.2f}" if name in without else "–",
        ))
    rows += [(name, why, "–", "–", "–") for name, why in found["absent"].items()]
    columns = ("", f"{step}s/s", f"µs/{step}", "lab is faster by", "without its evaluations by")
    return Sheet(title, columns, rows, note)
