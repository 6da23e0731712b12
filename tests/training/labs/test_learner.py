"""The learner's file: it comes back as it was, says when it was changed, and refuses what is hostile at once."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import InputError
from training.file_kinds import KINDS
from training.labs import learner
from training.labs.learner import MOST_TRIES, Answer, LearnerResult, attempt_of
from training.progress import Edit

WHEN = datetime(2026, 3, 4, 9, 30)

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60)
scalars = st.one_of(
    st.integers(-(10**18), 10**18), st.floats(), st.booleans(), st.text(st.characters(categories=["L"]), max_size=20)
)
edits = st.builds(Edit, st.integers(0, 10**6), st.sampled_from(["optimizer.lr", "stop"]), scalars, st.integers(0, 9))
attempts = st.builds(
    lambda changes, made, figures, reached: attempt_of(1, "fix", changes, made, 7, figures, reached=reached),
    st.dictionaries(st.sampled_from(["optimizer.lr", "network.hidden"]), scalars | st.lists(scalars, max_size=4)),
    st.lists(edits, max_size=4), st.lists(st.floats(), min_size=1, max_size=6), st.booleans(),
)  # fmt: skip


def blank(name: str = "Ada") -> LearnerResult:
    return LearnerResult(lab="small_lab", lab_digest="0" * 64, learner=name, made="2026-01-02T10:00:00")


@given(name=names, made=st.lists(attempts, max_size=3))
def test_a_result_comes_back_as_it_was(name: str, made: list[learner.Attempt]) -> None:
    result = blank(name).model_copy(update={"attempts": tuple(made)}).sealed(WHEN)
    again = learner.loads(learner.dumps(result))
    assert again.intact
    assert learner.dumps(again) == learner.dumps(result)


def test_saving_seals(tmp_path: Path) -> None:
    saved = learner.save(blank(), tmp_path / "ada.labresult")
    assert saved.intact
    assert not blank().intact
    assert learner.load(tmp_path / "ada.labresult") == saved


def test_the_content_counts_and_not_how_it_is_written(tmp_path: Path) -> None:
    text = learner.dumps(blank().sealed(WHEN))
    assert learner.loads(text.replace("\n", "\r\n") + "\n# handed in late\n").intact


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('learner = "Ada"', 'learner = "Eve"'), ("at = 1", "at = 2"), ('choice = "No"', 'choice = "Yes"'),
        ('"optimizer.lr" = 0.001', '"optimizer.lr" = 0.002'), ("step = 8,", "step = 9,"), ("taken = 1", "taken = 2"),
        ("reached = false", "reached = true"), ('"lab_digest"', ""), ("12,\n    12,", "12,\n    13,"),
        ('made = "2', 'made = "3'), ("figures = [\n    0.0", "figures = [\n    0.1"),
    ],
)  # fmt: skip
def test_an_altered_file_does_not_fit_its_checksum(result: LearnerResult, old: str, new: str) -> None:
    text = learner.dumps(result.sealed())
    if old == '"lab_digest"':
        old, new = f'lab_digest = "{result.lab_digest}"', f'lab_digest = "{"1" * 64}"'
    assert text.count(old) >= 1
    assert not learner.loads(text.replace(old, new, 1)).intact


def test_swapped_tries_do_not_fit_the_checksum(result: LearnerResult) -> None:
    first, *others = result.sealed().attempts
    assert not result.sealed().model_copy(update={"attempts": (*others, first)}).intact


def attack(text: str) -> str:
    return learner.dumps(blank().sealed()) + text


ATTEMPT = '\n[[attempts]]\nstep = 1\ntask = "fix"\nsteps = 1\nfigures = [1.0]\nreached = false\n'
HOSTILE = {
    "deep nesting": attack("x = " + "[" * 60_000),
    "deep tables": attack("[" + "a." * 20_000 + "b]"),
    "a million keys": attack("\n".join(f"k{i} = 1" for i in range(20_000))),
    "too many tries": attack(ATTEMPT * 2_000),
    "a billion digits": attack("x = " + "9" * 200_000),
    "a list of figures": attack(ATTEMPT.replace("[1.0]", "[" + "1.0," * 40_000 + "]")),
    "a list of widths": attack(ATTEMPT + '[attempts.changes]\n"network.hidden" = [' + "8," * 60_000 + "]"),
    "nested values": attack(ATTEMPT + '[attempts.changes]\n"network.hidden" = [[[[1]]]]'),
    "a table as a value": attack(ATTEMPT + '[attempts.changes]\n"network.hidden" = { a = 1 }'),
    "a huge number": attack(ATTEMPT + '[attempts.changes]\n"network.hidden" = ' + "9" * 3_000),
    "huge steps": attack(ATTEMPT.replace("steps = 1\n", "steps = 1000000000000000000\n")),
    "negative steps": attack(ATTEMPT.replace("steps = 1\n", "steps = -1\n")),
    "a step beyond the lab": attack(ATTEMPT.replace("step = 1\n", "step = 21\n")),
    "a lab that is a path": learner.dumps(blank().sealed()).replace("small_lab", "../../etc/passwd"),
    "a name with codes": learner.dumps(blank().sealed()).replace("Ada", "\\u001b[2J"),
    "a name that turns around": learner.dumps(blank().sealed()).replace("Ada", "\\u202eadA"),
    "a path as a key": attack(ATTEMPT + '[attempts.changes]\n"../x" = 1'),
    "an unknown key": attack("").replace("at = 1", "at = 1\nexec = 1"),
    "a scenario": 'kind = "scenario"\n',
    "nothing": "",
    "no text": "\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_at_once(name: str) -> None:
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        learner.loads(HOSTILE[name], where="eve.labresult")
    assert time.process_time() - begun < 1
    assert "eve.labresult" in caught.value.message()
    assert len(caught.value.message()) < 10_000


def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large.labresult").write_bytes(b" " * 300_000)
    with pytest.raises(InputError, match="larger than"):
        learner.load(tmp_path / "large.labresult")
    with pytest.raises(InputError, match="no such file"):
        learner.load(Path("/dev/zero") if Path("/dev/zero").exists() else tmp_path / "none")
    with pytest.raises(InputError, match="no such file"):
        learner.load(tmp_path)


def test_an_answer_takes_the_place_of_the_one_before() -> None:
    result = blank()
    for step, choice in ((1, "a"), (2, "b"), (1, "c")):
        result = result.with_answer(Answer(step=step, question=1, choice=choice))
    assert (result.answer(1, 1), result.answer(2, 1), result.answer(3, 1)) == ("c", "b", "")
    assert len(result.answers) == 2


def test_a_run_checked_again_counts_once_and_old_failures_make_room() -> None:
    result = blank().with_attempt(attempt_of(1, "fix", {"optimizer.lr": 99.0}, [], 5, [0.1], reached=True))
    for index in range(2 * MOST_TRIES):
        made = attempt_of(1, "fix", {"optimizer.lr": float(index)}, [], 5, [1.0], reached=False)
        result = result.with_attempt(made).with_attempt(made)
    tries = result.tries(1, "fix")
    assert len(tries) == MOST_TRIES
    assert result.reached(1, "fix")
    assert tries[-1].changes == {"optimizer.lr": 2.0 * MOST_TRIES - 1}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", "ada-lovelace-small_lab.labresult"), ("../../x", "x-small_lab.labresult"),
        ("李 明", "李-明-small_lab.labresult"), ("???", "learner-small_lab.labresult"),
        ("a" * 60, "a" * 40 + "-small_lab.labresult"),
    ],
)
def test_the_file_is_named_so_that_every_system_takes_it(name: str, expected: str) -> None:
    assert learner.file_name(name, "small_lab") == expected


def test_results_are_a_kind_of_file_with_a_schema() -> None:
    assert "attempts" in KINDS["result"].json_schema()["properties"]
