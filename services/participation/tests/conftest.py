"""Participation on a real database, with a clock that stands where a test puts it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import Row, text

from participation.app import create_app
from participation.consumers import HANDLERS
from participation.settings import Settings
from shared.clock import SetClock
from shared.db import Database
from shared.events.procedures import CaseClosed
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import Tokens, client_of

MIGRATIONS = Path(__file__).parents[1] / "migrations"
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""Nine in the morning in Vietnam, so that the legal date is 2026-11-23."""
_DAY = timedelta(days=1)
_NUMBERS = count(1)


@dataclass
class World:
    """One running participation, and what a test does to it that is no HTTP."""

    app: FastAPI
    http: AsyncClient
    clock: SetClock
    tokens: Tokens
    agency: str = field(default_factory=lambda: f"H{next(_NUMBERS)}.01")
    """An agency of this test's own."""

    @property
    def database(self) -> Database:
        database: Database = self.app.state.parts.database
        return database

    def bearer(self, scope: str, **claims: Any) -> dict[str, str]:
        return self.tokens.bearer(scope, now=self.clock.now(), lifetime=400 * _DAY, **claims)

    def rater(self, subject: str) -> dict[str, str]:
        return self.bearer("participation:ratings:write", subject=subject)

    def commenter(self, subject: str) -> dict[str, str]:
        return self.bearer("participation:comments:write", subject=subject)

    def official(self, agency: str | None = None, **claims: Any) -> dict[str, str]:
        scope = "participation:consultations:write participation:ratings:read"
        return self.bearer(scope, kind="official", agency=agency or self.agency, **claims)

    async def close_case(self, applicant: str, *, case_id: UUID | None = None, **changes: Any) -> UUID:
        """Tell participation that a case of this applicant was closed now."""
        case_id = case_id or new_id()
        event = closed_case(applicant, **{"agency": self.agency, **changes})
        envelope = event.envelope(subject=case_id, sequence=7, at=self.clock.now())
        async with self.database.transaction() as tx:
            await HANDLERS[CaseClosed](tx, envelope, event)
        return case_id

    async def consultation(self, *, opens_in: int = 0, days: int = 10, **changes: Any) -> dict[str, Any]:
        """A published consultation of the test's agency."""
        body = draft(self.clock.now(), opens_in=opens_in, days=days) | changes
        made = await self.http.post(CONSULTATIONS, json=body, headers=self.official())
        assert made.status_code == 201, made.text
        return await self.command(made.headers["location"], "publication")

    async def command(self, path: str, name: str, body: Any = None) -> dict[str, Any]:
        """Command what must succeed, on the consultation as it now stands."""
        official = self.official()
        etag = (await self.http.get(path, headers=official)).headers["etag"]
        done = await self.http.post(f"{path}/{name}", json=body, headers={**official, "if-match": etag})
        assert done.status_code == 201, done.text
        answer: dict[str, Any] = done.json()
        return answer

    async def comment(self, consultation_id: str, author: str, **body: Any) -> dict[str, Any]:
        """A comment that must be taken."""
        done = await self.http.post(
            f"{CONSULTATIONS}/{consultation_id}/comments",
            json={"text": "Nên lùi giờ bắt đầu.", **body},
            headers=self.commenter(author),
        )
        assert done.status_code == 201, done.text
        answer: dict[str, Any] = done.json()
        return answer

    async def told(self, topic: str) -> Sequence[Row[Any]]:
        """The events of the test's agency on a topic, as they were put into the outbox."""
        query = text(
            "SELECT * FROM outbox WHERE aggregatetype = :topic AND payload->>'agency' = :agency "
            "ORDER BY position"
        )
        async with self.database.reading() as tx:
            return (await tx.execute(query, {"topic": topic, "agency": self.agency})).all()


BASE = "/participation/v1"
CONSULTATIONS = f"{BASE}/consultations"


def closed_case(applicant: str, **changes: Any) -> CaseClosed:
    """The event of a closed case."""
    particulars: Mapping[str, Any] = {
        "code": "H99.01-261110-0001",
        "procedure": "TP01",
        "version": 1,
        "agency": "H99.01",
        "applicant": applicant,
        "status": "closed",
        "outcome": "granted",
        "received_at": NOW - 5 * _DAY,
        "decided_at": NOW - _DAY,
    }
    return CaseClosed(**{**particulars, **changes})


def draft(now: datetime, *, opens_in: int = 0, days: int = 10) -> dict[str, Any]:
    """The body of a consultation that opens so many days after `now` and is open for `days` days."""
    opens = (now + timedelta(hours=7)).date() + timedelta(days=opens_in)
    return {
        "title": {"vi": "Phố đi bộ", "en": "A pedestrian street"},
        "summary": {"vi": "Lấy ý kiến về phố đi bộ.", "en": "About a pedestrian street."},
        "passages": [{"number": 1, "text": "Điều 1."}, {"number": 2, "text": "Điều 2."}],
        "opensDate": opens.isoformat(),
        "closesDate": (opens + timedelta(days=days - 1)).isoformat(),
    }


@pytest.fixture(scope="session")
def participation_url(migrated_database: Callable[[str, Path], str]) -> str:
    return migrated_database("participation", MIGRATIONS)


@pytest.fixture(scope="session")
async def participation_app(participation_url: str, tokens: Tokens) -> AsyncIterator[FastAPI]:
    settings = Settings(database_url=participation_url, database_pool=25)
    app = create_app(settings, KafkaSettings(), clock=SetClock(NOW))
    app.state.verifier.use_keys(tokens.keys)
    yield app
    await app.state.parts.database.close()


@pytest.fixture
async def world(participation_app: FastAPI, tokens: Tokens) -> AsyncIterator[World]:
    clock: SetClock = participation_app.state.parts.clock
    clock.set(NOW)
    async with client_of(participation_app) as http:
        yield World(participation_app, http, clock, tokens)


@pytest.fixture
def new_draft() -> Callable[..., dict[str, Any]]:
    """`new_draft(now, opens_in=0, days=10)`: the body of a consultation."""
    return draft


@pytest.fixture
def case_closed() -> Callable[..., CaseClosed]:
    """`case_closed(applicant, **changes)`: the event of a closed case."""
    return closed_case


@pytest.fixture
def all_pages(world: World) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """`all_pages(path, headers)`: every item of a list, read page by page along its links."""

    async def read(path: str, headers: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        while True:
            page = await world.http.get(path, headers=headers)
            assert page.status_code == 200, page.text
            items += page.json()["items"]
            if page.json()["next"] is None:
                assert "link" not in page.headers
                return items
            path = page.headers["link"].split(">", 1)[0].lstrip("<")

    return read
