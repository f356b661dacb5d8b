"""What the routes of participation are handed besides the shared parts."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from participation.consultations.operations import Official
from shared.auth import Principal, requires
from shared.errors import Forbidden, Text
from shared.web import IfMatch, etag_of, require_match

CONSULTATIONS_WRITE = "participation:consultations:write"


class AgencyMissing(Forbidden):
    """An official without an agency in the token."""

    slug = "agency-missing"
    title = Text(vi="Mã truy cập không nêu cơ quan.", en="The access token names no agency.")


def agency_of(official: Principal) -> str:
    """The agency that the official acts for.

    Raises:
        AgencyMissing
    """
    if official.agency is None:
        raise AgencyMissing
    return official.agency


def official_of(who: Principal) -> Official:
    """Who acts, and for which agency.

    Raises:
        AgencyMissing
    """
    return Official(who.subject, agency_of(who))


def _visitor(request: Request) -> Principal | None:
    """Who reads a public list, when they say so.

    Raises:
        TokenRefused: they do, with a token that is not valid.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    principal: Principal = request.app.state.verifier.verify(token)
    return principal


def _meant(if_match: IfMatch = None) -> Callable[[str], None]:
    return lambda edition: require_match(if_match, etag_of(edition))


def _rating_days(request: Request) -> int:
    days: int = request.app.state.rating_days
    return days


Rater = Annotated[Principal, requires("participation:ratings:write", kinds=["person"])]
RatingReader = Annotated[Principal, requires("participation:ratings:read", kinds=["official"])]
Consulter = Annotated[Principal, requires(CONSULTATIONS_WRITE, kinds=["official"])]
Commenter = Annotated[Principal, requires("participation:comments:write", kinds=["person"])]
Visitor = Annotated[Principal | None, Depends(_visitor)]
MeantFor = Annotated[Callable[[str], None], Depends(_meant)]
"""Raises when the caller's command was meant for another edition than the one it is called with."""
ConsultationId = Annotated[UUID, Path(description="Of the consultation")]
RatingDays = Annotated[int, Depends(_rating_days)]

TOKEN_OPTIONAL: dict[str, Any] = {"security": [{}, {"oauth2": []}]}
"""What the contract says of a route that shows more to those who say who they are."""


def drafts_of(visitor: Principal | None) -> str | None:
    """The agency whose unpublished consultations the visitor may see, if any."""
    if visitor is None or visitor.kind != "official" or CONSULTATIONS_WRITE not in visitor.scopes:
        return None
    return visitor.agency
