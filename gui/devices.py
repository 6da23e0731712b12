"""The preferred device, and what this computer has. No Qt."""

from __future__ import annotations

import torch

from training.experiment import Experiment
from training.validation import replace


def with_device(experiment: Experiment, device: str) -> Experiment:
    """Return a new experiment on the preferred device, if it leaves the choice open and the device is there."""
    if experiment.device != "auto" or device == "auto" or (device == "cuda" and not torch.cuda.is_available()):
        return experiment
    return replace(experiment, {"device": device})


def cuda_found() -> tuple[bool, str]:
    """Return whether a GPU can be used, and in words what was found or why not."""
    if torch.cuda.is_available():
        return True, f"Found: {torch.cuda.get_device_name(0)}."
    if torch.version.cuda is None:
        return False, "CUDA is not available: this PyTorch is a CPU build. A CUDA build of the same version adds it."
    return False, "CUDA is not available: PyTorch finds no NVIDIA GPU or driver on this computer."
