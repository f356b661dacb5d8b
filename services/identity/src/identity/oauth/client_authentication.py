"""Proving who a client is."""

import hmac
import json
from datetime import datetime

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from identity.clients import store
from identity.clients.known import KnownClients
from identity.clients.operations import hash_secret
from identity.domain.client import AuthMethod, Client, is_client_id
from identity.domain.client_proof import ASSERTION_ALGORITHMS, Presented, check_assertion
from identity.domain.protocol import InvalidClient
from shared.db import Database


async def authenticate_client(
    database: Database, clients: KnownClients, proof: Presented, *, audiences: frozenset[str], now: datetime
) -> Client:
    """The client that the proof belongs to. An assertion counts as used even if its request fails later.

    Raises:
        InvalidClient: unknown, disabled, registered for another method, or not proved.
    """
    client_id = proof.client_id or _claimed_client(proof.assertion)
    client = await clients.find(client_id) if is_client_id(client_id) else None
    if client is None or not client.enabled or client.auth_method is not proof.method:
        raise InvalidClient("client authentication failed")
    if proof.method is AuthMethod.KEY:
        jti, expires_at = _verified_assertion(client, proof.assertion, audiences, now)
        async with database.transaction() as tx:
            if not await store.use_assertion(tx, client.id, jti, expires_at=expires_at):
                raise InvalidClient("the assertion was used before")
    elif proof.method.needs_secret and not hmac.compare_digest(
        client.secret_hash or b"", hash_secret(proof.secret)
    ):
        raise InvalidClient("client authentication failed")
    return client


def _verified_assertion(
    client: Client, assertion: str, audiences: frozenset[str], now: datetime
) -> tuple[str, datetime]:
    """The id and expiry of a JWT that one of the client's keys signed (RFC 7523 §3)."""
    try:
        keys = KeySet.import_key_set(client.jwks)  # type: ignore[arg-type]
        claims = jwt.decode(assertion, keys, algorithms=ASSERTION_ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise InvalidClient("the assertion is not signed by a key of the client") from error
    return check_assertion(claims, client_id=client.id, audiences=audiences, now=now)


def _claimed_client(assertion: str) -> str:
    """Whose assertion it says it is, so that the right keys can be tried."""
    try:
        payload = jws.extract_compact(assertion.encode()).payload
        return str(json.loads(payload)["sub"])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidClient("the assertion cannot be read") from error
