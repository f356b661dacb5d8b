"""What the tests of identity share: a migrated database, the application on a set clock, accounts."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from fastapi import FastAPI
from httpx import AsyncClient, Response
from joserfc.jwk import KeySet
from pydantic import SecretStr
from sqlalchemy import select

from identity.__main__ import PROGRAM
from identity.agencies.operations import register_agency
from identity.app import create_app
from identity.clients.operations import register_client, renew_secret
from identity.domain.agency import Agency, Unit
from identity.domain.client import AuthMethod, Client, Kind
from identity.domain.official import Official, Post
from identity.domain.person import AddressKind, ContactAddress, Person
from identity.domain.pkce import challenge_of
from identity.officials.operations import appoint_official
from identity.people.operations import register_person
from identity.settings import Settings
from identity.tables import outbox
from identity.upkeep import Upkeep
from shared.clock import SetClock
from shared.db import Database
from shared.errors import Text
from shared.ids import new_id
from shared.process import main
from shared.settings import KafkaSettings
from shared.testing import AUDIENCE, ISSUER, Tokens, client_of

MASTER_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSWORD = "một mật khẩu đủ dài"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123"
CALLBACK = "http://127.0.0.1:9/callback"


@dataclass
class Ground:
    """The application, its clock and database, and what a test puts there beforehand."""

    app: FastAPI
    clock: SetClock
    tokens: Tokens

    @property
    def database(self) -> Database:
        database: Database = self.app.state.parts.database
        return database

    @property
    def upkeep(self) -> Upkeep:
        return Upkeep(self.app.state.parts, self.app.state.identity)

    async def person(
        self, *, name: str = "Người Dân", email: str | None = None, phone: str | None = None
    ) -> Person:
        """Someone with an account, the password `PASSWORD`, and these addresses."""
        person_id = new_id()
        addresses = [
            ContactAddress(kind, value)
            for kind, value in ((AddressKind.EMAIL, email), (AddressKind.PHONE, phone))
            if value
        ]
        person = Person(person_id, f"p-{person_id}", name, "vi", tuple(addresses))
        password_hash = await self.app.state.identity.hasher.hash(PASSWORD)
        async with self.database.transaction() as tx:
            await register_person(tx, person, password_hash, self.clock.now())
        return person

    async def agency(self, *, parent: str | None = None, units: tuple[str, ...] = ("BP_MOT_CUA",)) -> Agency:
        """An agency under a code of its own."""
        number = next(_NUMBERS)
        code = f"{number // 10_000:03}.{number // 100 % 100:02}.{number % 100:02}.H98"
        name = Text(vi=f"Cơ quan {code}", en=f"Agency {code}")
        agency = Agency(new_id(), code, parent, name, tuple(Unit(unit, name) for unit in units))
        async with self.database.transaction() as tx:
            await register_agency(tx, agency, own=None, now=self.clock.now())
        return agency

    async def official(self, agency: Agency, *roles: str) -> tuple[Person, Official]:
        """A person appointed to the agency's first unit with these roles."""
        person = await self.person()
        async with self.database.transaction() as tx:
            official = await appoint_official(
                tx,
                account_name=person.account_name,
                agency=agency.code,
                posts=tuple(Post(agency.units[0].code, role) for role in roles),
                own=None,
                now=self.clock.now(),
            )
        return person, official

    async def client(self, kind: Kind = Kind.PERSON, **details: Any) -> Client:
        """A registered client: public and first-party for people and officials, unless said otherwise."""
        for_people = kind is not Kind.CLIENT
        values: dict[str, Any] = {
            "id": f"c-{new_id()}",
            "name": Text(vi="Ứng dụng Thử", en="Trial Application"),
            "kind": kind,
            "auth_method": AuthMethod.NONE if for_people else AuthMethod.BASIC,
            "scopes": frozenset({"openid", "profile", "email", "phone", "procedures:cases:read"}),
            "redirect_uris": frozenset({"http://127.0.0.1/callback"} if for_people else set()),
            "first_party": for_people,
            **details,
        }
        client = Client(**values)
        async with self.database.transaction() as tx:
            await register_client(tx, client, own=None, now=self.clock.now())
        return client

    async def secret(self, client: Client) -> str:
        """A new secret of the client."""
        async with self.database.transaction() as tx:
            return await renew_secret(tx, client.id, own=None, now=self.clock.now())

    def authorization(self, client: Client, **parameters: str) -> dict[str, str]:
        """The parameters of an authorization request of the client."""
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | parameters).items() if value}

    async def sign_in(
        self, browser: AsyncClient, person: Person, request: dict[str, str], password: str = PASSWORD
    ) -> Response:
        """Open the page, fill it in, send it."""
        page = await browser.get("/sign-in", params=request)
        form = page.text.split('name="form" value="')[1].split('"')[0]
        return await browser.post(
            "/sign-in",
            params=request,
            data={"form": form, "account_name": person.account_name, "password": password},
        )

    async def code(self, browser: AsyncClient, person: Person, client: Client, **parameters: str) -> str:
        """Sign in, and come back to the client with a code."""
        request = self.authorization(client, **parameters)
        signed_in = await self.sign_in(browser, person, request)
        assert signed_in.status_code == 303, signed_in.text
        return answered(await browser.get(signed_in.headers["location"]))["code"]

    async def redeem(self, browser: AsyncClient, client: Client, code: str, **form: str) -> Response:
        """Exchange a code at the token endpoint."""
        sent = {
            "grant_type": "authorization_code",
            "client_id": client.id,
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
        }
        return await browser.post("/oauth2/token", data=sent | form)

    async def events(self, subject: Any) -> list[tuple[str, int, dict[str, Any]]]:
        """Type, sequence and data of what was told of an aggregate, in order."""
        async with self.database.reading() as reading:
            rows = await reading.execute(
                select(outbox).where(outbox.c.aggregateid == subject).order_by(outbox.c.position)
            )
            return [(row.type, row.sequence, row.payload) for row in rows]

    async def refresh(self, browser: AsyncClient, client: Client, token: str, **form: str) -> Response:
        """Present a refresh token."""
        sent = {"grant_type": "refresh_token", "client_id": client.id, "refresh_token": token}
        return await browser.post("/oauth2/token", data=sent | form)


