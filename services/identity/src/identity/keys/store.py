"""Every SQL statement about signing keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.key_ring import KeyAge, KeyState
from identity.tables import signing_keys

_ROTATION_LOCK = 0x6B657973  # "keys"; advisory locks are per database


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it lies in the database; the private half is sealed, and erased once retired."""

    age: KeyAge
    public_jwk: dict[str, Any]
    sealed_private: bytes | None


async def lock_rotation(tx: AsyncConnection) -> None:
    """Let one process at a time rotate."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ROTATION_LOCK})


async def keys_in_use(tx: AsyncConnection) -> Sequence[StoredKey]:
    """Every key that is not retired, oldest state first."""
    rows = await tx.execute(
        select(signing_keys)
        .where(signing_keys.c.state != KeyState.RETIRED.value)
        .order_by(signing_keys.c.since, signing_keys.c.kid)
    )
    return [
        StoredKey(KeyAge(row.kid, KeyState(row.state), row.since), row.public_jwk, row.sealed_private)
        for row in rows
    ]


async def add_key(tx: AsyncConnection, key: StoredKey) -> None:
    """Write a new key."""
    await tx.execute(
        insert(signing_keys).values(
            kid=key.age.kid,
            state=key.age.state.value,
            since=key.age.since,
            public_jwk=key.public_jwk,
            sealed_private=key.sealed_private,
        )
    )


async def move_key(tx: AsyncConnection, kid: str, to: KeyState, now: datetime) -> None:
    """Take a key to another state; a retired one loses its private half for good."""
    erased = {"sealed_private": None} if to is KeyState.RETIRED else {}
    await tx.execute(
        update(signing_keys).where(signing_keys.c.kid == kid).values(state=to.value, since=now, **erased)
    )
