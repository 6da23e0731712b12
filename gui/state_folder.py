"""The folder for what the program remembers by itself: where it is, and making it. No Qt."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

from platformdirs import user_state_path

VARIABLE = "CONVERGENCE_LAB_STATE"


def wanted_state_folder() -> Path:
    """Return where the folder is to be, whether or not it can be made there."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_state_path("convergence-lab", appauthor=False)


def state_folder() -> Path:
    """Return the folder for what the program remembers by itself, made if need be.

    Where it cannot be made or written, a temporary one serves: the window opens all the same.
    """
    folder = wanted_state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _temporary_state_folder()
    return folder if os.access(folder, os.W_OK) else _temporary_state_folder()


def _temporary_state_folder() -> Path:
    # The same for all sessions of a user, so that what one leaves behind is still found by the next.
    folder = Path(tempfile.gettempdir()) / f"convergence-lab-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
