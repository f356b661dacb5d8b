"""What is kept for a day is kept for the day, and not longer."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import obstore
import pytest

from procedures.retention.store import destroy_keys
from procedures.upkeep import sweep
from shared.ids import new_id
from shared.testing import eventually

CASES = "/procedures/v1/cases"
DAY = timedelta(hours=24)


async def test_the_answer_to_a_key_is_remembered_for_a_day(world: Any) -> None:
    procedure = await world.publish()
    body = {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}}
    headers = {**world.citizen(), "idempotency-key": str(new_id())}
    given_at = world.clock.now()

    async def code() -> str:
        filed: str = (await world.http.post(CASES, json=body, headers=headers)).json()["code"]
        return filed

    first = await code()
    world.clock.set(given_at + DAY)
    await sweep(world.app.state.desk)
    assert await code() == first
    world.clock.advance(timedelta(microseconds=1))
    await sweep(world.app.state.desk)
    assert await code() != first


async def test_a_document_is_swept_with_the_answers(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    content = f"/procedures/v1/documents/{sent['id']}/content"
    world.clock.advance(2 * DAY)
    await sweep(world.app.state.desk)
    assert (await world.http.get(content, headers=world.citizen())).status_code == 404


async def test_a_part_that_fails_keeps_no_other_from_being_done(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def failing(name: str) -> Any:
        async def part(*_: Any, **__: Any) -> None:
            done.append(name)
            raise ConnectionResetError(name)

        return part

    parts = ["forget_answers", "sweep_documents", "drop_contents", "freeze_months", "schedule_retentions"]
    for part in parts:
        monkeypatch.setattr(f"procedures.upkeep.{part}", failing(part))
    await sweep(world.app.state.desk)
    assert done == parts


async def test_a_content_that_stays_keeps_no_other_from_going(
    world: Any, monkeypatch: pytest.MonkeyPatch, document_store: str
) -> None:
    sent = [str((await world.send(b"%PDF-1.7 sample"))["id"]) for _ in range(3)]
    stuck, (*_, last) = UUID(sent[0]), sent
    procedure = await world.publish()
    case = await world.submit(procedure, documents=[{"document": "GIAY_TO", "id": last}])
    delete = obstore.delete_async

    async def unwilling(store: Any, name: str) -> None:
        if name.endswith(stuck.hex):
            raise PermissionError(name)
        await delete(store, name)

    def kept() -> int:
        return len([file for file in Path(document_store).rglob("*") if file.is_file()])

    monkeypatch.setattr("procedures.documents.contents.obstore.delete_async", unwilling)
    async with world.database.transaction() as tx:
        await destroy_keys(tx, [UUID(case["id"])], world.clock.now())
    world.clock.advance(2 * DAY)
    await sweep(world.app.state.desk)
    assert kept() == 1
    monkeypatch.undo()
    await sweep(world.app.state.desk)
    assert kept() == 0


async def test_the_application_sweeps_as_long_as_it_runs(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    content = f"/procedures/v1/documents/{sent['id']}/content"
    world.clock.advance(2 * DAY)

    async def swept() -> bool:
        found = await world.http.get(content, headers=world.citizen())
        return bool(found.status_code == 404)

    async with world.app.router.lifespan_context(world.app):
        await eventually(swept, what="a sweep")
