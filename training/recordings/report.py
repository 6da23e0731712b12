"""What is said of a run that was made again."""

from __future__ import annotations

from training.recordings.again import CLOSE, Again
from training.recordings.recording import Recording


def in_words(recording: Recording, again: Again) -> list[str]:
    """Return the verdict, and a line for each figure that came out otherwise."""
    steps = "1 step" if recording.steps == 1 else f"{recording.steps:,} steps"
    edits = {0: "no change", 1: "1 change"}.get(len(recording.edits), f"{len(recording.edits):,} changes")
    lines = [f"{recording.name}: {steps}, {edits} on the way."]
    if again.exact:
        return [*lines, "The same: every parameter is as recorded, bit for bit."]
    if again.close:
        return [*lines, f"As good as the same: all figures are within {CLOSE:.0%} of the recorded ones. Bit for bit "
                "the parameters differ, as they do on another processor, device or version of PyTorch."]  # fmt: skip
    if not recording.figures:
        return [*lines, "NOT the same: the parameters differ, and no figures were recorded to compare."]
    lines.append("NOT the same: the file was changed, or it comes from a machine that computes quite otherwise.")
    return lines + [
        f"  {each.name}: recorded {_figure(each.recorded)}, now {_figure(each.again)}" for each in again.differences
    ]


def _figure(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.6g}"
