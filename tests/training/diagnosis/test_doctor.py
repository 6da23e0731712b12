"""The doctor ranks what is found, remembers when it began and ended, and forgets what a step back undoes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.diagnosis.known_cases import FAULTY, known
from training.diagnosis import doctor as doctors
from training.diagnosis.case import Case
from training.diagnosis.doctor import Doctor, findings, review
from training.diagnosis.finding import Finding
from training.diagnosis.rules.rule import Rule


def test_alarms_come_first_and_what_is_over_last() -> None:
    weights = {"alarm": 3, "warning": 2, "note": 1, "fine": 0}
    for fault in FAULTY:
        found = findings(known(fault).case)
        healthy = [finding for finding in found if finding.name == "healthy"]
        assert not healthy or max(weights[finding.severity] for finding in found) <= 1
        assert [finding for finding in found if finding.over] == [
            finding for finding in found[len(found) - sum(each.over for each in found) :] if finding.over
        ]


def test_looking_changes_nothing() -> None:
    case = known("vanishing_gradients").case
    before = {name: values.copy() for name, values in case.recorded.evaluations.items()}
    low = case.recorded.low.copy()
    first, second = findings(case), findings(case)
    assert repr(first) == repr(second)
    np.testing.assert_array_equal(case.recorded.low, low)
    for name, values in before.items():
        np.testing.assert_array_equal(case.recorded.evaluations[name], values)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """Rules that say what a test tells them to: by name, between which steps."""
    spells: dict[str, tuple[int, int]] = {}

    def rule(name: str) -> Rule:
        def look(case: Case) -> Finding | None:
            begin, end = spells.get(name, (1, 0))
            if not begin <= case.step <= end:
                return None
            return Finding(name, name, "warning", 0.5, "So it is.", case.step, case.step)

        return Rule(name, name, "warning", look)

    rules = {name: rule(name) for name in ("first", "second", "dead_units", "diverging", "healthy")}
    monkeypatch.setattr(doctors, "RULES", rules)
    return spells


def test_a_finding_keeps_its_begin_and_is_past_when_it_ends(told: dict[str, tuple[int, int]]) -> None:
    case = known("moons").case
    told |= {"first": (100, 300), "second": (200, 900)}
    doctor = Doctor()
    for step in (50, 100, 200, 300):
        found = doctor.look(case.until(step))
    assert [(finding.name, finding.first_step) for finding in found] == [("first", 100), ("second", 200)]
    assert doctor.past == ()
    found = doctor.look(case.until(350))
    assert [(finding.name, finding.first_step) for finding in found] == [("second", 200)]
    assert [(past.name, past.first_step, past.last_step, past.over) for past in doctor.past] == [
        ("first", 100, 300, True)
    ]


def test_a_step_back_takes_back_what_was_found_after_it(told: dict[str, tuple[int, int]]) -> None:
    case = known("moons").case
    told |= {"first": (100, 150), "second": (200, 900)}
    doctor = Doctor()
    for step in (100, 150, 200, 300):
        doctor.look(case.until(step))
    assert [past.name for past in doctor.past] == ["first"]
    assert [finding.first_step for finding in doctor.look(case.until(250))] == [200]
    assert [past.name for past in doctor.past] == ["first"]
    doctor.look(case.until(120))
    assert doctor.past == ()
    assert [(finding.name, finding.first_step) for finding in doctor.look(case.until(200))] == [("second", 200)]


def test_what_comes_twice_is_past_twice(told: dict[str, tuple[int, int]]) -> None:
    case = known("moons").case
    doctor = Doctor()
    for spell in ((100, 150), (300, 350)):
        told["first"] = spell
        doctor.look(case.until(spell[0]))
        doctor.look(case.until(spell[1]))
        doctor.look(case.until(spell[1] + 50))
    assert [(past.first_step, past.last_step) for past in doctor.past] == [(100, 150), (300, 350)]


def test_what_flickers_is_one_finding(told: dict[str, tuple[int, int]]) -> None:
    case, doctor = known("moons").case, Doctor()
    for step in range(300, 342, 2):
        told["first"] = (step, step) if step % 4 else (1, 0)  # made at every other look
        doctor.look(case.until(step))
    assert [(past.first_step, past.last_step) for past in doctor.past] == [(302, 338)]
    told["first"] = (342, 350)
    (finding,) = doctor.look(case.until(342))
    assert (finding.first_step, doctor.past) == (302, ())
    told["first"] = (400, 400)
    doctor.look(case.until(360))
    (finding,) = doctor.look(case.until(400))
    assert (finding.first_step, [past.last_step for past in doctor.past]) == (400, [342])


def test_a_warning_is_a_note_until_it_has_lasted(told: dict[str, tuple[int, int]]) -> None:
    case, doctor = known("moons").case, Doctor()
    enough = int(np.ceil(min(0.06 * case.planned_steps, 20 * case.steps_per_epoch)))
    told |= {"first": (100, case.step), "diverging": (100, case.step)}
    severities = [
        {finding.name: finding.severity for finding in doctor.look(case.until(step))}
        for step in (100, 100 + enough - 1, 100 + enough)
    ]
    assert [each["first"] for each in severities] == ["note", "note", "warning"]
    assert [each["diverging"] for each in severities] == ["warning"] * 3
    assert {finding.severity for finding in Doctor().look(case)} == {"warning"}, "a run that is over is not waited for"


def test_what_a_healthy_run_has_got_over_is_a_note(told: dict[str, tuple[int, int]]) -> None:
    case = known("moons").case
    told |= {"dead_units": (1, case.step), "healthy": (1, case.step)}
    early = next(case.until(step) for step in range(1, case.step) if case.until(step).left > 0.3)
    assert case.left < 0.3
    assert [(finding.name, finding.severity) for finding in findings(case)] == [
        ("healthy", "warning"), ("dead_units", "note"),
    ]  # fmt: skip
    assert {finding.name: finding.severity for finding in findings(early)}["dead_units"] == "warning"
    told["healthy"] = (1, 0)
    assert [(finding.name, finding.severity) for finding in findings(case)] == [("dead_units", "warning")]


def test_the_past_is_bounded(told: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "GONE", 0.0)
    monkeypatch.setattr(doctors, "MOST_PAST", 5)
    case, doctor = known("moons").case, Doctor()
    for step in range(100, 140):
        told["first"] = (step, step) if step % 2 else (1, 0)
        doctor.look(case.until(step))
    assert [past.last_step for past in doctor.past] == [129, 131, 133, 135, 137]


def test_a_run_looked_at_afterwards_tells_of_the_plateau_it_left() -> None:
    doctor = review(known("plateau").case)
    assert "plateau" in [finding.name for finding in doctor.past]
    assert all(finding.over for finding in doctor.past)
    steps = [finding.last_step for finding in doctor.past]
    assert steps == sorted(steps)


def test_what_was_seen_coming_is_told_once() -> None:
    names = [finding.name for finding in review(known("diverging").case).past]
    assert len(names) == len(set(names))


def test_a_rule_that_fails_is_told_of_once_and_the_others_go_on(
    told: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(case: Case) -> Finding | None:
        raise ZeroDivisionError("a fault of a rule")

    told["second"] = (1, 20)
    monkeypatch.setitem(doctors.RULES, "first", Rule("first", "first", "warning", fail))
    case, doctor = known("overfitting").case, Doctor()
    with pytest.warns(RuntimeWarning, match="The rule first failed"):
        found = doctor.look(case.until(10))
    assert [finding.name for finding in found] == ["second"]
    assert [finding.name for finding in doctor.look(case.until(20))] == ["second"]  # a second warning is an error here
    assert list(doctor.broken) == ["first"]
    with pytest.raises(ZeroDivisionError):
        findings(case)  # who asks for no list of what is broken is told
