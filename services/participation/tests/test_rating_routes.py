"""Ratings over HTTP: by the applicant alone, once, in time, and read by nobody as somebody's."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id

BASE = "/participation/v1"
INVITATIONS = f"{BASE}/rating-invitations"
RATINGS = f"{BASE}/ratings"
STATISTICS = f"{BASE}/rating-statistics"
FEEDBACK = "participation.feedback.v1"


def rating(case_id: UUID) -> str:
    return f"{BASE}/cases/{case_id}/rating"


async def test_an_applicant_rates_a_closed_case_and_reads_what_they_said(world: Any) -> None:
    case_id = await world.close_case("lan")
    who = world.rater("lan")

    invited = (await world.http.get(INVITATIONS, headers=who)).json()["items"]
    assert invited == [
        {
            "caseId": str(case_id),
            "caseCode": "H99.01-261110-0001",
            "agency": world.agency,
            "procedure": "TP01",
            "closedAt": "2026-11-23T02:00:00Z",
            "openUntilAt": "2026-12-23T17:00:00Z",
        }
    ]
    rated = await world.http.post(rating(case_id), json={"score": 4, "reason": " Đúng hẹn. "}, headers=who)
    assert rated.status_code == 201
    assert rated.headers["location"] == rating(case_id)
    assert rated.json() == {"score": 4, "reason": "Đúng hẹn.", "ratedAt": "2026-11-23T02:00:00Z"}
    assert (await world.http.get(rating(case_id), headers=who)).json() == rated.json()
    assert (await world.http.get(INVITATIONS, headers=who)).json()["items"] == []


async def test_a_rating_is_told_without_person_case_or_text(world: Any) -> None:
    case_id = await world.close_case("minh")
    await world.http.post(
        rating(case_id), json={"score": 2, "reason": "Chờ lâu."}, headers=world.rater("minh")
    )
    (event,) = await world.told(FEEDBACK)
    assert event.type == "participation.feedback.rated.v1"
    assert event.payload == {"agency": world.agency, "procedure": "TP01", "score": 2, "month": "2026-11"}
    assert "minh" not in str(event)
    assert str(case_id) not in str(event)


async def test_ratings_of_an_agencys_month_are_told_in_the_order_in_which_they_make_up_its_groups(
    world: Any,
) -> None:
    async def rate(number: int) -> None:
        case_id = await world.close_case(f"at-once-{number}")
        body = {"score": 1 + number % 5}
        await world.http.post(rating(case_id), json=body, headers=world.rater(f"at-once-{number}"))

    await asyncio.gather(*[rate(number) for number in range(15)])
    events = await world.told(FEEDBACK)
    assert [event.sequence for event in events] == list(range(1, 16))
    assert len({event.aggregateid for event in events}) == 1
    (cell,) = (await world.http.get(f"{STATISTICS}?agency={world.agency}")).json()["items"]
    told = Counter(str(event.payload["score"]) for event in events[:10])
    assert cell["scores"] == {str(score): told[str(score)] for score in range(1, 6)}


async def test_each_month_of_an_agency_counts_its_own_ratings(world: Any) -> None:
    for subject in ("november", "december"):
        case_id = await world.close_case(subject)
        await world.http.post(rating(case_id), json={"score": 3}, headers=world.rater(subject))
        world.clock.advance(timedelta(days=30))
    november, december = await world.told(FEEDBACK)
    assert (november.sequence, december.sequence) == (1, 1)
    assert november.aggregateid != december.aggregateid


async def test_a_case_is_rated_once(world: Any) -> None:
    case_id = await world.close_case("once")
    who = world.rater("once")
    first = await world.http.post(rating(case_id), json={"score": 1}, headers=who)
    second = await world.http.post(rating(case_id), json={"score": 5}, headers=who)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["type"] == "/problems/already-rated"
    assert (await world.http.get(rating(case_id), headers=who)).json()["score"] == 1
    assert len(await world.told(FEEDBACK)) == 1


async def test_twenty_ratings_of_one_case_at_once_are_one_rating(world: Any) -> None:
    case_id = await world.close_case("storm")
    who = world.rater("storm")
    answers = await asyncio.gather(
        *[world.http.post(rating(case_id), json={"score": 1 + n % 5}, headers=who) for n in range(20)]
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    (taken,) = [answer.json() for answer in answers if answer.status_code == 201]
    (event,) = await world.told(FEEDBACK)
    assert event.payload["score"] == taken["score"]


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(world: Any) -> None:
    case_id = await world.close_case("again")
    who = {**world.rater("again"), "idempotency-key": "k1"}
    first, same = [await world.http.post(rating(case_id), json={"score": 3}, headers=who) for _ in range(2)]
    other = await world.http.post(rating(case_id), json={"score": 4}, headers=who)
    assert (same.status_code, same.json()) == (201, first.json())
    assert other.status_code == 422
    assert len(await world.told(FEEDBACK)) == 1


async def test_a_case_cannot_be_rated_after_its_period(world: Any) -> None:
    case_id = await world.close_case("late")
    world.clock.advance(timedelta(days=31))
    who = world.rater("late")
    refused = await world.http.post(rating(case_id), json={"score": 3}, headers=who)
    assert refused.status_code == 410
    assert refused.json()["type"] == "/problems/rating-period-over"
    assert (await world.http.get(INVITATIONS, headers=who)).json()["items"] == []
    assert await world.told(FEEDBACK) == []


async def test_another_persons_case_looks_absent_everywhere(world: Any) -> None:
    case_id = await world.close_case("owner")
    stranger = world.rater("stranger")
    for missing in (case_id, new_id()):
        posted = await world.http.post(rating(missing), json={"score": 1}, headers=stranger)
        read = await world.http.get(rating(missing), headers=stranger)
        assert (posted.status_code, read.status_code) == (404, 404)
        assert posted.json()["type"] == read.json()["type"] == "/problems/rating-invitation-not-found"
    assert (await world.http.get(INVITATIONS, headers=stranger)).json()["items"] == []
    await world.http.post(rating(case_id), json={"score": 5}, headers=world.rater("owner"))
    assert (await world.http.get(rating(case_id), headers=stranger)).status_code == 404


async def test_a_case_that_was_not_rated_has_no_rating(world: Any) -> None:
    case_id = await world.close_case("silent")
    answer = await world.http.get(rating(case_id), headers=world.rater("silent"))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/rating-not-found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"score": 0}, "/score"),
        ({"score": 6}, "/score"),
        ({}, "/score"),
        ({"score": 3, "reason": "x" * 2001}, "/reason"),
        ({"score": 3, "reason": "a\u0000b"}, "/reason"),
        ({"score": 3, "name": "x"}, "/name"),
    ],
)
async def test_a_wrong_rating_is_refused_with_its_fault(
    world: Any, body: dict[str, Any], pointer: str
) -> None:
    case_id = await world.close_case("wrong")
    answer = await world.http.post(rating(case_id), json=body, headers=world.rater("wrong"))
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_rating_that_was_refused_leaves_no_trace(world: Any) -> None:
    case_id = await world.close_case("trace")
    await world.http.post(rating(case_id), json={"score": 9}, headers=world.rater("trace"))
    rated = await world.http.post(rating(case_id), json={"score": 5}, headers=world.rater("trace"))
    assert rated.status_code == 201


async def test_refusals_speak_the_callers_language(world: Any) -> None:
    case_id = await world.close_case("words")
    path, stranger = rating(case_id), world.rater("other")
    vietnamese = await world.http.get(path, headers=stranger)
    english = await world.http.get(path, headers={**stranger, "accept-language": "en"})
    assert vietnamese.json()["detail"].startswith("Bạn không có hồ sơ")
    assert english.json()["detail"].startswith("You have no such case")


async def test_invitations_come_in_pages(world: Any, all_pages: Any) -> None:
    cases = [str(await world.close_case("busy")) for _ in range(5)]
    items = await all_pages(f"{INVITATIONS}?limit=2", world.rater("busy"))
    assert [item["caseId"] for item in items] == cases[::-1]


async def test_officials_read_reasons_without_whose_which_or_when(world: Any, all_pages: Any) -> None:
    said = {(score, f"Lý do {score}") for score in range(1, 6)}
    for score, reason in said:
        case_id = await world.close_case(f"critic-{score}")
        body = {"score": score, "reason": reason}
        await world.http.post(rating(case_id), json=body, headers=world.rater(f"critic-{score}"))
    items = await all_pages(f"{RATINGS}?limit=2", world.official())
    assert {(item["score"], item["reason"]) for item in items} == said
    assert {frozenset(item) for item in items} == {frozenset({"procedure", "month", "score", "reason"})}
    assert {(item["procedure"], item["month"]) for item in items} == {("TP01", "2026-11")}


async def test_officials_read_the_newest_month_first_or_one_month(world: Any) -> None:
    for subject in ("november", "december"):
        case_id = await world.close_case(subject)
        await world.http.post(rating(case_id), json={"score": 3}, headers=world.rater(subject))
        world.clock.advance(timedelta(days=30))
    official = world.official()
    items = (await world.http.get(RATINGS, headers=official)).json()["items"]
    assert [item["month"] for item in items] == ["2026-12", "2026-11"]
    only = (await world.http.get(f"{RATINGS}?month=2026-11", headers=official)).json()["items"]
    assert [item["month"] for item in only] == ["2026-11"]


async def test_officials_of_another_agency_read_nothing_of_this_one(world: Any) -> None:
    case_id = await world.close_case("quiet")
    await world.http.post(
        rating(case_id), json={"score": 1, "reason": "Riêng."}, headers=world.rater("quiet")
    )
    answer = await world.http.get(RATINGS, headers=world.official(agency="H99.77"))
    assert answer.json() == {"items": [], "next": None}


async def test_an_official_without_an_agency_reads_nothing(world: Any) -> None:
    headers = world.bearer("participation:ratings:read", kind="official")
    answer = await world.http.get(RATINGS, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/agency-missing")


async def test_public_figures_hide_a_group_until_it_is_whole(world: Any) -> None:
    path = f"{STATISTICS}?agency={world.agency}"

    async def rate(number: int) -> None:
        case_id = await world.close_case(f"voice-{number}")
        body = {"score": 1 + number % 5}
        await world.http.post(rating(case_id), json=body, headers=world.rater(f"voice-{number}"))

    await asyncio.gather(*[rate(number) for number in range(9)])
    hidden = {"agency": world.agency, "month": "2026-11", "suppressed": True}
    nothing = {"ratings": None, "mean": None, "scores": None}
    assert (await world.http.get(path)).json()["items"] == [{**hidden, **nothing}]
    await rate(9)
    shown = {
        "agency": world.agency,
        "month": "2026-11",
        "suppressed": False,
        "ratings": 10,
        "mean": 3.0,
        "scores": {"1": 2, "2": 2, "3": 2, "4": 2, "5": 2},
    }
    assert (await world.http.get(path)).json()["items"] == [shown]
    await rate(10)
    again = await world.http.get(path)
    assert again.json()["items"] == [shown]
    assert (await world.http.get(path, headers={"if-none-match": again.headers["etag"]})).status_code == 304


async def test_public_figures_come_in_pages_the_newest_month_first(world: Any, all_pages: Any) -> None:
    for subject in ("first", "second", "third"):
        case_id = await world.close_case(subject)
        await world.http.post(rating(case_id), json={"score": 3}, headers=world.rater(subject))
        world.clock.advance(timedelta(days=31))
    items = await all_pages(f"{STATISTICS}?agency={world.agency}&limit=1")
    assert [item["month"] for item in items] == ["2027-01", "2026-12", "2026-11"]


@pytest.mark.parametrize("path", [INVITATIONS, RATINGS, STATISTICS])
@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyIyMDI2LTExIiwiXHUwMDAwIl0", "W251bGwsbnVsbF0"])
async def test_a_cursor_that_is_not_ours_is_a_fault(world: Any, path: str, cursor: str) -> None:
    headers = world.rater("cursor") if path == INVITATIONS else world.official()
    answer = await world.http.get(f"{path}?cursor={cursor}", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cursor")


PROTECTED = [
    ("GET", INVITATIONS, "participation:ratings:write", "person"),
    ("POST", rating(UUID(int=1)), "participation:ratings:write", "person"),
    ("GET", rating(UUID(int=1)), "participation:ratings:write", "person"),
    ("GET", RATINGS, "participation:ratings:read", "official"),
]


@pytest.mark.parametrize(("method", "path", "scope", "kind"), PROTECTED)
async def test_without_the_scope_or_as_another_kind_nobody_gets_in(
    world: Any, method: str, path: str, scope: str, kind: str
) -> None:
    body = {"score": 3} if method == "POST" else None
    anonymous = await world.http.request(method, path, json=body)
    assert anonymous.status_code == 401
    others = {"participation:ratings:write", "participation:ratings:read", "procedures:cases:submit"} - {
        scope
    }
    unscoped = world.bearer(" ".join(others), kind=kind, agency=world.agency)
    refused = await world.http.request(method, path, json=body, headers=unscoped)
    assert (refused.status_code, refused.json()["scope"]) == (403, scope)
    for other in {"person", "official", "client"} - {kind}:
        wrong = world.bearer(scope, kind=other, agency=world.agency)
        refused = await world.http.request(method, path, json=body, headers=wrong)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-for-this-caller")
