"""The routes of delegations. Whoever acts for another says so in `Acting-For` with each request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from procedures.delegations import operations
from procedures.delegations.operations import Colleague
from procedures.delegations.schemas import DelegationView, NewDelegation
from procedures.dependencies import MANAGING_WORK, agency_of, official_of
from procedures.domain.delegation import Delegation, DelegationNotFound, DelegationRevoked, NotYourPosts
from procedures.pages import key_after, page_of
from shared.auth import Principal, requires
from shared.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from shared.ids import new_id
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1/delegations", tags=["delegations"])

# Not `Officer`: posts that were lent are not lent on.
OwnPosts = Annotated[Principal, requires("procedures:cases:process", kinds=["official"])]
DelegationId = Annotated[UUID, Path(description="Id of the delegation")]


def _colleague(who: Principal) -> Colleague:
    return Colleague(who.subject, agency_of(who), official_of(who).posts, MANAGING_WORK in who.scopes)


def _answer(delegation: Delegation) -> Answer:
    headers = {"etag": delegation.etag, "location": f"{router.prefix}/{delegation.id}"}
    return Answer(DelegationView.of(delegation), 201, headers)


@router.post(
    "", status_code=201, response_model=DelegationView, responses=problems(NotYourPosts, Unprocessable)
)
async def record_delegation(body: NewDelegation, who: OwnPosts, tx: Tx, now: Now, once: Once) -> Response:
    """Lend posts of yours to a colleague for a time; who manages the agency's work lends those of others too.

    The colleague then acts for you with the header `Acting-For: <id>`, and the log of each case says so.
    """
    by = _colleague(who)
    delegation = Delegation(
        id=new_id(),
        agency=by.agency,
        delegator=body.delegator or by.subject,
        delegate=body.delegate,
        posts=frozenset((post.unit, post.role) for post in body.posts),
        begins_at=body.begins_at,
        ends_at=body.ends_at,
        reason=body.reason,
    )

    async def answer() -> Answer:
        return _answer(await operations.record_delegation(tx, now, by, delegation))

    return await once(tx, answer)


@router.get("", response_model=Page[DelegationView])
async def list_delegations(
    request: Request, who: OwnPosts, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The delegations that you gave or were given, newest first; all of the agency if you manage its work."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.list_delegations(
            tx, _colleague(who), after=after and after[0], limit=limit + 1
        )
    return page_of(request, found, limit, key=lambda one: [one.id], view=DelegationView.of)


@router.get("/{delegation_id}", response_model=DelegationView, responses=problems(DelegationNotFound))
async def get_delegation(request: Request, delegation_id: DelegationId, who: OwnPosts, db: Db) -> Response:
    """One delegation that concerns you."""
    async with db.reading() as tx:
        found = await operations.get_delegation(tx, _colleague(who), delegation_id)
    return conditional(request, DelegationView.of(found), etag=found.etag)


@router.post(
    "/{delegation_id}/revocation",
    status_code=201,
    response_model=DelegationView,
    responses=problems(
        DelegationNotFound,
        DelegationRevoked,
        NotYourPosts,
        PreconditionFailed,
        PreconditionRequired,
        Unprocessable,
    ),
)
async def revoke_delegation(
    delegation_id: DelegationId, who: OwnPosts, tx: Tx, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """End a delegation before its time. What the delegate has claimed by it is free again."""

    async def answer() -> Answer:
        return _answer(await operations.revoke_delegation(tx, now, _colleague(who), delegation_id, if_match))

    return await once(tx, answer)
