"""What is found comes and goes at the corner without flickering."""

from __future__ import annotations

import pytest

from gui.diagnosis.steady import APPEAR_SECONDS, LEAVE_SECONDS, OVERTAKE_SECONDS, Steady
from training.diagnosis.finding import Finding, Severity

EARLY, LATE = 0.4, 60.0


def found(name: str, severity: Severity = "warning", step: int = 9) -> Finding:
    return Finding(name, name.title(), severity, 0.9, f"{name} at {step}", 1, step)


def names(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings]


def test_a_warning_has_to_last_before_it_is_shown() -> None:
    steady = Steady()
    assert steady.take([found("plateau")], 0.0) == []
    assert steady.take([found("plateau")], EARLY) == []
    assert steady.take([], APPEAR_SECONDS) == []
    assert steady.take([found("plateau")], APPEAR_SECONDS + EARLY) == []  # from the beginning
    assert names(steady.take([found("plateau")], 2 * APPEAR_SECONDS + EARLY)) == ["plateau"]


@pytest.mark.parametrize("settled", [True, False])
def test_an_alarm_is_shown_at_once_and_anything_where_nothing_goes_on(settled: bool) -> None:
    finding = found("diverging", "warning" if settled else "alarm")
    assert Steady().take([finding], 0.0, settled=settled) == [finding]


def shown(*findings: Finding) -> Steady:
    steady = Steady()
    steady.take(findings, 0.0, settled=True)
    return steady


def test_what_is_gone_stays_for_a_while() -> None:
    steady = shown(found("plateau"))
    assert names(steady.take([], EARLY)) == ["plateau"]
    assert names(steady.take([found("plateau", step=12)], 2 * EARLY)) == ["plateau"]  # it was not gone for long
    assert steady.shown[0].last_step == 12
    assert names(steady.take([], 3 * EARLY)) == ["plateau"]
    assert names(steady.take([], 3 * EARLY + LEAVE_SECONDS)) == []
    assert shown(found("plateau")).take([], EARLY, settled=True) == []


def test_what_is_gone_goes_at_the_next_look_where_looks_are_rare() -> None:
    assert names(shown(found("plateau")).take([], LEAVE_SECONDS)) == []


def test_nothing_lingers_for_more_than_about_a_second() -> None:
    assert LEAVE_SECONDS <= 1.0
    assert OVERTAKE_SECONDS <= 1.0


def test_another_one_of_the_same_weight_takes_the_first_place_only_after_a_while() -> None:
    one, other = found("plateau"), found("saturation")
    steady = shown(one, other)
    assert names(steady.take([other, one], EARLY)) == ["plateau", "saturation"]
    assert names(steady.take([one, other], 2 * EARLY)) == ["plateau", "saturation"]
    assert names(steady.take([other, one], 3 * EARLY)) == ["plateau", "saturation"]
    assert names(steady.take([other, one], 3 * EARLY + OVERTAKE_SECONDS)) == ["saturation", "plateau"]


def test_something_worse_takes_the_first_place_at_once() -> None:
    steady = shown(found("plateau"))
    assert names(steady.take([found("diverging", "alarm"), found("plateau")], EARLY)) == ["diverging", "plateau"]


def test_healthy_goes_when_something_is_wrong() -> None:
    steady = shown(found("healthy", "fine"))
    assert names(steady.take([found("overfitting")], EARLY)) == ["healthy"]
    assert names(steady.take([found("overfitting")], EARLY + APPEAR_SECONDS))[0] == "overfitting"
    assert names(steady.take([found("overfitting")], LATE)) == ["overfitting"]
