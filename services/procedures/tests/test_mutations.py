"""Any single changed bit of a case, its log, what follows from it, its documents, the series of numbers, the lists of
disposals or the anchors is found.

`MOTCUA_MUTATIONS` says how many bits are tried, each at a random place of a random column of a random row;
10,000 take some minutes. The seed is printed. What an earlier release did not write is no such bit.
"""

import json
import os
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Column, Table, cast, delete, func, select, text, true, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.anchors.operations import anchor_days, flaws_of_anchors
from procedures.calendars.operations import Calendars
from procedures.cases.soundness import flaws_of_cases
from procedures.cases.store import case_by_id, entry_of, log_of, see_one_state
from procedures.catalogue.operations import Versions
from procedures.domain import retention
from procedures.domain.acts import Actor
from procedures.domain.log import GENESIS, chained_bytes, entry_hash
from procedures.results.certificates import make_sample_certificate
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys
from procedures.retention.operations import Approval, approve_list, schedule_retentions
from procedures.retention.soundness import flaws_of_lists
from procedures.retention.store import add_list
from procedures.series import flaws_of_series
from procedures.tables import (
    anchors,
    case_log,
    case_series,
    cases,
    disposal_lists,
    documents,
    external_tasks,
    result_series,
    results,
    retentions,
    tasks,
    timers,
)
from shared.ids import new_id

MUTATIONS = int(os.environ.get("MOTCUA_MUTATIONS", "300"))
DAY = timedelta(days=1)
RESULT = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "template": "Xác nhận {{ form.fullName }}.",
}
KEPT = {"result": "granted", "years": 5, "from": "ended", "then": "destroy"}

BITS = {
    cases: "code procedure version agency applicant status submitted_at due_at sequence head state form data_key",
    case_log: "sequence at actor act hash",
    tasks: "step agency unit role opened_at due_at sort_at procedure status",
    documents: "file_name content_key media_type size sha256 erased_at",
    results: "agency type title_vi title_en number issued_at json_sha256 pdf_sha256 state ended_at legal_ground",
    retentions: "agency ended_at held scheduled due_on disposal disposed_at",
    disposal_lists: "agency disposal ground status revision drawn_up_by settled_at certificate",
    timers: "kind subject at fires_at failures",
    external_tasks: "step procedure agency unit role opened_at due_at sort_at ready attempts",
    case_series: "agency day last",
    result_series: "agency year symbol last",
    anchors: "number day entries root previous hash",
}
"""The columns that are looked at. Ids of cases cannot be changed: others refer to them."""

CHANGES = {
    "a document of a living case that is said to be erased": "documents SET erased_at = now() WHERE case_id IS NOT NULL AND file_name IS NOT NULL",
    "one whose content is said to be dropped": "documents SET dropped_at = now() WHERE file_name IS NOT NULL",
    "one that nobody sees": "documents SET received_at = NULL WHERE file_name IS NOT NULL",
    "one that is said to be kept, of an erased case": "documents SET erased_at = NULL WHERE file_name IS NULL",
    "one that was dropped before it was erased": "documents SET dropped_at = erased_at - interval '1 s' WHERE file_name IS NULL",
    "one that has the content of another": "documents SET content_of = (SELECT max(id::text)::uuid FROM documents) WHERE case_id IS NOT NULL",
    "one that nobody has put into the case": "documents SET case_id = (SELECT max(id::text)::uuid FROM cases) WHERE case_id IS NULL",
    "a timer that is put off for good": "timers SET failures = 1, fires_at = '9999-01-01'",
    "a task that no system is ever offered": "external_tasks SET free_at = '9999-01-01'",
    "a task without attempts": "external_tasks SET attempts_left = -1",
    "a case that was erased by no list": "retentions SET disposal_list = NULL WHERE disposal_list IS NOT NULL",
    "a list that was not approved": "disposal_lists SET status = 'dismissed'",
    "a series with a gap": "case_series SET last = last + 5",
    "a series that stands before its end": "case_series SET last = last - 1",
    "a series of results with a gap": "result_series SET last = last + 1",
}
"""What more than one bit makes of a row, or of an empty column."""


