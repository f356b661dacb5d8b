"""What the authorization server can be asked: to let a person through, and to issue and withdraw tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.agencies.store import is_within
from identity.domain import pkce
from identity.domain.authorization import AuthorizationRequest
from identity.domain.claims import Subject
from identity.domain.client import Client, Kind
from identity.domain.person import AddressKind
from identity.domain.protocol import (
    AccessDenied,
    ConsentRequired,
    InvalidToken,
    LoginRequired,
    UnauthorizedClient,
)
from identity.domain.refresh import RefreshToken
from identity.domain.scopes import grant_scopes, parse_scope, within_roles
from identity.oauth import store
from identity.officials.store import official_by_id, official_of_person
from identity.people.store import person_by_id
from identity.sign_in.store import Session
from shared.ids import new_id

CODE_LIFETIME = timedelta(seconds=60)

log = structlog.get_logger()


class Interaction(StrEnum):
    """What the person must do before the client gets its code."""

    SIGN_IN = "sign-in"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens that may be issued: to which client, about whom, for what.

    `auth_time` is when the person proved who they are; a client that speaks for itself has none.
    """

    client: Client
    subject: Subject
    scopes: frozenset[str]
    auth_time: datetime | None = None
    nonce: str | None = None
    refresh_token: str | None = None


async def authorize(
    tx: AsyncConnection,
    client: Client,
    request: AuthorizationRequest,
    session: Session | None,
    now: datetime,
) -> str | Interaction:
    """An authorization code for the person of the session, or what they must do first.

    Raises:
        LoginRequired, ConsentRequired: the client forbids to ask (`prompt=none`).
        AccessDenied: the client is for officials, and the person is none of its agency's tree.
    """
    silent = "none" in request.prompts
    asks_again = bool(request.prompts & {"login", "select_account"})
    auth_time = session.signed_in_at if session else None
    if session is None or asks_again or request.needs_fresh_sign_in(auth_time, now):
        if silent:
            raise LoginRequired("nobody is signed in")
        return Interaction.SIGN_IN
    if await subject_of(tx, client, session.person_id) is None:
        raise AccessDenied("this client is for officials, and the person is not appointed where it serves")
    if not await _has_consent(tx, client, request, session.person_id):
        if silent:
            raise ConsentRequired("the person has not agreed")
        return Interaction.CONSENT
    code = secrets.token_urlsafe(32)
    await store.add_code(
        tx,
        request,
        code_hash=_hash(code),
        family_id=new_id(),
        person_id=session.person_id,
        auth_time=session.signed_in_at,
        expires_at=now + CODE_LIFETIME,
    )
    return code


async def redeem_code(
    tx: AsyncConnection,
    client: Client,
    *,
    code: str,
    verifier: str,
    redirect_uri: str | None,
    refresh_key: bytes,
    refresh_lifetime: timedelta,
    now: datetime,
) -> Grant | None:
    """The grant of a code, which is used up whatever comes of it. To be committed even when it is None.

    A code that comes twice is in two hands: what it was exchanged for is revoked (OAuth 2.1 §4.1.3).

    Raises:
        UnauthorizedClient: the client speaks for itself.
    """
    if client.kind is Kind.CLIENT:
        raise UnauthorizedClient("this client uses client_credentials")
    used = await store.use_code(tx, _hash(code), client.id, now)
    if used is None:
        await store.revoke_family_of_code(tx, _hash(code), client.id, now)
        return None
    fits = redirect_uri in (None, used.redirect_uri) and pkce.proves(verifier, used.challenge)
    subject = await subject_of(tx, client, used.person_id)
    if used.expires_at <= now or not fits or subject is None:
        return None
    await store.start_family(tx, used, client.id, now=now, expires_at=now + refresh_lifetime)
    return Grant(
        client,
        subject,
        _carried(used.scopes, client, subject),
        used.auth_time,
        used.nonce,
        RefreshToken(used.family_id, 1).sealed(refresh_key),
    )


