"""The program in a real window on a virtual display, as far from offscreen as a machine without a screen gets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.xvfb
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="xvfb-run is not installed")
def test_the_program_opens_trains_and_closes_on_a_real_display(tmp_path: Path) -> None:
    picture = tmp_path / "screen.png"
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment.update(CONVERGENCE_LAB_STATE=str(tmp_path / "state"), QT_QPA_PLATFORM="xcb", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24", sys.executable, "-m", "tests.gui.real_window", str(picture)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "platform xcb" in done.stdout
    closed = re.search(r"closed in ([\d.]+) s", done.stdout)
    assert closed is not None
    assert float(closed.group(1)) <= 1.0
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1440, 900)
    colors = {image.pixel(x, y) for x in range(0, 1440, 7) for y in range(0, 900, 7)}
    assert len(colors) > 50, "the screen is all but empty"
