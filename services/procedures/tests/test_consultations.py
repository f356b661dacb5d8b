"""Other agencies are asked about a case: who sees what of it, who may answer, and what the answers come to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from procedures.calendars.redating import date_next
from procedures.cases.soundness import verify_cases
from procedures.tables import agencies as known_agencies
from procedures.tables import calendars, consultees, timers
from shared.ids import new_id

QUESTIONS = "/procedures/v1/consultations"
DECISION = {"outcome": "granted", "reason": "Đủ điều kiện."}
LAW = "Nghị định 61/2018/NĐ-CP, Điều 19"
TICK = timedelta(microseconds=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


def one(agency: str, **more: Any) -> dict[str, Any]:
    return {"agency": agency, "unit": "PHONG_Y_KIEN", "question": "Có vướng quy hoạch không?", **more}


@pytest.fixture(autouse=True)
async def agencies(world: Any) -> AsyncIterator[None]:
    """Known while these tests run: units of an agency that nothing was heard of are not checked."""
    for agency in ("H99.02", "H99.03", "H99.04"):
        await world.learn_agency(agency, "PHONG_Y_KIEN", "BP_THUE")
    await world.learn_agency("H99.01", "PHONG_TU_PHAP", "BP_MOT_CUA")
    async with world.database.transaction() as tx:
        await tx.execute(timers.delete())
        await tx.execute(calendars.delete())
    yield
    async with world.database.transaction() as tx:
        await tx.execute(known_agencies.delete())


def asked_official(world: Any, agency: str, unit: str = "PHONG_Y_KIEN") -> dict[str, str]:
    scope = "procedures:cases:read procedures:cases:process procedures:documents:write"
    return world.bearer(
        scope, kind="official", agency=agency, posts=[(unit, "XU_LY")], subject=f"of-{agency}"
    )


async def consult(world: Any, case: str, *asked: dict[str, Any], **more: Any) -> Any:
    body = {"consultees": list(asked), **more}
    answer = await world.act(case, "consultations", world.official("justice"), body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def id_of(view: Any, agency: str) -> str:
    (found,) = [one["id"] for one in view["consultations"][-1]["consultees"] if one["agency"] == agency]
    return str(found)


async def say(world: Any, question: str, agency: str, opinion: str = "agree", **more: Any) -> Any:
    who = asked_official(world, agency)
    seen = await world.http.get(f"{QUESTIONS}/{question}", headers=who)
    body = {"opinion": opinion, **({} if opinion == "agree" else {"note": "Lùi 3 m."}), **more}
    headers = {**who, "if-match": seen.headers.get("etag", "*")}
    return await world.http.post(f"{QUESTIONS}/{question}/answer", json=body, headers=headers)


async def view(world: Any, case: str) -> Any:
    return (await world.read(case)).json()


async def test_several_agencies_are_asked_at_once_and_their_answers_stand_in_the_case(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02", term=working_days(2)), one("H99.03"))
    assert [(c["agency"], c["dueAt"]) for c in asked["consultations"][0]["consultees"]] == [
        ("H99.02", "2026-01-07T01:30:00Z"),
        ("H99.03", None),
    ]
    assert asked["dueAt"] == "2026-01-08T01:30:00Z"  # the clock runs: nothing is exempt
    assert (await say(world, id_of(asked, "H99.02"), "H99.02", "conditions")).status_code == 201
    assert (await view(world, case))["consultations"][0]["outcome"] is None
    assert (await say(world, id_of(asked, "H99.03"), "H99.03")).status_code == 201
    (told,) = (await view(world, case))["consultations"]
    assert told["outcome"] == "agreed_with_conditions"
    answers = [c["answer"] for c in told["consultees"]]
    assert [(a["opinion"], a["note"], a["by"], a["at"]) for a in answers] == [
        ("conditions", "Lùi 3 m.", "of-H99.02", "2026-01-05T01:30:00Z"),
        ("agree", None, "of-H99.03", "2026-01-05T01:30:00Z"),
    ]
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    assert log["sound"] is True
    events = await world.told("procedures.case.v1", "code", asked["code"])
    assert [event.type.split(".")[2] for event in events][-3:] == [
        "consultation_requested",
        "consultation_answered",
        "consultation_answered",
    ]
    assert "quy hoạch" not in str([event.payload for event in events])


async def test_a_unit_asks_while_the_case_waits_at_another_agency_alone(world: Any) -> None:
    case = await world.accepted()
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "ask_tax"})
    asked = await consult(world, case, one("H99.03"))
    assert asked["consultations"][0]["unit"] == "PHONG_TU_PHAP"


async def test_the_matter_is_not_decided_before_who_must_be_waited_for_has_answered(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02"))
    refused = await world.act(case, "decision", world.official("justice"), DECISION)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/consultation-open")
    assert [w["agency"] for w in refused.json()["waitsFor"]] == ["H99.02"]
    consultation = asked["consultations"][0]["id"]
    withdrawn = await world.act(
        case, f"consultations/{consultation}/withdrawal", world.official("justice"), {"reason": "Đã rõ."}
    )
    (told,) = withdrawn.json()["consultations"]
    assert told["outcome"] == "withdrawn"
    assert told["consultees"][0]["retraction"]["reason"] == "Đã rõ."
    decided = await world.act(case, "decision", world.official("justice"), DECISION)
    assert decided.status_code == 201


async def test_what_need_not_be_waited_for_lapses_with_the_decision(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02"), mandatory=False)
    assert (await world.act(case, "decision", world.official("justice"), DECISION)).status_code == 201
    gone = await say(world, id_of(asked, "H99.02"), "H99.02")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/question-not-found")


async def test_who_is_asked_sees_what_is_shared_and_nothing_else_and_nothing_after(world: Any) -> None:
    sent, kept = await world.send(b"%PDF-1.7 shared"), await world.send(b"%PDF-1.7 kept")
    named = [{"document": "GIAY_TO", "id": sent["id"]}, {"document": "GIAY_TO", "id": kept["id"]}]
    case = (await world.submit(await world.publish(), documents=named))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    asked = await consult(world, case, one("H99.02", documents=[sent["id"]]), one("H99.03", shareForm=True))
    question, who = f"{QUESTIONS}/{id_of(asked, 'H99.02')}", asked_official(world, "H99.02")
    seen = await world.http.get(question, headers=who)
    assert seen.status_code == 200
    assert [document["id"] for document in seen.json()["documents"]] == [sent["id"]]
    assert "Trần" not in seen.text
    assert seen.json()["form"] is None
    with_form = await world.http.get(
        f"{QUESTIONS}/{id_of(asked, 'H99.03')}", headers=asked_official(world, "H99.03")
    )
    assert with_form.json()["form"] == {"fullName": "Trần Thị Mẫu"}

    def content(document: Any) -> str:
        return f"/procedures/v1/documents/{document['id']}/content"

    async def statuses() -> list[int]:
        paths = [question, content(sent), content(kept), f"/procedures/v1/cases/{case}"]
        paths += [f"/procedures/v1/cases/{case}/log", f"/procedures/v1/cases/{case}/clock"]
        return [(await world.http.get(path, headers=who)).status_code for path in paths]

    assert await statuses() == [200, 200, 404, 404, 404, 404]
    stranger = asked_official(world, "H99.04")
    assert (await world.http.get(question, headers=stranger)).status_code == 404
    assert (await world.http.get(content(sent), headers=stranger)).status_code == 404
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 201
    assert await statuses() == [404] * 6


async def test_who_is_asked_leaves_a_record_of_each_look(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02"))
    question = id_of(asked, "H99.02")
    await world.http.get(QUESTIONS, headers=asked_official(world, "H99.02"))
    await say(world, question, "H99.02")
    records = await world.told("procedures.access.v1", "agency", "H99.02")
    mine = [r.payload for r in records if world.citizen_id in {one["person"] for one in r.payload["cases"]}]
    assert [record["purpose"] for record in mine] == ["consultation"] * 3


async def test_another_unit_of_the_agency_may_not_answer_and_an_answer_is_given_once(world: Any) -> None:
    question = id_of(await consult(world, await world.accepted(), one("H99.02")), "H99.02")
    path = f"{QUESTIONS}/{question}/answer"
    elsewhere = {**asked_official(world, "H99.02", "BP_THUE"), "if-match": "*"}
    assert (await world.http.post(path, json={"opinion": "agree"}, headers=elsewhere)).status_code == 403
    who = asked_official(world, "H99.02")
    unmatched = await world.http.post(path, json={"opinion": "agree"}, headers=who)
    stale = await world.http.post(path, json={"opinion": "agree"}, headers={**who, "if-match": '"x"'})
    assert (unmatched.status_code, stale.status_code) == (428, 412)
    mute = await say(world, question, "H99.02", "disagree", note=None)
    assert [fault["code"] for fault in mute.json()["errors"]] == ["note_missing"]
    keyed = {**who, "if-match": "*", "idempotency-key": str(new_id())}
    first, again = [await world.http.post(path, json={"opinion": "agree"}, headers=keyed) for _ in range(2)]
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert (await say(world, question, "H99.02")).status_code == 404


async def test_documents_of_an_answer_join_the_case(world: Any) -> None:
    case = await world.accepted()
    question = id_of(await consult(world, case, one("H99.02")), "H99.02")
    sent = await world.send(b"%PDF-1.7 opinion", headers=asked_official(world, "H99.02"))
    answered = await say(
        world, question, "H99.02", documents=[{"document": "van-ban-y-kien", "id": sent["id"]}]
    )
    assert answered.json()["answer"]["documents"] == [sent["id"]]
    told = await view(world, case)
    assert [document["id"] for document in told["attachments"]] == [sent["id"]]
    content = f"/procedures/v1/documents/{sent['id']}/content"
    assert (await world.http.get(content, headers=world.official("justice"))).status_code == 200


async def test_an_exempt_consultation_stops_the_clock_and_gives_the_time_back(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02", term=working_days(5)), exemptedBy=LAW)
    assert (asked["dueAt"], asked["stoppedAt"]) == (None, "2026-01-05T01:30:00Z")
    clock = f"/procedures/v1/cases/{case}/clock"
    world.clock.set(local("2026-01-07 08:30"))
    told = (await world.http.get(clock, headers=world.citizen())).json()
    assert [
        (s["holder"].get("agency") or s["holder"]["kind"], s["held"], s["late"]) for s in told["shares"]
    ] == [("H99.02", "PT16H", "PT0S")]
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 201
    assert (await view(world, case))["dueAt"] == "2026-01-12T01:30:00Z"


async def test_while_the_clock_runs_the_delay_is_of_those_who_are_waited_for(world: Any) -> None:
    case = await world.accepted(term=working_days(1))
    world.clock.set(local("2026-01-05 14:30"))
    asked = await consult(world, case, one("H99.02", term=working_days(1)))
    world.clock.set(local("2026-01-07 08:30"))
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 201
    told = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
    assert {s["holder"]["agency"]: (s["held"], s["late"], s["overran"]) for s in told.json()["shares"]} == {
        "H99.01": ("PT4H", "PT0S", "PT0S"),
        "H99.02": ("PT12H", "PT8H", "PT4H"),
    }


async def test_silence_is_consent_where_it_was_asked_so_and_else_the_delay_is_named(world: Any) -> None:
    silent, loud = await world.accepted(), await world.accepted()
    await consult(world, silent, one("H99.02", term=working_days(1)), silenceConsents=True)
    asked = await consult(world, loud, one("H99.02", term=working_days(1)))
    world.clock.set(local("2026-01-06 08:30"))
    await world.fire()
    assert (await view(world, silent))["consultations"][0]["outcome"] is None  # never early
    world.clock.set(local("2026-01-06 08:30") + TICK)
    await world.fire()
    await world.fire()
    (told,) = (await view(world, silent))["consultations"]
    assert (told["outcome"], told["consultees"][0]["answer"]["by"]) == ("agreed", None)
    assert (await view(world, loud))["consultations"][0]["outcome"] is None
    overdue = await world.told("procedures.case.v1", "overdueSince", "2026-01-06T01:30:00Z")
    named = [event for event in overdue if event.payload["code"] == asked["code"]]
    assert [(event.type, event.payload["unitAgency"]) for event in named] == [
        ("procedures.case.consultation_overdue.v1", "H99.02")
    ]
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 201


async def test_a_planned_question_that_keeps_the_clock_still_has_a_due_instant_of_its_own(world: Any) -> None:
    names = ("TIEP_NHAN", "HOI", "TRA")
    steps = [
        {
            "code": code,
            "title": {"vi": code, "en": code},
            "unit": "BP_MOT_CUA",
            "transitions": [{"to": to}],
        }
        for code, to in zip(names, (*names[1:], None), strict=True)
    ]
    asks = {"exempt": True, "silenceConsents": True, "allowance": working_days(1), "agency": "H99.02"}
    steps[1] |= {**asks, "unit": "BP_THUE"}
    case = await world.accepted(steps=steps)
    told = await view(world, case)
    assert (told["dueAt"], told["tasks"][0]["dueAt"]) == (None, "2026-01-06T01:30:00Z")
    world.clock.set(local("2026-01-06 08:30") + TICK)
    await world.fire()
    told = await view(world, case)
    assert ([task["step"] for task in told["tasks"]], told["stoppedAt"]) == (["TRA"], None)


async def test_an_edited_calendar_dates_the_answers_anew(world: Any) -> None:
    agency = f"H{new_id().hex[-4:].upper()}.01"
    case = str((await world.submit(await world.publish(agency=agency)))["id"])
    await world.act(case, "acceptance", world.official("desk", agency))
    body = {"consultees": [one("H99.02", term=working_days(1))]}
    asked = await world.act(case, "consultations", world.official("justice", agency), body)
    question = id_of(asked.json(), "H99.02")
    await world.close_on(agency, "2026-01-06")
    while await date_next(world.database, world.clock.now()):
        pass
    seen = await world.http.get(f"{QUESTIONS}/{question}", headers=asked_official(world, "H99.02"))
    assert seen.json()["dueAt"] == "2026-01-07T01:30:00Z"
    async with world.database.reading() as tx:
        row = (await tx.execute(select(consultees).where(consultees.c.case_id == case))).one()
    assert row.sort_at == local("2026-01-07 08:30")


async def test_the_inbox_of_a_unit_shows_what_is_due_next_first_page_by_page(world: Any) -> None:
    agency = f"H{new_id().hex[-4:].upper()}.02"
    await world.learn_agency(agency, "PHONG_Y_KIEN", "BP_THUE")
    case, expected = await world.accepted(), []
    for days, unit in ((3, "PHONG_Y_KIEN"), (1, "BP_THUE"), (None, "BP_THUE"), (2, "PHONG_Y_KIEN")):
        term = None if days is None else working_days(days)
        asked = await consult(world, case, one(agency, unit=unit, term=term))
        expected.append((days or 99, id_of(asked, agency)))
    who = world.bearer(
        "procedures:cases:process",
        kind="official",
        agency=agency,
        posts=[("PHONG_Y_KIEN", "XU_LY"), ("BP_THUE", "XU_LY")],
    )
    found, address = [], f"{QUESTIONS}?limit=1"
    while address:
        page = await world.http.get(address, headers=who)
        assert page.status_code == 200, page.text
        found += [item["id"] for item in page.json()["items"]]
        following = page.json()["next"]
        address = following and f"{QUESTIONS}?limit=1&cursor={following}"
    assert found == [question for _, question in sorted(expected)]
    of_one_unit = await world.http.get(QUESTIONS, headers=asked_official(world, agency))
    assert [item["unit"] for item in of_one_unit.json()["items"]] == ["PHONG_Y_KIEN"] * 2


async def test_every_fault_of_a_question_is_told_at_once(world: Any) -> None:
    case = await world.accepted()
    body = {
        "consultees": [
            one("H99.02", unit="NOWHERE"),
            one("H99.03", documents=[str(new_id())]),
            one("H99.03", term=working_days(1)),
            one("H99.01", unit="PHONG_TU_PHAP"),
        ],
        "join": {"needed": 5},
        "silenceConsents": True,
        "mandatory": False,
        "exemptedBy": LAW,
    }
    refused = await world.act(case, "consultations", world.official("justice"), body)
    assert refused.status_code == 400
    assert [(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("/join/needed", "too_many_needed"),
        ("/exemptedBy", "exempt_not_mandatory"),
        ("/consultees/0/unit", "unit_unknown"),
        ("/consultees/0/term", "silence_without_term"),
        ("/consultees/1/term", "silence_without_term"),
        ("/consultees/1/documents/0", "document_not_in_case"),
        ("/consultees/2", "asked_twice"),
        ("/consultees/3/agency", "exempt_own_agency"),
        ("/consultees/3/term", "silence_without_term"),
    ]


async def test_nobody_is_asked_about_a_case_that_is_not_accepted(world: Any) -> None:
    case = (await world.submit(await world.publish()))["id"]
    body = {"consultees": [one("H99.02")]}
    refused = await world.act(case, "consultations", world.official("desk"), body)
    assert refused.status_code == 409
    assert "consult" not in refused.json()["nextActions"]


async def test_the_citizen_and_the_public_see_who_is_waited_for_and_one_due_date(world: Any) -> None:
    receipt = await world.submit(await world.publish())
    await world.act(receipt["id"], "acceptance", world.official("desk"))
    asked = await consult(world, receipt["id"], one("H99.03"), one("H99.02"), join={"needed": 1})
    query = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
    tracked = await world.http.post("/procedures/v1/tracking", json=query)
    assert (tracked.json()["consulted"], tracked.json()["dueAt"]) == (["H99.02", "H99.03"], asked["dueAt"])
    assert "quy hoạch" not in tracked.text
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 201
    tracked = await world.http.post("/procedures/v1/tracking", json=query)
    assert tracked.json()["consulted"] == []  # any was enough


async def test_a_case_that_is_withdrawn_asks_nobody_any_more(world: Any) -> None:
    case = await world.accepted()
    asked = await consult(world, case, one("H99.02"))
    await world.act(case, "withdrawal", world.citizen(), {})
    assert (await say(world, id_of(asked, "H99.02"), "H99.02")).status_code == 404


@pytest.mark.parametrize("damage", [delete(consultees), update(consultees).values(agency="H99.04")])
async def test_whoever_is_let_in_behind_the_log_is_found(world: Any, damage: Any) -> None:
    case = await world.accepted()
    code = (await consult(world, case, one("H99.02")))["code"]

    async def flaw() -> Any:
        async with world.database.transaction() as tx:
            (found,) = await verify_cases(tx, after=None, limit=1, code=code)
            return found.flaw

    assert await flaw() is None
    async with world.database.transaction() as tx:
        await tx.execute(damage.where(consultees.c.case_id == case))
    assert "opinion" in (await flaw()).en


async def test_a_closure_moves_a_question_whose_delay_is_noted_while_the_clock_stands_still_for_it(
    world: Any,
) -> None:
    """Nothing else of the case is due then: no step, no answer, and no timer is left."""
    case = await world.accepted()
    await consult(world, case, one("H99.02", term=working_days(2)), exemptedBy=LAW)
    world.clock.set(local("2026-01-07 08:31"))
    await world.fire()
    await world.close_on("H99.01", "2026-01-06")
    while await date_next(world.database, world.clock.now()):
        pass
    (asked,) = (await view(world, case))["consultations"][0]["consultees"]
    assert asked["dueAt"] == "2026-01-08T01:30:00Z"
