"""What may be done with a subscription in which status, and where a webhook may go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.subscriptions.domain.callback import CallbackRefused, check_callback, is_reachable
from gateway.subscriptions.domain.health import DISABLE_AFTER, WARN_AFTER, Health
from gateway.subscriptions.domain.subscription import (
    ALLOWED,
    PROOF_RETRIES,
    Action,
    NotInThisStatus,
    Proof,
    Secrets,
    Status,
    Subscription,
)
from shared.ids import new_id

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def subscription(status=Status.ACTIVE, **more):
    return Subscription(
        id=new_id(),
        client="mine",
        callback="https://a.example/hook",
        name=None,
        interest=Interest(),
        sight=more.pop("sight", Sight(frozenset())),
        secrets=Secrets(b"one"),
        created_at=NOW,
        changed_at=NOW,
        proof=Proof(NOW if status is Status.UNPROVEN else None),
        status=status,
        **more,
    )


DONE = {
    Action.CHANGE: lambda one: one.change(
        callback=one.callback, name="new", interest=one.interest, sight=one.sight, now=NOW
    ),
    Action.ROTATE: lambda one: one.rotate(b"two", overlap=timedelta(hours=1), now=NOW),
    Action.PAUSE: lambda one: one.pause(NOW),
    Action.RESUME: lambda one: one.resume(NOW),
    Action.ASK_PROOF: lambda one: one.ask_proof(one.sight, NOW),
    Action.PROVE: lambda one: one.prove(NOW),
    Action.DISABLE: lambda one: one.disable("gone", NOW),
}
BECOMES = {
    Action.PAUSE: Status.PAUSED,
    Action.RESUME: Status.ACTIVE,
    Action.ASK_PROOF: Status.UNPROVEN,
    Action.PROVE: Status.ACTIVE,
    Action.DISABLE: Status.DISABLED,
}


@pytest.mark.parametrize(("status", "action"), list(product(Status, DONE)))
def test_a_status_allows_what_its_row_says_and_each_act_is_one_version_and_one_event(status, action):
    before = subscription(status)
    if action not in ALLOWED[status]:
        with pytest.raises(NotInThisStatus):
            DONE[action](before)
        return
    after = DONE[action](before)
    assert after.status is BECOMES.get(action, status)
    assert (after.version, after.sequence) == (2, 2)


@pytest.mark.parametrize("status", Status)
def test_only_an_active_subscription_is_tested_and_each_can_have_the_past(status):
    assert (Action.TEST in ALLOWED[status]) is (status is Status.ACTIVE)
    assert Action.REDELIVER in ALLOWED[status]


@pytest.mark.parametrize("status", Status)
def test_another_callback_must_prove_itself_and_begins_in_good_health(status):
    ill = subscription(status, health=Health(3, NOW, NOW, NOW))
    changed = ill.change(
        callback="https://b.example/", name=None, interest=ill.interest, sight=ill.sight, now=NOW
    )
    assert (changed.status, changed.proof, changed.health) == (Status.UNPROVEN, Proof(NOW), Health())


CASES = Sight(frozenset({"procedures.case.v1", "identity.agency.v1"}), client="mine")


def test_a_subscription_that_sees_no_more_than_it_may_stays_as_it_is():
    one = subscription(sight=replace(CASES, agency="A"))
    assert one.confine(CASES, withdrawn=False, now=NOW) is one
    assert one.confine(replace(CASES, agency="A"), withdrawn=False, now=NOW) is one


@pytest.mark.parametrize(
    ("bound", "left"),
    [
        (Sight(frozenset({"identity.agency.v1"})), Sight(frozenset({"identity.agency.v1"}), client="mine")),
        (replace(CASES, agency="A"), replace(CASES, agency="A")),
    ],
)
def test_a_subscription_is_confined_to_what_its_client_may_see(bound, left):
    confined = subscription(sight=CASES).confine(bound, withdrawn=False, now=NOW)
    assert (confined.sight, confined.status) == (left, Status.ACTIVE)
    assert (confined.version, confined.sequence) == (2, 2)


def test_a_client_that_moved_sees_its_new_agency_alone():
    moved = subscription(sight=replace(CASES, agency="A"))
    assert moved.confine(replace(CASES, agency="B"), withdrawn=False, now=NOW).sight.agency == "B"


@pytest.mark.parametrize("status", Status)
def test_of_a_client_that_is_withdrawn_nothing_is_sent_in_any_status(status):
    gone = subscription(status, sight=CASES).confine(Sight(frozenset()), withdrawn=True, now=NOW)
    assert gone.sight.topics == frozenset()
    assert gone.status is (Status.UNPROVEN if status is Status.UNPROVEN else Status.DISABLED)


def test_two_secrets_sign_while_a_rotation_lasts():
    rotated = subscription().rotate(b"two", overlap=timedelta(hours=1), now=NOW)
    assert rotated.secrets.signing(NOW) == [b"two", b"one"]
    assert rotated.secrets.signing(NOW + timedelta(hours=1)) == [b"two"]


def test_a_callback_that_does_not_agree_is_asked_less_and_less_and_then_no_more():
    one, asked = subscription(Status.UNPROVEN), []
    while one.proof.at is not None:
        asked.append(one.proof.at)
        one = one.fail_proof("timeout", one.proof.at)
    assert [later - earlier for earlier, later in pairwise(asked)] == list(PROOF_RETRIES)
    assert (one.proof.tries, one.status, one.version) == (len(PROOF_RETRIES) + 1, Status.UNPROVEN, 1)


def test_a_callback_in_trouble_is_spared_for_a_time_that_doubles_up_to_five_minutes():
    health, holds = Health(), []
    for _ in range(9):
        health = health.after_failure(NOW, in_trouble=True)
        holds.append((health.held_until - NOW).total_seconds())
    assert holds == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert health.failing_since == NOW


def test_a_callback_that_asks_for_time_gets_it():
    asked = Health().after_failure(NOW, in_trouble=True, retry_after=timedelta(hours=1))
    assert asked.held_until == NOW + timedelta(hours=1)
    again = asked.after_failure(NOW, in_trouble=True)
    assert again.held_until == NOW + timedelta(hours=1)


def test_an_event_that_is_refused_spares_nothing():
    assert Health().after_failure(NOW, in_trouble=False) == Health(failing_since=NOW)


def test_the_owner_is_warned_once_and_the_callback_given_up_after_three_days():
    health = Health(failing_since=NOW)
    assert not health.warning_due(NOW + WARN_AFTER - SECOND)
    assert health.warning_due(NOW + WARN_AFTER)
    assert not replace(health, warned_at=NOW).warning_due(NOW + WARN_AFTER)
    assert not health.hopeless(NOW + DISABLE_AFTER - SECOND)
    assert health.hopeless(NOW + DISABLE_AFTER)
    assert not Health().hopeless(NOW)


@pytest.mark.parametrize(
    "url",
    [
        "https://cases.example/hook",
        "https://cases.example:8443/hook?x=1",
        "https://203.0.114.9/",
        "https://[2606:4700::1111]/",
    ],
)
def test_a_callback_on_the_public_network_is_taken(url):
    check_callback(url, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://cases.example/hook",
        "ftp://cases.example/",
        "//cases.example/",
        "cases.example",
        "https://",
        "https://user:pass@cases.example/",
        "https://cases.example/#part",
        "https://cases.example/a b",
        "https://cases.example:99999/",
        "https://thủtục.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://" + "a" * 2000 + ".example/",
    ],
)
def test_a_callback_elsewhere_is_refused_with_a_reason(url):
    with pytest.raises(CallbackRefused) as refused:
        check_callback(url, loopback=False)
    assert [fault.pointer for fault in refused.value.faults] == ["/callback"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_a_developers_machine_loopback_is_taken_without_tls_and_nothing_else_inside_is(host):
    check_callback(f"http://{host}:9000/hook", loopback=True)
    with pytest.raises(CallbackRefused):
        check_callback(f"http://{host}:9000/hook", loopback=False)
    with pytest.raises(CallbackRefused):
        check_callback("http://10.0.0.1/", loopback=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2001:db8::1",
        "2001::1",
        "2002:a00:1::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "cases.example",
    ],
)
def test_an_address_that_is_not_globally_routed_is_never_connected_to(address):
    assert not is_reachable(address, loopback=False)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "203.0.114.9", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
)
def test_a_public_address_is(address):
    assert is_reachable(address, loopback=False)


def test_loopback_opens_this_machine_alone():
    assert is_reachable("127.0.0.1", loopback=True)
    assert is_reachable("::ffff:127.0.0.1", loopback=True)
    assert not is_reachable("10.0.0.1", loopback=True)
