"""Each look at a person's case by an official or an agency's system is an event, and written before the answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from procedures.tables import outbox
from shared.ids import new_id

CASES = "/procedures/v1/cases"


async def looks(world: Any) -> list[dict[str, Any]]:
    """What was recorded in this world, whose citizen nobody else has: (purpose, agency, units, codes)."""
    query = select(outbox.c.payload).where(outbox.c.type == "procedures.access.recorded.v1")
    async with world.database.reading() as tx:
        found = (await tx.execute(query.order_by(outbox.c.position))).scalars().all()
    return [look for look in found if any(case["person"] == world.citizen_id for case in look["cases"])]


def client(world: Any) -> dict[str, str]:
    return world.bearer("procedures:cases:read", kind="client", agency="H99.01", subject="an-agency-system")


async def test_who_opens_a_case_is_recorded_with_agency_unit_and_purpose(world: Any) -> None:
    case = await world.submit(await world.publish())
    await world.read(case["id"], world.official("desk"))
    (look,) = await looks(world)
    assert (look["agency"], look["units"], look["purpose"]) == ("H99.01", ["BP_MOT_CUA"], "case")
    assert look["readerKind"] == "official"
    assert look["cases"] == [
        {
            "caseId": case["id"],
            "code": case["code"],
            "procedure": case["procedure"],
            "person": world.citizen_id,
        }
    ]


@pytest.mark.parametrize(("path", "purpose"), [("/log", "log"), ("/clock", "clock"), ("", "case")])
async def test_a_client_of_an_agency_leaves_a_record_too(world: Any, path: str, purpose: str) -> None:
    case = await world.submit(await world.publish())
    answer = await world.http.get(f"{CASES}/{case['id']}{path}", headers=client(world))
    assert answer.status_code == 200
    (look,) = await looks(world)
    assert (look["reader"], look["readerKind"], look["units"]) == ("an-agency-system", "client", [])
    assert look["purpose"] == purpose


async def test_a_list_leaves_one_record_of_what_it_showed_and_of_nothing_else(world: Any) -> None:
    procedure = await world.publish()
    codes = [(await world.submit(procedure))["code"] for _ in range(3)]
    listed = await world.http.get(
        CASES, params={"procedure": procedure, "limit": 2}, headers=world.official("desk")
    )
    assert [item["code"] for item in listed.json()["items"]] == codes[:0:-1]
    (look,) = await looks(world)
    assert (look["purpose"], [case["code"] for case in look["cases"]]) == ("case_list", codes[:0:-1])


async def test_a_work_list_leaves_one_record(world: Any) -> None:
    agency = f"H{new_id().hex[-4:].upper()}.01"
    procedure = await world.publish(agency=agency)
    codes = {(await world.submit(procedure))["code"] for _ in range(2)}
    answer = await world.http.get("/procedures/v1/work-list", headers=world.official("desk", agency))
    assert {item["code"] for item in answer.json()["items"]} == codes
    (look,) = await looks(world)
    assert look["purpose"] == "work_list"
    assert {case["code"] for case in look["cases"]} == codes


async def test_who_works_on_a_case_is_shown_it_and_recorded(world: Any) -> None:
    case = (await world.submit(await world.publish()))["id"]
    done = await world.act(case, "acceptance", world.official("desk"))
    assert done.status_code == 201
    assert [look["purpose"] for look in await looks(world)] == ["handling"]
    refused = await world.act(case, "acceptance", world.official("desk"))
    assert refused.status_code == 409  # shows nothing, so nothing is recorded
    assert [look["purpose"] for look in await looks(world)] == ["handling"]


async def test_whoever_is_given_an_answer_again_is_recorded_again(world: Any) -> None:
    case = await world.submit(await world.publish())
    etag = (await world.read(case["id"])).headers["etag"]
    key = {"idempotency-key": str(new_id())}
    handled = {**world.official("desk"), **key, "if-match": etag}
    claimed = {**world.official("justice"), **key}
    for path, who, purpose in (
        ("acceptance", handled, "handling"),
        ("tasks/THU_LY/claim", claimed, "work_list"),
    ):
        before = len(await looks(world))
        first = await world.http.post(f"{CASES}/{case['id']}/{path}", headers=who)
        world.clock.advance(timedelta(minutes=1))
        again = await world.http.post(f"{CASES}/{case['id']}/{path}", headers=who)
        assert (first.status_code, again.content) == (201, first.content)
        one, other = (await looks(world))[before:]
        assert (one, one["purpose"], [seen["code"] for seen in one["cases"]]) == (
            other,
            purpose,
            [case["code"]],
        )


async def test_who_fetches_a_document_of_a_case_is_recorded(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    await world.submit(await world.publish(), documents=[{"document": "GIAY_TO", "id": sent["id"]}])
    content = f"/procedures/v1/documents/{sent['id']}/content"
    assert (await world.http.get(content, headers=world.official("desk"))).status_code == 200
    assert (await world.http.get(content, headers=world.citizen())).status_code == 200
    assert [look["purpose"] for look in await looks(world)] == ["document"]


async def test_people_who_look_at_their_own_cases_and_strangers_who_see_nothing_leave_no_record(
    world: Any,
) -> None:
    case = (await world.submit(await world.publish()))["id"]
    for path in (CASES, f"{CASES}/{case}", f"{CASES}/{case}/log", f"{CASES}/{case}/clock"):
        assert (await world.http.get(path, headers=world.citizen())).status_code == 200
    assert (await world.read(case, world.official("elsewhere"))).status_code == 404
    assert await looks(world) == []


async def test_without_a_record_there_is_no_answer(world: Any) -> None:
    case = (await world.submit(await world.publish()))["id"]
    async with world.database.transaction() as tx:
        await tx.execute(
            text(
                "CREATE FUNCTION refuse_records() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE 'the outbox takes nothing'; END $$"
            )
        )
        await tx.execute(
            text(
                "CREATE TRIGGER refuse_records BEFORE INSERT ON outbox FOR EACH ROW "
                "WHEN (new.type = 'procedures.access.recorded.v1') EXECUTE FUNCTION refuse_records()"
            )
        )
    try:
        answer = await world.read(case, world.official("desk"))
        assert answer.status_code == 500
        assert "Trần" not in answer.text
        assert (await world.read(case)).status_code == 200
    finally:
        async with world.database.transaction() as tx:
            await tx.execute(text("DROP TRIGGER refuse_records ON outbox"))
            await tx.execute(text("DROP FUNCTION refuse_records()"))
