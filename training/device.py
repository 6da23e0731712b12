"""Where an experiment runs."""

from __future__ import annotations

import torch

from training.errors import InputError

GPU_WORTHWHILE_VALUES = 2_000_000
"""Parameters of all replicas from which a GPU is taken by itself: below, launching kernels costs more than they do."""


def choose_device(name: str, values: int) -> torch.device:
    """Return the device for "auto", "cpu" or "cuda".

    Parameters
    ----------
    values
        Parameters of all replicas together.

    Raises
    ------
    InputError
        If CUDA is asked for and absent.
    """
    if name == "cuda" and not torch.cuda.is_available():
        built = "this PyTorch is a CPU build" if torch.version.cuda is None else "PyTorch finds no NVIDIA GPU or driver"
        raise InputError(
            f"cuda was asked for, but {built}", where="device", allowed="auto, cpu",
            hint="Choose cpu or auto (--device; in the form, Run → Device)",
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() and values >= GPU_WORTHWHILE_VALUES else "cpu"
    return torch.device(name)


def describe(device: torch.device) -> str:
    """Return the device in words."""
    return f"CUDA ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "CPU"
