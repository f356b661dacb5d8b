"""Signing in and out."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.person import normal_account_name
from identity.people.passwords import PasswordHasher
from identity.people.store import password_of, put_password
from identity.sign_in import store
from identity.sign_in.attempts import count_attempt, key_of
from identity.sign_in.store import Session
from shared.db import Database


async def sign_in(
    database: Database,
    hasher: PasswordHasher,
    *,
    account_name: str,
    password: str,
    source: str,
    lifetime: timedelta,
    now: datetime,
) -> str | None:
    """The token of a new session, or None when account name and password do not belong together.

    `source` is where the attempt comes from: an address, or a device that this account has used before. An
    account that does not exist takes the same steps and the same time.

    Raises:
        TooManyAttempts: this source must wait.
        HashingBusy: too many passwords wait already.
    """
    name = normal_account_name(account_name)
    key = key_of(name, source)
    async with database.transaction() as tx:
        await count_attempt(tx, key, now)
        known = await password_of(tx, name)
    if not await hasher.verify(known[1] if known else None, password) or known is None:
        return None
    person_id, stored = known
    renewed = await hasher.hash(password) if hasher.is_outdated(stored) else None
    token = secrets.token_urlsafe(32)
    async with database.transaction() as tx:
        await store.forget_failures(tx, key)
        if renewed is not None:
            await put_password(tx, person_id, renewed, now)
        await store.add_session(
            tx, token_hash=_hash(token), person_id=person_id, now=now, expires_at=now + lifetime
        )
    return token


async def session_of(tx: AsyncConnection, token: str | None, now: datetime) -> Session | None:
    """The session that a cookie belongs to."""
    return await store.session_by_hash(tx, _hash(token), now) if token else None


async def sign_out(tx: AsyncConnection, token: str | None) -> None:
    """End the session that a cookie belongs to."""
    if token:
        await store.end_session(tx, _hash(token))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
