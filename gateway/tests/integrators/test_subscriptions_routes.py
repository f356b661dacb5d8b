"""Subscriptions over HTTP: each is its own client's, and each command names the state it is meant for."""

import pytest
from sqlalchemy import select, text

from gateway.tables import outbox, subscriptions
from shared.ids import new_id

SCOPES = "gateway:subscriptions:write procedures:cases:read"
PATH = "/events/v1/subscriptions"
NEW = {"callback": "https://cases.example/hook", "types": ["procedures.case.*"]}


@pytest.fixture
def mine(tokens):
    return tokens.bearer(SCOPES, kind="client", client_id="mine")


@pytest.fixture
def another(tokens):
    return tokens.bearer(SCOPES, kind="client", client_id="another")


async def subscribe(client, headers, **more):
    answer = await client.post(PATH, json={**NEW, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


def meant(answer, headers):
    return {**headers, "if-match": answer.headers["etag"]}


async def set_status(database, answer, status):
    async with database.transaction() as tx:
        await tx.execute(
            subscriptions.update().where(subscriptions.c.id == answer.json()["id"]).values(status=status)
        )


async def test_a_new_subscription_waits_for_its_callback_and_tells_no_secret(client, mine):
    answer = await subscribe(client, mine, name="Register", agencies=["H99.01"], procedures=["1.001"])
    body = answer.json()
    assert answer.headers["location"] == f"{PATH}/{body['id']}"
    assert body == {
        **NEW,
        "id": body["id"],
        "name": "Register",
        "agencies": ["H99.01"],
        "procedures": ["1.001"],
        "status": "unproven",
        "reason": None,
        "createdAt": body["createdAt"],
        "changedAt": body["createdAt"],
    }
    read = await client.get(answer.headers["location"], headers=mine)
    assert (read.json(), read.headers["etag"]) == (body, answer.headers["etag"])
    assert (
        await client.get(answer.headers["location"], headers={**mine, "if-none-match": read.headers["etag"]})
    ).status_code == 304


async def test_every_change_is_told_with_a_gapless_sequence(client, mine, gateway_database):
    made = await subscribe(client, mine)
    place = made.headers["location"]
    changed = await client.put(place, json={**NEW, "types": ["*"]}, headers=meant(made, mine))
    rotated = await client.post(f"{place}/secret-rotation", headers=meant(changed, mine))
    await client.delete(place, headers=meant(rotated, mine))
    async with gateway_database.reading() as connection:
        told = await connection.execute(select(outbox.c.type, outbox.c.sequence).order_by(outbox.c.position))
        assert [tuple(row) for row in told] == [
            ("gateway.subscription.created.v1", 1),
            ("gateway.subscription.changed.v1", 2),
            ("gateway.subscription.changed.v1", 3),
            ("gateway.subscription.deleted.v1", 4),
        ]
    assert (await client.get(place, headers=mine)).status_code == 404


async def test_the_secret_is_sealed_in_the_database_and_read_by_its_owner_alone(
    client, mine, another, gateway_database
):
    made = await subscribe(client, {**mine, "idempotency-key": "k1"})
    answer = await client.get(f"{made.headers['location']}/secret", headers=mine)
    secret = answer.json()["secret"]
    assert secret.startswith("whsec_")
    assert answer.headers["cache-control"] == "no-store"
    async with gateway_database.reading() as connection:
        for table in ("subscriptions", "outbox", "idempotent_answers"):
            stored = await connection.execute(text(f"SELECT t::text FROM {table} t"))
            assert all(secret not in row[0] for row in stored)
    assert (await client.get(f"{made.headers['location']}/secret", headers=another)).status_code == 404


async def test_a_rotation_shows_both_secrets_while_both_sign(client, mine):
    made = await subscribe(client, mine)
    before = (await client.get(f"{made.headers['location']}/secret", headers=mine)).json()
    rotated = await client.post(f"{made.headers['location']}/secret-rotation", headers=meant(made, mine))
    assert rotated.status_code == 201
    assert rotated.json()["oldSecret"] == before["secret"] != rotated.json()["secret"]
    assert rotated.json()["oldSecretUntil"] > made.json()["createdAt"]
    after = await client.get(f"{made.headers['location']}/secret", headers=mine)
    assert after.json() == rotated.json()


async def test_a_pause_is_begun_and_ended(client, mine, gateway_database):
    made = await subscribe(client, mine)
    await set_status(gateway_database, made, "active")
    paused = await client.post(f"{made.headers['location']}/pause", headers=meant(made, mine))
    assert (paused.status_code, paused.json()["status"]) == (201, "paused")
    resumed = await client.delete(f"{made.headers['location']}/pause", headers=meant(paused, mine))
    assert (resumed.status_code, resumed.json()["status"]) == (200, "active")
    again = await client.delete(f"{made.headers['location']}/pause", headers=meant(resumed, mine))
    assert (again.status_code, again.json()["status"]) == (409, 409)
    assert again.json()["type"] == "/problems/subscription-status"


async def test_another_callback_has_to_agree_first(client, mine, gateway_database):
    made = await subscribe(client, mine)
    await set_status(gateway_database, made, "active")
    same = await client.put(made.headers["location"], json={**NEW, "name": "x"}, headers=meant(made, mine))
    assert same.json()["status"] == "active"
    moved = {**NEW, "callback": "https://elsewhere.example/"}
    changed = await client.put(made.headers["location"], json=moved, headers=meant(same, mine))
    assert changed.json()["status"] == "unproven"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", ""),
        ("delete", ""),
        ("post", "/pause"),
        ("delete", "/pause"),
        ("post", "/proof"),
        ("post", "/secret-rotation"),
    ],
)
async def test_a_command_names_the_state_it_is_meant_for(client, mine, another, method, path):
    made = await subscribe(client, mine)
    place = made.headers["location"] + path
    body = {"json": NEW} if method == "put" else {}
    assert (await client.request(method, place, headers=mine, **body)).status_code == 428
    stale = {**mine, "if-match": '"99"'}
    assert (await client.request(method, place, headers=stale, **body)).status_code == 412
    assert (await client.request(method, place, headers=meant(made, another), **body)).status_code == 404
    assert (await client.get(made.headers["location"], headers=mine)).headers["etag"] == made.headers["etag"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "/secret"),
        ("get", "/health"),
        ("get", "/deliveries"),
        ("get", "/deliveries/{event}"),
        ("post", "/tests"),
        ("post", "/redeliveries"),
    ],
)
async def test_the_subscription_of_another_client_is_not_there(client, mine, another, method, path):
    made = await subscribe(client, mine)
    place = made.headers["location"] + path.format(event=new_id())
    body = {"json": {"since": "2026-01-01T00:00:00Z"}} if "redeliveries" in path else {}
    answer = await client.request(method, place, headers=another, **body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-subscription")


async def test_each_client_lists_its_own_page_by_page(client, mine, another):
    made = [(await subscribe(client, mine)).json()["id"] for _ in range(3)]
    await subscribe(client, another)
    first = (await client.get(f"{PATH}?limit=2", headers=mine)).json()
    second = (await client.get(f"{PATH}?limit=2&cursor={first['next']}", headers=mine)).json()
    assert [one["id"] for one in first["items"] + second["items"]] == made
    assert second["next"] is None
    assert (await client.get(f"{PATH}?cursor=nonsense", headers=mine)).status_code == 400
    assert (await client.get(f"{PATH}?cursor=WzFd", headers=mine)).status_code == 400


@pytest.mark.parametrize(
    ("claims", "type_"),
    [
        ({"scope": "procedures:cases:read", "kind": "client"}, "scope-missing"),
        ({"scope": SCOPES, "kind": "person"}, "not-for-this-caller"),
        ({"scope": SCOPES, "kind": "official", "agency": "H99.01"}, "not-for-this-caller"),
        ({"scope": "gateway:subscriptions:write", "kind": "client"}, "event-scope-missing"),
    ],
)
async def test_only_a_client_with_the_scopes_subscribes(client, tokens, claims, type_):
    answer = await client.post(PATH, json=NEW, headers=tokens.bearer(**claims))
    assert (answer.status_code, answer.json()["type"]) == (403, f"/problems/{type_}")


async def test_without_a_token_nobody_subscribes(client):
    assert (await client.post(PATH, json=NEW)).status_code == 401


async def test_an_agency_subscribes_to_its_own_events_alone(client, tokens):
    headers = tokens.bearer(SCOPES, kind="client", agency="H99.01")
    assert (await client.post(PATH, json={**NEW, "agencies": ["H99.01"]}, headers=headers)).status_code == 201
    refused = await client.post(PATH, json={**NEW, "agencies": ["H99.02"]}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/agency-not-yours")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"callback": "http://cases.example/"}, "/callback"),
        ({"callback": "https://10.0.0.1/"}, "/callback"),
        ({"types": []}, "/types"),
        ({"types": ["nothing.*"]}, "/types/0"),
        ({"secret": "mine"}, "/secret"),
    ],
)
async def test_bad_input_is_400_and_named(client, mine, change, pointer):
    answer = await client.post(PATH, json={**NEW, **change}, headers=mine)
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_create_that_is_sent_again_makes_one_subscription(client, mine):
    headers = {**mine, "idempotency-key": "once"}
    first, second = await subscribe(client, headers), await subscribe(client, headers)
    assert first.json() == second.json()
    assert len((await client.get(PATH, headers=mine)).json()["items"]) == 1


