"""Work shared by processes: what is left of it is given up if one is killed, and that is told."""

from __future__ import annotations

import os
import sys

import pytest

import main
from training.errors import LostProcess
from training.processes import pool_of
from training.scenarios import replay_command


def test_a_process_that_is_killed_is_told() -> None:
    with pytest.raises(LostProcess, match="was ended by the system"), pool_of(1) as pool:
        list(pool.map(os._exit, [9, 9]))


def test_what_fails_in_the_block_stays_what_it_is() -> None:
    with pytest.raises(KeyError), pool_of(1):
        raise KeyError


def test_the_command_ends_in_a_sentence_and_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lose(*_: object) -> None:
        raise LostProcess("a process has ended")

    monkeypatch.setattr(replay_command, "run", lose)
    monkeypatch.setattr(sys, "argv", ["convergence-lab", "replay", "--all"])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == "Error: a process has ended\n"
