"""What is heard of others: twice, late or out of order, it comes to the same."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from open_data import operations
from open_data.consumers import HANDLERS
from open_data.domain.query import read_query
from shared.errors import Text
from shared.events import EVENT_TYPES, Event
from shared.events.identity import AgencyChanged, AgencyRegistered
from shared.events.participation import FeedbackRated
from shared.events.procedures import (
    CaseAccepted,
    CaseClosed,
    CaseDecided,
    CaseEvent,
    CaseExtended,
    CaseLapsed,
    CaseRedated,
    CaseRefused,
    CaseTaskCompleted,
    CaseWithdrawn,
)
from shared.ids import new_id

At = Callable[..., datetime]
Heard = tuple[int, datetime, Event]
FIELDS = "month,received,decided,onTime,late,closed,refused,withdrawn,overdue"


async def _hear(world: Any, subject: UUID, *heard: Heard) -> None:
    for sequence, at, event in heard:
        envelope = event.envelope(subject=subject, sequence=sequence, at=at)
        async with world.database.transaction() as tx:
            await HANDLERS[type(event)](tx, envelope, event)


def _case(kind: type[CaseEvent], due_at: datetime | None = None, **more: Any) -> CaseEvent:
    return kind(
        code="H99.01-260105-0001",
        procedure="TP01",
        version=1,
        agency="H99.01",
        applicant=str(new_id()),
        status="any",
        due_at=due_at,
        **more,
    )


@pytest.fixture
def life(day: At) -> list[Heard]:
    """A case that was received, worked on, decided late and closed."""
    due = day(1, 20)
    closing = {"outcome": "granted", "received_at": day(1, 5), "decided_at": day(2, 3), "on_time": False}
    task = {"step": "THU_LY", "unit": "PHONG_TU_PHAP", "unit_agency": "H99.01"}
    return [
        (2, day(1, 5), _case(CaseAccepted, due)),
        (3, day(1, 7), _case(CaseTaskCompleted, due, **task)),
        (4, day(2, 3), _case(CaseDecided, due, outcome="granted")),
        (5, day(2, 4), _case(CaseClosed, **closing)),
    ]


async def _rows(world: Any, fields: str = FIELDS) -> list[tuple[Any, ...]]:
    await world.publish()
    async with world.database.reading() as connection:
        version = await operations.get_version(connection, "on-time-processing", None)
    path = world.lake.path("on-time-processing", version.file)
    query = read_query(version.columns, [("fields", fields)])
    return [row async for batch in world.lake.rows(path, query, list) for row in batch]


LATE_CASE = [
    ("2026-01", 1, 0, 0, 0, 0, 0, 0, 1),
    ("2026-02", 0, 1, 0, 1, 1, 0, 0, None),
]


async def test_a_case_is_followed_from_its_acceptance_to_its_closing(world: Any, life: list[Heard]) -> None:
    await _hear(world, new_id(), *life)
    assert await _rows(world) == LATE_CASE


async def test_a_case_heard_twice_counts_once(world: Any, life: list[Heard]) -> None:
    await _hear(world, new_id(), *[heard for heard in life for _ in range(2)])
    assert await _rows(world) == LATE_CASE


async def test_a_case_heard_backwards_counts_the_same(world: Any, life: list[Heard]) -> None:
    await _hear(world, new_id(), *reversed(life))
    assert await _rows(world) == LATE_CASE


async def test_a_case_counts_nowhere_until_its_receipt_is_known(world: Any, life: list[Heard]) -> None:
    accepted, *later = life
    case = new_id()
    await _hear(world, case, *later)
    assert await _rows(world) == []
    await _hear(world, case, accepted)
    assert await _rows(world) == LATE_CASE


async def test_refused_and_withdrawn_cases_are_counted_as_such(world: Any, day: At) -> None:
    await _hear(world, new_id(), (2, day(1, 5), _case(CaseRefused)))
    await _hear(world, new_id(), (2, day(1, 5), _case(CaseAccepted)), (3, day(1, 9), _case(CaseWithdrawn)))
    assert await _rows(world) == [("2026-01", 1, 0, 0, 0, 0, 1, 1, None)]


async def test_a_case_that_lapses_is_not_left_open(world: Any, day: At) -> None:
    due = day(1, 20)
    lapsed = _case(CaseLapsed, answer_by=day(2, 9))
    await _hear(world, new_id(), (2, day(1, 5), _case(CaseAccepted, due)), (3, day(2, 10), lapsed))
    await _hear(world, new_id(), (2, day(3, 1), _case(CaseAccepted)))
    rows = await _rows(world, "month,received,withdrawn,lapsed,inProgress")
    assert rows == [("2026-01", 1, 0, 0, 1), ("2026-02", 0, 0, 1, 0), ("2026-03", 1, 0, 0, None)]


async def test_every_act_of_a_case_is_listened_to() -> None:
    acts = {event for event in EVENT_TYPES.values() if issubclass(event, CaseEvent)}
    assert acts <= set(HANDLERS)


async def test_nothing_of_the_applicant_is_kept(world: Any, life: list[Heard]) -> None:
    await _hear(world, new_id(), *life)
    (kept,) = await world.rows("SELECT case_facts::text FROM case_facts")
    assert all(event.applicant not in kept[0] and event.code not in kept[0] for _, _, event in life)


async def test_ratings_are_published_once_there_is_a_group_of_them(world: Any, day: At) -> None:
    rated = FeedbackRated(agency="H99.01", procedure="TP01", score=4, month="2026-01")
    for number in range(1, 11):
        heard = (number, day(2, 1) + timedelta(minutes=number), rated)
        await _hear(world, new_id(), heard, heard)
    version = await world.publish("service-ratings")
    assert (version.number.events, version.first_month) == (10, "2026-01")


async def test_the_latest_name_of_an_agency_stays_whichever_comes_last(world: Any, day: At) -> None:
    old = AgencyRegistered(code="H99.01", name_vi="Quận Cũ", name_en="Old District")
    new = AgencyChanged(code="H99.01", name_vi="Quận Mẫu", name_en="Sample District")
    await _hear(world, new_id(), (2, day(2, 1), new), (1, day(1, 1), old), (2, day(2, 1), new))
    async with world.database.reading() as connection:
        dataset = await operations.get_dataset(connection, "on-time-processing")
    assert dataset.publisher.name == Text(vi="Quận Mẫu", en="Sample District")


async def test_redated_and_extended_cases_are_judged_by_their_new_due_instant(world: Any, day: At) -> None:
    for change, more in ((CaseRedated, {"reason": "Bão."}), (CaseExtended, {"extensions": 1})):
        await _hear(
            world,
            new_id(),
            (2, day(1, 5), _case(CaseAccepted, day(1, 20))),
            (3, day(1, 19), _case(change, day(2, 20), **more)),
            (4, day(2, 10), _case(CaseDecided, day(2, 20), outcome="granted")),
        )
    on_time = {row[0]: (row[3], row[4], row[8]) for row in await _rows(world)}
    assert on_time["2026-02"] == (2, 0, None)


async def test_a_part_of_a_case_is_not_counted_beside_it(world: Any, life: list[Heard]) -> None:
    part = [
        (number, at, event.model_copy(update={"parent": "H99.01-260105-0001"})) for number, at, event in life
    ]
    await _hear(world, new_id(), *life)
    await _hear(world, new_id(), *part)
    assert await _rows(world) == LATE_CASE
