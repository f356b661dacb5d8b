"""`/identity/v1/agencies`: the public tree of agencies, and its administration."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from identity.agencies import operations, store
from identity.agencies.schemas import AgencyDetails, AgencyView, NewAgency
from identity.dependencies import MeantFor, own_of
from identity.domain.agency import (
    Agency,
    AgencyCodeTaken,
    InvalidAgency,
    NoSuchAgency,
    OutsideOwnTree,
    UnitInUse,
)
from identity.pages import After, page_of
from shared.auth import Principal, public, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.ids import new_id
from shared.pagination import Limit, Page
from shared.web import Answer, Now, Once, Tx, conditional, etag_of, problems

router = APIRouter(prefix="/identity/v1/agencies", tags=["agencies"])

Code = Annotated[str, Path(examples=["000.00.01.H99"])]
Administrator = Annotated[Principal, requires("identity:agencies:write", kinds=["official", "client"])]


@router.post(
    "",
    status_code=201,
    response_model=AgencyView,
    responses=problems(InvalidAgency, AgencyCodeTaken, OutsideOwnTree),
)
async def register_agency(body: NewAgency, once: Once, tx: Tx, now: Now, caller: Administrator) -> Response:
    """Register an agency.

    Officials and clients of an agency register below their own; only a client of no agency registers at the
    top.
    """

    async def register() -> Answer:
        agency = Agency(new_id(), body.code, body.parent, body.name.text(), body.domain_units())
        await operations.register_agency(tx, agency, own=own_of(caller), now=now)
        headers = {"location": f"/identity/v1/agencies/{agency.code}", "etag": etag_of(agency.version)}
        return Answer(AgencyView.of(agency), headers=headers)

    return await once(tx, register)


@router.get("", response_model=Page[AgencyView], dependencies=[public()])
async def list_agencies(
    request: Request,
    tx: Tx,
    after: After,
    parent: Annotated[
        str | None, Query(description="Only those directly below this agency", examples=["000.00.01.H99"])
    ] = None,
    limit: Limit = 50,
) -> Response:
    """All agencies, by code."""
    found = await store.list_agencies(tx, parent=parent, after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda agency: agency.code, view=AgencyView.of)


@router.get("/{code}", response_model=AgencyView, dependencies=[public()], responses=problems(NoSuchAgency))
async def read_agency(request: Request, code: Code, tx: Tx) -> Response:
    """An agency with its units."""
    return _answer(request, await operations.get_agency(tx, code))


@router.put(
    "/{code}",
    response_model=AgencyView,
    responses=problems(
        InvalidAgency, NoSuchAgency, OutsideOwnTree, UnitInUse, PreconditionFailed, PreconditionRequired
    ),
)
async def change_agency(
    request: Request,
    code: Code,
    *,
    body: AgencyDetails,
    meant: MeantFor,
    tx: Tx,
    now: Now,
    caller: Administrator,
) -> Response:
    """Change an agency's place in the tree, its names and its units, all sent whole."""
    agency = await operations.change_agency(
        tx,
        code,
        meant,
        parent=body.parent,
        name=body.name.text(),
        units=body.domain_units(),
        own=own_of(caller),
        now=now,
    )
    return _answer(request, agency)


def _answer(request: Request, agency: Agency) -> Response:
    return conditional(request, AgencyView.of(agency), etag=etag_of(agency.version))
