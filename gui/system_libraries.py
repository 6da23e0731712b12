"""What Qt needs of the system before a window can open: looked for by name, without importing Qt.

The names come from the dynamic sections of Qt's own libraries (``readelf -d``): what PySide6 brings
along is not listed. On Windows and macOS it brings everything.
"""

from __future__ import annotations

import ctypes
import platform
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """A shared library and the packages that bring it."""

    file: str
    debian: str
    fedora: str


_ALWAYS = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
)
_X11 = (
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
)
_WAYLAND = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor"),
    Library("libwayland-egl.so.1", "libwayland-egl1", "libwayland-egl"),
)


def has_display(environment: Mapping[str, str], system: str | None = None) -> bool:
    """Tell whether a window can be shown (or QT_QPA_PLATFORM says where to draw instead)."""
    if (system or platform.system()) != "Linux":
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def needed(environment: Mapping[str, str], system: str | None = None) -> tuple[Library, ...]:
    """Return the libraries the window needs on the display that `environment` describes."""
    if (system or platform.system()) != "Linux":
        return ()
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if not chosen:
        # With both displays at hand Qt falls back from one to the other, so the more common one has to work.
        chosen = "xcb" if environment.get("DISPLAY") else "wayland"
    extra = {"xcb": _X11, "wayland": _WAYLAND, "wayland-egl": _WAYLAND}.get(chosen, ())
    return (*_ALWAYS, *extra)


def loads(file: str) -> bool:
    """Tell whether the system finds and loads a shared library."""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def missing(
    environment: Mapping[str, str], *, system: str | None = None, there: Callable[[str], bool] | None = None
) -> tuple[Library, ...]:
    """Return the needed libraries that the system does not have."""
    there = there or loads
    return tuple(library for library in needed(environment, system) if not there(library.file))


def advice(libraries: tuple[Library, ...], which: Callable[[str], str | None] | None = None) -> str:
    """Name the packages that bring `libraries`, and the command that installs them."""
    which = which or shutil.which
    debian = _command("sudo apt install", (library.debian for library in libraries))
    fedora = _command("sudo dnf install", (library.fedora for library in libraries))
    if which("apt-get"):
        lines = [f"  {debian}"]
    elif which("dnf"):
        lines = [f"  {fedora}"]
    else:
        lines = [f"  Debian, Ubuntu:  {debian}", f"  Fedora:          {fedora}"]
    names = ", ".join(library.file for library in libraries)
    return "\n".join(
        [
            f"The window needs system libraries that are missing here: {names}.",
            "Install them, then start again:",
            *lines,
            "Without a window: convergence-lab run two_spirals",
        ]
    )


def _command(start: str, packages: Iterable[str]) -> str:
    return " ".join([start, *dict.fromkeys(packages)])
