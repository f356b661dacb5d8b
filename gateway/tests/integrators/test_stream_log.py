"""The event log: its order is safe to read behind, and PostgreSQL sees and wants what Python does."""

import asyncio
from itertools import product

import pytest
from sqlalchemy import select, text

from gateway.deliveries import store as deliveries
from gateway.deliveries.operations import take_up
from gateway.stream import operations, store
from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.stream.operations import EventNotKept
from gateway.subscriptions.operations import Details, create_subscription
from gateway.tables import deliveries as deliveries_table
from gateway.vault import Vault
from shared.clock import SystemClock
from shared.events.audience import OFFERED
from shared.events.gateway import SubscriptionTested
from shared.events.identity import AgencyChanged
from shared.events.procedures import CaseDecided, CaseSubmitted, ProcedurePublished
from shared.ids import new_id

ALL = frozenset(OFFERED)
CASES = frozenset({"procedures.case.v1"})


def catalogue_event():
    fact = ProcedurePublished(code="1.001", version=1, agency="H99.02", title_vi="v", title_en="e")
    return fact.envelope(subject=new_id(), sequence=1, at=SystemClock().now())


def agency_event():
    fact = AgencyChanged(code="H99.01", name_vi="v", name_en="e")
    return fact.envelope(subject=new_id(), sequence=1, at=SystemClock().now())


def event_of_a_test(client):
    fact = SubscriptionTested(client=client, types=("*",), status="active")
    return fact.envelope(subject=new_id(), sequence=1, at=SystemClock().now())


async def all_positions(database):
    async with database.reading() as connection:
        return [event.position for event in await store.read(connection, after=0, limit=1000)]


async def test_what_commits_later_stands_later_however_the_transactions_overlap(gateway_database, case_event):
    """The first writer is held open: the second, which began later and is ready to commit, has to wait."""
    first, second = case_event(), case_event()
    now = SystemClock().now()
    async with gateway_database.transaction() as tx:
        await store.append(tx, first, now)
        overtaking = asyncio.create_task(record(gateway_database, second))
        await asyncio.sleep(0.2)
        assert await all_positions(gateway_database) == []
    await overtaking
    async with gateway_database.reading() as connection:
        events = await store.read(connection, after=0, limit=10)
    assert [event.envelope.id for event in events] == [first.id, second.id]


async def record(database, envelope):
    async with database.transaction() as tx:
        await store.append(tx, envelope, SystemClock().now())


async def test_a_reader_behind_concurrent_writers_misses_nothing(gateway_database, case_event):
    """Eight writers with transactions of uneven length, some rolled back; a reader follows them."""
    written = set()

    async def write(number):
        for count in range(15):
            envelopes = [case_event() for _ in range(1 + (number + count) % 3)]
            try:
                async with gateway_database.transaction() as tx:
                    for envelope in envelopes:
                        await store.append(tx, envelope, SystemClock().now())
                        await asyncio.sleep(0.001 * (number % 3))
                    if (number + count) % 5 == 0:
                        raise LookupError
            except LookupError:
                continue
            written.update(envelope.id for envelope in envelopes)

    seen, position = [], 0
    writers = asyncio.gather(*(write(number) for number in range(8)))
    while True:
        done = writers.done()
        async with gateway_database.reading() as connection:
            page = await store.read(connection, after=position, limit=1000)
        seen += [event.envelope.id for event in page]
        position = page[-1].position if page else position
        if done and not page:
            break
        await asyncio.sleep(0.001)
    await writers
    assert len(seen) == len(set(seen))
    assert set(seen) == written


async def test_an_event_that_comes_twice_is_logged_once(gateway_database, case_event):
    envelope = case_event()
    for _ in range(2):
        async with gateway_database.transaction() as tx:
            await take_up(tx, envelope, now=SystemClock().now())
    assert len(await all_positions(gateway_database)) == 1


