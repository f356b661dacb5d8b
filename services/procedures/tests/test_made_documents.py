"""What the platform itself puts on paper: kept with its case, or swept; never left in the store unknown to anybody."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from procedures.documents.contents import Contents, Fingerprint
from procedures.documents.operations import sweep_documents
from procedures.results.certificates import make_sample_certificate
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys
from procedures.tables import documents
from shared.db import Database
from shared.ids import new_id

DAY = timedelta(hours=24)
KIND = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "outcome": "granted",
    "template": "Xác nhận {{ form.fullName }}.",
    "remedies": "Có quyền khiếu nại trong 90 ngày.",
}


class Cut(Contents):
    """A store of a process that the database loses as soon as the content is there."""

    def __init__(self, location: str, database: Database) -> None:
        super().__init__(location)
        self.beside = database

    async def receive(self, *given: Any, **more: Any) -> Fingerprint:
        found = await super().receive(*given, **more)
        lose = "pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        async with self.beside.reading() as tx:
            await tx.execute(text(f"SELECT {lose} AND state = 'idle in transaction'"))
        return found


def press_with(world: Any, **parts: Any) -> None:
    desk = world.app.state.desk
    world.app.state.desk = replace(desk, press=replace(desk.press, **parts))


@pytest.fixture
def signed(world: Any, tmp_path: Path) -> None:
    make_sample_certificate(tmp_path, b"secret", datetime(2026, 1, 1, tzinfo=UTC))
    press_with(world, seal=Seal(SigningKeys(tmp_path, b"secret")))


async def issuing(world: Any) -> tuple[str, Callable[[], Awaitable[Any]]]:
    """A granted case, and the command that issues its result."""
    case, desk = await world.accepted(results=[KIND]), world.official("desk")
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    granted = {"outcome": "granted", "reason": "Đủ.", "number": "7/QĐ"}
    assert (await world.act(case, "decision", desk, granted)).status_code == 201
    return case, lambda: world.act(case, "issuance", desk, {"type": "GIAY"})


async def apologising(world: Any) -> tuple[str, Callable[[], Awaitable[Any]]]:
    """A late case, and the command that apologises for it."""
    case = await world.accepted()
    world.clock.advance(timedelta(days=9))
    body = {"reason": "Phải xác minh lại.", "promisedDate": "2026-01-20"}
    return case, lambda: world.act(case, "apology", world.official("justice"), body)


def files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


async def loose(world: Any) -> int:
    async with world.database.reading() as tx:
        return len((await tx.execute(select(documents.c.id).where(documents.c.case_id.is_(None)))).all())


async def swept(world: Any, now: datetime | None = None) -> None:
    later = now or world.clock.now() + DAY + timedelta(seconds=1)
    await sweep_documents(world.database, world.app.state.desk.contents, later)


@pytest.mark.parametrize("making", [issuing, apologising])
async def test_of_a_command_that_is_killed_when_its_paper_lies_in_the_store_nothing_stays(
    world: Any, signed: None, document_store: str, other_process: Any, making: Any
) -> None:
    await swept(world, datetime(2100, 1, 1, tzinfo=UTC))  # what other tests left
    _, command = await making(world)
    whole = world.app.state.desk.press.contents
    press_with(world, contents=Cut(document_store, other_process()))
    assert (await command()).status_code == 503
    assert (len(files(document_store)), await loose(world)) == (1, 2 if making is issuing else 1)
    await swept(world)
    assert (files(document_store), await loose(world)) == ([], 0)
    press_with(world, contents=whole)
    made = await command()
    assert made.status_code == 201, made.text
    kept = len(files(document_store))
    await swept(world)
    assert (len(files(document_store)), await loose(world)) == (kept, 0)


async def test_who_works_on_what_a_colleague_has_claimed_puts_nothing_on_paper(
    world: Any, signed: None, document_store: str
) -> None:
    case, command = await issuing(world)
    colleague = world.bearer(
        "procedures:cases:process",
        subject=str(new_id()),
        kind="official",
        agency="H99.01",
        posts=[("BP_MOT_CUA", "TIEP_NHAN")],
    )
    claimed = await world.http.post(f"/procedures/v1/cases/{case}/tasks/TRA_KET_QUA/claim", headers=colleague)
    assert claimed.status_code == 201, claimed.text
    assert (await command()).json()["type"] == "/problems/task-claimed"
    assert files(document_store) == []
