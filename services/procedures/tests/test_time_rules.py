"""What a procedure says about time beside its terms: read, written, drawn, and found wrong where it is."""

from datetime import timedelta
from typing import Any

import pytest

from procedures.domain.bpmn import read_bpmn, write_bpmn
from procedures.domain.definition_json import (
    DefinitionMalformed,
    definition_from_json,
    definition_to_json,
)
from procedures.domain.findings import findings
from procedures.domain.time_rules import NO_RULES, Expiry
from procedures.domain.timer import delay_after

FIVE_DAYS = {"kind": "working_days", "amount": 5}
RULES: dict[str, Any] = {
    "reminder": {"kind": "working_hours", "amount": 4},
    "extension": {"longest": FIVE_DAYS, "times": 2},
    "supplements": {"rounds": 1, "answerWithin": FIVE_DAYS, "onExpiry": "reject"},
    "consentBySilence": True,
}


def test_a_definition_that_says_nothing_has_no_rules(definition: Any) -> None:
    assert definition_from_json(definition()).time_rules == NO_RULES


def test_the_rules_are_kept_as_they_were_said(definition: Any) -> None:
    read = definition_from_json(definition(**RULES))
    assert read.time_rules.supplements.on_expiry is Expiry.REJECT
    written = definition_to_json(read)
    assert {name: written[name] for name in RULES} == RULES
    assert definition_from_json(written) == read


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"reminder": {"kind": "weeks"}}, ["/reminder/kind"]),
        ({"extension": {"times": 0}}, ["/extension/longest", "/extension/times"]),
        ({"extension": {"longest": {"kind": "none"}}}, ["/extension/longest"]),
        ({"supplements": {"rounds": 0, "onExpiry": "shout", "more": 1}},
         ["/supplements/more", "/supplements/onExpiry", "/supplements/rounds"]),
        ({"consentBySilence": "yes"}, ["/consentBySilence"]),
    ],
)  # fmt: skip
def test_every_fault_of_them_is_named_where_it_stands(
    definition: Any, changes: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(DefinitionMalformed) as refused:
        definition_from_json(definition(**changes))
    assert sorted(fault.pointer for fault in refused.value.faults) == pointers


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (RULES, []),
        ({"term": {"kind": "none"}, "extension": {"longest": FIVE_DAYS}}, ["extension_without_term"]),
        ({"extension": {"longest": {"kind": "calendar_days", "amount": 5}}}, ["extension_without_term"]),
        ({"term": {"kind": "none"}, "consentBySilence": True}, ["silence_without_term"]),
        ({"reminder": {"kind": "working_days", "amount": 3}}, ["reminder_too_early"]),
    ],
)
def test_rules_that_come_to_nothing_are_found(
    definition: Any, changes: dict[str, Any], found: list[str]
) -> None:
    codes = {"extension_without_term", "silence_without_term", "reminder_too_early"}
    said = [finding.code for finding in findings(definition_from_json(definition(**changes)))]
    assert [code for code in said if code in codes] == found


def test_a_diagram_carries_them(definition: Any) -> None:
    drawn = definition_from_json(definition(**RULES))
    assert read_bpmn(write_bpmn(drawn), agency="H99.01").definition == drawn


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 1), (1, 2), (5, 32), (6, 60), (100, 60), (2**31 - 1, 60), (-1, 1)]
)
def test_a_timer_that_failed_rests_twice_as_long_each_time_and_an_hour_at_most(
    failures: int, minutes: int
) -> None:
    assert delay_after(failures) == timedelta(minutes=minutes)
