"""`/identity/v1/people`: registration, and everyone's own details."""

import hmac
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity.dependencies import IdentityOf, MeantFor
from identity.domain.person import (
    AccountNameTaken,
    InvalidPerson,
    NoSuchPerson,
    Person,
    WrongPassword,
    normal_account_name,
)
from identity.people import operations
from identity.people.passwords import HashingBusy
from identity.people.schemas import (
    ContactAddresses,
    NewPassword,
    PersonDetails,
    PersonView,
    Registration,
)
from identity.sign_in.attempts import TooManyAttempts
from shared.auth import Principal, public, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.ids import new_id
from shared.web import Answer, Db, Now, Once, Tx, conditional, etag_of, problems

router = APIRouter(prefix="/identity/v1/people", tags=["people"])

Reader = Annotated[Principal, requires("identity:people:read", kinds=["person"])]
Writer = Annotated[Principal, requires("identity:people:write", kinds=["person"])]
_UPDATE = problems(InvalidPerson, NoSuchPerson, PreconditionFailed, PreconditionRequired)


@router.post(
    "",
    status_code=201,
    response_model=PersonView,
    dependencies=[public()],
    responses=problems(InvalidPerson, AccountNameTaken, HashingBusy),
)
async def register_person(
    registration: Registration, once: Once, identity: IdentityOf, db: Db, now: Now
) -> Response:
    """Register yourself.

    `accountName` is what you sign in with; it is compared without case. An account name that is taken is
    answered with 409.
    """
    person = Person(
        id=new_id(),
        account_name=normal_account_name(registration.account_name),
        full_name=registration.full_name,
        language=registration.language,
        addresses=tuple(body.address() for body in registration.contact_addresses),
    )
    password_hash = await operations.hash_for_registration(identity.hasher, person, registration.password)

    async def register() -> Answer:
        await operations.register_person(tx, person, password_hash, now)
        headers = {"location": "/identity/v1/people/me", "etag": etag_of(person.version)}
        return Answer(PersonView.of(person), headers=headers)

    # The body holds a password: its plain digest would be a fast hash of it in the database.
    key = identity.vault.key_for("idempotency")
    sealed = replace(once, fingerprint=hmac.digest(key, once.fingerprint.encode(), "sha256").hex())
    async with db.transaction() as tx:
        return await sealed(tx, register)


@router.get("/me", response_model=PersonView, responses=problems(NoSuchPerson))
async def read_person(request: Request, tx: Tx, caller: Reader) -> Response:
    """Your own details."""
    return _answer(request, await operations.get_person(tx, UUID(caller.subject)))


@router.put("/me", response_model=PersonView, responses=_UPDATE)
async def change_person(
    request: Request, details: PersonDetails, meant: MeantFor, tx: Tx, caller: Writer
) -> Response:
    """Change your name and the language in which we write to you."""
    person = await operations.change_details(
        tx, UUID(caller.subject), meant, full_name=details.full_name, language=details.language
    )
    return _answer(request, person)


@router.put("/me/contact-addresses", response_model=PersonView, responses=_UPDATE)
async def change_contact_addresses(
    request: Request, body: ContactAddresses, meant: MeantFor, tx: Tx, caller: Writer
) -> Response:
    """Put these contact addresses in place of all that we have of you."""
    addresses = tuple(address.address() for address in body.contact_addresses)
    person = await operations.change_addresses(tx, UUID(caller.subject), meant, addresses)
    return _answer(request, person)


@router.put(
    "/me/password",
    status_code=204,
    responses=problems(InvalidPerson, NoSuchPerson, WrongPassword, TooManyAttempts, HashingBusy),
)
async def change_password(body: NewPassword, identity: IdentityOf, db: Db, now: Now, caller: Writer) -> None:
    """Change your password; the present one proves that it is you. Everything that was signed in is signed out."""
    await operations.change_password(
        db, identity.hasher, UUID(caller.subject), current=body.current, password=body.password, now=now
    )


def _answer(request: Request, person: Person) -> Response:
    return conditional(request, PersonView.of(person), etag=etag_of(person.version))
