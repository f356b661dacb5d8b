"""A migrated database, a lake, the application over both, and made-up histories of cases."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from open_data import operations
from open_data.app import create_app
from open_data.domain.case_fact import Act, Kind
from open_data.domain.dataset import DEFINITIONS
from open_data.domain.version import Version
from open_data.lake import Lake
from open_data.settings import Settings
from open_data.tables import metadata
from shared.clock import SetClock
from shared.db import Database
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import Tokens, client_of

MIGRATIONS = Path(__file__).parents[1] / "migrations"
NOON = timedelta(hours=5)
"""12:00 in Vietnam, from midnight UTC."""

History = tuple[Act, ...]


@pytest.fixture(scope="session")
def database_url(migrated_database: Callable[[str, Path], str]) -> str:
    return migrated_database("open_data", MIGRATIONS)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The service's database, with the datasets offered and nothing else in it."""
    database = Database(database_url, pool_size=4)
    async with database.transaction() as tx:
        names = ", ".join(table.name for table in metadata.sorted_tables)
        await tx.execute(text(f"TRUNCATE {names}"))
        await operations.offer_datasets(tx, "H99.01")
    yield database
    await database.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", queries=2, memory="256MB")


@dataclass
class World:
    """The service with its database and lake, and what a test tells it."""

    database: Database
    lake: Lake
    clock: SetClock

    async def tell(self, history: Sequence[Act], *, case_id: UUID | None = None) -> UUID:
        """Tell all acts of one case."""
        case_id = case_id or new_id()
        async with self.database.transaction() as tx:
            for sequence, act in enumerate(history, start=1):
                await operations.record_act(tx, case_id, sequence, act)
        return case_id

    async def publish(self, slug: str = "on-time-processing") -> Version | None:
        async with self.database.transaction() as tx:
            return await operations.publish(tx, self.lake, DEFINITIONS[slug], now=self.clock.now())

    async def rebuild(self, slug: str = "on-time-processing") -> Version | None:
        async with self.database.transaction() as tx:
            return await operations.rebuild(tx, self.lake, DEFINITIONS[slug], now=self.clock.now())

    async def rows(self, statement: str) -> list[Any]:
        async with self.database.reading() as connection:
            return list((await connection.execute(text(statement))).all())


@pytest.fixture
def world(database: Database, lake: Lake) -> World:
    return World(database, lake, SetClock(datetime(2026, 6, 1, tzinfo=UTC)))


@pytest.fixture
async def client(
    world: World, database_url: str, tmp_path: Path, tokens: Tokens
) -> AsyncIterator[AsyncClient]:
    """The application over the same database and lake, called in this process."""
    settings = Settings(database_url=SecretStr(database_url), store=tmp_path / "lake", queries=2)
    app = create_app(settings, KafkaSettings())
    app.state.verifier.use_keys(tokens.keys)
    async with client_of(app) as client:
        yield client
    await app.state.parts.database.close()


@pytest.fixture(scope="session")
def day() -> Callable[..., datetime]:
    """`day(3, 14)` is noon of 14 March 2026 in Vietnam."""

    def at(month: int, number: int, *, year: int = 2026) -> datetime:
        return datetime(year, month, number, tzinfo=UTC) + NOON

    return at


@pytest.fixture(scope="session")
def decided_case() -> Callable[..., History]:
    """The acts of a case that was received, decided and closed at these instants."""

    def acts(
        received: datetime, decided: datetime, *, due: datetime | None = None, agency: str = "H99.01"
    ) -> History:
        return (
            Act(Kind.ACCEPTED, received, agency, "TP01", due),
            Act(Kind.DECIDED, decided, agency, "TP01", due),
            Act(Kind.CLOSED, decided, agency, "TP01"),
        )

    return acts


@st.composite
def _history(draw: st.DrawFn) -> History:
    """A life that a case may have had, act by act in their order."""
    agency = draw(st.sampled_from(["H99.01", "H99.02"]))
    procedure = draw(st.sampled_from(["TP01", "TN01"]))
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 24 * 90)))

    def act(kind: Kind, *, due: bool = False) -> Act:
        nonlocal at
        at += timedelta(hours=draw(st.sampled_from([0, 1, 20, 24 * 9, 24 * 40])))
        term = draw(st.none() | st.integers(-24, 24 * 50)) if due else None
        return Act(kind, at, agency, procedure, None if term is None else at + timedelta(hours=term))

    begun = [act(Kind.OTHER)]
    match draw(st.sampled_from(["open", "refused", "withdrawn", "accepted"])):
        case "open":
            return tuple(begun)
        case "refused":
            return (*begun, act(Kind.REFUSED))
        case "withdrawn":
            return (*begun, act(Kind.WITHDRAWN))
    begun.append(act(Kind.ACCEPTED, due=True))
    begun += [act(Kind.OTHER, due=True) for _ in range(draw(st.integers(0, 3)))]
    match draw(st.sampled_from(["open", "withdrawn", "lapsed", "decided", "closed"])):
        case "withdrawn":
            begun.append(act(Kind.WITHDRAWN))
        case "lapsed":
            begun.append(act(Kind.LAPSED))
        case "decided":
            begun.append(act(Kind.DECIDED, due=True))
        case "closed":
            begun += [act(Kind.DECIDED, due=True), act(Kind.OTHER), act(Kind.CLOSED)]
    return tuple(begun)


@pytest.fixture(scope="session")
def histories() -> st.SearchStrategy[list[History]]:
    """Lives of several cases."""
    return st.lists(_history(), min_size=1, max_size=6)
