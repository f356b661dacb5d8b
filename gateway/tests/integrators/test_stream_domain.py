"""Who sees which event, and what a pattern matches."""

from itertools import product

import pytest

from gateway.stream.domain.interest import (
    AgencyNotYours,
    Interest,
    TopicNotGranted,
    interest_of,
    patterns_of,
)
from gateway.stream.domain.sight import Concern, Sight, concern_of
from shared.errors import Invalid
from shared.events import EVENT_TYPES, TOPICS
from shared.events.audience import OFFERED, WITHHELD

SUBMITTED = "procedures.case.submitted.v1"
CASE = Concern("procedures.case.v1", SUBMITTED, agency="A", procedure="P", person="someone")
CATALOGUE = Concern("procedures.procedure.v1", "procedures.procedure.published.v1", agency="A")
TASK = Concern("procedures.task.v1", "procedures.task.opened.v1", agency="B", procedure="P")
TESTED = Concern("gateway.subscription.v1", "gateway.subscription.tested.v1", client="mine")
READS_CASES = frozenset({"procedures:cases:read"})
DOES_TASKS = frozenset({"procedures:tasks:work"})
TOPICS_OF = {name: event.topic.name for name, event in EVENT_TYPES.items()}


def sight(kind="client", scopes=READS_CASES, *, agency=None, subject="someone", client_id="mine"):
    return Sight.of(kind, scopes, subject=subject, client_id=client_id, agency=agency)


def interest(*types, agencies=(), procedures=(), seen=None):
    return interest_of(
        types, agencies, procedures, sight=seen or sight(), topics_of=TOPICS_OF, prefix="vn.motcua"
    )


def test_every_topic_is_either_offered_or_withheld_for_a_reason():
    assert {topic.name for topic in TOPICS} == OFFERED.keys() | WITHHELD.keys()
    assert not OFFERED.keys() & WITHHELD.keys()


def test_the_fields_that_an_audience_names_exist_in_every_event_of_its_topic():
    for event in EVENT_TYPES.values():
        if audience := OFFERED.get(event.topic.name):
            fields = event.model_json_schema(by_alias=True)["properties"]
            named = {audience.agency, audience.procedure, audience.person, audience.client} - {None}
            assert named <= fields.keys(), event.type


def test_an_event_concerns_what_its_data_says():
    data = {"agency": "A", "procedure": "P", "applicant": "someone", "code": "A-1"}
    assert concern_of("procedures.case.v1", SUBMITTED, data) == CASE


@pytest.mark.parametrize(
    ("seer", "concern", "seen"),
    [
        (sight(), CASE, True),
        (sight(scopes=frozenset()), CASE, False),
        (sight(agency="A"), CASE, True),
        (sight(agency="B"), CASE, False),
        (sight("official", agency="A"), CASE, True),
        (sight("official", agency="B"), CASE, False),
        (sight("official", agency=None), CASE, False),
        (sight("person", subject="someone"), CASE, True),
        (sight("person", subject="another"), CASE, False),
        (sight(scopes=DOES_TASKS, agency="B"), TASK, True),
        (sight(scopes=DOES_TASKS, agency="A"), TASK, False),
        (sight(scopes=READS_CASES, agency="B"), TASK, False),
        (sight("person", scopes=DOES_TASKS), TASK, False),
        (sight(scopes=frozenset(), agency="B"), CATALOGUE, True),
        (sight("person", subject="another"), CATALOGUE, True),
        (sight(client_id="mine"), TESTED, True),
        (sight(client_id="other"), TESTED, False),
        (sight("person", client_id="mine"), TESTED, False),
        (sight("official", client_id="mine", agency="A"), TESTED, False),
    ],
)
def test_a_caller_sees_what_its_token_allows_and_nothing_else(seer, concern, seen):
    assert seer.covers(concern) is seen


def test_a_pattern_matches_a_type_by_its_first_words():
    assert patterns_of(SUBMITTED) == {
        "*",
        "procedures.*",
        "procedures.case.*",
        "procedures.case.submitted.*",
        SUBMITTED,
    }


@pytest.mark.parametrize(
    ("types", "agencies", "procedures"),
    list(product([{"*"}, {"identity.*"}], [set(), {"A"}, {"B"}], [set(), {"P"}])),
)
def test_all_that_is_asked_for_must_hold(types, agencies, procedures):
    asked = Interest(frozenset(types), frozenset(agencies), frozenset(procedures))
    assert asked.wants(CASE) is (types == {"*"} and "B" not in agencies)


def test_the_full_type_of_an_event_is_understood_as_well():
    assert interest("vn.motcua.procedures.case.*").types == {"procedures.case.*"}


def test_no_pattern_asks_for_everything():
    assert interest().types == {"*"}


@pytest.mark.parametrize(
    "pattern", ["procedures.cas*", "procedures", "*.case", "nothing.*", "", "identity.person.*"]
)
def test_a_pattern_that_matches_nothing_is_refused_and_named(pattern):
    with pytest.raises(Invalid) as refused:
        interest("procedures.case.*", pattern)
    assert [fault.pointer for fault in refused.value.faults] == ["/types/1"]


def test_a_missing_scope_is_named():
    with pytest.raises(TopicNotGranted) as refused:
        interest("procedures.case.*", seen=sight(scopes=frozenset()))
    assert refused.value.extensions == {"scope": "procedures:cases:read"}


def test_a_wide_pattern_asks_for_what_the_caller_may_see_of_it():
    narrow = sight(scopes=frozenset())
    assert interest("procedures.*", seen=narrow).types == {"procedures.*"}
    assert not narrow.covers(CASE)


def test_an_agency_cannot_ask_for_the_events_of_another():
    assert interest(agencies=["A"], seen=sight(agency="A")).agencies == {"A"}
    with pytest.raises(AgencyNotYours):
        interest(agencies=["A", "B"], seen=sight(agency="A"))
