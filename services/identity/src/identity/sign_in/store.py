"""Every SQL statement about sessions and failed attempts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.throttle import FORGOTTEN_AFTER
from identity.tables import failed_sign_ins, people, sessions


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a person is signed in."""

    person_id: UUID
    full_name: str
    signed_in_at: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """How often, and when last, a password was wrong."""

    count: int
    last_at: datetime


async def add_session(
    tx: AsyncConnection, *, token_hash: bytes, person_id: UUID, now: datetime, expires_at: datetime
) -> None:
    """Write a session, by the hash of its token."""
    await tx.execute(
        insert(sessions).values(
            token_hash=token_hash, person_id=person_id, signed_in_at=now, expires_at=expires_at
        )
    )


async def session_by_hash(tx: AsyncConnection, token_hash: bytes, now: datetime) -> Session | None:
    """A session that has not expired."""
    statement = (
        select(sessions.c.person_id, people.c.full_name, sessions.c.signed_in_at)
        .join(people, people.c.id == sessions.c.person_id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    )
    row = (await tx.execute(statement)).one_or_none()
    return Session(row.person_id, row.full_name, row.signed_in_at) if row else None


async def end_session(tx: AsyncConnection, token_hash: bytes) -> None:
    """Forget a session."""
    await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


async def end_sessions_of(tx: AsyncConnection, person_id: UUID) -> None:
    """Forget every session of a person."""
    await tx.execute(delete(sessions).where(sessions.c.person_id == person_id))


async def lock_failures(tx: AsyncConnection, key: bytes, now: datetime) -> Failures:
    """The failures under a key, whose row stays locked; nothing is counted yet."""
    await tx.execute(
        postgresql.insert(failed_sign_ins)
        .values(key=key, failures=0, last_failure_at=now)
        .on_conflict_do_nothing()
    )
    row = (
        await tx.execute(select(failed_sign_ins).where(failed_sign_ins.c.key == key).with_for_update())
    ).one()
    return Failures(row.failures, row.last_failure_at)


async def put_failures(tx: AsyncConnection, key: bytes, failures: Failures) -> None:
    """Write the failures under a key whose row is locked."""
    await tx.execute(
        update(failed_sign_ins)
        .where(failed_sign_ins.c.key == key)
        .values(failures=failures.count, last_failure_at=failures.last_at)
    )


async def forget_failures(tx: AsyncConnection, key: bytes) -> None:
    """Forget the failures under a key: the right password came."""
    await tx.execute(delete(failed_sign_ins).where(failed_sign_ins.c.key == key))


async def forget_expired(tx: AsyncConnection, now: datetime) -> None:
    """Drop sessions that have ended and failures that count no more."""
    await tx.execute(delete(sessions).where(sessions.c.expires_at < now))
    await tx.execute(delete(failed_sign_ins).where(failed_sign_ins.c.last_failure_at < now - FORGOTTEN_AFTER))