async def test_an_event_comes_back_from_the_log_as_it_went_in(gateway_database, case_event):
    envelope = case_event(CaseDecided)
    await record(gateway_database, envelope)
    async with gateway_database.reading() as connection:
        (event,) = await store.read(connection, after=0, limit=1)
    assert event.envelope == envelope


SIGHTS = [
    Sight(ALL, client="mine"),
    Sight(ALL - CASES, client="mine"),
    Sight(ALL, agency="H99.01", client="mine"),
    Sight(ALL, agency="H99.02", client="other"),
    Sight(ALL, agency="H99.01"),
    Sight(ALL, person="someone"),
    Sight(ALL, person="another"),
    Sight(frozenset()),
]
INTERESTS = [
    Interest(frozenset(types), frozenset(agencies), frozenset(procedures))
    for types, agencies, procedures in product(
        [{"*"}, {"procedures.case.*"}, {"procedures.case.decided.v1", "identity.*"}],
        [set(), {"H99.01"}],
        [set(), {"1.001"}],
    )
]


@pytest.fixture
async def varied_events(gateway_database, happen, case_event):
    """Events that differ in all that sight and interest look at."""
    envelopes = [
        *(
            case_event(kind, agency=agency, procedure=procedure, applicant=applicant)
            for kind, agency, procedure, applicant in product(
                [CaseSubmitted, CaseDecided], ["H99.01", "H99.02"], ["1.001", "2.002"], ["someone", "x"]
            )
        ),
        catalogue_event(),
        agency_event(),
        event_of_a_test("mine"),
        event_of_a_test("other"),
    ]
    async with gateway_database.transaction() as tx:
        for envelope in envelopes:
            await store.append(tx, envelope, SystemClock().now())
    async with gateway_database.reading() as connection:
        return await store.read(connection, after=0, limit=100)


@pytest.mark.parametrize("sight", SIGHTS)
async def test_the_list_holds_what_a_reader_sees_and_wants(gateway_database, varied_events, sight):
    for interest in INTERESTS:
        expected = [
            event.position
            for event in varied_events
            if sight.covers(event.concern) and interest.wants(event.concern)
        ]
        async with gateway_database.reading() as connection:
            found = await store.read(connection, after=0, sight=sight, interest=interest, limit=100)
        assert [event.position for event in found] == expected, interest


@pytest.mark.parametrize("sight", [sight for sight in SIGHTS if sight.client])
async def test_a_subscription_is_planned_what_its_client_sees_and_wants(
    gateway_database, varied_events, sight
):
    vault, now = Vault("A" * 43), SystemClock().now()
    for interest in INTERESTS:
        details = Details("https://a.example/", None, interest, sight)
        async with gateway_database.transaction() as tx:
            subscription = await create_subscription(tx, vault, sight.client, details, limit=100, now=now)
            for event in varied_events:
                await deliveries.plan(tx, event, now)
            planned = await tx.execute(
                select(deliveries_table.c.position)
                .where(deliveries_table.c.subscription_id == subscription.id)
                .order_by(deliveries_table.c.position)
            )
            assert planned.scalars().all() == [
                event.position
                for event in varied_events
                if sight.covers(event.concern) and interest.wants(event.concern)
            ], interest
            await tx.execute(text("TRUNCATE subscriptions CASCADE"))


async def test_what_is_forgotten_takes_its_deliveries_along(gateway_database, case_event, happen):
    await happen(case_event(), case_event())
    async with gateway_database.transaction() as tx:
        assert await store.forget(tx, before=SystemClock().now()) == 2
        assert await store.forget(tx, before=SystemClock().now()) == 0
    assert await all_positions(gateway_database) == []


async def test_a_reader_cannot_go_on_after_an_event_that_is_not_kept(gateway_database):
    async with gateway_database.reading() as connection:
        with pytest.raises(EventNotKept):
            await operations.resume_after(connection, new_id())
