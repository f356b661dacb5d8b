"""`/identity/v1/organisations`: entered by a registry, read by who represents them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity.domain.organisation import InvalidOrganisation, TaxCodeTaken
from identity.organisations import operations, store
from identity.organisations.schemas import NewOrganisation, OrganisationView
from identity.pages import AfterId, page_of
from shared.auth import Principal, requires
from shared.pagination import Limit, Page
from shared.web import Answer, Now, Once, Tx, problems

router = APIRouter(prefix="/identity/v1/organisations", tags=["organisations"])

Registry = Annotated[Principal, requires("identity:organisations:write", kinds=["official", "client"])]
Representative = Annotated[Principal, requires("identity:organisations:read", kinds=["person"])]


@router.post(
    "",
    status_code=201,
    response_model=OrganisationView,
    responses=problems(InvalidOrganisation, TaxCodeTaken),
)
async def register_organisation(body: NewOrganisation, once: Once, tx: Tx, now: Now, _: Registry) -> Response:
    """Enter an organisation and who represents it."""

    async def register() -> Answer:
        organisation = await operations.register_organisation(
            tx, tax_code=body.tax_code, name=body.name.text(), representative=body.representative, now=now
        )
        return Answer(OrganisationView.of(organisation))

    return await once(tx, register)


@router.get("", response_model=Page[OrganisationView])
async def list_organisations(
    request: Request, tx: Tx, caller: Representative, after: AfterId, limit: Limit = 50
) -> Response:
    """The organisations that you represent."""
    found = await store.represented_by(tx, UUID(caller.subject), after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda one: one.id, view=OrganisationView.of)