async def test_a_client_has_so_many_subscriptions_at_most(portal, client, mine, make_settings):
    portal.state.settings = make_settings(webhooks={"subscriptions": 2})
    await subscribe(client, mine)
    await subscribe(client, mine)
    refused = await client.post(PATH, json=NEW, headers=mine)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-subscriptions")


async def test_only_an_active_subscription_is_tested(client, mine):
    made = await subscribe(client, mine)
    answer = await client.post(f"{made.headers['location']}/tests", headers=mine)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/subscription-status")


async def test_a_new_subscription_can_have_the_past(client, mine, happen, case_event):
    envelopes = [case_event(sequence=number) for number in range(1, 4)]
    await happen(*envelopes, case_event(agency="H99.02"))
    made = await subscribe(client, mine, agencies=["H99.01"])
    place = made.headers["location"]
    assert (await client.get(f"{place}/deliveries", headers=mine)).json()["items"] == []
    again = await client.post(f"{place}/redeliveries", json={"since": "2026-01-01T00:00:00Z"}, headers=mine)
    assert (again.status_code, again.json()) == (201, {"events": 3, "next": None})
    listed = (await client.get(f"{place}/deliveries?limit=2", headers=mine)).json()
    assert [row["eventId"] for row in listed["items"]] == [str(envelopes[2].id), str(envelopes[1].id)]
    assert {row["status"] for row in listed["items"]} == {"pending"}
    rest = (await client.get(f"{place}/deliveries?cursor={listed['next']}", headers=mine)).json()
    assert [row["eventId"] for row in rest["items"]] == [str(envelopes[0].id)]
    assert (await client.get(f"{place}/health", headers=mine)).json()["pending"] == 3


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (lambda events: {"eventIds": [str(events[1].id)]}, 1),
        (lambda events: {"since": "2026-01-01T00:00:00Z", "subject": str(events[0].subject)}, 1),
        (lambda _: {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, 0),
        (lambda _: {"since": "2026-01-01T00:00:00Z", "onlyFailed": True}, 0),
        (lambda events: {"since": "2026-01-01T00:00:00Z", "after": str(events[0].id)}, 2),
    ],
)
async def test_a_redelivery_takes_what_meets_all_that_is_given(
    client, mine, happen, case_event, wish, expected
):
    envelopes = [case_event() for _ in range(3)]
    await happen(*envelopes)
    place = (await subscribe(client, mine)).headers["location"]
    answer = await client.post(f"{place}/redeliveries", json=wish(envelopes), headers=mine)
    assert (answer.status_code, answer.json()["events"]) == (201, expected)


