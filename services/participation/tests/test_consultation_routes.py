"""Consultations over HTTP: an agency asks, everyone reads, the calendar opens and closes, the agency answers."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

CONSULTATIONS = "/participation/v1/consultations"
PROCESS = "participation.process.v1"
STATUSES = ("drafted", "announced", "open", "closed", "answered")
ANSWER = {"answer": {"vi": "Tiếp thu hai ý kiến.", "en": "Two comments were taken up."}}


def path_of(consultation: dict[str, Any]) -> str:
    return f"{CONSULTATIONS}/{consultation['id']}"


async def test_a_consultation_from_draft_to_answer(world: Any, new_draft: Any) -> None:
    official = world.official()
    body = new_draft(world.clock.now(), opens_in=2, days=10)
    made = await world.http.post(CONSULTATIONS, json=body, headers=official)
    path = made.headers["location"]
    assert made.status_code == 201
    assert made.json() | body == made.json()
    assert made.json()["status"] == "drafted"
    assert (await world.http.get(path)).status_code == 404

    announced = await world.command(path, "publication")
    assert announced["status"] == "announced"
    assert announced["opensAt"] == "2026-11-24T17:00:00Z"
    assert announced["closesAt"] == "2026-12-04T17:00:00Z"
    for at, status in (
        (datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), "announced"),
        (datetime(2026, 11, 24, 17, tzinfo=UTC), "open"),
        (datetime(2026, 12, 4, 16, 59, 59, tzinfo=UTC), "open"),
        (datetime(2026, 12, 4, 17, tzinfo=UTC), "closed"),
    ):
        world.clock.set(at)
        assert (await world.http.get(path)).json()["status"] == status
    answered = await world.command(path, "answer", ANSWER)
    assert answered["status"] == "answered"
    seen = (await world.http.get(path)).json()
    assert seen["answer"] == ANSWER["answer"]
    assert seen["answeredAt"] == "2026-12-04T17:00:00Z"


async def test_what_officials_did_is_recorded(world: Any, new_draft: Any) -> None:
    consultation = await world.consultation(opens_in=1)
    path = path_of(consultation)
    official = world.official(subject="official-1")
    etag = (await world.http.get(path)).headers["etag"]
    body = new_draft(world.clock.now(), opens_in=3)
    revised = await world.http.put(path, json=body, headers={**official, "if-match": etag})
    assert revised.status_code == 200
    log = (await world.http.get(f"{path}/log", headers=official)).json()["items"]
    assert [entry["act"] for entry in log] == ["drafted", "published", "revised"]
    assert log[2] == {
        "at": "2026-11-23T02:00:00Z",
        "official": "official-1",
        "act": "revised",
        "particulars": {"version": 3},
    }


async def test_a_draft_is_seen_by_the_agencys_officials_alone(world: Any, new_draft: Any) -> None:
    body = new_draft(world.clock.now())
    made = await world.http.post(CONSULTATIONS, json=body, headers=world.official())
    path, listed = made.headers["location"], f"{CONSULTATIONS}?agency={world.agency}"
    strangers = [
        {},
        world.official(agency="H99.77"),
        world.commenter("someone"),
        world.bearer("participation:ratings:read", kind="official", agency=world.agency),
        world.bearer("participation:consultations:write", kind="person", agency=world.agency),
    ]
    for headers in strangers:
        for part in (path, f"{path}/comments"):
            answer = await world.http.get(part, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/consultation-not-found")
        assert (await world.http.get(listed, headers=headers)).json()["items"] == []
    assert (await world.http.get(path, headers=world.official())).json()["status"] == "drafted"
    own = (await world.http.get(listed, headers=world.official())).json()["items"]
    assert [item["id"] for item in own] == [made.json()["id"]]


async def test_a_reader_with_an_invalid_token_is_told_so(world: Any) -> None:
    answer = await world.http.get(CONSULTATIONS, headers={"authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-refused")


async def test_the_list_filters_by_where_consultations_stand(
    world: Any, new_draft: Any, all_pages: Any
) -> None:
    await world.http.post(
        CONSULTATIONS, json=new_draft(world.clock.now(), opens_in=9), headers=world.official()
    )
    await world.consultation(opens_in=5)
    await world.consultation(opens_in=1)
    await world.consultation(days=1)
    answered = await world.consultation(days=1)
    world.clock.advance(timedelta(days=1))
    await world.command(path_of(answered), "answer", ANSWER)

    base = f"{CONSULTATIONS}?agency={world.agency}&limit=1"
    everything = await all_pages(base, world.official())
    assert Counter(item["status"] for item in everything) == Counter(STATUSES)
    assert [item["id"] for item in everything] == sorted((item["id"] for item in everything), reverse=True)
    for status in STATUSES:
        found = await all_pages(f"{base}&status={status}", world.official())
        assert [item["status"] for item in found] == [status]
    assert await all_pages(f"{base}&status=drafted") == []


async def test_the_draft_is_fixed_once_people_comment_on_it(world: Any, new_draft: Any) -> None:
    consultation = await world.consultation(opens_in=1)
    path, official = path_of(consultation), world.official()
    world.clock.advance(timedelta(days=1))
    etag = (await world.http.get(path)).headers["etag"]
    body = new_draft(world.clock.now())
    refused = await world.http.put(path, json=body, headers={**official, "if-match": etag})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/consultation-fixed")
    assert (refused.json()["status"], refused.json()["stands"]) == (409, "open")


async def test_commands_are_meant_for_the_state_that_was_read(world: Any, new_draft: Any) -> None:
    consultation = await world.consultation(opens_in=2)
    path, official = path_of(consultation), world.official()
    etag = (await world.http.get(path)).headers["etag"]
    body = new_draft(world.clock.now(), opens_in=4)
    blind = await world.http.put(path, json=body, headers=official)
    first = await world.http.put(path, json=body, headers={**official, "if-match": etag})
    stale = await world.http.put(path, json=body, headers={**official, "if-match": etag})
    assert (blind.status_code, first.status_code, stale.status_code) == (428, 200, 412)
    read = await world.http.get(path)
    assert read.headers["etag"] == first.headers["etag"] != etag
    cached = await world.http.get(path, headers={"if-none-match": read.headers["etag"]})
    assert cached.status_code == 304
    for name in ("publication", "answer"):
        unmeant = await world.http.post(f"{path}/{name}", json=ANSWER, headers=official)
        assert unmeant.status_code == 428


async def test_of_two_revisions_at_once_one_is_refused(world: Any, new_draft: Any) -> None:
    consultation = await world.consultation(opens_in=2)
    path, official = path_of(consultation), world.official()
    meant = {**official, "if-match": (await world.http.get(path)).headers["etag"]}
    bodies = [new_draft(world.clock.now(), opens_in=days) for days in (3, 4)]
    answers = await asyncio.gather(*[world.http.put(path, json=body, headers=meant) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_an_answer_comes_after_the_closing_and_once(world: Any) -> None:
    consultation = await world.consultation(days=1)
    path, official = path_of(consultation), world.official()

    async def answer() -> Any:
        etag = (await world.http.get(path)).headers["etag"]
        return await world.http.post(f"{path}/answer", json=ANSWER, headers={**official, "if-match": etag})

    early = await answer()
    world.clock.advance(timedelta(days=1))
    due, again = await answer(), await answer()
    assert [early.status_code, due.status_code, again.status_code] == [409, 201, 409]
    assert early.json()["type"] == again.json()["type"] == "/problems/answer-not-due"


async def test_a_consultation_is_published_once(world: Any) -> None:
    path = path_of(await world.consultation(opens_in=1))
    etag = (await world.http.get(path)).headers["etag"]
    again = await world.http.post(f"{path}/publication", headers={**world.official(), "if-match": etag})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-published")


async def test_the_same_key_drafts_one_consultation(world: Any, new_draft: Any) -> None:
    headers = {**world.official(subject="o"), "idempotency-key": "draft-1"}
    body = new_draft(world.clock.now())
    answers = await asyncio.gather(
        *[world.http.post(CONSULTATIONS, json=body, headers=headers) for _ in range(5)]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    changed = await world.http.post(CONSULTATIONS, json={**body, "closesDate": "2027-06-01"}, headers=headers)
    assert changed.status_code == 422


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"opensDate": "2026-11-22"}, "/opensDate"),
        ({"closesDate": "2026-11-22"}, "/closesDate"),
        ({"closesDate": "9999-12-31"}, "/closesDate"),
        ({"opensDate": "soon"}, "/opensDate"),
        ({"passages": []}, "/passages"),
        ({"passages": [{"number": 2, "text": "x"}]}, "/passages/0/number"),
        ({"passages": [{"number": 1, "text": " "}]}, "/passages/0/text"),
        ({"title": {"vi": "Chỉ tiếng Việt"}}, "/title/en"),
        ({"summary": {"vi": "a\u0000", "en": "a"}}, "/summary/vi"),
        ({"agency": "H99.77"}, "/agency"),
    ],
)
async def test_a_wrong_draft_is_refused_with_its_fault(
    world: Any, new_draft: Any, changes: dict[str, Any], pointer: str
) -> None:
    body = new_draft(world.clock.now()) | changes
    answer = await world.http.post(CONSULTATIONS, json=body, headers=world.official())
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_another_agencys_consultation_looks_absent_to_every_command(world: Any, new_draft: Any) -> None:
    path = path_of(await world.consultation(opens_in=1))
    stranger = {**world.official(agency="H99.77"), "if-match": "*"}
    body = new_draft(world.clock.now())
    for method, part, sent in (
        ("PUT", path, body),
        ("POST", f"{path}/publication", None),
        ("POST", f"{path}/answer", ANSWER),
        ("GET", f"{path}/log", None),
    ):
        answer = await world.http.request(method, part, json=sent, headers=stranger)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/consultation-not-found")


SOME = f"{CONSULTATIONS}/{UUID(int=1)}"
COMMANDS = [
    ("POST", CONSULTATIONS),
    ("PUT", SOME),
    ("POST", f"{SOME}/publication"),
    ("POST", f"{SOME}/answer"),
    ("GET", f"{SOME}/log"),
]


@pytest.mark.parametrize(("method", "path"), COMMANDS)
async def test_nobody_but_officials_with_the_scope_commands_consultations(
    world: Any, new_draft: Any, method: str, path: str
) -> None:
    scope = "participation:consultations:write"
    body = ANSWER if path.endswith("answer") else new_draft(world.clock.now())
    sent = None if method == "GET" else body
    assert (await world.http.request(method, path, json=sent)).status_code == 401
    unscoped = world.bearer("participation:ratings:read", kind="official", agency=world.agency)
    refused = await world.http.request(method, path, json=sent, headers=unscoped)
    assert (refused.status_code, refused.json()["scope"]) == (403, scope)
    for kind in ("person", "client"):
        wrong = world.bearer(scope, kind=kind, agency=world.agency)
        refused = await world.http.request(method, path, json=sent, headers=wrong)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-for-this-caller")
    lost = world.bearer(scope, kind="official")
    refused = await world.http.request(method, path, json=sent, headers=lost)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/agency-missing")
