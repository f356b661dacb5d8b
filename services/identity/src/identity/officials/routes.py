"""`/identity/v1/officials`: appointments and posts, administered inside one's own agency's tree."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from identity.dependencies import MeantFor, own_of
from identity.domain.agency import NoSuchAgency, OutsideOwnTree
from identity.domain.official import AlreadyAppointed, InvalidAppointment, NoSuchOfficial, Official
from identity.officials import operations
from identity.officials.schemas import Appointment, OfficialView, Posts
from identity.pages import AfterId, page_of
from shared.auth import Principal, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pagination import Limit, Page
from shared.web import Answer, Now, Once, Tx, conditional, etag_of, problems

router = APIRouter(prefix="/identity/v1/officials", tags=["officials"])

Reader = Annotated[Principal, requires("identity:officials:read", kinds=["official", "client"])]
Administrator = Annotated[Principal, requires("identity:officials:write", kinds=["official", "client"])]
_UPDATE = (NoSuchOfficial, PreconditionFailed, PreconditionRequired)


@router.post(
    "",
    status_code=201,
    response_model=OfficialView,
    responses=problems(InvalidAppointment, AlreadyAppointed, OutsideOwnTree),
)
async def appoint_official(
    body: Appointment, once: Once, tx: Tx, now: Now, caller: Administrator
) -> Response:
    """Appoint a person who has an account to your agency or one below it."""

    async def appoint() -> Answer:
        official = await operations.appoint_official(
            tx,
            account_name=body.account_name,
            agency=body.agency,
            posts=body.domain_posts(),
            own=own_of(caller),
            now=now,
        )
        headers = {"location": f"/identity/v1/officials/{official.id}", "etag": etag_of(official.version)}
        return Answer(OfficialView.of(official), headers=headers)

    return await once(tx, appoint)


@router.get("", response_model=Page[OfficialView], responses=problems(NoSuchAgency))
async def list_officials(
    request: Request,
    *,
    tx: Tx,
    caller: Reader,
    agency: Annotated[str, Query(description="Whose officials", examples=["000.00.01.H99"])],
    after: AfterId,
    limit: Limit = 50,
) -> Response:
    """The officials of an agency, in the order of their appointment."""
    found = await operations.officials_of(tx, agency, own=own_of(caller), after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda official: official.id, view=OfficialView.of)


@router.get("/{official_id}", response_model=OfficialView, responses=problems(NoSuchOfficial))
async def read_official(request: Request, official_id: UUID, tx: Tx, caller: Reader) -> Response:
    """An official with their posts."""
    return _answer(request, await operations.get_official(tx, official_id, own=own_of(caller)))


@router.put("/{official_id}", response_model=OfficialView, responses=problems(InvalidAppointment, *_UPDATE))
async def change_posts(
    request: Request,
    official_id: UUID,
    *,
    body: Posts,
    meant: MeantFor,
    tx: Tx,
    now: Now,
    caller: Administrator,
) -> Response:
    """Put these posts in place of all that the official holds."""
    official = await operations.change_posts(
        tx, official_id, meant, posts=body.domain_posts(), own=own_of(caller), now=now
    )
    return _answer(request, official)


@router.delete("/{official_id}", status_code=204, responses=problems(*_UPDATE))
async def remove_official(
    official_id: UUID, meant: MeantFor, tx: Tx, now: Now, caller: Administrator
) -> None:
    """End an appointment."""
    await operations.remove_official(tx, official_id, meant, own=own_of(caller), now=now)


def _answer(request: Request, official: Official) -> Response:
    return conditional(request, OfficialView.of(official), etag=etag_of(official.version))
