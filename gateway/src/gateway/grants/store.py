"""Every statement on grants: the gateway's copy of what identity says of clients."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.grants.domain.grant import Grant
from gateway.tables import grants


async def lock(tx: AsyncConnection, client: str) -> None:
    """Let those who grant to a client and those who rely on it take turns, until this transaction is over."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(client, 0))))


async def put(tx: AsyncConnection, grant: Grant) -> bool:
    """Write what is granted to a client; False when something newer is known already."""
    values = {
        "kind": grant.kind,
        "scopes": sorted(grant.scopes),
        "agency": grant.agency,
        "enabled": grant.enabled,
        "sequence": grant.sequence,
    }
    written = await tx.execute(
        insert(grants)
        .values(client=grant.client, **values)
        .on_conflict_do_update(
            index_elements=["client"], set_=values, where=grants.c.sequence < grant.sequence
        )
        .returning(grants.c.client)
    )
    return written.one_or_none() is not None


async def find(connection: AsyncConnection, client: str) -> Grant | None:
    """What is granted to a client; None when identity has said nothing of it yet."""
    row = (await connection.execute(select(grants).where(grants.c.client == client))).one_or_none()
    if row is None:
        return None
    return Grant(row.client, row.kind, frozenset(row.scopes), row.agency, row.enabled, row.sequence)
