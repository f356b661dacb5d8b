"""Every SQL statement about codes, refresh families and consents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, Integer, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.authorization import AuthorizationRequest
from identity.domain.refresh import GRACE, RefreshToken
from identity.tables import authorization_codes, consents, refresh_families, used_assertions

_FAMILY = refresh_families.c
_AT = bindparam("at", type_=DateTime(timezone=True))
_IS_CURRENT = _FAMILY.generation == bindparam("presented", type_=Integer)
_IS_REPEAT = (_FAMILY.generation == bindparam("presented", type_=Integer) + 1) & (
    _FAMILY.rotated_at > bindparam("grace_began", type_=DateTime(timezone=True))
)
_ADVANCE = (
    update(refresh_families)
    .where(
        _FAMILY.id == bindparam("family"),
        _FAMILY.client_id == bindparam("client"),
        _FAMILY.revoked_at.is_(None),
        _FAMILY.expires_at > _AT,
    )
    .values(
        generation=case((_IS_CURRENT, _FAMILY.generation + 1), else_=_FAMILY.generation),
        rotated_at=case((_IS_CURRENT, _AT), else_=_FAMILY.rotated_at),
        revoked_at=case((_IS_CURRENT | _IS_REPEAT, None), else_=_AT),
    )
    .returning(_FAMILY.person_id, _FAMILY.scopes, _FAMILY.auth_time, _FAMILY.generation, _FAMILY.revoked_at)
)


@dataclass(frozen=True, slots=True)
class UsedCode:
    """What a code, now used, was issued for."""

    family_id: UUID
    person_id: UUID
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str
    auth_time: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Family:
    """Where a refresh family stands after a token of it was presented."""

    person_id: UUID
    scopes: frozenset[str]
    auth_time: datetime
    generation: int
    revoked_at: datetime | None


async def add_code(
    tx: AsyncConnection,
    request: AuthorizationRequest,
    *,
    code_hash: bytes,
    family_id: UUID,
    person_id: UUID,
    auth_time: datetime,
    expires_at: datetime,
) -> None:
    """Write an authorization code, by its hash."""
    await tx.execute(
        insert(authorization_codes).values(
            code_hash=code_hash,
            family_id=family_id,
            client_id=request.client_id,
            person_id=person_id,
            redirect_uri=request.redirect_uri,
            scopes=sorted(request.scopes),
            nonce=request.nonce,
            challenge=request.challenge,
            auth_time=auth_time,
            expires_at=expires_at,
        )
    )


async def use_code(tx: AsyncConnection, code_hash: bytes, client_id: str, now: datetime) -> UsedCode | None:
    """Mark a client's code as used, in one statement; None when it was used before or never was."""
    code = authorization_codes.c
    row = (
        await tx.execute(
            update(authorization_codes)
            .where(code.code_hash == code_hash, code.client_id == client_id, code.used_at.is_(None))
            .values(used_at=now)
            .returning(*authorization_codes.c)
        )
    ).one_or_none()
    if row is None:
        return None
    return UsedCode(
        family_id=row.family_id,
        person_id=row.person_id,
        redirect_uri=row.redirect_uri,
        scopes=frozenset(row.scopes),
        nonce=row.nonce,
        challenge=row.challenge,
        auth_time=row.auth_time,
        expires_at=row.expires_at,
    )


async def revoke_family_of_code(tx: AsyncConnection, code_hash: bytes, client_id: str, now: datetime) -> None:
    """Revoke what was issued for a code that came twice (OAuth 2.1 §4.1.3)."""
    family = select(authorization_codes.c.family_id).where(
        authorization_codes.c.code_hash == code_hash, authorization_codes.c.client_id == client_id
    )
    await tx.execute(
        update(refresh_families)
        .where(refresh_families.c.id.in_(family), refresh_families.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def start_family(
    tx: AsyncConnection, code: UsedCode, client_id: str, *, now: datetime, expires_at: datetime
) -> None:
    """Begin the refresh family of a sign-in, at generation 1."""
    await tx.execute(
        insert(refresh_families).values(
            id=code.family_id,
            client_id=client_id,
            person_id=code.person_id,
            scopes=sorted(code.scopes),
            auth_time=code.auth_time,
            generation=1,
            rotated_at=now,
            expires_at=expires_at,
        )
    )


async def advance_family(
    tx: AsyncConnection, token: RefreshToken, client_id: str, now: datetime
) -> Family | None:
    """Present a genuine token: one compare-and-swap statement moves, repeats or revokes its family.

    Simultaneous presentations queue on the row; each is decided on what the one before it left, so exactly
    one of them moves the family. None when the family is another client's, revoked or expired.
    """
    presented = {
        "family": token.family,
        "presented": token.generation,
        "client": client_id,
        "at": now,
        "grace_began": now - GRACE,
    }
    row = (await tx.execute(_ADVANCE, presented)).one_or_none()
    if row is None:
        return None
    return Family(row.person_id, frozenset(row.scopes), row.auth_time, row.generation, row.revoked_at)


async def revoke_family(tx: AsyncConnection, family_id: UUID, client_id: str, now: datetime) -> None:
    """Revoke a client's family; nothing happens when it is another's or revoked already."""
    await tx.execute(
        update(refresh_families)
        .where(
            refresh_families.c.id == family_id,
            refresh_families.c.client_id == client_id,
            refresh_families.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


async def revoke_all_of(tx: AsyncConnection, person_id: UUID, now: datetime) -> None:
    """Revoke every sign-in of a person at a client, and every code that could still become one."""
    code, family = authorization_codes.c, refresh_families.c
    await tx.execute(
        update(authorization_codes)
        .where(code.person_id == person_id, code.used_at.is_(None))
        .values(used_at=now)
    )
    await tx.execute(
        update(refresh_families)
        .where(family.person_id == person_id, family.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def consented_scopes(tx: AsyncConnection, person_id: UUID, client_id: str) -> frozenset[str]:
    """What a person has agreed that a client may do."""
    scopes: Sequence[str] | None = await tx.scalar(
        select(consents.c.scopes).where(consents.c.person_id == person_id, consents.c.client_id == client_id)
    )
    return frozenset(scopes or ())


async def put_consent(
    tx: AsyncConnection, person_id: UUID, client_id: str, scopes: frozenset[str], now: datetime
) -> None:
    """Write what a person agrees to, beside what they agreed to before."""
    together = sorted(scopes | await consented_scopes(tx, person_id, client_id))
    values = {"scopes": together, "granted_at": now}
    await tx.execute(
        postgresql.insert(consents)
        .values(person_id=person_id, client_id=client_id, **values)
        .on_conflict_do_update(index_elements=["person_id", "client_id"], set_=values)
    )


async def forget_expired(tx: AsyncConnection, now: datetime) -> None:
    """Drop codes, assertions and families that could not be used any more for a day."""
    before = now - timedelta(days=1)
    for table in (authorization_codes, used_assertions, refresh_families):
        await tx.execute(delete(table).where(table.c.expires_at < before))
