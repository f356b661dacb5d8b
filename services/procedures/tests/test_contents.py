"""What people send lies sealed in the store: it is read by those who may, and a changed bit is found."""

import argparse
import base64
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import JSONB

from procedures.command_line import COMMANDS
from procedures.documents.sealing import PIECE, new_key, opened, sealed
from procedures.documents.soundness import ContentRead, verify_contents
from procedures.keys.keyring import Keyring, Unreadable, hand_over
from procedures.keys.operations import rotate_keys
from procedures.retention.operations import drop_contents
from procedures.retention.store import destroy_keys
from procedures.settings import Settings
from procedures.tables import calendars, case_series, documents
from shared.db import Database

SECRET = b"%PDF-1.7 of Mrs Secret"
SEALED_PIECE = PIECE + 16


async def cut(content: bytes, *lengths: int) -> AsyncIterator[bytes]:
    """The content in chunks of these lengths, over and over."""
    at = number = 0
    while at < len(content):
        length = lengths[number % len(lengths)]
        yield content[at : at + length]
        at, number = at + length, number + 1


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
async def test_what_was_sealed_is_opened_however_both_are_cut(length: int) -> None:
    key, content = new_key(), random.Random(length).randbytes(length)
    stored = await joined(sealed(key, cut(content, 1000, PIECE, 7)))
    assert len(stored) == length + 16 * max(1, -(-length // PIECE))
    assert await joined(opened(key, cut(stored, SEALED_PIECE, 100_000, 13))) == content


async def test_nothing_opens_that_is_not_what_was_sealed() -> None:
    key, content = new_key(), random.Random(1).randbytes(3 * PIECE + 40)
    stored = await joined(sealed(key, cut(content, PIECE)))
    first, second, third, last = (
        stored[at : at + SEALED_PIECE] for at in range(0, 4 * SEALED_PIECE, SEALED_PIECE)
    )
    flipped = [
        stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]
        for place in (0, SEALED_PIECE - 1, SEALED_PIECE, len(stored) - 17, len(stored) - 1)
    ]
    cut_off = [b"", first, first + second + third, stored[:-1], stored[: SEALED_PIECE + 5]]
    moved = [second + first + third + last, first + third + last, first + first + second + third + last]
    longer = [stored + b"x", stored + last, stored + stored]
    for wrong in (*flipped, *cut_off, *moved, *longer):
        with pytest.raises(Unreadable):
            await joined(opened(key, cut(wrong, PIECE)))
    with pytest.raises(Unreadable):
        await joined(opened(new_key(), cut(stored, PIECE)))


async def test_what_was_passed_on_before_a_changed_piece_is_what_was_sent() -> None:
    key, content = new_key(), random.Random(2).randbytes(2 * PIECE + 1)
    stored = bytearray(await joined(sealed(key, cut(content, PIECE))))
    stored[SEALED_PIECE] ^= 1
    pieces = opened(key, cut(bytes(stored), PIECE))
    assert await anext(pieces) == content[:PIECE]
    with pytest.raises(Unreadable):
        await anext(pieces)


def files(folder: str) -> list[Path]:
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


async def paper(world: Any) -> tuple[str, str]:
    """A case with a paper in it: the code of the one, the id of the other."""
    sent = await world.send(SECRET)
    enclosed = [{"document": "GIAY_TO", "id": sent["id"]}]
    receipt = await world.submit(await world.publish(), documents=enclosed)
    return receipt["code"], sent["id"]


async def got(world: Any, document: str) -> bytes:
    answer = await world.http.get(f"/procedures/v1/documents/{document}/content", headers=world.citizen())
    content: bytes = answer.content
    return content


async def read(world: Any, code: str) -> list[ContentRead]:
    return [one async for one in verify_contents(world.database, world.app.state.desk.contents, code=code)]


async def flaws(world: Any, code: str) -> list[str]:
    return [one.flaw.en for one in await read(world, code) if one.flaw is not None]


async def test_the_store_and_the_database_together_tell_nothing_without_the_master_key(
    world: Any, document_store: str
) -> None:
    _, document = await paper(world)
    (stored,) = files(document_store)
    assert b"Secret" not in stored.read_bytes()
    async with world.database.reading() as tx:
        row = (await tx.execute(select(documents).where(documents.c.id == document))).one()
    assert len(row.content_key) == 2 + 12 + 32 + 16
    with pytest.raises(Unreadable):
        Keyring(f"1:{base64.urlsafe_b64encode(bytes(range(32))).decode()}").open(
            row.content_key, bound_to=f"key of document {document}"
        )
    assert (row.size, await got(world, document)) == (len(SECRET), SECRET)


async def test_a_content_that_was_kept_before_contents_were_sealed_is_still_read(
    world: Any, document_store: str
) -> None:
    code, document = await paper(world)
    files(document_store)[0].write_bytes(SECRET)
    async with world.database.transaction() as tx:
        await tx.execute(update(documents).where(documents.c.id == document).values(content_key=None))
    assert await got(world, document) == SECRET
    assert await flaws(world, code) == []


async def test_contents_are_read_when_the_master_key_they_came_under_is_gone(
    open_world: Any, migrated_database: Any, master_key: str
) -> None:
    url = migrated_database("contents", Path(__file__).parents[1] / "migrations")
    second = f"2:{base64.urlsafe_b64encode(bytes(range(32))).decode()}"
    async with open_world(url) as world:
        _, document = await paper(world)
    rotating = Database(url, pool_size=1)
    hand_over(Keyring(f"{master_key},{second}"), rotating)
    assert (await rotate_keys(rotating)).left == 0
    await rotating.close()
    async with open_world(url, master_key=SecretStr(second)) as later:
        later.citizen_id = world.citizen_id
        assert await got(later, document) == SECRET


async def test_the_key_of_a_content_is_destroyed_with_its_case_at_once(
    world: Any, document_store: str
) -> None:
    code, document = await paper(world)
    async with world.database.transaction() as tx:
        case = (await tx.execute(select(documents.c.case_id).where(documents.c.id == document))).scalar_one()
        await destroy_keys(tx, [UUID(str(case))], world.clock.now())
        key = await tx.execute(select(documents.c.content_key).where(documents.c.id == document))
        assert key.scalar_one() is None
    assert (await read(world, code), len(files(document_store))) == ([], 1)
    assert await drop_contents(world.database, world.app.state.desk.contents, world.clock.now()) == 1
    assert files(document_store) == []


async def test_a_content_is_dropped_with_its_case_alone_and_not_by_what_a_row_says(
    world: Any, document_store: str
) -> None:
    code, document = await paper(world)
    now, contents = world.clock.now(), world.app.state.desk.contents
    said = update(documents).where(documents.c.id == document)
    async with world.database.transaction() as tx:
        await tx.execute(said.values(erased_at=now))
    assert await drop_contents(world.database, contents, now) == 0
    assert [one.flaw for one in await read(world, code)] == [None]
    assert len(files(document_store)) == 1

    async with world.database.transaction() as tx:
        case = (await tx.execute(select(documents.c.case_id).where(documents.c.id == document))).scalar_one()
        await destroy_keys(tx, [case], now)
        await tx.execute(said.values(dropped_at=now))
    assert await drop_contents(world.database, contents, now) == 0
    assert await flaws(world, code) == ["The content of an erased case is still in the store."]
    async with world.database.transaction() as tx:
        await tx.execute(said.values(dropped_at=None))
    assert await drop_contents(world.database, contents, now) == 1
    assert (await read(world, code), files(document_store)) == ([], [])


async def test_a_paper_that_was_changed_lost_or_exchanged_is_found(world: Any, document_store: str) -> None:
    code, document = await paper(world)
    assert [(one.case, str(one.document), one.size, one.flaw) for one in await read(world, code)] == [
        (code, document, len(SECRET), None)
    ]
    (place,) = files(document_store)
    kept = place.read_bytes()
    place.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert await flaws(world, code) == ["The content was changed, or cannot be opened."]
    other, _ = await paper(world)
    place.write_bytes(next(one for one in files(document_store) if one != place).read_bytes())
    assert await flaws(world, code) == ["The content was changed, or cannot be opened."]
    place.unlink()
    assert await flaws(world, code) == ["The content is not in the store."]
    place.write_bytes(SECRET.replace(b"Mrs", b"Mr."))
    async with world.database.transaction() as tx:
        await tx.execute(update(documents).where(documents.c.id == document).values(content_key=None))
    assert await flaws(world, code) == ["The content is not the one that was received."]
    assert await flaws(world, other) == []


async def verify(settings: Settings, *given: str) -> int:
    """What the command returns."""
    command = next(command for command in COMMANDS if command.name == "verify")
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return await command.run(parser.parse_args(given), settings)


async def test_the_command_names_each_paper_that_is_not_as_received(
    world: Any, database_url: str, master_key: str, document_store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = await paper(world)
    settings = Settings(
        database_url=SecretStr(database_url),
        tracking_key=SecretStr("a-key-of-tests-with-enough-characters"),
        master_key=SecretStr(master_key),
        document_store=document_store,
        jwks_url="http://127.0.0.1:1",
    )

    async def verified(*given: str) -> int:
        return await verify(settings, "--case", code, *given)

    assert await verified("--contents") == 0
    assert f"1 documents read, {len(SECRET)} bytes; 0 not as received" in capsys.readouterr().out
    files(document_store)[0].write_bytes(b"x" * 40)
    assert (await verified(), await verified("--contents")) == (0, 1)
    assert f"{code}, {document}: Nội dung đã bị sửa" in capsys.readouterr().out


async def test_the_command_names_what_is_wrong_beside_the_cases(
    open_world: Any,
    migrated_database: Any,
    master_key: str,
    document_store: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = migrated_database("beside", Path(__file__).parents[1] / "migrations")
    settings = Settings(
        database_url=SecretStr(url),
        tracking_key=SecretStr("a-key-of-tests-with-enough-characters"),
        master_key=SecretStr(master_key),
        document_store=document_store,
        jwks_url="http://127.0.0.1:1",
    )
    async with open_world(url) as world:
        await world.submit(await world.publish())
        await world.close_on("H99.01", "2026-02-02")
        assert await verify(settings, "--contents") == 0
        async with world.database.transaction() as tx:
            await tx.execute(update(case_series).values(last=6))
            earlier = calendars.c.calendar.op("||")(cast({"closures": []}, JSONB))
            await tx.execute(update(calendars).values(calendar=earlier))
        assert await verify(settings) == 1
    said = capsys.readouterr().out.splitlines()
    assert "procedures: 1 cases looked at, 0 not sound" in said
    assert [line.partition(" / ")[2] for line in said if " / " in line] == [
        "Numbers of cases: 1 given, the highest 1, but the series is at 6.",
        "The working calendar is not the one that the agency declared last.",
    ]
    assert said[-2].endswith(
        "0 days not as anchored; 1 series of numbers with a gap; 0 disposal lists not as settled; "
        "1 calendars not as declared"
    )
