"""What is kept for a day is kept for the day, and not longer."""

from datetime import timedelta
from typing import Any

from procedures.upkeep import sweep
from shared.ids import new_id
from shared.testing import eventually

CASES = "/procedures/v1/cases"
DAY = timedelta(hours=24)


async def test_the_answer_to_a_key_is_remembered_for_a_day(world: Any) -> None:
    procedure, contents = await world.publish(), world.app.state.desk.contents
    body = {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}}
    headers = {**world.citizen(), "idempotency-key": str(new_id())}
    given_at = world.clock.now()

    async def code() -> str:
        filed: str = (await world.http.post(CASES, json=body, headers=headers)).json()["code"]
        return filed

    first = await code()
    await sweep(world.database, contents, given_at + DAY)
    assert await code() == first
    await sweep(world.database, contents, given_at + DAY + timedelta(microseconds=1))
    assert await code() != first


async def test_a_document_is_swept_with_the_answers(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    content = f"/procedures/v1/documents/{sent['id']}/content"
    await sweep(world.database, world.app.state.desk.contents, world.clock.now() + 2 * DAY)
    assert (await world.http.get(content, headers=world.citizen())).status_code == 404


async def test_the_application_sweeps_as_long_as_it_runs(world: Any) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    content = f"/procedures/v1/documents/{sent['id']}/content"
    world.clock.advance(2 * DAY)

    async def swept() -> bool:
        found = await world.http.get(content, headers=world.citizen())
        return bool(found.status_code == 404)

    async with world.app.router.lifespan_context(world.app):
        await eventually(swept, what="a sweep")