async def refresh(
    tx: AsyncConnection,
    client: Client,
    *,
    token: str,
    scope: str | None,
    refresh_key: bytes,
    now: datetime,
) -> Grant | None:
    """The grant of a refresh token, and its successor. To be committed even when it is None.

    Raises:
        InvalidScope: more was asked than was granted; nothing has happened to the family.
    """
    genuine = RefreshToken.opened(token, refresh_key)
    if genuine is None:
        return None
    family = await store.advance_family(tx, genuine, client.id, now)
    if family is None:
        return None
    if family.revoked_at is not None:
        log.warning("refresh.reused", family=str(genuine.family), client=client.id)
        return None
    subject = await subject_of(tx, client, family.person_id)
    if subject is None:
        await store.revoke_family(tx, genuine.family, client.id, now)
        return None
    scopes = grant_scopes(parse_scope(scope), family.scopes) if scope else family.scopes
    return Grant(
        client,
        subject,
        _carried(scopes, client, subject),
        family.auth_time,
        refresh_token=RefreshToken(genuine.family, family.generation).sealed(refresh_key),
    )


def client_credentials(client: Client, scope: str | None) -> Grant:
    """The grant of a client that speaks for itself; all its scopes when it names none.

    Raises:
        UnauthorizedClient: the client speaks for people or officials.
        InvalidScope: it may not have what it asks.
    """
    if client.kind is not Kind.CLIENT:
        raise UnauthorizedClient("this client uses the authorization code")
    scopes = grant_scopes(parse_scope(scope), client.scopes) if scope else client.scopes
    return Grant(client, Subject(client.id, Kind.CLIENT, client.agency), scopes)


async def revoke(tx: AsyncConnection, client: Client, token: str, *, key: bytes, now: datetime) -> None:
    """Revoke the family of a refresh token; an unknown one is no error (RFC 7009 §2.2)."""
    genuine = RefreshToken.opened(token, key)
    if genuine is not None:
        await store.revoke_family(tx, genuine.family, client.id, now)


async def user_claims(
    tx: AsyncConnection, *, subject: str, kind: Kind, scopes: frozenset[str]
) -> dict[str, Any]:
    """What the scopes let a client know about the bearer (OpenID Connect Core §5.3.2, §5.4).

    Raises:
        InvalidToken: the person or appointment that the token speaks for is no more.
    """
    claims: dict[str, Any] = {"sub": subject}
    if kind is Kind.CLIENT:
        return claims
    person_id: UUID | None = UUID(subject)
    if kind is Kind.OFFICIAL:
        official = await official_by_id(tx, UUID(subject))
        person_id = official.person_id if official else None
    person = await person_by_id(tx, person_id) if person_id else None
    if person is None:
        raise InvalidToken("the token speaks for nobody any more")
    by_kind = {address.kind: address.value for address in reversed(person.addresses)}
    if "profile" in scopes:
        claims |= {"name": person.full_name, "locale": person.language}
    if "email" in scopes and AddressKind.EMAIL in by_kind:
        claims |= {"email": by_kind[AddressKind.EMAIL], "email_verified": False}
    if "phone" in scopes and AddressKind.PHONE in by_kind:
        claims["phone_number"] = by_kind[AddressKind.PHONE]
    return claims


async def subject_of(tx: AsyncConnection, client: Client, person_id: UUID) -> Subject | None:
    """Whom the client's tokens speak for when this person uses it; None when they may not use it.

    A client for officials that an agency has registered serves those of its tree alone: no agency's client
    comes to act in another agency, whatever its officials consent to.
    """
    if client.kind is not Kind.OFFICIAL:
        return Subject(str(person_id), Kind.PERSON)
    official = await official_of_person(tx, person_id)
    if official is None:
        return None
    if client.agency is not None and not await is_within(tx, official.agency, client.agency):
        return None
    return Subject(str(official.id), Kind.OFFICIAL, official.agency, official.posts)


async def _has_consent(
    tx: AsyncConnection, client: Client, request: AuthorizationRequest, person_id: UUID
) -> bool:
    if client.first_party:
        return True
    if "consent" in request.prompts:
        return False
    return request.scopes <= await store.consented_scopes(tx, person_id, client.id)


def _carried(scopes: frozenset[str], client: Client, subject: Subject) -> frozenset[str]:
    """The granted scopes that the client still has and that the subject's roles can carry."""
    still = scopes & client.scopes
    if subject.kind is not Kind.OFFICIAL:
        return still
    return within_roles(still, (post.role for post in subject.posts))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
