"""Progress in the title and in the task bar: seldom, at once when it matters, and nothing where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gui.taskbar import SECONDS, Taskbar, sender_of_this_desktop, titled

TITLES = [
    (0.42, "playing", "42% · two spirals"), (0.42, "paused", "Paused at 42% · two spirals"),
    (0.999, "playing", "99% · two spirals"), (1.0, "playing", "99% · two spirals"),
    (0.0, "playing", "0% · two spirals"), (None, "playing", "two spirals"), (0.0, "ready", "two spirals"),
    (1.0, "finished", "Finished · two spirals"), (0.3, "loading", "two spirals"), (None, "refused", "two spirals"),
]  # fmt: skip


def test_titles() -> None:
    for share, phase, title in TITLES:
        assert titled("two spirals", share, phase) == title


def test_the_desktop_is_told_at_most_once_a_second() -> None:
    sent: list[float | None] = []
    now = [0.0]
    bar = Taskbar(sent.append, clock=lambda: now[0])
    for tick in range(1, 101):
        now[0] = tick * 0.05
        bar.show(tick / 100)
    assert len(sent) <= 5 / SECONDS + 1
    assert sent == sorted(sent)
    bar.show(None)
    assert sent[-1] is None  # the end is told at once
    bar.show(None)
    assert sent.count(None) == 1
    bar.show(0.0)
    assert sent[-1] == 0.0  # and so is a beginning


def test_what_does_not_change_is_not_told_again() -> None:
    sent: list[float | None] = []
    now = [0.0]
    bar = Taskbar(sent.append, clock=lambda: now[0])
    for share in (0.5, 0.501, 0.499, -3.0, 7.0):
        now[0] += 10
        bar.show(share)
    assert sent == [0.5, 0.0, 1.0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no session bus")
def test_nothing_happens_without_a_session_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert sender_of_this_desktop().__name__ == "_nowhere"
    Taskbar().show(0.5)


SHOW = """
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from gui.taskbar import Taskbar

app = QGuiApplication([])
bar = Taskbar()
bar.show(0.42)
bar.show(None)
QTimer.singleShot(50, app.quit)
app.exec()
"""


@pytest.fixture
def session_bus(tmp_path: Path) -> Iterator[str]:
    """Return the address of a session bus of its own."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("no dbus-daemon here")
    process = subprocess.Popen(
        [daemon, "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_a_dock_hears_of_it(session_bus: str) -> None:
    monitor = shutil.which("dbus-monitor")
    if monitor is None:
        pytest.skip("no dbus-monitor here")
    rule = "type=signal,interface=com.canonical.Unity.LauncherEntry,member=Update"
    with subprocess.Popen([monitor, "--address", session_bus, rule], stdout=subprocess.PIPE, text=True) as dock:
        assert dock.stdout is not None
        assert "NameAcquired" in dock.stdout.readline()  # it listens
        done = python(SHOW, session_bus)
        assert (done.returncode, done.stderr) == (0, "")
        heard = ""
        while heard.count("progress-visible") < 2 or not heard.endswith("]\n"):
            heard += dock.stdout.readline()
        dock.terminate()
    words = heard[heard.index("application://") :].split()
    assert words[0] == 'application://convergence-lab.desktop"'
    assert [word for before, word in zip(words, words[1:], strict=False) if before in ("double", "boolean")] == [
        "0.42", "true", "0", "false"
    ]


def python(code: str, session_bus: str) -> subprocess.CompletedProcess[str]:
    """Run a program that knows this session bus."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": session_bus, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


def test_a_bus_that_is_gone_is_no_trouble() -> None:
    done = python(SHOW, "unix:path=/nonexistent/bus")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
