"""A migrated database, the application over it, and people with the tokens they would have."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select

from procedures.agencies.operations import learn_agency
from procedures.app import create_app
from procedures.consumers import HANDLERS
from procedures.keys.keyring import Keyring, hand_over
from procedures.settings import Settings
from procedures.tables import calendars, case_log, outbox, timers
from procedures.timers.operations import fire_timers, told_by
from shared.clock import SetClock
from shared.db import AnyRow, Database
from shared.events import Envelope
from shared.events.identity import AgencyRegistered, Unit
from shared.events.registry import event_class
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import Tokens, client_of, free_port

MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
"""Monday 5 January 2026, 08:30 in Hà Nội: an ordinary working morning."""

TERM_DAYS = 3
DOCUMENT_LIMIT = 1_000_000
MASTER_KEY = f"1:{'A' * 43}"


def definition(**changes: Any) -> dict[str, Any]:
    """A sound procedure: received, processed (perhaps asking the tax office), handed over."""
    return {
        "code": "MAU-01",
        "title": {"vi": "Xác nhận mẫu", "en": "Sample confirmation"},
        "agency": "H99.01",
        "term": {"kind": "working_days", "amount": TERM_DAYS},
        "documents": [
            {
                "code": "GIAY_TO",
                "title": {"vi": "Giấy tờ tùy thân", "en": "Identity paper"},
                "required": False,
            }
        ],
        "form": {
            "type": "object",
            "properties": {
                "fullName": {"type": "string", "minLength": 1},
                "born": {"type": "string", "format": "date"},
            },
            "required": ["fullName"],
            "additionalProperties": False,
        },
        "first": "TIEP_NHAN",
        "steps": [
            step("TIEP_NHAN", "BP_MOT_CUA", [{"to": "THU_LY"}]),
            step(
                "THU_LY",
                "PHONG_TU_PHAP",
                [{"to": "TRA_KET_QUA", "outcome": "done"}, {"to": "HOI_THUE", "outcome": "ask_tax"}],
                allowance={"kind": "working_days", "amount": 2},
            ),
            step("HOI_THUE", "BP_THUE", [{"to": "TRA_KET_QUA"}], agency="H99.02"),
            step("TRA_KET_QUA", "BP_MOT_CUA", [{"to": None}]),
        ],
        **changes,
    }


def step(code: str, unit: str, transitions: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": transitions, **more}


OFFICIALS = {
    "desk": ("H99.01", [("BP_MOT_CUA", "TIEP_NHAN")]),
    "justice": ("H99.01", [("PHONG_TU_PHAP", "XU_LY")]),
    "tax": ("H99.02", [("BP_THUE", "XU_LY")]),
    "elsewhere": ("H99.03", [("BP_MOT_CUA", "TIEP_NHAN"), ("PHONG_TU_PHAP", "XU_LY")]),
}
"""Who works where: agency, and posts of (unit, role)."""


@dataclass
class World:
    """The service and those who use it."""

    http: AsyncClient
    tokens: Tokens
    clock: SetClock
    app: Any
    citizen_id: str = field(default_factory=lambda: str(new_id()))

    @property
    def database(self) -> Database:
        database: Database = self.app.state.parts.database
        return database

    def citizen(self, subject: str | None = None) -> dict[str, str]:
        scope = "procedures:cases:submit procedures:cases:read procedures:documents:write"
        return self.bearer(scope, subject=subject or self.citizen_id)

    def official(self, who: str, agency: str | None = None) -> dict[str, str]:
        """The official, or one with the same posts in another agency."""
        own, posts = OFFICIALS[who]
        scope = (
            "procedures:cases:read procedures:cases:process procedures:documents:write "
            "procedures:procedures:write procedures:calendars:write "
            "procedures:disposals:read procedures:disposals:write"
        )
        return self.bearer(scope, kind="official", agency=agency or own, posts=posts)

    def bearer(self, scope: str, **claims: Any) -> dict[str, str]:
        """A token by the clock of this world, good for longer than a test looks ahead."""
        return self.tokens.bearer(scope, now=self.clock.now(), lifetime=timedelta(days=3650), **claims)

    async def publish(self, **changes: Any) -> str:
        """A procedure in force, of a code of its own; returns the code."""
        code = f"MAU-{new_id().hex[-6:].upper()}"
        editor = self.official("desk", changes.get("agency"))
        drafted = await self.http.post(
            "/procedures/v1/procedures", json=definition(code=code, **changes), headers=editor
        )
        assert drafted.status_code == 201, drafted.text
        published = await self.http.post(
            f"/procedures/v1/procedures/{code}/versions/1/publication",
            headers={**editor, "if-match": drafted.headers["etag"]},
        )
        assert published.status_code == 201, published.text
        return code

    async def submit(self, procedure: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(
            "/procedures/v1/cases",
            json={"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}, **body},
            headers=self.citizen(),
        )
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def send(
        self, content: bytes, media_type: str = "application/pdf", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """A document that was received."""
        answer = await self.http.post(
            "/procedures/v1/documents",
            params={"fileName": "giấy tờ của bà Kín.pdf"},
            content=content,
            headers={**(headers or self.citizen()), "content-type": media_type},
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def accepted(self, **changes: Any) -> str:
        """The id of a case received on Monday 5 January 2026 at 08:30, with the procedure changed so."""
        case = str((await self.submit(await self.publish(**changes)))["id"])
        answer = await self.act(case, "acceptance", self.official("desk"))
        assert answer.status_code == 201, answer.text
        return case

    async def acts(self, case: str) -> list[Any]:
        """What the log of the case holds, in order."""
        query = select(case_log.c.act).where(case_log.c.case_id == case).order_by(case_log.c.sequence)
        async with self.database.reading() as tx:
            return list((await tx.execute(query)).scalars().all())

    async def fire(self, database: Database | None = None, at_once: int = 100) -> None:
        """Let the timers that have run out by the clock fire."""
        versions, told = self.app.state.desk.versions, told_by(self.clock)
        while await fire_timers(database or self.database, versions, self.clock.now(), told, at_once):
            pass

    async def learn_agency(self, code: str, *units: str, sequence: int = 1) -> None:
        """What identity would tell of an agency."""
        told = tuple(Unit(code=unit, name_vi=unit, name_en=unit) for unit in units)
        event = AgencyRegistered(code=code, name_vi=code, name_en=code, units=told)
        async with self.database.transaction() as tx:
            await learn_agency(tx, sequence, event)

    async def told(self, topic: str, field: str, value: str) -> Sequence[AnyRow]:
        """The events on a topic whose data say this, in the order in which they were put out."""
        query = (
            select(outbox)
            .where(outbox.c.aggregatetype == topic, outbox.c.payload[field].astext == value)
            .order_by(outbox.c.position)
        )
        async with self.database.reading() as tx:
            return (await tx.execute(query)).all()

    async def count(self, agency: str) -> Sequence[AnyRow]:
        """Have what the agency's cases have told counted, as the consumer would; returns what that was."""
        rows = await self.told("procedures.case.v1", "agency", agency)
        for row in rows:
            kind, topic = event_class(row.type), row.aggregatetype
            assert kind is not None
            told = (row.id, row.type, topic, row.aggregateid, row.sequence, row.occurred_at, row.payload)
            async with self.database.transaction() as tx:
                await HANDLERS[kind](tx, Envelope(*told), kind.model_validate(row.payload))
        return rows

    async def close_on(self, agency: str, *dates: str) -> None:
        """Have the agency closed on these dates, out of turn."""
        path = f"/procedures/v1/agencies/{agency}/calendar"
        present = await self.http.get(path)
        calendar = {**present.json()["calendar"], "closures": list(dates)}
        headers = {**self.official("desk", agency), "if-match": present.headers["etag"]}
        body = {"calendar": calendar, "reason": "Đóng cửa vì bão."}
        answer = await self.http.put(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    async def read(self, case: str, headers: dict[str, str] | None = None) -> Response:
        return await self.http.get(f"/procedures/v1/cases/{case}", headers=headers or self.citizen())

    async def act(
        self, case: str, command: str, headers: dict[str, str], body: dict[str, Any] | None = None
    ) -> Response:
        """Do something to the case as it now stands."""
        etag = (await self.read(case)).headers["etag"]
        return await self.http.post(
            f"/procedures/v1/cases/{case}/{command}", json=body, headers={**headers, "if-match": etag}
        )


@pytest.fixture(scope="session")
def database_url(migrated_database: Callable[[str, Path], str]) -> str:
    return migrated_database("procedures", Path(__file__).parents[1] / "migrations")


@pytest.fixture(name="definition")
def definition_of() -> Callable[..., dict[str, Any]]:
    """`definition(**changes)`: a sound procedure as JSON, with other parts in place of these."""
    return definition


@pytest.fixture
def document_store(tmp_path: Path) -> str:
    return str(tmp_path / "documents")


@pytest.fixture
def open_world(tokens: Tokens, document_store: str) -> Callable[..., AbstractAsyncContextManager[World]]:
    """`open_world(database_url, **settings)`: the service over this database, with other settings."""

    @asynccontextmanager
    async def opened(database_url: str, **changes: Any) -> AsyncIterator[World]:
        given = {
            "database_url": SecretStr(database_url),
            "tracking_key": SecretStr("a-key-of-tests-with-enough-characters"),
            "master_key": SecretStr(MASTER_KEY),
            "document_store": document_store,
            "document_limit": DOCUMENT_LIMIT,
            "jwks_url": f"http://127.0.0.1:{free_port()}",
            "relay": False,
            "consumers": False,
            **changes,
        }
        clock = SetClock(MONDAY)
        app = create_app(Settings(**given), KafkaSettings(), clock=clock)
        app.state.verifier.use_keys(tokens.keys)
        async with client_of(app) as http:
            yield World(http, tokens, clock, app)
        await app.state.parts.database.close()

    return opened


@pytest.fixture
async def other_process(database_url: str) -> AsyncIterator[Callable[[], Database]]:
    """`other_process()`: the same database as another process of the service has it."""
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(database_url))
        hand_over(Keyring(MASTER_KEY), made[-1])
        return made[-1]

    yield make
    for database in made:
        await database.close()


@pytest.fixture
def master_key() -> str:
    return MASTER_KEY


@pytest.fixture
async def world(
    database_url: str, open_world: Callable[..., AbstractAsyncContextManager[World]]
) -> AsyncIterator[World]:
    """On a Monday morning, by the country's calendar."""
    async with open_world(database_url) as world:
        async with world.database.transaction() as tx:
            await tx.execute(calendars.delete())
        yield world


@pytest.fixture
async def nothing_left_over(world: Any) -> None:
    """No test finds timers, or a calendar, that another left."""
    async with world.database.transaction() as tx:
        await tx.execute(timers.delete())
        await tx.execute(calendars.delete())
