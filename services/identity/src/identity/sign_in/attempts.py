"""Attempts at a password: each is counted before it is judged, so many at once are no way around the wait."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.throttle import FORGOTTEN_AFTER, open_again_at
from identity.sign_in import store
from identity.sign_in.store import Failures
from shared.errors import Text, TooManyRequests


class TooManyAttempts(TooManyRequests):
    slug = "too-many-attempts"
    title = Text(
        vi="Bạn đã nhập sai nhiều lần. Hãy chờ một lát rồi thử lại.",
        en="Too many wrong attempts. Wait a little, then try again.",
    )


def key_of(account_name: str, source: str) -> bytes:
    """Under what the attempts at an account from a source are counted: neither can be read from it."""
    return hashlib.sha256(f"{account_name}\n{source}".encode()).digest()


async def count_attempt(tx: AsyncConnection, key: bytes, now: datetime) -> None:
    """Count an attempt; `store.forget_failures` takes it back when it was right.

    Raises:
        TooManyAttempts: this source must wait.
    """
    failures = await store.lock_failures(tx, key, now)
    if failures.last_at < now - FORGOTTEN_AFTER:
        failures = Failures(0, now)
    wait = open_again_at(failures.count, failures.last_at) - now
    if wait > timedelta(0):
        raise TooManyAttempts(retryAfter=int(wait.total_seconds()) + 1)
    await store.put_failures(tx, key, Failures(failures.count + 1, now))
