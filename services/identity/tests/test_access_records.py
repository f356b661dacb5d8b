"""People see who looked at their data, and nobody else sees it."""

from typing import Any

from httpx import AsyncClient

from identity.consumers import HANDLERS
from shared.events.procedures import AccessRecorded, CaseSeen
from shared.ids import new_id

RECORDS = "/identity/v1/people/me/access-records"


async def _looked(ground: Any, *people: object, times: int = 1, **changes: Any) -> AccessRecorded:
    seen = tuple(
        CaseSeen(case_id=new_id(), code=f"H99.01-260105-{n:04}", procedure="TP01", person=str(person))
        for n, person in enumerate(people, 1)
    )
    given = {
        "reader": str(new_id()),
        "reader_kind": "official",
        "agency": "H99.01",
        "units": ("BP_MOT_CUA",),
        "purpose": "case",
        **changes,
    }
    event = AccessRecorded(cases=seen, **given)
    envelope = event.envelope(subject=new_id(), sequence=1, at=ground.clock.now())
    for _ in range(times):
        async with ground.database.transaction() as tx:
            await HANDLERS[AccessRecorded](tx, envelope, event)
    return event


async def _records(ground: Any, browser: AsyncClient, person: Any) -> list[dict[str, Any]]:
    own = ground.tokens.bearer("identity:people:read", subject=str(person.id))
    found, address = [], f"{RECORDS}?limit=2"
    while address:
        answer = await browser.get(address, headers=own)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        address = answer.links.get("next", {}).get("url", "")
    return found


async def test_a_person_is_shown_each_look_at_their_cases_once_with_agency_unit_and_purpose(
    ground: Any, browser: AsyncClient
) -> None:
    person, other = await ground.person(), await ground.person()
    event = await _looked(ground, person.id, other.id, times=2, purpose="case_list")
    (record,) = await _records(ground, browser, person)
    assert record["caseCode"] == event.cases[0].code
    assert record["caseId"] == str(event.cases[0].case_id)
    assert record["agency"]["code"] == "H99.01"
    assert [unit["code"] for unit in record["units"]] == ["BP_MOT_CUA"]
    assert record["purpose"] == {
        "code": "case_list",
        "text": {"vi": "Xem danh sách có hồ sơ này", "en": "Saw the case in a list"},
    }
    assert event.reader not in str(record)
    (theirs,) = await _records(ground, browser, other)
    assert theirs["caseCode"] == event.cases[1].code


async def test_records_come_newest_first_page_by_page(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person()
    for purpose in ("case", "log", "work_list"):
        await _looked(ground, person.id, person.id, purpose=purpose)
    purposes = [record["purpose"]["code"] for record in await _records(ground, browser, person)]
    assert purposes == ["work_list", "work_list", "log", "log", "case", "case"]


async def test_a_look_at_a_case_that_no_person_filed_is_kept_for_nobody(
    ground: Any, browser: AsyncClient
) -> None:
    person = await ground.person()
    await _looked(ground, "an-agency-system", person.id, reader_kind="client", units=(), purpose="audit")
    (record,) = await _records(ground, browser, person)
    assert (record["readerKind"], record["units"]) == ("client", [])
    assert record["purpose"]["text"] == {"vi": "audit", "en": "audit"}


async def test_a_cursor_that_is_none_of_ours_is_refused(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person()
    own = ground.tokens.bearer("identity:people:read", subject=str(person.id))
    for cursor in ("x", "WzEsMl0", "WyJhIiwiYiJd"):
        assert (await browser.get(f"{RECORDS}?cursor={cursor}", headers=own)).status_code == 400
