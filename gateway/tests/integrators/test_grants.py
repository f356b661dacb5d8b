"""What identity says of a client bounds its subscriptions at once, whatever its tokens said before."""

import asyncio

import pytest
from aiohttp import web
from sqlalchemy import text

from gateway.consumers import handlers
from shared.clock import SystemClock
from shared.events.identity import ClientChanged, ClientRegistered
from shared.ids import new_id
from shared.testing import eventually

SCOPES = "gateway:subscriptions:write procedures:cases:read"
PATH = "/events/v1/subscriptions"
NEW = {"callback": "https://cases.example/hook", "types": ["*"]}
WITHDRAWN = [{"enabled": False}, {"scopes": ("procedures:cases:read",)}, {"kind": "official"}]


@pytest.fixture
def told(gateway_database):
    """`await told(sequence=2, enabled=False, …)`: identity tells of the client `mine`."""
    handle = handlers(SystemClock())

    async def tell(*, sequence=1, **state):
        event = (ClientRegistered if sequence == 1 else ClientChanged)(
            **{
                "client": "mine",
                "kind": "client",
                "scopes": tuple(SCOPES.split()),
                "enabled": True,
                **state,
            }
        )
        envelope = event.envelope(subject=new_id(), sequence=sequence, at=SystemClock().now())
        async with gateway_database.transaction() as tx:
            await handle[type(event)](tx, envelope, event)

    return tell


@pytest.fixture
def mine(tokens):
    return tokens.bearer(SCOPES, kind="client", client_id="mine")


@pytest.fixture
def waiting(gateway_database):
    """`await waiting()`: the subjects of the events that wait to be sent."""

    async def read():
        async with gateway_database.reading() as connection:
            rows = await connection.execute(text("SELECT subject FROM deliveries WHERE status = 'pending'"))
            return {row.subject for row in rows}

    return read


async def subscribe(client, headers, **more):
    answer = await client.post(PATH, json={**NEW, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def read(client, made, headers):
    return (await client.get(made.headers["location"], headers=headers)).json()


async def set_active(database):
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE subscriptions SET status = 'active', prove_at = NULL"))


@pytest.mark.parametrize("state", WITHDRAWN)
async def test_a_client_that_is_withdrawn_is_sent_nothing_more_not_even_what_waits(
    client, mine, told, waiting, happen, case_event, gateway_database, state
):
    await told()
    made = await subscribe(client, mine)
    await set_active(gateway_database)
    before, after = case_event(), case_event()
    await happen(before)
    assert await waiting() == {before.subject}
    await told(sequence=2, **state)
    await happen(after)
    assert await waiting() == set()
    shown = await read(client, made, mine)
    assert (shown["status"], shown["reason"]) == ("disabled", "withdrawn")
    again = await client.post(
        f"{made.headers['location']}/redeliveries", json={"eventIds": [str(before.id)]}, headers=mine
    )
    assert again.json()["events"] == 0


@pytest.mark.parametrize("state", WITHDRAWN)
async def test_a_token_older_than_the_withdrawal_makes_and_revives_nothing(
    client, mine, told, gateway_database, state
):
    await told()
    made = await subscribe(client, mine)
    await set_active(gateway_database)
    await told(sequence=2, **state)
    place, meant = made.headers["location"], {**mine, "if-match": "*"}
    for answer in (
        await client.post(PATH, json=NEW, headers=mine),
        await client.put(place, json=NEW, headers=meant),
        await client.post(f"{place}/proof", headers=meant),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/client-withdrawn")
    await told(sequence=3)
    asked = await client.post(f"{place}/proof", headers=meant)
    assert (asked.status_code, asked.json()["status"]) == (201, "unproven")


async def test_a_scope_that_is_taken_away_takes_its_events_away(
    client, mine, told, waiting, happen, case_event, gateway_database
):
    await told()
    made = await subscribe(client, mine)
    await set_active(gateway_database)
    await happen(case_event())
    await told(sequence=2, scopes=("gateway:subscriptions:write",))
    await happen(case_event())
    assert await waiting() == set()
    assert (await read(client, made, mine))["status"] == "active", "what all may hear of is still sent"
    old_token = await subscribe(client, mine)
    await happen(case_event())
    assert await waiting() == set(), old_token.json()


async def test_a_client_that_moves_to_another_agency_is_told_of_that_one_alone(
    client, tokens, told, waiting, happen, case_event
):
    there = tokens.bearer(SCOPES, kind="client", client_id="mine", agency="H99.01")
    await told(agency="H99.01")
    await subscribe(client, there)
    old, ours = case_event(agency="H99.01"), case_event(agency="H99.02")
    await happen(old)
    assert await waiting() == {old.subject}
    await told(sequence=2, agency="H99.02")
    await happen(case_event(agency="H99.01"), ours)
    assert await waiting() == {ours.subject}
    await subscribe(client, there)
    await happen(case_event(agency="H99.01"))
    assert await waiting() == {ours.subject}, "the token of before is bound like the subscription of before"


async def test_old_news_of_a_client_changes_nothing(client, mine, told):
    await told(sequence=3)
    await told(sequence=2, enabled=False)
    assert (await subscribe(client, mine)).json()["status"] == "unproven"


async def test_what_a_client_may_otherwise_do_changes_no_subscription(client, mine, told, gateway_database):
    await told()
    made = await subscribe(client, mine)
    await told(sequence=2, scopes=(*SCOPES.split(), "open-data:datasets:write"))
    assert (await client.get(made.headers["location"], headers=mine)).headers["etag"] == made.headers["etag"]


async def test_other_clients_notice_nothing(client, tokens, told, gateway_database):
    other = tokens.bearer(SCOPES, kind="client", client_id="another")
    made = await subscribe(client, other)
    await told()
    await told(sequence=2, enabled=False)
    assert (await read(client, made, other))["status"] == "unproven"


async def test_a_subscription_made_while_its_client_is_withdrawn_sees_nothing_either_way(
    client, mine, told, waiting, happen, case_event
):
    """Both at once, again and again: either the one is refused or the other finds it."""
    for round_ in range(10):
        await told(sequence=2 * round_ + 2)
        made, _ = await asyncio.gather(
            client.post(PATH, json=NEW, headers=mine), told(sequence=2 * round_ + 3, enabled=False)
        )
        assert made.status_code in (201, 403)
        await happen(case_event())
        assert await waiting() == set()


async def test_a_delivery_that_is_under_way_when_its_client_is_withdrawn_is_not_tried_again(
    subscribed, delivering, receiver, told, happen, case_event, waiting
):
    reached, withdrawn = asyncio.Event(), asyncio.Event()

    async def slow(_):
        reached.set()
        await withdrawn.wait()
        return web.Response(status=500)

    receiver.answer = slow
    await subscribed(receiver.url)
    async with delivering():
        await happen(case_event())
        await reached.wait()
        await told(sequence=2, enabled=False)
        withdrawn.set()
        await eventually(lambda: waiting_is_empty(waiting), what="nothing waits")
    assert len(receiver.hooks) == 1


async def waiting_is_empty(waiting):
    return await waiting() == set()
