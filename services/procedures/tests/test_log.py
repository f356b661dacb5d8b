"""The log of a case: whatever is changed, taken out or moved in it is found."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from procedures.cases.soundness import verify_cases
from procedures.cases.store import log_of
from procedures.domain.log import GENESIS, Link, canonical, chained_bytes, entry_hash, first_broken
from shared.errors import Text
from shared.ids import new_id

CODE, CASE = "H99.01-260105-0001", UUID("0198c2a5-7d1e-7a44-8f0a-3a2b1c0d9e8f")
MORNING = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
OFFICIAL = {"subject": "someone", "kind": "official", "agency": "H99.01"}
ACTS: tuple[dict[str, Any], ...] = (
    {
        "kind": "submitted",
        "applicant": "Bà “Mẫu”",
        "version": 1,
        "attachments": [{"size": 10}],
        "due_at": None,
    },
    {"kind": "accepted", "due_at": "2026-01-08T01:30:00Z", "tasks": [{"step": "THU_LY", "role": None}]},
    {"kind": "task_completed", "note": 'dòng 1\nd\\òng "2"\t🙂', "clock": "runs", "tasks": []},
    {"kind": "closed", "on_time": True},
)


def chain(acts: Sequence[dict[str, Any]] = ACTS, case_id: UUID = CASE) -> list[Link]:
    links: list[Link] = []
    for sequence, act in enumerate(acts, start=1):
        at, previous = MORNING + timedelta(hours=sequence), links[-1].hash if links else GENESIS
        chained = chained_bytes(previous, case_id, sequence, at, OFFICIAL, act)
        links.append(Link(sequence, at, OFFICIAL, act, entry_hash(CODE, chained)))
    return links


def flipped(content: bytes) -> Iterator[bytes]:
    """The content with each of its bits turned over in turn."""
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def flipped_json(value: Any) -> Iterator[dict[str, Any]]:
    """What the flips of its canonical JSON say, where that is still an object that could be stored."""
    for content in flipped(canonical(value)):
        try:
            read = json.loads(content)
        except ValueError:
            continue
        if isinstance(read, dict):
            yield read


def changed(link: Link) -> Iterator[Link]:
    """The entry with a single bit of any of its parts turned over."""
    yield from (replace(link, hash=content) for content in flipped(link.hash))
    yield from (replace(link, sequence=link.sequence ^ 1 << bit) for bit in range(31))
    yield from (replace(link, at=link.at + timedelta(microseconds=1 << bit)) for bit in range(45))
    yield from (replace(link, actor=actor) for actor in flipped_json(link.actor))
    yield from (replace(link, act=act) for act in flipped_json(link.act))


def test_an_untouched_log_is_sound() -> None:
    assert first_broken(CODE, CASE, chain()) is None


@pytest.mark.parametrize("place", range(len(ACTS)))
def test_a_single_changed_bit_of_an_entry_is_found_where_it_is(place: int) -> None:
    links = chain()
    variants = list(changed(links[place]))
    assert len(variants) > 500
    for variant in variants:
        assert variant != links[place]
        assert first_broken(CODE, CASE, [*links[:place], variant, *links[place + 1 :]]) == place + 1


def test_a_log_under_another_code_or_of_another_case_is_found() -> None:
    links = chain()
    for code in flipped(CODE.encode()):
        assert first_broken(code.decode("latin-1"), CASE, links) == 1
    for case_id in flipped(CASE.bytes):
        assert first_broken(CODE, UUID(bytes=case_id), links) == 1


def test_an_entry_that_was_taken_out_is_found() -> None:
    links = chain()
    for place in range(len(links) - 1):
        assert first_broken(CODE, CASE, links[:place] + links[place + 1 :]) == place + 1


def test_entries_that_changed_places_are_found() -> None:
    for first, second in combinations(range(len(ACTS)), 2):
        links = chain()
        links[first], links[second] = links[second], links[first]
        assert first_broken(CODE, CASE, links) == first + 1
        for place in (first, second):  # also when they are numbered anew
            links[place] = replace(links[place], sequence=place + 1)
        assert first_broken(CODE, CASE, links) == first + 1


def test_an_entry_that_came_twice_or_from_another_case_is_found() -> None:
    links = chain()
    for place in range(len(links)):
        assert first_broken(CODE, CASE, [*links[: place + 1], *links[place:]]) == place + 2
        other = chain(case_id=new_id())
        assert first_broken(CODE, CASE, [*links[:place], other[place], *links[place + 1 :]]) == place + 1


SPELLINGS = ('quo"ted', "back\\slash", "sổ đỏ", "e\u0301", "\u00e9", "🙂", "\u2028", "a/b", "tab\there")
"""Texts that JSON may write in several ways, and the canonical form in one."""


@pytest.mark.parametrize("subject", SPELLINGS)
async def test_the_entry_that_the_database_seals_follows_in_python_too(world: Any, subject: str) -> None:
    procedure = await world.publish()
    world.citizen_id = subject
    receipt = await world.submit(procedure, form={"fullName": f"{subject} ½ 𝄞", "born": "1990-01-31"})
    async with world.database.reading() as tx:
        (link,) = await log_of(tx, UUID(receipt["id"]))
    chained = chained_bytes(GENESIS, UUID(receipt["id"]), 1, link.at, link.actor, link.act)
    assert link.hash == entry_hash(receipt["code"], chained)
    assert link.actor["subject"] == subject
    log = await world.http.get(f"/procedures/v1/cases/{receipt['id']}/log", headers=world.citizen())
    assert (log.json()["sound"], log.json()["entries"][0]["hash"]) == (True, link.hash.hex())


@pytest.fixture
async def running(world: Any) -> dict[str, Any]:
    """A case that was received, examined, and waits for its last step."""
    receipt: dict[str, Any] = await world.submit(await world.publish())
    await world.act(receipt["id"], "acceptance", world.official("desk"))
    note = {"outcome": "done", "note": "Đã đối chiếu bản chính."}
    await world.act(receipt["id"], "tasks/THU_LY/completion", world.official("justice"), note)
    return receipt


async def test_the_note_of_a_step_is_in_the_log(world: Any, running: dict[str, Any]) -> None:
    log = await world.http.get(f"/procedures/v1/cases/{running['id']}/log", headers=world.citizen())
    assert log.json()["entries"][-1]["act"]["note"] == "Đã đối chiếu bản chính."


LOG = "UPDATE case_log SET {} WHERE case_id = :id AND sequence = 2"
ROW = "UPDATE cases SET {} WHERE id = :id"

TAMPERINGS = {
    LOG.format("""act = jsonb_set(act, '{due_at}', '"2027-01-08T01:30:00Z"')"""): "entry 2 does not follow",
    LOG.format("""actor = actor || '{"subject": "somebody else"}'"""): "entry 2 does not follow",
    LOG.format("at = at - interval '1 microsecond'"): "entry 2 does not follow",
    LOG.format("hash = sha256(hash)"): "entry 2 does not follow",
    "DELETE FROM case_log WHERE case_id = :id AND sequence = 2": "entry 2 does not follow",
    "DELETE FROM case_log WHERE case_id = :id AND sequence = 3": "The end of the log",
    "DELETE FROM case_log WHERE case_id = :id": "The case has no log",
    ROW.format("head = sha256(head)"): "The end of the log",
    ROW.format("code = code || '0'"): "entry 1 does not follow",
    ROW.format("""state = state || '{"applicant": "somebody else"}'"""): "The state does not follow",
    ROW.format("state = state - 'tasks'"): "The state does not follow",
    ROW.format("""form = '{"fullName": "Người khác"}'"""): "The form is not the one",
    ROW.format("applicant = 'somebody else'"): "The row of the case",
    ROW.format("due_at = due_at + interval '1 day'"): "The row of the case",
    ROW.format("status = 'closed'"): "The row of the case",
    "DELETE FROM tasks WHERE case_id = :id": "The open tasks",
    "UPDATE tasks SET unit = 'ELSEWHERE' WHERE case_id = :id": "The open tasks",
}


@pytest.mark.parametrize(("tampering", "flaw"), TAMPERINGS.items())
async def test_what_is_changed_in_the_database_is_found_and_named(
    world: Any, running: dict[str, Any], tampering: str, flaw: str
) -> None:
    case_id = UUID(running["id"])
    assert await flaw_of(world, case_id) is None
    await execute(world, tampering, case_id)
    found = await flaw_of(world, case_id)
    assert found is not None
    assert flaw in found.en


async def flaw_of(world: Any, case_id: UUID) -> Text | None:
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=UUID(int=case_id.int - 1), limit=1)
    assert verified.id == case_id
    flaw: Text | None = verified.flaw
    return flaw


async def execute(world: Any, statement: str, case_id: UUID) -> None:
    async with world.database.transaction() as tx:
        await tx.execute(text(statement), {"id": case_id})


async def test_a_log_that_was_changed_is_not_told_to_be_sound(world: Any, running: dict[str, Any]) -> None:
    await execute(world, ROW.format("""form = '{"fullName": "Người khác"}'"""), UUID(running["id"]))
    log = await world.http.get(f"/procedures/v1/cases/{running['id']}/log", headers=world.citizen())
    assert log.json()["sound"] is False