def answered(response: Response) -> dict[str, str]:
    """The parameters that a redirect to the client carries."""
    assert response.status_code == 303, response.text
    assert response.headers["location"].startswith(CALLBACK), response.headers["location"]
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


Run = Callable[..., Awaitable[int]]


@pytest.fixture(scope="session")
def run_command() -> Run:
    """`await run_command("sample", …)` as `python -m identity sample …` would; gives the exit code."""

    async def run(*arguments: str) -> int:
        try:
            return await asyncio.to_thread(main, PROGRAM, list(arguments))
        finally:
            structlog.reset_defaults()  # a command sends logs to the standard error of its moment

    return run


_NUMBERS = iter(range(1, 1_000_000))


@pytest.fixture(scope="session")
def identity_settings(migrated_database: Callable[[str, Path], str]) -> Settings:
    return Settings(
        database_url=migrated_database("identity", PROGRAM.migrations),
        master_key=MASTER_KEY,
        issuer=ISSUER,
        audience=AUDIENCE,
        public_url=ISSUER,
    )


@asynccontextmanager
async def _ground(settings: Settings, tokens: Tokens) -> AsyncIterator[Ground]:
    clock = SetClock(MORNING)
    ground = Ground(create_app(settings, KafkaSettings(), clock=clock), clock, tokens)
    await ground.upkeep.rotate()
    ours = ground.app.state.identity.ring.key_set.keys
    ground.app.state.verifier.use_keys(KeySet([*ours, *tokens.keys.keys]))
    yield ground
    await ground.database.close()


@pytest.fixture(scope="session")
async def shared_ground(identity_settings: Settings, tokens: Tokens) -> AsyncIterator[Ground]:
    async with _ground(identity_settings, tokens) as ground:
        yield ground


@pytest.fixture
async def own_ground(
    migrated_database: Callable[[str, Path], str], identity_settings: Settings, tokens: Tokens
) -> AsyncIterator[Ground]:
    """The application in the morning, with a database that no other test touches."""
    own = {"database_url": SecretStr(migrated_database("identity_own", PROGRAM.migrations))}
    async with _ground(identity_settings.model_copy(update=own), tokens) as ground:
        yield ground


@pytest.fixture
def ground(shared_ground: Ground) -> Ground:
    """The application in the morning."""
    shared_ground.clock.set(MORNING)
    return shared_ground


@pytest.fixture
async def browser(ground: Ground) -> AsyncIterator[AsyncClient]:
    """A browser with its own cookies, which follows no redirect by itself."""
    async with client_of(ground.app) as client:
        yield client