async def test_a_redelivery_of_everything_ever_has_to_be_asked_for(client, mine):
    place = (await subscribe(client, mine)).headers["location"]
    answer = await client.post(f"{place}/redeliveries", json={}, headers=mine)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/since")


async def test_a_delivery_that_never_was_is_not_found(client, mine):
    place = (await subscribe(client, mine)).headers["location"]
    answer = await client.get(f"{place}/deliveries/{new_id()}", headers=mine)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-delivery")


async def test_a_client_of_an_agency_is_never_sent_what_concerns_another_not_even_on_request(
    client, tokens, happen, case_event
):
    ours, theirs, later = (
        case_event(agency="H99.01"),
        case_event(agency="H99.02"),
        case_event(agency="H99.02"),
    )
    await happen(ours, theirs)
    headers = tokens.bearer(SCOPES, kind="client", client_id="mine", agency="H99.01")
    place = (await subscribe(client, headers, types=["*"])).headers["location"]
    for wish in (
        {"eventIds": [str(theirs.id), str(ours.id)]},
        {"since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00Z", "subject": str(theirs.subject)},
    ):
        await client.post(f"{place}/redeliveries", json=wish, headers=headers)
    await happen(later)
    listed = (await client.get(f"{place}/deliveries", headers=headers)).json()["items"]
    assert [row["eventId"] for row in listed] == [str(ours.id)]
    for event in (theirs, later):
        answer = await client.get(f"{place}/deliveries/{event.id}", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-delivery")
