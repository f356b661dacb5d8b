"""What can be told about signing keys."""

import json
from collections.abc import Sequence
from datetime import datetime

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.key_ring import Create, KeyAge, KeyState, Move, RotationPolicy, emergency, rotation
from identity.keys import store
from identity.keys.store import StoredKey
from identity.vault import Vault


async def rotate_keys(
    tx: AsyncConnection, vault: Vault, policy: RotationPolicy, now: datetime, *, asked: bool = False
) -> Sequence[Create | Move]:
    """Do what is due, and return it. `asked` begins a rotation before its time."""
    await store.lock_rotation(tx)
    ages = [key.age for key in await store.keys_in_use(tx)]
    return await _do(tx, vault, rotation(ages, now, policy, asked=asked), now)


async def replace_all_keys(tx: AsyncConnection, vault: Vault, now: datetime) -> Sequence[Create | Move]:
    """A private key has leaked: withdraw every key at once and sign with a new one."""
    await store.lock_rotation(tx)
    ages = [key.age for key in await store.keys_in_use(tx)]
    return await _do(tx, vault, emergency(ages), now)


async def _do(
    tx: AsyncConnection, vault: Vault, steps: list[Create | Move], now: datetime
) -> list[Create | Move]:
    for step in steps:
        if isinstance(step, Create):
            await store.add_key(tx, _new_key(vault, step.state, now))
        else:
            await store.move_key(tx, step.kid, step.to, now)
    return steps


def _new_key(vault: Vault, state: KeyState, now: datetime) -> StoredKey:
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    assert key.kid is not None
    private = json.dumps(key.as_dict(private=True)).encode()
    return StoredKey(
        KeyAge(key.kid, state, now), dict(key.as_dict(private=False)), vault.seal(private, bound_to=key.kid)
    )
