"""Refresh families: however presentations interleave, one chain lives and no theft goes unnoticed."""

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.domain.refresh import GRACE, RefreshToken
from identity.oauth.store import UsedCode, advance_family, start_family
from shared.ids import new_id

KEY = b"k" * 32


@dataclass(frozen=True)
class Model:
    """What a family must do, written as plainly as possible. Times are seconds since it began."""

    generation: int = 1
    rotated_at: int = 0
    revoked: bool = False

    def presented(self, generation: int, at: int) -> "tuple[Model, int | None]":
        """The family afterwards, and the generation of the token that is handed out, if one is."""
        if self.revoked:
            return self, None
        if generation == self.generation:
            return Model(generation + 1, at), generation + 1
        if generation == self.generation - 1 and at - self.rotated_at < GRACE.total_seconds():
            return self, self.generation
        return replace(self, revoked=True), None


def test_a_token_reads_back_and_a_changed_one_does_not() -> None:
    token = RefreshToken(new_id(), 7)
    sealed = token.sealed(KEY)
    assert RefreshToken.opened(sealed, KEY) == token
    assert RefreshToken.opened(sealed, b"x" * 32) is None


@given(st.text(max_size=80))
def test_nothing_that_we_did_not_make_is_taken_for_a_token(text: str) -> None:
    assert RefreshToken.opened(text, KEY) is None


@given(st.integers(0, 51), st.integers(1, 255))
def test_no_octet_of_a_token_can_be_changed(place: int, change: int) -> None:
    sealed = RefreshToken(UUID(int=1), 1).sealed(KEY)
    raw = bytearray(base64.urlsafe_b64decode(sealed + "=="))
    raw[place] ^= change
    assert RefreshToken.opened(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), KEY) is None


# One step: so many seconds pass, then tokens of these ages (0 the newest) are presented all at once.
Step = tuple[int, list[int]]
steps = st.lists(
    st.tuples(st.sampled_from([0, 1, 9, 10, 11, 60]), st.lists(st.integers(0, 3), min_size=1, max_size=3)),
    max_size=8,
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
async def test_of_random_interleavings_one_live_chain_remains(family_ground: Any, steps: list[Step]) -> None:
    """Simultaneous presentations must end as some order of them would, one after another."""
    family, model, at = await family_ground.new_family(), Model(), 0
    for seconds, ages in steps:
        at += seconds
        presented = [max(model.generation - age, 1) for age in ages]
        given_out = await asyncio.gather(
            *(family_ground.present(family, generation, at) for generation in presented)
        )
        outcomes = []
        for order in permutations(range(len(presented))):
            after, handed = model, dict[int, int | None]()
            for index in order:
                after, handed[index] = after.presented(presented[index], at)
            outcomes.append((after, [handed[index] for index in range(len(presented))]))
        matching = [after for after, handed in outcomes if handed == given_out]
        assert matching, f"{presented} at {at} of {model} gave {given_out}"
        model = matching[0]
    if model.revoked:
        assert await family_ground.present(family, model.generation, at) is None
    else:
        assert await family_ground.present(family, model.generation, at) == model.generation + 1


async def test_of_many_tabs_at_once_all_get_the_same_successor(family_ground: Any) -> None:
    family = await family_ground.new_family()
    handed = await asyncio.gather(*(family_ground.present(family, 1, 0) for _ in range(20)))
    assert set(handed) == {2}


async def test_a_stolen_token_ends_the_family_for_the_thief_and_the_owner(family_ground: Any) -> None:
    family = await family_ground.new_family()
    assert await family_ground.present(family, 1, 0) == 2
    assert await family_ground.present(family, 2, 60) == 3
    assert await family_ground.present(family, 1, 61) is None
    assert await family_ground.present(family, 3, 62) is None


@pytest.mark.parametrize(("seconds", "successor"), [(9, 2), (10, None)])
async def test_the_grace_lasts_ten_seconds(family_ground: Any, seconds: int, successor: int | None) -> None:
    family = await family_ground.new_family()
    assert await family_ground.present(family, 1, 0) == 2
    assert await family_ground.present(family, 1, seconds) == successor


@dataclass
class Families:
    """Families of one person at one client, presented straight to the store."""

    ground: Any
    client_id: str
    person_id: UUID

    async def new_family(self) -> UUID:
        now = self.ground.clock.now()
        code = UsedCode(new_id(), self.person_id, "", frozenset(), None, "", now, now)
        async with self.ground.database.transaction() as tx:
            await start_family(tx, code, self.client_id, now=now, expires_at=now + timedelta(days=1))
        return code.family_id

    async def present(self, family: UUID, generation: int, at: int) -> int | None:
        now = self.ground.clock.now() + timedelta(seconds=at)
        async with self.ground.database.transaction() as tx:
            moved = await advance_family(tx, RefreshToken(family, generation), self.client_id, now)
        return moved.generation if moved and moved.revoked_at is None else None


@pytest.fixture
async def family_ground(ground: Any) -> Families:
    client, person = await ground.client(), await ground.person()
    return Families(ground, client.id, person.id)
