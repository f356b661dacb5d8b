"""Signing keys: a verifier never meets a token whose key it could not know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from sqlalchemy import select

from identity.domain.key_ring import Create, KeyAge, KeyState, Move, RotationPolicy, emergency, rotation
from identity.keys.operations import replace_all_keys, rotate_keys
from identity.keys.ring import KeyRing, NoSigningKey
from identity.tables import signing_keys
from identity.vault import Vault

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POLICY = RotationPolicy(timedelta(days=90), timedelta(minutes=10), timedelta(minutes=15))


def test_the_first_key_signs_at_once() -> None:
    assert rotation([], NOW, POLICY) == [Create(KeyState.ACTIVE)]


def test_a_successor_is_published_before_the_key_is_due_and_signs_when_it_was_known_long_enough() -> None:
    active = KeyAge("a", KeyState.ACTIVE, NOW)
    due = NOW + POLICY.lifetime - POLICY.publish_ahead
    assert rotation([active], due - timedelta(seconds=1), POLICY) == []
    assert rotation([active], due, POLICY) == [Create(KeyState.PENDING)]
    both = [active, KeyAge("b", KeyState.PENDING, due)]
    assert rotation(both, due + POLICY.publish_ahead - timedelta(seconds=1), POLICY) == []
    assert rotation(both, due + POLICY.publish_ahead, POLICY) == [
        Move("a", KeyState.RETIRING),
        Move("b", KeyState.ACTIVE),
    ]


def test_asking_begins_a_rotation_once() -> None:
    active = KeyAge("a", KeyState.ACTIVE, NOW)
    assert rotation([active], NOW, POLICY, asked=True) == [Create(KeyState.PENDING)]
    both = [active, KeyAge("b", KeyState.PENDING, NOW)]
    assert rotation(both, NOW, POLICY, asked=True) == []


def test_a_leak_withdraws_every_key_at_once() -> None:
    keys = [KeyAge("a", KeyState.ACTIVE, NOW), KeyAge("b", KeyState.PENDING, NOW)]
    assert emergency(keys) == [
        Move("a", KeyState.RETIRED),
        Move("b", KeyState.RETIRED),
        Create(KeyState.ACTIVE),
    ]


@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 40), st.booleans()), max_size=40))
def test_however_often_and_late_rotation_runs_one_key_signs_and_was_published_before(
    runs: list[tuple[int, bool]],
) -> None:
    """Each run is so many minutes after the one before, some of them asked for."""
    now, published, keys = NOW, dict[str, datetime](), dict[str, KeyAge]()
    for minutes, asked in runs:
        now += timedelta(minutes=minutes)
        for step in rotation(list(keys.values()), now, POLICY, asked=asked):
            if isinstance(step, Create):
                kid = str(len(published))
                published[kid], keys[kid] = now, KeyAge(kid, step.state, now)
                continue
            before = keys[step.kid]
            keys[step.kid] = KeyAge(step.kid, step.to, now)
            if step.to is KeyState.ACTIVE:
                assert now - published[step.kid] >= POLICY.publish_ahead
            if step.to is KeyState.RETIRED:
                assert before.state is KeyState.RETIRING
                assert now - before.since >= POLICY.linger
        assert [key.state for key in keys.values()].count(KeyState.ACTIVE) == 1


def test_what_is_sealed_opens_under_its_own_name_and_key_alone() -> None:
    vault = Vault("A" * 43)
    sealed = vault.seal(b"secret", bound_to="one")
    assert b"secret" not in sealed
    assert vault.open(sealed, bound_to="one") == b"secret"
    for other, name in ((vault, "two"), (Vault("B" * 42 + "A"), "one")):
        with pytest.raises(InvalidTag):
            other.open(sealed, bound_to=name)


def test_a_ring_that_was_never_filled_signs_nothing() -> None:
    with pytest.raises(NoSigningKey):
        KeyRing(Vault("A" * 43)).sign({}, typ="JWT")


async def test_tokens_stay_verifiable_through_a_whole_rotation(own_ground: Any) -> None:
    ground, identity = own_ground, own_ground.app.state.identity
    ring = identity.ring
    policy = ground.app.state.identity.settings.rotation
    first = ring.sign({"n": 1}, typ="JWT")
    async with ground.database.transaction() as tx:
        await rotate_keys(tx, identity.vault, policy, ground.clock.now(), asked=True)
    await ground.upkeep.rotate()
    known_to_verifiers = ring.key_set  # fetched now, kept until after the switch
    ground.clock.advance(policy.publish_ahead)
    await ground.upkeep.rotate()
    second = ring.sign({"n": 2}, typ="JWT")
    for token, keys in ((first, ring.key_set), (second, ring.key_set), (second, known_to_verifiers)):
        jwt.decode(token, keys, algorithms=["ES256"])
    assert jwt.decode(first, ring.key_set).header["kid"] != jwt.decode(second, ring.key_set).header["kid"]
    ground.clock.advance(policy.linger)
    await ground.upkeep.rotate()
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(first, ring.key_set, algorithms=["ES256"])


async def test_private_keys_lie_sealed_and_are_erased_when_retired(own_ground: Any) -> None:
    ground = own_ground
    identity = ground.app.state.identity
    async with ground.database.transaction() as tx:
        await replace_all_keys(tx, identity.vault, ground.clock.now())
        rows = (await tx.execute(select(signing_keys))).all()
    by_state = {row.state: row for row in rows}
    assert by_state["retired"].sealed_private is None
    assert b'"d"' not in by_state["active"].sealed_private
    assert "d" not in by_state["active"].public_jwk
    await ground.upkeep.rotate()
    assert [key.kid for key in identity.ring.key_set.keys] == [by_state["active"].kid]


async def test_the_published_set_holds_public_halves_alone(ground: Any, browser: AsyncClient) -> None:
    answer = await browser.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    policy = ground.app.state.identity.settings.rotation
    assert policy.publish_ahead > timedelta(seconds=300 + 60), "a cached key set, fetched each minute"
    keys = KeySet.import_key_set(answer.json()).keys
    assert keys
    assert not any(key.is_private for key in keys)
