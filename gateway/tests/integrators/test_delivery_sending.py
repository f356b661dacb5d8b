"""Webhooks as a receiver sees them: signed, in order, tried again, and sent to where they may go."""

import asyncio
from datetime import timedelta

from aiohttp import web
from sqlalchemy import text
from standardwebhooks import Webhook

from gateway.subscriptions import operations, store
from gateway.subscriptions.domain.health import DISABLE_AFTER, WARN_AFTER
from gateway.vault import Vault
from shared.clock import SetClock, SystemClock
from shared.ids import new_id
from shared.testing import eventually
from shared.trace import continue_trace

SCOPES = "gateway:subscriptions:write procedures:cases:read"
PATH = "/events/v1/subscriptions"
UNUSED = "http://127.0.0.1:9/hook"


def refused(status, **headers):
    return web.Response(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def standing_clock():
    """A clock that stands just behind what the test puts into the log."""
    return SetClock(SystemClock().now() + timedelta(seconds=30))


async def arrived(receiver, count):
    await eventually(
        lambda: len(receiver.hooks) >= count, what=f"{count} webhooks, {len(receiver.hooks)} came"
    )


async def settled(status_of, subscription, expected):
    """Wait until the deliveries stand as expected; the assertion shows how they stand else."""

    async def read():
        return (await status_of(subscription))[1]

    try:
        await eventually(lambda: _equals(read, expected), seconds=15)
    except AssertionError:
        assert await read() == expected


async def _equals(read, expected):
    return await read() == expected


async def test_a_callback_that_agrees_gets_what_happened_signed(
    client, tokens, receiver, delivering, happen, case_event
):
    """From the request for a subscription to a verified webhook."""
    headers = tokens.bearer(SCOPES, kind="client", client_id="mine")
    new = {"callback": receiver.url, "types": ["procedures.case.*"]}
    place = (await client.post(PATH, json=new, headers=headers)).headers["location"]
    trace = continue_trace(None)
    envelope = case_event()
    await happen(envelope)
    async with delivering():
        await arrived(receiver, 1)
    secret = (await client.get(f"{place}/secret", headers=headers)).json()["secret"]
    (event,) = receiver.verified(secret)
    assert (await client.get(place, headers=headers)).json()["status"] == "active"
    assert event["id"] == receiver.hooks[0].id == str(envelope.id)
    assert event["type"] == "vn.motcua.procedures.case.submitted.v1"
    assert event["data"] == dict(envelope.data)
    assert receiver.hooks[0].headers["content-type"] == "application/cloudevents+json"
    assert receiver.hooks[0].headers["traceparent"] == trace
    assert receiver.asked[0]["webhook-request-origin"] == "127.0.0.1"
    log = (await client.get(f"{place}/deliveries/{envelope.id}", headers=headers)).json()
    assert (log["delivery"]["status"], log["delivery"]["responseCode"]) == ("delivered", 204)
    assert [attempt["responseCode"] for attempt in log["attempts"]] == [204]


async def test_a_callback_that_does_not_agree_gets_nothing_until_it_does(
    client, tokens, receiver, delivering, happen, case_event
):
    receiver.agrees = False
    headers = tokens.bearer(SCOPES, kind="client", client_id="mine")
    new = {"callback": receiver.url, "types": ["procedures.case.*"]}
    made = await client.post(PATH, json=new, headers=headers)
    place, meant = made.headers["location"], {**headers, "if-match": made.headers["etag"]}
    await happen(case_event())
    async with delivering():
        health = await eventually(lambda: asked_once(client, place, headers), what="the handshake failed")
        assert health["handshake"]["fault"] == "not-allowed"
        assert receiver.hooks == []
        receiver.agrees = True
        assert (await client.post(f"{place}/proof", headers=meant)).status_code == 201
        await arrived(receiver, 1)


async def asked_once(client, place, headers):
    health = (await client.get(f"{place}/health", headers=headers)).json()
    return health if health["handshake"]["tries"] == 1 else None


async def test_while_a_rotation_lasts_old_and_new_secret_verify(
    receiver, subscribed, delivering, happen, case_event, gateway_database
):
    subscription = await subscribed(receiver.url)
    vault, now = Vault("A" * 43), SystemClock().now()
    change = operations.new_secret(vault, overlap=timedelta(hours=1), now=now)
    async with gateway_database.transaction() as tx:
        rotated = await operations.change_subscription(
            tx, "mine", subscription.id, lambda _: None, change, now
        )
    await happen(case_event())
    async with delivering():
        await arrived(receiver, 1)
    new = operations.signing_secrets(vault, rotated, now)[0]
    assert new != subscription.secret
    for secret in (subscription.secret, new):
        Webhook(secret).verify(receiver.hooks[0].body, receiver.hooks[0].headers)


async def test_what_is_refused_is_tried_again_with_the_same_id_until_it_is_taken(
    receiver, subscribed, delivering, happen, case_event, status_of
):
    clock = standing_clock()
    receiver.answers.extend([refused(500), refused(302, location=receiver.url), refused(404)])
    subscription, envelope = await subscribed(receiver.url), case_event()
    await happen(envelope)
    async with delivering(clock):
        for attempts, wait in ((1, 6), (2, 360), (3, 2200)):
            await settled(status_of, subscription, [("pending", attempts)])
            clock.advance(timedelta(seconds=wait))
        await settled(status_of, subscription, [("delivered", 4)])
    assert receiver.ids == [str(envelope.id)] * 4


async def test_nothing_is_sent_before_its_time(
    receiver, subscribed, delivering, happen, case_event, status_of
):
    clock = standing_clock()
    receiver.answers.append(refused(429, retry_after="3600"))
    subscription = await subscribed(receiver.url)
    await happen(case_event())
    async with delivering(clock):
        await settled(status_of, subscription, [("pending", 1)])
        await happen(case_event())  # another event: the callback asked to be spared altogether
        clock.advance(timedelta(seconds=3590))
        await asyncio.sleep(1.2)
        assert len(receiver.hooks) == 1
        clock.advance(timedelta(seconds=20))
        await settled(status_of, subscription, [("delivered", 2), ("delivered", 1)])


async def test_an_event_waits_for_the_one_before_it_and_for_no_other(
    receiver, subscribed, delivering, happen, case_event, status_of
):
    """The first of case A is refused; the second of A waits, case B does not."""
    clock, case = standing_clock(), new_id()
    first, second = case_event(case=case, sequence=1), case_event(case=case, sequence=2)
    other = case_event()
    receiver.answers.append(refused(500))
    subscription = await subscribed(receiver.url)
    async with delivering(clock):
        await happen(first)
        await settled(status_of, subscription, [("pending", 1)])
        await happen(second, other)
        await settled(status_of, subscription, [("pending", 1), ("pending", 0), ("delivered", 1)])
        clock.advance(timedelta(seconds=7))
        await settled(status_of, subscription, [("delivered", 2), ("delivered", 1), ("delivered", 1)])
    assert receiver.ids == [str(one.id) for one in (first, other, first, second)]


async def test_an_event_that_nobody_can_take_does_not_hold_back_its_case_for_days(
    receiver, subscribed, delivering, happen, case_event, status_of
):
    clock, case = standing_clock(), new_id()
    poison, later = case_event(case=case, sequence=1), case_event(case=case, sequence=2)

    async def answer(hook):
        return web.Response(status=400 if hook.id == str(poison.id) else 204)

    receiver.answer = answer
    subscription = await subscribed(receiver.url)
    await happen(poison, later)
    async with delivering(clock):
        for attempts in (1, 2):
            await settled(status_of, subscription, [("pending", attempts), ("pending", 0)])
            clock.advance(timedelta(minutes=6))
        await settled(status_of, subscription, [("pending", 3), ("delivered", 1)])


async def test_410_disables_and_what_happens_meanwhile_is_kept(
    client, tokens, receiver, subscribed, delivering, happen, case_event, status_of, gateway_database
):
    receiver.answers.append(refused(410))
    subscription = await subscribed(receiver.url)
    first, second = case_event(), case_event()
    headers = tokens.bearer(SCOPES, kind="client", client_id="mine")
    place = f"{PATH}/{subscription.id}"
    await happen(first)
    async with delivering():
        await eventually(lambda: is_status(status_of, subscription, "disabled"), what="disabled")
        await happen(second)
        read = await client.get(place, headers=headers)
        assert read.json()["reason"] == "gone"
        assert len(receiver.hooks) == 1
        meant = {**headers, "if-match": read.headers["etag"]}
        await client.post(f"{place}/proof", headers=meant)
        await eventually(lambda: is_status(status_of, subscription, "active"), what="active again")
        async with gateway_database.transaction() as tx:
            await tx.execute(text("UPDATE deliveries SET due_at = due_at - interval '1 hour'"))
        await arrived(receiver, 3)
    assert sorted(receiver.ids[1:]) == sorted([str(first.id), str(second.id)])
    async with gateway_database.reading() as connection:
        told = await connection.execute(text("SELECT payload FROM outbox WHERE type LIKE '%disabled%'"))
        assert told.scalar_one()["reason"] == "gone"


async def is_status(status_of, subscription, status):
    return (await status_of(subscription))[0] == status


async def test_a_paused_subscription_is_sent_what_happened_when_the_pause_ends(
    receiver, subscribed, delivering, happen, case_event, status_of, gateway_database
):
    subscription, now = await subscribed(receiver.url), SystemClock().now()
    envelopes = [case_event() for _ in range(3)]

    async def change(act):
        async with gateway_database.transaction() as tx:
            await operations.change_subscription(tx, "mine", subscription.id, lambda _: None, act, now)

    await change(lambda one: one.pause(now))
    async with delivering():
        await happen(*envelopes)
        await asyncio.sleep(1.2)
        assert receiver.hooks == []
        await change(lambda one: one.resume(now))
        await arrived(receiver, 3)
    assert sorted(receiver.ids) == sorted(str(one.id) for one in envelopes)


async def test_the_owner_is_warned_then_the_callback_given_up_and_the_events_kept(
    receiver, subscribed, delivering, happen, case_event, status_of, gateway_database
):
    clock = standing_clock()

    async def refuse(_):
        return web.Response(status=500)

    receiver.answer = refuse
    subscription = await subscribed(receiver.url)
    await happen(case_event())
    async with delivering(clock):
        await settled(status_of, subscription, [("pending", 1)])
        clock.advance(WARN_AFTER)
        await settled(status_of, subscription, [("pending", 2)])
        assert (await status_of(subscription))[0] == "active"
        clock.advance(DISABLE_AFTER)
        await settled(status_of, subscription, [("pending", 3)])
        await eventually(lambda: is_status(status_of, subscription, "disabled"), what="disabled")
    async with gateway_database.reading() as connection:
        told = (await connection.execute(text("SELECT type, payload FROM outbox ORDER BY position"))).all()
    assert [row.type.split(".")[2] for row in told] == ["created", "faltered", "disabled"]
    assert told[1].payload["eventType"] == "procedures.case.submitted.v1"
    assert told[2].payload["reason"] == "failing"


async def test_no_more_than_so_many_are_under_way_to_one_callback(
    receiver, subscribed, delivering, happen, case_event, status_of
):
    open_, most, gate = 0, 0, asyncio.Event()

    async def answer(_):
        nonlocal open_, most
        open_ += 1
        most = max(most, open_)
        await gate.wait()
        open_ -= 1
        return web.Response()

    receiver.answer = answer
    subscription = await subscribed(receiver.url)
    await happen(*(case_event() for _ in range(20)))
    async with delivering(at_once_each=3):
        await arrived(receiver, 3)
        await asyncio.sleep(1.2)
        assert open_ == 3
        gate.set()
        await settled(status_of, subscription, [("delivered", 1)] * 20)
    assert most == 3


async def test_a_callback_that_hangs_delays_no_other(
    receivers, subscribed, delivering, happen, case_event, status_of
):
    async with receivers() as slow, receivers() as quick:

        async def hang(_):
            await asyncio.sleep(60)

        slow.answer = hang
        await subscribed(slow.url)
        subscription = await subscribed(quick.url)
        await happen(*(case_event() for _ in range(100)))
        async with delivering(timeout_seconds=1):
            await settled(status_of, subscription, [("delivered", 1)] * 100)
        assert len(quick.hooks) == 100


async def test_a_callback_that_is_down_is_probed_and_not_hammered(
    subscribed, delivering, happen, case_event, status_of
):
    subscription = await subscribed(UNUSED)
    await happen(*(case_event() for _ in range(50)))
    async with delivering(at_once_each=4):
        await eventually(lambda: tried(status_of, subscription), what="it was tried")
        await asyncio.sleep(1.5)
        _, deliveries = await status_of(subscription)
    assert sum(attempts for _, attempts in deliveries) <= 4


async def tried(status_of, subscription):
    return any(attempts for _, attempts in (await status_of(subscription))[1])


async def test_a_subscription_that_was_deleted_under_way_is_no_trouble(
    receiver, subscribed, delivering, happen, case_event, gateway_database
):
    gate = asyncio.Event()

    async def answer(_):
        await gate.wait()
        return web.Response()

    receiver.answer = answer
    doomed, other = await subscribed(receiver.url), await subscribed(receiver.url)
    await happen(case_event())
    async with delivering():
        await arrived(receiver, 2)
        async with gateway_database.transaction() as tx:
            await store.remove(tx, doomed.id)
        gate.set()
        await happen(case_event())
        await arrived(receiver, 3)
    async with gateway_database.reading() as connection:
        left = await connection.execute(text("SELECT DISTINCT subscription_id FROM deliveries"))
        assert left.scalars().all() == [other.id]
