"""What the user chose about the program itself, kept from one start to the next. No Qt."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from training.atomic import write_whole
from training.errors import InputError, shortened
from training.instruments.instruments import SHARE

FILE = "preferences.json"
MAX_BYTES = 500_000
"""Far more than any arrangement of panels takes; a longer file is not ours."""
SMALLEST, LARGEST = 0.8, 2.0
"""Interface scales."""
LEAST_DRAWING, MOST_DRAWING = 0.05, 0.5
"""Shares of a core for drawing."""
MOST_MEASURING = 0.5
"""Share of the training time for instruments."""

log = logging.getLogger(__name__)


class Settings(BaseModel):
    """Every preference, valid."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    theme: Literal["system", "dark", "light"] = "system"
    """system follows the desktop."""
    scale: Annotated[float, Field(ge=SMALLEST, le=LARGEST)] = 1.0
    """Size of everything in the window."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where new experiments run."""
    run_folder: Annotated[str, Field(min_length=1, max_length=4096)] = "runs"
    """Where runs are saved; the default is the one of `main.py run`."""
    redraw_budget: Annotated[float, Field(ge=LEAST_DRAWING, le=MOST_DRAWING)] = 0.13
    """Share of a core that drawing may take while a run trains."""
    instrument_budget: Annotated[float, Field(ge=0.0, le=MOST_MEASURING)] = SHARE
    """Share of the training time that instruments may take; 0: none are read."""
    instruments_off: list[str] = []
    """Instruments of the standard set that are not read."""
    instruments_on: list[str] = []
    """Others that are."""
    ghost: bool = True
    """Whether the run before is shown in gray."""
    tour_done: bool = False
    """Whether the guided tour was taken or skipped."""
    geometry: Annotated[str, Field(max_length=4096)] = ""
    """Size and place of the window, as Qt tells them, in base64."""
    arrangement: dict[str, Any] = {}
    """How the panels are arranged; only the window knows what it means."""

    @field_validator("run_folder")
    @classmethod
    def _names_a_folder(cls, folder: str) -> str:
        if "\0" in folder:
            raise ValueError("a name cannot contain a zero character")
        try:
            Path(folder).expanduser()
        except RuntimeError:  # "~somebody" whom the system does not know
            raise ValueError("there is no such home directory") from None
        return folder

    def folder_for_runs(self) -> Path:
        """Return the folder for runs, absolute."""
        return Path(self.run_folder).expanduser().absolute()


class Preferences:
    """The settings, and the one file of the state folder they are kept in.

    A file that cannot be read, or a value that is not allowed, costs what it held, and is said in the
    log. Keys of another version of the program are kept as they are.

    Attributes
    ----------
    settings
        What is chosen now.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._foreign: dict[str, Any] = {}
        self._broken = False
        self.settings = Settings()
        self._take(self._read())

    def change(self, **values: Any) -> Settings:
        """Choose some values, keep them, and return all of them.

        Raises
        ------
        ValueError
            If a value is not allowed (pydantic's ``ValidationError``).
        """
        self.settings = Settings.model_validate({**self.settings.model_dump(), **values})
        self._write()
        return self.settings

    def _take(self, stored: dict[str, Any]) -> None:
        known = {name: value for name, value in stored.items() if name in Settings.model_fields}
        self._foreign = {name: value for name, value in stored.items() if name not in known}
        for name, value in known.items():
            try:
                self.settings = Settings.model_validate({**self.settings.model_dump(), name: value})
            except ValidationError as error:
                problem = error.errors()[0]["msg"].replace("Input should be", "must be")
                log.warning("%s: %s = %s is left out: %s", self._file, name, shortened(repr(value)), problem)

    def _read(self) -> dict[str, Any]:
        try:
            if self._file.stat().st_size > MAX_BYTES:
                raise ValueError(f"larger than {MAX_BYTES:,} bytes")
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("not a table of preferences")
        except FileNotFoundError:
            return {}  # nothing chosen yet
        except (OSError, ValueError, RecursionError) as error:
            self._broken = True
            log.warning("Preferences cannot be read, so the defaults hold: %s: %s", self._file, error)
            return {}
        return stored

    def _write(self) -> None:
        if self._broken:  # somebody may want to look what is wrong with it
            with contextlib.suppress(OSError):
                os.replace(self._file, self._file.with_suffix(".broken.json"))
            self._broken = False
        chosen = self.settings.model_dump(exclude_defaults=True)
        try:
            content = json.dumps({**self._foreign, **chosen}, indent=1).encode()
            if len(content) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES:,} bytes")
            write_whole(self._file, content)
        except (InputError, TypeError, ValueError, RecursionError) as error:
            # A full disk must not keep anyone from choosing: the choice holds until the window closes.
            log.warning("Preferences are not kept: %s", error)
