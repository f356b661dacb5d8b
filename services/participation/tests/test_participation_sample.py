"""The sample for trying the platform out."""

from typing import Any

from participation.sample import AGENCY, load_sample


async def test_the_sample_is_one_open_consultation_however_often_it_is_loaded(world: Any) -> None:
    made = []
    for _ in range(2):
        async with world.database.transaction() as tx:
            made.append(await load_sample(tx, world.clock.now()))
    assert made == [True, False]
    (item,) = (await world.http.get(f"/participation/v1/consultations?agency={AGENCY}")).json()["items"]
    assert item["status"] == "open"
