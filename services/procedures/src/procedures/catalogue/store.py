"""Every SQL statement about procedures and their versions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import procedure_versions as versions
from procedures.tables import procedures
from shared.db import AnyRow
from shared.ids import new_id


async def procedure_for_update(tx: AsyncConnection, code: str, agency: str) -> AnyRow:
    """The procedure, made when it is new, under its row lock."""
    await tx.execute(
        upsert(procedures).values(code=code, id=new_id(), agency=agency).on_conflict_do_nothing()
    )
    query = select(procedures).where(procedures.c.code == code).with_for_update()
    return (await tx.execute(query)).one()


async def next_event(tx: AsyncConnection, code: str) -> int:
    """The number of the procedure's next event."""
    statement = (
        update(procedures)
        .where(procedures.c.code == code)
        .values(events=procedures.c.events + 1)
        .returning(procedures.c.events)
    )
    return int((await tx.execute(statement)).scalar_one())


async def newest_version(tx: AsyncConnection, code: str) -> int:
    """Number of the newest version, 0 for none."""
    query = select(func.coalesce(func.max(versions.c.version), 0)).where(versions.c.procedure == code)
    return int((await tx.execute(query)).scalar_one())


async def add_draft(
    tx: AsyncConnection,
    code: str,
    version: int,
    definition: dict[str, Any],
    findings: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Keep a new draft."""
    await tx.execute(
        insert(versions).values(
            procedure=code,
            version=version,
            status="draft",
            definition=definition,
            findings=findings,
            created_at=now,
        )
    )


async def change_draft(
    tx: AsyncConnection, code: str, version: int, definition: dict[str, Any], findings: list[dict[str, Any]]
) -> None:
    """Replace what a draft says."""
    await tx.execute(
        update(versions)
        .where(versions.c.procedure == code, versions.c.version == version)
        .values(definition=definition, findings=findings, revision=versions.c.revision + 1)
    )


async def set_status(
    tx: AsyncConnection, code: str, version: int, status: str, **changes: datetime | bool
) -> None:
    """Move a version on in its life."""
    await tx.execute(
        update(versions)
        .where(versions.c.procedure == code, versions.c.version == version)
        .values(status=status, revision=versions.c.revision + 1, **changes)
    )


async def version_of(
    tx: AsyncConnection, code: str, version: int, *, for_update: bool = False
) -> AnyRow | None:
    """A version with its procedure's agency and id."""
    query = (
        select(versions, procedures.c.agency, procedures.c.id.label("procedure_id"))
        .join(procedures, procedures.c.code == versions.c.procedure)
        .where(versions.c.procedure == code, versions.c.version == version)
    )
    if for_update:
        query = query.with_for_update()
    return (await tx.execute(query)).one_or_none()


async def in_force(tx: AsyncConnection, codes: Collection[str]) -> Sequence[AnyRow]:
    """Those versions of these procedures that take new cases."""
    query = select(versions).where(versions.c.procedure.in_(codes), versions.c.status == "published")
    return (await tx.execute(query)).all()


async def version_in_force(tx: AsyncConnection, code: str) -> int | None:
    """Number of the version that takes new cases."""
    query = select(versions.c.version).where(versions.c.procedure == code, versions.c.status == "published")
    return (await tx.execute(query)).scalar_one_or_none()


async def list_in_force(tx: AsyncConnection, after: str | None, limit: int) -> Sequence[AnyRow]:
    """The versions in force, by code."""
    query = select(versions).where(versions.c.status == "published")
    if after is not None:
        query = query.where(versions.c.procedure > after)
    return (await tx.execute(query.order_by(versions.c.procedure).limit(limit))).all()


async def list_drafts(
    tx: AsyncConnection, agency: str, after: tuple[str, int] | None, limit: int
) -> Sequence[AnyRow]:
    """The drafts of an agency, by code and version."""
    key = tuple_(versions.c.procedure, versions.c.version)
    query = (
        select(versions)
        .join(procedures, procedures.c.code == versions.c.procedure)
        .where(versions.c.status == "draft", procedures.c.agency == agency)
    )
    if after is not None:
        query = query.where(key > after)
    return (await tx.execute(query.order_by(versions.c.procedure, versions.c.version).limit(limit))).all()


async def list_versions(tx: AsyncConnection, code: str) -> Sequence[AnyRow]:
    """All versions of a procedure, newest first."""
    query = (
        select(versions, procedures.c.agency)
        .join(procedures, procedures.c.code == versions.c.procedure)
        .where(versions.c.procedure == code)
        .order_by(versions.c.version.desc())
    )
    return (await tx.execute(query)).all()
