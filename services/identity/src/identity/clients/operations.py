"""What can be asked and told about clients."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.agencies.operations import require_within
from identity.agencies.store import agency_by_code, is_within
from identity.clients import store
from identity.domain.client import (
    AuthMethod,
    Client,
    ClientIdTaken,
    InvalidClientMetadata,
    NoSecret,
    NoSuchClient,
    check_client,
    check_registrar,
)
from shared import outbox
from shared.errors import Fault, Text
from shared.events import identity as events


async def register_client(tx: AsyncConnection, client: Client, *, own: str | None, now: datetime) -> None:
    """Register a client.

    Raises:
        InvalidClientMetadata, BeyondRegistrar, OutsideOwnTree, ClientIdTaken
    """
    await _check(tx, client, own)
    if not await store.add_client(tx, client, now):
        raise ClientIdTaken
    await _tell(tx, events.ClientRegistered, client, now)


async def change_client(
    tx: AsyncConnection, changed: Client, meant: Callable[[int], None], *, own: str | None, now: datetime
) -> Client:
    """Change a client; its id and kind stay.

    Raises:
        NoSuchClient, InvalidClientMetadata, BeyondRegistrar, OutsideOwnTree, PreconditionRequired,
        PreconditionFailed
    """
    before = await _visible(tx, changed.id, own, lock=True)
    meant(before.version)
    keeps_secret = changed.auth_method.needs_secret
    client = replace(
        changed,
        kind=before.kind,
        secret_hash=before.secret_hash if keeps_secret else None,
        version=before.version + 1,
    )
    await _check(tx, client, own)
    await store.save_client(tx, client, now)
    await _tell(tx, events.ClientChanged, client, now)
    return client


async def renew_secret(tx: AsyncConnection, client_id: str, *, own: str | None, now: datetime) -> str:
    """Give a client a new secret, 256 random bits; the one before is worthless from now on.

    Stored is its SHA-256: what was drawn at random needs no slow hash.

    Raises:
        NoSuchClient, NoSecret
    """
    client = await _visible(tx, client_id, own, lock=True)
    if not client.auth_method.needs_secret:
        raise NoSecret
    secret = secrets.token_urlsafe(32)
    renewed = replace(client, secret_hash=hash_secret(secret), version=client.version + 1)
    await store.save_client(tx, renewed, now)
    await _tell(tx, events.ClientChanged, renewed, now)
    return secret


async def get_client(tx: AsyncConnection, client_id: str, *, own: str | None) -> Client:
    """A client of the caller's tree; any other looks absent.

    Raises:
        NoSuchClient
    """
    return await _visible(tx, client_id, own)


def hash_secret(secret: str) -> bytes:
    """What is stored of a client's secret."""
    return hashlib.sha256(secret.encode()).digest()


async def _tell(tx: AsyncConnection, event: type[events.ClientEvent], client: Client, now: datetime) -> None:
    fact = event(
        client=client.id,
        kind=client.kind.value,
        agency=client.agency,
        scopes=tuple(sorted(client.scopes)),
        enabled=client.enabled,
    )
    await outbox.add(tx, fact.envelope(subject=client.aggregate, sequence=client.version, at=now))


async def _check(tx: AsyncConnection, client: Client, own: str | None) -> None:
    check_client(client)
    check_registrar(client, own)
    if client.auth_method is AuthMethod.KEY:
        _check_keys(client)
    if client.agency is not None and await agency_by_code(tx, client.agency) is None:
        text = Text(vi="Không có cơ quan này.", en="There is no such agency.")
        raise InvalidClientMetadata(faults=[Fault("/agency", "unknown", text)])
    await require_within(tx, client.agency, own)


def _check_keys(client: Client) -> None:
    """Public keys with a name, and no shared secret: what a client can sign with, and we cannot."""
    try:
        given = (client.jwks or {})["keys"]
        asymmetric = all(jwk["kty"] in {"EC", "RSA", "OKP"} and jwk["kid"] for jwk in given)
        usable = asymmetric and not any(key.is_private for key in KeySet.import_key_set({"keys": given}).keys)
    except (JoseError, ValueError, KeyError, TypeError):
        given, usable = [], False
    if not given or not usable:
        text = Text(
            vi="Cần một bộ khóa công khai (RFC 7517), mỗi khóa có kid, không kèm khóa riêng.",
            en="Give a set of public keys (RFC 7517), each with a kid, and no private one.",
        )
        raise InvalidClientMetadata(faults=[Fault("/jwks", "malformed", text)])


async def _visible(tx: AsyncConnection, client_id: str, own: str | None, *, lock: bool = False) -> Client:
    client = await store.client_by_id(tx, client_id, lock=lock)
    if client is None or (
        own is not None and (client.agency is None or not await is_within(tx, client.agency, own))
    ):
        raise NoSuchClient
    return client
