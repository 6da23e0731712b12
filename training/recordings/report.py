"""What is said of a run that was made again."""

from __future__ import annotations

from training.recordings.again import CLOSE, Again, Difference
from training.recordings.recording import Recording


def in_words(recording: Recording, again: Again) -> list[str]:
    """Return the verdict, and a line for each figure that came out otherwise."""
    steps = "1 step" if recording.steps == 1 else f"{recording.steps:,} steps"
    edits = {0: "no change", 1: "1 change"}.get(len(recording.edits), f"{len(recording.edits):,} changes")
    lines = [f"{recording.name}: {steps}, {edits} on the way."]
    if again.same and again.exact:
        return [*lines, "The same: every parameter is as recorded, bit for bit."]
    if again.same:
        return [*lines, f"As good as the same: all figures are within {CLOSE:.0%} of the recorded ones. "
                + _about_the_parameters(recording)]  # fmt: skip
    return [*lines, _fault(recording, again), *(_line(each) for each in again.differences)]


def _about_the_parameters(recording: Recording) -> str:
    if not recording.fingerprint:
        return "Whether the parameters are the same bit for bit was not recorded."
    return "Bit for bit the parameters differ, as they do on another processor, device or version of PyTorch."


def _fault(recording: Recording, again: Again) -> str:
    if again.exact:
        return "NOT the same: the parameters are as recorded, but the figures in the file are others."
    if not recording.figures:
        return "NOT the same: the parameters differ, and no figures were recorded to compare."
    return ("NOT the same: the file was changed, or it comes from another machine and training has magnified what "
            "that one rounds in another way.")  # fmt: skip


def _line(difference: Difference) -> str:
    now = "nothing" if difference.again is None else f"{difference.again:.6g}"
    return f"  {difference.name}: recorded {difference.recorded:.6g}, now {now}"
