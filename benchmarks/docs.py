"""docs/benchmarks.md, written from what was measured: nothing in it can go stale by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import IMAGES, POINTS
from benchmarks.population import REPLICAS

FILE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

METHOD = f"""\
- **One process, in turns.** The lab and its peers train in the same process in alternating rounds of about half a
  second, the one that begins changing from round to round, so that whatever slows the machine hits all alike. Ratios
  are medians of the rounds' ratios; speeds are medians. Compiling and warming up are not counted.
- **The same work.** ReLU, cross-entropy and Adam with the same widths, batch size, rate and training samples for all.
  S and D train on the default experiment's two spirals ({POINTS:,} points), M on {IMAGES:,} random pictures of MNIST's
  shape; three tenths are held out. PyTorch runs on one thread, as the lab does.
- **lab**: `Engine.train()` into a `History`: loss, learning rate, both norms of every layer, gradient and update norm
  at every step, and an evaluation of all samples (loss, accuracy, convergence criteria) once an epoch, as by default.
  **lab, no evaluations** leaves those out, as the peers do; the bars are held to it, and the full figure stands beside.
- **PyTorch, plain loop**: as tutorials write it: `DataLoader`, `nn.Sequential`, `CrossEntropyLoss`, `Adam`,
  `loss.item()`, the norm of each layer's weight gradient by `.norm().item()`. **PyTorch, fused Adam**: autograd with
  fused Adam, norms by `_foreach_norm`, no `DataLoader`, nothing read back.
- **scikit-learn**: `MLPClassifier` with `early_stopping=False`, in whichever is fastest of float32 or float64, one
  thread or its default threads; it records one loss an epoch and no norms, and for two classes computes one output
  instead of two. **Validating**: with `early_stopping=True` (and no end), its accuracy on the held-out part once an
  epoch.
- **JAX**: jit, one scan an epoch, records loss and both norms of every layer; only where JAX is installed (it is no
  dependency).
- **{REPLICAS} replicas**: the lab trains them at once; the PyTorch loop is run once, since {REPLICAS} runs take
  {REPLICAS} times as long.
- **Window**: the main window at 1440×900 and a run without one take turns, each time in a fresh process. The delay is
  how late a 5 ms timer is called by the event loop while training, in as long a time of its own. A redraw refreshes
  and paints every visible panel after 300 more made-up steps were recorded. All panels that are shown by default are
  in sight, and the default instruments are on; in projector mode there are few panels, drawn large. The network of 64
  layers is 16 units wide. **On one core**: the same with the window and its training bound to one. On a virtual
  machine a core that falls asleep is slow for milliseconds after, and the training thread, which waits while the
  window draws, lets its own sleep as often. The row with **naps** tells how much that takes: training without a
  window lets go of its core for 1 ms some sixteen times a second (the naps themselves not counted). On one core,
  which is never idle, only the work of the window is left.
- **Instruments**: the instruments that are on by default, with the budget that is the default, are switched on and off
  in many short turns during one run, headless and in the window (in a fresh process). The overhead is how much longer a
  step takes with them than without, over all turns; headless in processor time, in the window by the clock. Readings
  are counted over the time they are on.
- **Start**: from starting Python on the program to its window painted, its event loop idle and a run ready to train.
"""


def write(results: dict[str, Any]) -> Path:
    """Write the page and return where it is."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(_lines(results)) + "\n", encoding="utf-8")
    return FILE


def _lines(results: dict[str, Any]) -> list[str]:
    machine, versions = results["machine"], results["versions"]
    lines = [
        "# Benchmarks", "",
        "Written by `make bench ARGS=--write-docs` from what it measured; do not edit.", "",
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}; GPU: {machine['gpu'] or 'none'}.",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()) + ".", "",
        "```",
        "make bench                              # tables",
        "make bench ARGS=--json                  # one JSON object",
        'make bench ARGS="--only window --xvfb"  # one part; its window on a virtual X server',
        "make bench ARGS=--write-docs            # and this page",
        "```", "",
        "## Bars", "", report.bars(results).markdown(), "",
    ]
    sheets = [*report.single(results["single"])] if results.get("single") else []
    sheets += [make(results[name]) for name, make in SECTIONS.items() if results.get(name)]
    for sheet in sheets:
        lines += [f"## {sheet.title}", "", sheet.markdown(), ""]
    lines += ["## GPU", "", _gpu(results.get("cuda")), "", "## Method", "", METHOD.rstrip()]
    return lines


SECTIONS = {
    "population": report.population, "window": report.window, "startup": report.startup,
    "instruments": report.instruments,
}


def _gpu(found: dict[str, Any] | None) -> str:
    if found is not None and found["measured"]:
        sheet = report.cuda(found)
        return f"{sheet.title}.\n\n{sheet.markdown()}"
    return (
        "Not measured: no GPU at hand. Where there is one, this measures S with 1 and with 1,024 replicas, with and "
        'without a CUDA graph:\n\n```\nmake bench ARGS="--only cuda --write-docs"\n```'
    )
