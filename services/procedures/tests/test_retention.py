"""Ended cases are kept as long as the law says, then erased or transferred when two people say so."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from procedures.anchors.operations import anchor_days, flaws_of_anchors
from procedures.cases.soundness import Verified, verify_cases
from procedures.documents.contents import Content
from procedures.documents.sealing import new_key
from procedures.domain.log import canonical
from procedures.domain.personal import ERASED
from procedures.retention.operations import schedule_retentions
from procedures.retention.soundness import flaws_of_lists
from procedures.tables import disposal_lists
from procedures.upkeep import sweep
from shared.ids import new_id

BASE = "/procedures/v1"
YEAR = timedelta(days=366)
RULES = [
    {"result": "granted", "years": 2, "from": "ended", "then": "transfer"},
    {"result": "refused", "years": 1, "from": "ended", "then": "destroy"},
]
REASON = "Bà Kín nộp sai nơi."


@pytest.fixture
async def world(open_world: Any, migrated_database: Any) -> AsyncIterator[Any]:
    """A world over a database of its own, in which time may pass for years."""
    async with open_world(migrated_database("retention", Path(__file__).parents[1] / "migrations")) as world:
        yield world


async def refused(world: Any, procedure: str, **body: Any) -> dict[str, Any]:
    """A case that has ended: its receipt."""
    receipt: dict[str, Any] = await world.submit(procedure, form={"fullName": "Bùi Thị Kín"}, **body)
    answer = await world.act(
        receipt["id"], "refusal", world.official("desk"), {"reason": REASON, "legalGround": "Điều 17"}
    )
    assert answer.status_code == 201
    return receipt


async def scheduled(world: Any) -> int:
    desk = world.app.state.desk
    return await schedule_retentions(world.database, desk.versions, desk.calendars, at_once=2)


async def due(world: Any, disposal: str = "destroy") -> list[str]:
    answer = await world.http.get(
        f"{BASE}/due-disposals", params={"disposal": disposal}, headers=world.official("desk")
    )
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


async def drawn_up(world: Any, who: dict[str, str], **body: Any) -> Any:
    given = {"disposal": "destroy", "ground": "Luật Lưu trữ 2024", **body}
    return await world.http.post(f"{BASE}/disposal-lists", json=given, headers=who)


async def settled(world: Any, disposal_list: Any, command: str, who: dict[str, str], **body: Any) -> Any:
    return await world.http.post(
        f"{BASE}/disposal-lists/{disposal_list.json()['id']}/{command}",
        json=body,
        headers={**who, "if-match": disposal_list.headers["etag"]},
    )


async def flaws(world: Any) -> list[Any]:
    async with world.database.transaction() as tx:
        found: list[Any] = [one for one in await verify_cases(tx, after=None, limit=100) if one.flaw]
        found += [flaw async for flaw in flaws_of_lists(tx)]
        return found + [flaw async for flaw in flaws_of_anchors(tx, {})]


async def test_a_case_is_due_on_its_day_and_not_before(world: Any) -> None:
    procedure = await world.publish(retention=RULES)
    codes = [(await refused(world, procedure))["code"] for _ in range(3)]
    await world.submit(procedure)  # still open
    assert await scheduled(world) == 3
    assert await scheduled(world) == 0
    world.clock.advance(timedelta(days=364, hours=15, minutes=29))  # 4 January 2027, 23:59 in Hà Nội
    assert await due(world) == []
    world.clock.advance(timedelta(minutes=1))
    assert await due(world) == codes
    assert await due(world, "transfer") == []


async def test_pages_of_due_cases_come_one_after_the_other(world: Any) -> None:
    procedure = await world.publish(retention=RULES)
    codes = [(await refused(world, procedure))["code"] for _ in range(5)]
    await scheduled(world)
    world.clock.advance(YEAR)
    found: list[str] = []
    address = f"{BASE}/due-disposals?disposal=destroy&limit=2"
    while address:
        page = await world.http.get(address, headers=world.official("desk"))
        found += [item["code"] for item in page.json()["items"]]
        address = page.links.get("next", {}).get("url", "")
    assert found == codes


async def test_a_case_is_kept_while_an_appeal_against_it_is_open(world: Any) -> None:
    complaints = await world.publish()
    case = await refused(world, await world.publish(retention=RULES, appeal={"procedure": complaints}))
    filed = await world.act(case["id"], "appeals", world.citizen(), {"form": {"fullName": "Bùi Thị Kín"}})
    await scheduled(world)
    world.clock.advance(YEAR)
    assert await due(world) == []
    await world.act(filed.json()["id"], "withdrawal", world.citizen(), {})
    assert await due(world) == [case["code"]]


async def test_an_erased_case_says_so_and_nothing_else_of_it_is_left_but_a_sound_log(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    document = [{"document": "GIAY_TO", "id": sent["id"]}]
    procedure = await world.publish(retention=RULES)
    case = await refused(world, procedure, documents=document)
    await scheduled(world)
    world.clock.advance(YEAR)
    await anchor_days(world.database, world.clock.now())
    before = (await world.http.get(f"{BASE}/cases/{case['id']}/log", headers=world.citizen())).json()
    former_etags = {}
    for path in ("", "/log"):
        params = {"asOf": before["entries"][1]["at"].replace("Z", "+00:00")}
        then = await world.http.get(
            f"{BASE}/cases/{case['id']}{path}", params=params, headers=world.citizen()
        )
        former_etags[f"{path}?{then.request.url.query.decode()}"] = then.headers["etag"]
    archivist, chief = world.official("desk"), world.official("justice")
    listed = await drawn_up(world, archivist)
    assert listed.status_code == 201, listed.text
    assert await due(world) == []
    path = f"{BASE}/disposal-lists/{listed.json()['id']}"
    approved = await settled(world, listed, "approval", chief)
    assert approved.status_code == 201, approved.text

    view = (await world.read(case["id"])).json()
    assert view["erased"] == {
        "at": world.clock.now().isoformat().replace("+00:00", "Z"),
        "ground": "Luật Lưu trữ 2024",
        "disposalList": listed.json()["id"],
    }
    assert (view["status"], view["form"], view["reason"]) == ("refused", None, ERASED)
    log = (await world.http.get(f"{BASE}/cases/{case['id']}/log", headers=world.citizen())).json()
    assert log["sound"] is True
    assert log["entries"][1]["act"]["reason"] == ERASED
    assert [entry["hash"] for entry in log["entries"][:2]] == [entry["hash"] for entry in before["entries"]]
    for place, held in former_etags.items():
        tagged = {**world.citizen(), "if-none-match": held}
        assert (await world.http.get(f"{BASE}/cases/{case['id']}{place}", headers=tagged)).status_code == 200
    former = await world.http.get(
        f"{BASE}/cases/{case['id']}", params={"asOf": before["entries"][1]["at"]}, headers=world.citizen()
    )
    assert (former.json()["reason"], former.json()["erased"]) == (ERASED, view["erased"])
    assert await flaws(world) == []

    content = f"{BASE}/documents/{sent['id']}/content"
    gone = await world.http.get(content, headers=world.citizen())
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/document-erased")
    await sweep(world.app.state.desk)
    content_there = Content(UUID(sent["id"]), new_key())
    with pytest.raises(FileNotFoundError):
        [chunk async for chunk in world.app.state.desk.contents.send(content_there)]
    async with world.database.reading() as tx:
        row = (
            await tx.execute(text("SELECT form, data_key FROM cases WHERE code = :c"), {"c": case["code"]})
        ).one()
    assert row == (None, None)

    certificate = (await world.http.get(path, headers=chief)).json()["certificate"]
    assert certificate["cases"] == [
        {
            "code": case["code"],
            "formCommitment": certificate["cases"][0]["formCommitment"],
            "documents": [sent["sha256"]],
            "entries": 3,
            "headBefore": before["entries"][1]["hash"],
            "headAfter": log["entries"][2]["hash"],
        }
    ]
    rest = {name: value for name, value in certificate.items() if name != "sha256"}
    assert certificate["sha256"] == hashlib.sha256(canonical(rest)).hexdigest()
    told = await world.told("procedures.case.v1", "code", case["code"])
    assert told[-1].type == "procedures.case.erased.v1"


async def test_of_an_erased_case_no_result_is_issued_or_revoked(world: Any) -> None:
    kind = {
        "code": "GIAY",
        "title": {"vi": "Giấy", "en": "Paper"},
        "symbol": "G",
        "template": "{{ form.fullName }}",
    }
    rules = [{"result": "granted", "years": 1, "from": "ended", "then": "destroy"}]
    case = (await world.submit(await world.publish(retention=rules, results=[kind])))["id"]
    desk, justice = world.official("desk"), world.official("justice")
    for command, who, body in (
        ("acceptance", desk, None),
        ("decision", justice, {"outcome": "granted", "reason": "Đủ."}),
        ("tasks/THU_LY/completion", justice, {"outcome": "done"}),
        ("tasks/TRA_KET_QUA/completion", desk, {}),
    ):
        assert (await world.act(case, command, who, body)).status_code == 201
    await scheduled(world)
    world.clock.advance(YEAR)
    await settled(world, await drawn_up(world, desk), "approval", justice)
    revoked = {"reason": "Khai sai.", "legalGround": "Điều 93"}
    for command, body in (("issuance", {"type": "GIAY"}), (f"results/{new_id()}/revocation", revoked)):
        answer = await world.act(case, command, justice, body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/case-erased")


async def test_whoever_drew_up_a_list_cannot_approve_it(world: Any) -> None:
    case = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    archivist = world.bearer(
        "procedures:disposals:write procedures:disposals:read",
        kind="official",
        agency="H99.01",
        subject=str(new_id()),
    )
    listed = await drawn_up(world, archivist)
    alone = await settled(world, listed, "approval", archivist)
    assert (alone.status_code, alone.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await world.read(case["id"])).json()["form"] == {"fullName": "Bùi Thị Kín"}


async def test_a_held_case_is_not_disposed_of_until_it_is_released(world: Any) -> None:
    procedure = await world.publish(retention=RULES)
    held, free = [await refused(world, procedure) for _ in range(2)]
    await scheduled(world)
    world.clock.advance(YEAR)
    desk = world.official("desk")
    listed = await drawn_up(world, desk)
    hold = await world.act(held["id"], "hold", desk, {"reason": "Bà Kín khiếu nại."})
    assert hold.json()["hold"]["reason"] == "Bà Kín khiếu nại."
    again = await world.act(held["id"], "hold", desk, {"reason": "Lần nữa."})
    assert again.json()["type"] == "/problems/case-held"
    approved = await settled(world, listed, "approval", world.official("justice"))
    certificate = approved.json()["certificate"]
    assert [one["code"] for one in certificate["cases"]] == [free["code"]]
    assert certificate["leftOut"] == [held["code"]]
    assert await due(world) == []
    refusal = await drawn_up(world, desk, cases=[held["id"]])
    assert [fault["code"] for fault in refusal.json()["errors"]] == ["not_due"]
    released = await world.act(held["id"], "release", desk)
    assert released.json()["hold"] is None
    assert await due(world) == [held["code"]]
    twice = await world.act(held["id"], "release", desk)
    assert twice.json()["type"] == "/problems/case-not-held"
    late = await world.act(free["id"], "hold", desk, {"reason": "Muộn rồi."})
    assert late.json()["type"] == "/problems/case-erased"
    assert await flaws(world) == []


async def test_a_case_that_is_not_due_is_left_out_of_a_list_that_is_approved(world: Any) -> None:
    due_one = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    listed = await drawn_up(world, world.official("desk"))
    fresh = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    assert await flaws(world) == []
    put_on = text("UPDATE retentions SET disposal_list = :list, due_on = '2026-01-01' WHERE case_id = :case")
    async with world.database.transaction() as tx:
        await tx.execute(put_on, {"list": listed.json()["id"], "case": fresh["id"]})
    assert [one.code for one in await flaws(world) if isinstance(one, Verified)] == [fresh["code"]]
    approved = await settled(world, listed, "approval", world.official("justice"))
    certificate = approved.json()["certificate"]
    assert [one["code"] for one in certificate["cases"]] == [due_one["code"]]
    assert certificate["leftOut"] == [fresh["code"]]
    assert (await world.read(fresh["id"])).json()["erased"] is None


LISTS = {
    "an approved list that takes in a case": "retentions SET disposal_list = :erasing WHERE disposal_list IS NULL",
    "one that is to be settled and does": "retentions SET disposal_list = :waiting WHERE disposal_list IS NULL",
    "a waiting list with a case that is not due": "retentions SET due_on = '2099-01-01' WHERE disposal_list = :waiting",
    "one with a case that is kept for good": "retentions SET due_on = NULL WHERE disposal_list = :waiting",
    "one that is dismissed with a case on it": "disposal_lists SET status = 'dismissed', settled_at = now(), revision = 2 WHERE id = :waiting",
    "one that is approved without a certificate": "disposal_lists SET status = 'approved', settled_at = now(), revision = 2 WHERE id = :waiting",
    "another ground": "disposal_lists SET ground = 'Không có' WHERE id = :erasing",
    "another approval": "disposal_lists SET settled_at = now() WHERE id = :erasing",
    "another who drew it up": "disposal_lists SET drawn_up_by = 'nobody' WHERE id = :erasing",
    "a certificate that says otherwise": 'disposal_lists SET certificate = certificate || \'{"leftOut": ["H99"]}\' WHERE id = :erasing',
}


async def test_a_list_that_was_changed_by_hand_is_found(world: Any) -> None:
    desk, justice = world.official("desk"), world.official("justice")
    procedure = await world.publish(retention=RULES)
    for _ in range(2):
        await refused(world, procedure)
    await scheduled(world)
    world.clock.advance(YEAR)
    erasing = await drawn_up(world, desk)
    assert (await settled(world, erasing, "approval", justice)).status_code == 201
    await refused(world, procedure)
    await scheduled(world)
    world.clock.advance(YEAR)
    waiting = await drawn_up(world, desk)
    await refused(world, procedure)
    await scheduled(world)
    ids = {"erasing": erasing.json()["id"], "waiting": waiting.json()["id"]}
    async with world.database.transaction() as tx:
        for name, change in LISTS.items():
            assert [flaw async for flaw in flaws_of_lists(tx)] == []
            attempt = await tx.begin_nested()
            assert (await tx.execute(text(f"UPDATE {change}"), ids)).rowcount == 1, name
            assert [flaw async for flaw in flaws_of_lists(tx)], name
            await attempt.rollback()


@pytest.mark.parametrize(
    "change",
    [
        {"ground": "Không có"},
        {"approvedBy": "nobody"},
        {"cases": []},
        {"cases": [{"headBefore": "00"}]},
        {"cases": [{"headAfter": "00"}]},
        {"cases": [{"formCommitment": "00"}]},
    ],
)
async def test_a_certificate_that_was_made_up_anew_does_not_follow_from_the_logs(
    world: Any, change: dict[str, Any]
) -> None:
    await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    listed = await drawn_up(world, world.official("desk"))
    approved = await settled(world, listed, "approval", world.official("justice"))
    certificate = approved.json()["certificate"]
    del certificate["sha256"]
    lines = zip(certificate["cases"], change.get("cases", ()), strict=False)
    made_up = {**certificate, **change}
    if "cases" in change:
        made_up["cases"] = [{**line, **other} for line, other in lines]
    made_up["sha256"] = hashlib.sha256(canonical(made_up)).hexdigest()
    assert await flaws(world) == []
    async with world.database.transaction() as tx:
        await tx.execute(update(disposal_lists).values(certificate=made_up))
    assert [found for found, _ in await flaws(world)] == [UUID(listed.json()["id"])]


async def test_a_case_that_is_transferred_names_the_archive_and_stays_readable(world: Any) -> None:
    procedure = await world.publish(retention=RULES)
    case = (await world.submit(procedure))["id"]
    desk = world.official("desk")
    await world.act(case, "acceptance", desk)
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    await world.act(case, "decision", desk, {"outcome": "granted", "reason": "Đủ điều kiện."})
    await world.act(case, "tasks/TRA_KET_QUA/completion", desk, {})
    await scheduled(world)
    world.clock.advance(2 * YEAR)
    listed = await drawn_up(world, desk, disposal="transfer")
    nameless = await settled(world, listed, "approval", world.official("justice"))
    assert [fault["pointer"] for fault in nameless.json()["errors"]] == ["/archive", "/receipt"]
    archive = {"archive": "Lưu trữ lịch sử tỉnh", "receipt": "BB-2028-015"}
    approved = await settled(world, listed, "approval", world.official("justice"), **archive)
    assert approved.status_code == 201, approved.text
    view = (await world.read(case)).json()
    assert {name: view["transferred"][name] for name in archive} == archive
    assert (view["reason"], view["erased"]) == ("Đủ điều kiện.", None)
    assert await due(world, "transfer") == []
    assert await flaws(world) == []


async def test_a_dismissed_list_sets_its_cases_free(world: Any) -> None:
    case = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    desk = world.official("desk")
    nothing = await drawn_up(world, desk, disposal="transfer")
    assert nothing.json()["type"] == "/problems/nothing-due"
    listed = await drawn_up(world, desk)
    path = f"{BASE}/disposal-lists/{listed.json()['id']}"
    cases = await world.http.get(f"{path}/cases", headers=desk)
    assert [item["code"] for item in cases.json()["items"]] == [case["code"]]
    dismissed = await settled(world, listed, "dismissal", desk)
    assert dismissed.json()["status"] == "dismissed"
    assert await due(world) == [case["code"]]
    stale = await settled(world, listed, "approval", world.official("justice"))
    assert stale.status_code == 412
    again = await settled(world, dismissed, "approval", world.official("justice"))
    assert again.json()["type"] == "/problems/disposal-list-settled"
    lists = await world.http.get(f"{BASE}/disposal-lists", headers=desk)
    assert [one["status"] for one in lists.json()["items"]] == ["dismissed"]


async def test_another_agency_sees_and_disposes_of_nothing(world: Any) -> None:
    case = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    listed = await drawn_up(world, world.official("desk"))
    stranger = world.official("elsewhere")
    path = f"{BASE}/disposal-lists/{listed.json()['id']}"
    for answer in (
        await world.http.get(path, headers=stranger),
        await world.http.get(f"{path}/cases", headers=stranger),
        await settled(world, listed, "approval", stranger),
        await settled(world, listed, "dismissal", stranger),
    ):
        assert answer.status_code == 404
    assert (await drawn_up(world, stranger, cases=[case["id"]])).status_code == 400


async def test_whoever_approves_twice_under_one_key_is_answered_the_same(world: Any) -> None:
    await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    listed = await drawn_up(world, world.official("desk"))
    chief = {**world.official("justice"), "idempotency-key": str(new_id())}
    first, again = [await settled(world, listed, "approval", chief) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.content == again.content


async def test_who_reads_a_certificate_is_recorded_and_a_list_of_lists_shows_none(world: Any) -> None:
    case = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    listed, chief = await drawn_up(world, world.official("desk")), world.official("justice")
    await settled(world, listed, "approval", chief)
    path = f"{BASE}/disposal-lists"
    one = await world.http.get(f"{path}/{listed.json()['id']}", headers=chief)
    assert [line["code"] for line in one.json()["certificate"]["cases"]] == [case["code"]]
    (newest, *_) = (await world.http.get(path, headers=chief)).json()["items"]
    assert (newest["id"], newest["certificate"]) == (listed.json()["id"], None)
    assert [look["purpose"] for look in await looks(world, case["code"])][1:] == ["disposal", "disposal"]


async def test_what_was_answered_on_an_erased_case_is_answered_no_more(world: Any) -> None:
    case = await refused(world, await world.publish(retention=RULES))
    await scheduled(world)
    world.clock.advance(YEAR)
    etag, who = (await world.read(case["id"])).headers["etag"], world.official("desk")

    async def hold(command: str, tag: str, body: Any = None) -> Any:
        headers = {**who, "if-match": tag, "idempotency-key": f"{case['id']}-{command}"}
        return await world.http.post(f"{BASE}/cases/{case['id']}/{command}", json=body, headers=headers)

    held = await hold("hold", etag, {"reason": "Đang có khiếu nại."})
    assert REASON in held.text
    assert (await hold("hold", etag, {"reason": "Đang có khiếu nại."})).content == held.content
    assert (await hold("release", held.headers["etag"])).status_code == 201
    listed = await drawn_up(world, world.official("desk"))
    assert (await settled(world, listed, "approval", world.official("justice"))).status_code == 201
    for again in (await hold("hold", etag, {"reason": "Đang có khiếu nại."}), await hold("release", etag)):
        assert again.status_code == 412
        assert REASON not in again.text


async def looks(world: Any, code: str) -> list[Any]:
    """What is recorded of who saw the case."""
    query = "SELECT payload FROM outbox WHERE type = 'procedures.access.recorded.v1' ORDER BY position"
    async with world.database.reading() as tx:
        found = (await tx.execute(text(query))).scalars()
        return [look for look in found if code in [case["code"] for case in look["cases"]]]
