"""Until when a case is kept: by how it ended, from which event, by the calendar of its agency."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from procedures.calendars.operations import national_calendar
from procedures.domain.agency import AnotherAgency
from procedures.domain.case import Case, Erasure, Hold, Outcome
from procedures.domain.definition_json import (
    DefinitionMalformed,
    definition_from_json,
    definition_to_json,
)
from procedures.domain.personal import CaseErased
from procedures.domain.retention import (
    CaseHeld,
    CaseNotHeld,
    CountedFrom,
    Disposal,
    Due,
    RetentionRule,
    due,
    lift_hold,
    place_hold,
    years_after,
)
from procedures.domain.status import Status
from shared.ids import new_id


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASE = Case(
    id=new_id(),
    procedure="TP01",
    version=1,
    agency="H99.01",
    applicant="somebody",
    status=Status.CLOSED,
    sequence=5,
    submitted_at=utc("2026-01-05T01:30"),
    form_commitment="",
    attachments=(),
    outcome=Outcome.GRANTED,
    decided_at=utc("2026-01-31T16:59"),  # 23:59 in Hà Nội
    ended_at=utc("2026-01-31T17:00"),  # 1 February in Hà Nội
)


def rule(result: str = "granted", years: int | None = 10, since: str = "ended") -> RetentionRule:
    return RetentionRule(result, years, CountedFrom(since), Disposal.DESTROY)


@pytest.mark.parametrize(
    ("since", "day"),
    [
        ("submitted", date(2036, 1, 5)),
        ("decided", date(2036, 1, 31)),
        ("ended", date(2036, 2, 1)),
    ],
)
def test_years_are_counted_from_the_day_of_the_event_in_the_zone_of_the_agency(since: str, day: date) -> None:
    assert due([rule(since=since)], CASE, national_calendar()) == Due(day, Disposal.DESTROY)


def test_a_case_that_was_never_decided_is_counted_from_its_end() -> None:
    withdrawn = replace(CASE, status=Status.WITHDRAWN, outcome=None, decided_at=None)
    found = due([rule("withdrawn", 2, "decided")], withdrawn, national_calendar())
    assert found == Due(date(2028, 2, 1), Disposal.DESTROY)


@pytest.mark.parametrize("rules", [[], [rule("rejected")], [rule(years=None)]])
def test_without_a_rule_for_the_result_or_without_years_a_case_is_kept_for_good(rules: Any) -> None:
    assert due(rules, CASE, national_calendar()) is None


def test_a_leap_day_is_followed_by_the_first_of_march() -> None:
    assert years_after(date(2028, 2, 29), 1) == date(2029, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_only_the_agency_of_a_case_holds_it_and_once() -> None:
    held = replace(CASE, hold=Hold(utc("2026-03-01T00:00"), "Đang khiếu nại."))
    erased = replace(CASE, erased=Erasure(utc("2036-03-01T00:00"), "Luật Lưu trữ", new_id()))
    (act,) = place_hold(CASE, "H99.01", "Đang khiếu nại.")
    assert act.change(CASE, utc("2026-03-01T00:00")) == held
    (lifted,) = lift_hold(held, "H99.01")
    assert lifted.change(held, utc("2026-04-01T00:00")) == CASE
    for refused, error in (
        (lambda: place_hold(CASE, "H99.02", "x"), AnotherAgency),
        (lambda: place_hold(held, "H99.01", "x"), CaseHeld),
        (lambda: place_hold(erased, "H99.01", "x"), CaseErased),
        (lambda: lift_hold(CASE, "H99.01"), CaseNotHeld),
        (lambda: lift_hold(held, "H99.02"), AnotherAgency),
    ):
        with pytest.raises(error):
            refused()


RETENTION = [
    {"result": "granted", "years": 10, "from": "decided", "then": "transfer"},
    {"result": "withdrawn", "years": None, "from": "ended", "then": "destroy"},
]


def test_the_rules_of_a_definition_are_written_as_they_are_read(definition: Any) -> None:
    parsed = definition_from_json(definition(retention=RETENTION))
    assert definition_to_json(parsed)["retention"] == RETENTION
    assert definition_from_json(definition_to_json(parsed)) == parsed
    assert definition_from_json(definition()).retention == ()


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"result": "closed"}, "/retention/0/result", "not_listed"),
        ({"result": "withdrawn"}, "/retention/1/result", "repeated"),
        ({"years": 0}, "/retention/0/years", "wrong_number"),
        ({"from": "birth"}, "/retention/0/from", "not_listed"),
        ({"then": "burn"}, "/retention/0/then", "not_listed"),
        ({"forever": True}, "/retention/0/forever", "unknown_key"),
    ],
)
def test_a_rule_that_is_none_is_named(definition: Any, change: Any, pointer: str, code: str) -> None:
    wrong = [{**RETENTION[0], **change}, RETENTION[1]]
    with pytest.raises(DefinitionMalformed) as refused:
        definition_from_json(definition(retention=wrong))
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]
