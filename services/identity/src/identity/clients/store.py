"""Every SQL statement about clients."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.client import AuthMethod, Client, Kind
from identity.tables import agencies, clients, used_assertions
from shared.errors import Text

_USE_ASSERTION = postgresql.insert(used_assertions).on_conflict_do_nothing().returning(used_assertions.c.jti)


async def add_client(tx: AsyncConnection, client: Client, now: datetime) -> bool:
    """Write a new client; False when its id is taken."""
    written = await tx.execute(
        postgresql.insert(clients)
        .values(id=client.id, kind=client.kind.value, registered_at=now, **_details(client))
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(clients.c.id)
    )
    return written.one_or_none() is not None


async def save_client(tx: AsyncConnection, client: Client, now: datetime) -> None:
    """Write a client whose row is locked."""
    await tx.execute(
        update(clients)
        .where(clients.c.id == client.id)
        .values(
            **_details(client),
            secret_hash=client.secret_hash,
            disabled_at=None if client.enabled else now,
            version=client.version,
        )
    )


async def client_by_id(tx: AsyncConnection, client_id: str, *, lock: bool = False) -> Client | None:
    """A client, enabled or not."""
    statement = select(clients).where(clients.c.id == client_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return _client(row) if row else None


async def list_clients(
    tx: AsyncConnection, *, own: str | None, after: str | None, limit: int
) -> list[Client]:
    """Clients by id; those of the tree below `own` when it is given."""
    statement = select(clients).order_by(clients.c.id).limit(limit)
    if own is not None:
        below = select(agencies.c.code).where(agencies.c.code == own).cte(recursive=True)
        below = below.union(select(agencies.c.code).join(below, agencies.c.parent == below.c.code))
        statement = statement.where(clients.c.agency.in_(select(below.c.code)))
    if after is not None:
        statement = statement.where(clients.c.id > after)
    return [_client(row) for row in await tx.execute(statement)]


async def use_assertion(tx: AsyncConnection, client_id: str, jti: str, *, expires_at: datetime) -> bool:
    """Remember a client's assertion; False when it was used before (RFC 7523 §3, `jti`)."""
    used = {"client_id": client_id, "jti": jti, "expires_at": expires_at}
    written = await tx.execute(_USE_ASSERTION, used)
    return written.one_or_none() is not None


def _details(client: Client) -> dict[str, Any]:
    return {
        "name_vi": client.name.vi,
        "name_en": client.name.en,
        "auth_method": client.auth_method.value,
        "scopes": sorted(client.scopes),
        "redirect_uris": sorted(client.redirect_uris),
        "post_logout_redirect_uris": sorted(client.post_logout_redirect_uris),
        "agency": client.agency,
        "first_party": client.first_party,
        "jwks": client.jwks,
    }


def _client(row: Row[*tuple[Any, ...]]) -> Client:
    return Client(
        id=row.id,
        name=Text(vi=row.name_vi, en=row.name_en),
        kind=Kind(row.kind),
        auth_method=AuthMethod(row.auth_method),
        scopes=frozenset(row.scopes),
        redirect_uris=frozenset(row.redirect_uris),
        post_logout_redirect_uris=frozenset(row.post_logout_redirect_uris),
        agency=row.agency,
        first_party=row.first_party,
        jwks=row.jwks,
        secret_hash=row.secret_hash,
        enabled=row.disabled_at is None,
        version=row.version,
    )
