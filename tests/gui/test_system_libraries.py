"""What the window needs of the system, told before Qt is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gui.system_libraries import advice, has_display, loads, missing, needed

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("environment", "system", "expected"),
    [
        ({}, "Linux", False),
        ({"DISPLAY": ""}, "Linux", False),
        ({"DISPLAY": ":0"}, "Linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "Linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "Linux", True),
        ({}, "Windows", True),
        ({}, "Darwin", True),
    ],
)
def test_display(environment: dict[str, str], system: str, expected: bool) -> None:
    assert has_display(environment, system) is expected


@pytest.mark.parametrize(
    ("environment", "asks_for", "leaves_out"),
    [
        ({"DISPLAY": ":0"}, "libxcb-cursor.so.0", "libwayland-client.so.0"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "libxcb-cursor.so.0", "libwayland-client.so.0"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "libwayland-client.so.0", "libxcb-cursor.so.0"),
        ({"QT_QPA_PLATFORM": "xcb"}, "libxcb-cursor.so.0", "libwayland-client.so.0"),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, "libEGL.so.1", "libxcb-cursor.so.0"),
        ({"QT_QPA_PLATFORM": "offscreen:fontdb=x"}, "libEGL.so.1", "libxcb-cursor.so.0"),
    ],
)
def test_only_what_the_display_needs_is_asked_for(environment: dict[str, str], asks_for: str, leaves_out: str) -> None:
    files = {library.file for library in needed(environment, "Linux")}
    assert asks_for in files
    assert leaves_out not in files
    assert needed(environment, "Windows") == ()


def test_what_is_missing_is_what_does_not_load() -> None:
    found = missing({"DISPLAY": ":0"}, system="Linux", there=lambda file: file != "libGL.so.1")
    assert [library.debian for library in found] == ["libgl1"]


def test_loads_tells_what_is_there_from_what_is_not() -> None:
    assert not loads("libno-such-library-anywhere.so.9")


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("apt-get", "sudo apt install libegl1 libxcb-randr0 libxcb-shape0"),
        ("dnf", "sudo dnf install libglvnd-egl libxcb"),
        ("", "Fedora:          sudo dnf install libglvnd-egl libxcb"),
    ],
)
def test_advice_names_packages_once_and_the_command(tool: str, command: str) -> None:
    names = ("libEGL.so.1", "libxcb-randr.so.0", "libxcb-shape.so.0")
    libraries = tuple(library for library in needed({"DISPLAY": ":0"}, "Linux") if library.file in names)
    text = advice(libraries, which=lambda name: f"/usr/bin/{name}" if name == tool else None)
    assert any(line.strip().endswith(command) for line in text.splitlines()), text


def test_asking_does_not_import_qt() -> None:
    code = "import sys, gui.system_libraries; print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
