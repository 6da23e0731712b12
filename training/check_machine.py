"""Self-test: processor, GPU, folders, the known run and the speed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from training.check import Check, Verdict
from training.shown_path import shown_path

LITTLE_SPACE, TOO_LITTLE_SPACE = 1_000_000_000, 50_000_000
"""Bytes free under which a folder is worth a look, and fails."""

SPEED_EXPERIMENT = "two_spirals"
SPEED_SECONDS = 1.5
USUAL_SPEED = 8_000
"""Steps per second of that experiment on one core of a computer of the year 2023."""
SLOW = 0.4
"""Under this share of the usual speed it is worth a look."""
SHARE_OF_A_QUIET_CORE = 0.85


def check_processor() -> Check:
    """Tell the cores, and how many threads torch uses."""
    import torch

    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    found = f"{_counted(cores, 'core')}; torch uses {_counted(threads, 'thread')}"
    if threads > 1:
        return Check("Processor", "warning", found, "Small networks run faster with one: set OMP_NUM_THREADS=1")
    return Check("Processor", "ok", found)


def check_gpu() -> Check:
    """Compute a little on the GPU, if there is one."""
    import torch

    if torch.version.cuda is None:
        return Check("GPU", "ok", "not used: this PyTorch is a CPU build; training runs on the processor")
    if not torch.cuda.is_available():
        return Check("GPU", "ok", "none found (or no NVIDIA driver); training runs on the processor")
    name = torch.cuda.get_device_name(0)
    try:
        x = torch.arange(64 * 64, dtype=torch.float32).view(64, 64) / 1024
        there = (x.cuda() @ x.cuda().T).cpu()
    except RuntimeError as error:
        first_line = str(error).partition("\n")[0]
        return Check("GPU", "failed", f"{name} does not compute: {first_line}", _GPU_ADVICE)
    if not torch.allclose(there, x @ x.T, rtol=1e-2):  # a GPU may multiply with fewer digits
        return Check("GPU", "failed", f"{name} computes wrong numbers", _GPU_ADVICE)
    return Check("GPU", "ok", f"{name}, CUDA {torch.version.cuda}")


_GPU_ADVICE = "Choose the device CPU until it works; update the NVIDIA driver, or install a CPU build of torch"


def check_folder(name: str, folder: Path) -> Check:
    """Write a file where the program keeps things (beside it, if the folder is not there yet), and look at the disk."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"Convergence Lab")
    except OSError as error:
        return Check(name, "failed", f"{folder} cannot be written: {error.strerror}", f"Choose or allow another {name}")
    free = shutil.disk_usage(there).free
    found = f"{shown_path(folder)}, {free / 1e9:,.1f} GB free"
    if free >= LITTLE_SPACE:
        return Check(name, "ok", found)
    return Check(name, "failed" if free < TOO_LITTLE_SPACE else "warning", found, "Make room on that disk")


def check_known_run(report: Callable[[float], None], cancelled: Callable[[], bool]) -> Check:
    """Train the known experiment and compare."""
    from training.known_run import CHANGES, EXPERIMENT, TOLERANCE, stored, train_known

    name = "Known run"
    result = train_known(report, cancelled)
    if result is None:
        return Check(name, "warning", "stopped before its end", "Run the self-test again")
    reference = stored()
    what = f"'{EXPERIMENT}', {CHANGES['epochs']} epochs, loss {result.train_loss[-1]:.6f}"
    if result == reference:
        return Check(name, "ok", f"{what}: the same as the stored result, bit for bit")
    difference = result.difference(reference)
    found = f"{what}: differs from the stored result by {difference:.1e} at the most"
    if difference <= TOLERANCE:
        return Check(name, "ok", f"{found}, as other processors and versions round")
    return Check(
        name, "failed", f"{found}; stored: {reference.train_loss[-1]:.6f}",
        "Training computes something else here: install the pinned versions (constraints.txt) and try again",
    )  # fmt: skip


def check_speed(
    report: Callable[[float], None], cancelled: Callable[[], bool], seconds: float = SPEED_SECONDS
) -> Check:
    """Measure steps per second of a small network."""
    import torch

    from training.engine import Engine, next_chunk
    from training.experiment_file import find, load
    from training.validation import replace

    engine = Engine(replace(load(find(SPEED_EXPERIMENT)), {"device": "cpu", "epochs": 1_000_000}))
    engine.advance(100)  # the first steps are slower
    chunk, first = 1, engine.step
    began, worked = time.perf_counter(), time.thread_time()
    while (passed := time.perf_counter() - began) < seconds and not cancelled() and not engine.finished:
        chunk = next_chunk(chunk, engine.advance(chunk))
        report(passed / seconds)
    passed, worked = time.perf_counter() - began, time.thread_time() - worked
    return judged_speed((engine.step - first) / passed, worked / passed, torch.get_num_threads())


def judged_speed(steps_per_second: float, share_of_core: float, threads: int) -> Check:
    """Compare a speed with what is usual, and say what may be the reason if it is low."""
    share = steps_per_second / USUAL_SPEED
    found = (
        f"{steps_per_second:,.0f} steps per second of a small network; usual: about {USUAL_SPEED:,}"
        f" ({share:.0%}, with {min(share_of_core, 1.0):.0%} of a core)"
    )
    if share >= SLOW:
        return Check("Speed", "ok", found)
    verdict: Verdict = "warning"
    if threads > 1:
        return Check("Speed", verdict, found, f"torch uses {threads} threads; set OMP_NUM_THREADS=1")
    if share_of_core < SHARE_OF_A_QUIET_CORE:
        return Check("Speed", verdict, found, "Something else keeps this computer busy: end other programs, or a run")
    return Check("Speed", verdict, found, "The processor is slow now: plug in the power supply, let it cool down")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + "s" * (count != 1)
