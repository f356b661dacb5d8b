"""`/identity/v1/clients`: registration of programs, inside one's own agency's tree."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from identity.clients import operations, store
from identity.clients.schemas import ClientDetails, ClientSecret, ClientView, NewClient
from identity.dependencies import MeantFor, own_of
from identity.domain.agency import OutsideOwnTree
from identity.domain.client import (
    BeyondRegistrar,
    Client,
    ClientIdTaken,
    InvalidClientMetadata,
    Kind,
    NoSecret,
    NoSuchClient,
)
from identity.pages import After, page_of
from shared.auth import Principal, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pagination import Limit, Page
from shared.web import Answer, Now, Once, Tx, conditional, etag_of, problems

router = APIRouter(prefix="/identity/v1/clients", tags=["clients"])

ClientId = Annotated[str, Path(examples=["phan-mem-mot-cua"])]
Reader = Annotated[Principal, requires("identity:clients:read", kinds=["official", "client"])]
Administrator = Annotated[Principal, requires("identity:clients:write", kinds=["official", "client"])]
_REFUSALS = (InvalidClientMetadata, BeyondRegistrar, OutsideOwnTree)


@router.post("", status_code=201, response_model=ClientView, responses=problems(*_REFUSALS, ClientIdTaken))
async def register_client(body: NewClient, once: Once, tx: Tx, now: Now, caller: Administrator) -> Response:
    """Register a client. One that proves itself with a secret is given it at `/{clientId}/secrets`."""

    async def register() -> Answer:
        client = _client(body.client_id, body.kind, body)
        await operations.register_client(tx, client, own=own_of(caller), now=now)
        headers = {"location": f"/identity/v1/clients/{client.id}", "etag": etag_of(client.version)}
        return Answer(ClientView.of(client), headers=headers)

    return await once(tx, register)


@router.get("", response_model=Page[ClientView])
async def list_clients(request: Request, tx: Tx, caller: Reader, after: After, limit: Limit = 50) -> Response:
    """The clients of your agency and those below it, by id; all of them for the platform's own callers."""
    found = await store.list_clients(tx, own=own_of(caller), after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda client: client.id, view=ClientView.of)


@router.get("/{client_id}", response_model=ClientView, responses=problems(NoSuchClient))
async def read_client(request: Request, client_id: ClientId, tx: Tx, caller: Reader) -> Response:
    """A client."""
    return _answer(request, await operations.get_client(tx, client_id, own=own_of(caller)))


@router.put(
    "/{client_id}",
    response_model=ClientView,
    responses=problems(NoSuchClient, *_REFUSALS, PreconditionFailed, PreconditionRequired),
)
async def change_client(
    request: Request,
    client_id: ClientId,
    *,
    body: ClientDetails,
    meant: MeantFor,
    tx: Tx,
    now: Now,
    caller: Administrator,
) -> Response:
    """Change a client; `enabled: false` refuses it any further token."""
    changed = _client(client_id, Kind.CLIENT, body)
    return _answer(request, await operations.change_client(tx, changed, meant, own=own_of(caller), now=now))


@router.post(
    "/{client_id}/secrets",
    status_code=201,
    response_model=ClientSecret,
    responses=problems(NoSuchClient, NoSecret),
)
async def renew_secret(client_id: ClientId, tx: Tx, now: Now, caller: Administrator) -> ClientSecret:
    """Give a client a new secret, told this once; the one before stops working.

    It takes no Idempotency-Key, because the kept answer would hold the secret.
    """
    secret = await operations.renew_secret(tx, client_id, own=own_of(caller), now=now)
    return ClientSecret(client_id=client_id, client_secret=secret)


def _client(client_id: str, kind: Kind, details: ClientDetails) -> Client:
    return Client(
        id=client_id,
        name=details.name.text(),
        kind=kind,
        auth_method=details.auth_method,
        scopes=frozenset(details.scopes),
        redirect_uris=frozenset(details.redirect_uris),
        post_logout_redirect_uris=frozenset(details.post_logout_redirect_uris),
        agency=details.agency,
        first_party=details.first_party,
        jwks=details.jwks,
        enabled=details.enabled,
    )


def _answer(request: Request, client: Client) -> Response:
    return conditional(request, ClientView.of(client), etag=etag_of(client.version))