@pytest.fixture
async def world(open_world: Any, migrated_database: Any) -> AsyncIterator[Any]:
    async with open_world(migrated_database("mutations", Path(__file__).parents[1] / "migrations")) as world:
        yield world


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


async def lived(world: Any, sign_with: Path) -> list[UUID]:
    """Cases at every station, over two anchored days; the first is submitted, the last accepted."""
    seal = Seal(SigningKeys(sign_with, b"secret"))
    desk = world.app.state.desk
    world.app.state.desk = replace(desk, press=replace(desk.press, seal=seal))
    procedure = await world.publish(results=[RESULT], retention=[KEPT])
    sent = await world.send(b"%PDF-1.7 sample")
    document = [{"document": "GIAY_TO", "id": sent["id"]}]
    opened = [
        (await world.submit(procedure, form={"fullName": f"Bà {n}", "born": "1990-01-31"}))["id"]
        for n in range(4)
    ]
    tax = {
        "agency": "H99.02",
        "external": {"attempts": 3},
        "allowance": {"kind": "working_days", "amount": 2},
    }
    steps = [step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"), step("HOI_THUE", "BP_THUE", None, **tax)]
    opened.append((await world.submit(await world.publish(steps=steps)))["id"])
    opened.append((await world.submit(procedure, documents=document))["id"])
    items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
    done = {"outcome": "done", "note": "Đã đối chiếu."}
    decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
    desk, justice = world.official("desk"), world.official("justice")
    for case in opened[1:]:
        await world.act(case, "acceptance", desk)
    world.clock.advance(DAY)
    await world.act(opened[1], "supplement-request", justice, items)
    for case in opened[2:4]:
        await world.act(case, "tasks/THU_LY/completion", justice, done)
        await world.act(case, "decision", desk, decision)
        await issued(world, case, desk)
    closed = await world.act(opened[3], "tasks/TRA_KET_QUA/completion", desk, {})
    assert closed.json()["status"] == "closed"
    held = await world.act(opened[2], "hold", desk, {"reason": "Đang khiếu nại."})
    assert held.status_code == 201
    await schedule_retentions(world.database, Versions(), Calendars())
    await erase(world, UUID(opened[3]))
    world.clock.advance(2 * DAY)
    assert len(await anchor_days(world.database, world.clock.now())) == 3
    return [UUID(case) for case in opened]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    make_sample_certificate(tmp_path / "p12", b"secret", datetime(2026, 1, 1, tzinfo=UTC))
    return tmp_path / "p12"


async def issued(world: Any, case: str, desk: Any) -> None:
    """A result, one in its place, that one revoked, and one more."""
    old = (await world.act(case, "issuance", desk, {"type": "GIAY"})).json()["results"][0]["id"]
    world.clock.advance(timedelta(minutes=1))
    after = await world.act(case, "issuance", desk, {"type": "GIAY", "supersedes": old})
    revoked = {"reason": "Khai sai.", "legalGround": "Điều 93"}
    await world.act(case, f"results/{after.json()['results'][1]['id']}/revocation", desk, revoked)
    assert (await world.act(case, "issuance", desk, {"type": "GIAY"})).status_code == 201


async def erase(world: Any, case_id: UUID) -> None:
    """As an approved list does, years before its time."""
    now, drawn_up = world.clock.now(), {"id": new_id(), "agency": "H99.01", "disposal": "destroy"}
    who = Approval(Actor("somebody", "official", "H99.01"), "H99.01", '"1"')
    async with world.database.transaction() as tx:
        told = {"ground": "Luật Lưu trữ 2024", "drawn_up_by": "somebody else", "drawn_up_at": now}
        await add_list(tx, **drawn_up, **told, status="drawn_up")
        listed = update(retentions).where(retentions.c.case_id == case_id)
        await tx.execute(listed.values(disposal_list=drawn_up["id"]))
        with patch.object(retention, "may_be_disposed_of", return_value=True):
            await approve_list(tx, now, drawn_up["id"], who)


def flipped(value: Any, chance: random.Random) -> Any:
    """The value with one of its bits turned over; None when that is no value of its type."""
    try:
        return None if value == "" else turned_over(value, chance)
    except (OverflowError, UnicodeDecodeError, JSONDecodeError):
        return None


def turned_over(value: Any, chance: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value ^ 1 << chance.randrange(31)
        case bytes():
            changed = bytearray(value)
            changed[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
            return bytes(changed)
        case datetime():
            return value + timedelta(microseconds=1 << chance.randrange(40)) * chance.choice((1, -1))
        case date():
            return value + timedelta(days=1 << chance.randrange(12)) * chance.choice((1, -1))
        case str():
            return turned_over(value.encode(), chance).decode()
        case dict():
            changed = json.loads(turned_over(json.dumps(value, ensure_ascii=False), chance))
            return changed if isinstance(changed, dict) and changed != value else None
    return None


async def mutated(tx: AsyncConnection, chance: random.Random) -> str | None:
    """Change one bit somewhere; None when what came of it could not be stored."""
    table: Table = chance.choice(list(BITS))
    column: Column[Any] = table.c[chance.choice(BITS[table].split())]
    rows = (await tx.execute(select(table).order_by(*table.primary_key.columns))).all()
    row = chance.choice(rows)._asdict()
    value = flipped(row[column.name], chance)
    if value is None or (isinstance(value, str) and "\0" in value):
        return None
    same = [key == row[key.name] for key in table.primary_key.columns]
    new = cast(value, JSONB) if isinstance(value, dict) else value
    await tx.execute(update(table).where(*same).values({column.name: new}))
    return f"{table.name}.{column.name}: {row[column.name]!r} became {value!r}"


async def flaws(tx: AsyncConnection) -> list[Any]:
    found: list[Any] = [one for one in await flaws_of_cases(tx, after=None, limit=100) if one.flaw]
    found += [flaw async for flaw in flaws_of_anchors(tx, {})] + await flaws_of_series(tx)
    return found + [flaw async for flaw in flaws_of_lists(tx)]


@pytest.mark.timeout(3600)
async def test_any_changed_bit_is_found(world: Any, certificates: Path) -> None:
    await lived(world, certificates)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, tried, refused = random.Random(seed), 0, 0
    async with world.database.transaction() as tx:
        await see_one_state(tx)
        assert await flaws(tx) == []
        while tried < MUTATIONS:
            attempt = await tx.begin_nested()
            try:
                mutation = await mutated(tx, chance)
            except DBAPIError:
                mutation = None  # the database itself refuses it
            if mutation is None:
                refused += 1
            else:
                tried += 1
                assert await flaws(tx), mutation
            await attempt.rollback()
        assert await flaws(tx) == []
    print(f"{tried} changed bits, each found; {refused} more could not be stored")


async def test_a_lost_row_of_what_follows_from_a_case_is_found(world: Any, certificates: Path) -> None:
    await lived(world, certificates)
    async with world.database.transaction() as tx:
        await see_one_state(tx)
        assert await flaws(tx) == []
        lasting = {results: results.c.state == "in_force", retentions: true(), timers: true()}
        for table in (external_tasks, case_series, result_series):
            lasting[table] = true()
        for table, rows in lasting.items():
            attempt = await tx.begin_nested()
            assert (await tx.execute(delete(table).where(rows))).rowcount
            assert await flaws(tx), table.name
            await attempt.rollback()


async def test_a_row_that_says_otherwise_is_found(world: Any, certificates: Path) -> None:
    await lived(world, certificates)
    await world.send(b"%PDF-1.7 of no case")
    async with world.database.transaction() as tx:
        await see_one_state(tx)
        for name, change in CHANGES.items():
            attempt = await tx.begin_nested()
            assert (await tx.execute(text(f"UPDATE {change}"))).rowcount, name
            assert await flaws(tx), name
            await attempt.rollback()
        soon = text("UPDATE timers SET failures = 1, fires_at = clock_timestamp() + interval '1 hour'")
        assert (await tx.execute(soon)).rowcount
        assert await flaws(tx) == []


def absences(part: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Each field inside a state, and whether it stands at its default."""
    if isinstance(part, tuple):
        for index, one in enumerate(part):
            yield from absences(one, (*place, str(index)))
    if is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            yield (*place, field.name), value == field.default
            yield from absences(value, (*place, field.name))


async def test_a_field_that_is_absent_from_a_state_is_one_that_stands_at_its_default(
    world: Any, certificates: Path
) -> None:
    tried = {True: 0, False: 0}
    opened = await lived(world, certificates)
    async with world.database.transaction() as tx:
        await see_one_state(tx)
        for case_id in opened[1:4]:  # the others hold nothing that these do not
            stored = await case_by_id(tx, case_id)
            for place, sound in absences(stored.kept):
                attempt = await tx.begin_nested()
                fewer = cases.c.state.op("#-")(cast(list(place), ARRAY(TEXT)))
                await tx.execute(update(cases).where(cases.c.id == case_id).values(state=fewer))
                (found,) = await flaws_of_cases(tx, after=None, limit=1, code=stored.code)
                assert (found.flaw is None) == sound, (place, found)
                tried[sound] += 1
                await attempt.rollback()
    print(f"{tried[True]} absent fields at their defaults, {tried[False]} others")
    assert min(tried.values()) > 50


def sparse(value: Any) -> dict[str, Any]:
    """As a release would have written it that knew no field which has a default."""
    dumped: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json", exclude_defaults=True)
    return dumped


async def write_as_earlier(tx: AsyncConnection, case_id: UUID) -> None:
    """Let a case be stored as an earlier release wrote it, acts and state alike."""
    stored = await case_by_id(tx, case_id)
    head, entry = GENESIS, case_log.c
    for link in await log_of(tx, case_id):
        act = entry_of(link).act
        less = {**sparse(act), "kind": act.kind}
        head = entry_hash(stored.code, chained_bytes(head, case_id, link.sequence, link.at, link.actor, less))
        same = (entry.case_id == case_id, entry.sequence == link.sequence)
        await tx.execute(update(case_log).where(*same).values(act=less, hash=head))
    state = sparse(stored.kept)
    await tx.execute(update(cases).where(cases.c.id == case_id).values(head=head, state=state))


async def test_what_an_earlier_release_wrote_is_sound_and_is_added_to(world: Any, certificates: Path) -> None:
    opened = await lived(world, certificates)
    async with world.database.transaction() as tx:
        size = func.sum(func.length(cast(cases.c.state, TEXT)))
        before = (await tx.execute(select(size))).scalar_one()
        for case_id in opened:
            await write_as_earlier(tx, case_id)
        assert (await tx.execute(select(size))).scalar_one() < 0.8 * before
        assert [one.flaw for one in await flaws_of_cases(tx, after=None, limit=100)] == [None] * 6
    done = await world.act(
        str(opened[-1]), "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"}
    )
    assert done.status_code == 201
    log = await world.http.get(f"/procedures/v1/cases/{opened[-1]}/log", headers=world.citizen())
    assert log.json()["sound"] is True
    async with world.database.transaction() as tx:
        assert [one.flaw for one in await flaws_of_cases(tx, after=None, limit=100)] == [None] * 6
        unheld = update(cases).where(cases.c.id == opened[2]).values(state=cases.c.state.op("-")("hold"))
        await tx.execute(unheld)
        assert [one.id for one in await flaws_of_cases(tx, after=None, limit=100) if one.flaw] == [opened[2]]
    assert (await world.read(str(opened[2]))).status_code == 200
    changed = await world.http.get(f"/procedures/v1/cases/{opened[2]}/log", headers=world.citizen())
    assert changed.json()["sound"] is False
